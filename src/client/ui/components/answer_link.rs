//! A link in an answer: it shows the host that it leads to. Unless the operator lists that host, a dialog asks before
//! the link is opened.

use dioxus::{html::input_data::MouseButton, prelude::*};

use super::{Dialog, text_span};
use crate::{
    client::{
        chat::element_ids::COMPOSER,
        language::{use_catalog, use_language},
        markdown::destination::{Destination, Kind, LinkDisplay},
        platform::{document, location, url},
        ui::branding::use_branding,
    },
    wire::link_hosts::{LinkHosts, META_NAME},
};

/// The link that waits for the person to confirm, and the hosts that need no confirmation while the page is open.
#[derive(Clone, Copy)]
pub struct LinkConfirmation {
    pending: Signal<Option<Destination>>,
    confirmed_hosts: Signal<Vec<String>>,
}

impl LinkConfirmation {
    /// A context for all links below the component.
    pub fn use_link_confirmation() -> Self {
        use_context_provider(|| Self { pending: Signal::new(None), confirmed_hosts: Signal::new(vec![]) })
    }

    /// Shows the dialog instead of following the link, unless its host needs no confirmation.
    fn request<T>(mut self, event: &Event<T>, destination: &Destination) {
        let is_confirmed = destination.kind == Kind::Mail
            || self.confirmed_hosts.peek().contains(&destination.host)
            || listed_hosts().contains(&destination.host);
        if !is_confirmed {
            event.prevent_default();
            self.pending.set(Some(destination.clone()));
        }
    }
}

#[component]
pub fn AnswerLink(
    to: String,
    /// Its text, without Markdown.
    text: String,
    children: Element,
) -> Element {
    let confirmation = use_context::<LinkConfirmation>();
    // The browser can't follow an address that it can't parse.
    let Some(destination) = destination(&to) else { return children };
    let is_external = destination.origin != location::origin();
    let display = destination.display(&text, self::destination);
    let Destination { address, host, .. } = destination.clone();
    let clicked = destination.clone();
    rsx! {
        a {
            href: "{address}",
            target: "_blank",
            rel: "noopener noreferrer",
            onclick: move |event| {
                if is_external {
                    confirmation.request(&event, &clicked);
                }
            },
            // The middle button opens links without a `click` event.
            onauxclick: move |event| {
                if is_external && event.trigger_button() == Some(MouseButton::Auxiliary) {
                    confirmation.request(&event, &destination);
                }
            },
            if display == LinkDisplay::Address {
                bdi { dir: "ltr", translate: "no", {text_span(&address)} }
            } else {
                bdi { {children} }
            }
            if display == LinkDisplay::TextAndHost && is_external {
                span { class: "host", dir: "ltr", translate: "no", {text_span(format!(" ({host})"))} }
            }
        }
    }
}

/// Shows the dialog while a link waits for confirmation.
#[component]
pub fn LinkConfirmationDialog() -> Element {
    let confirmation = use_context::<LinkConfirmation>();
    let pending = confirmation.pending.read().clone();
    rsx! {
        if let Some(destination) = pending {
            LeaveDialog { destination }
        }
    }
}

#[component]
fn LeaveDialog(destination: Destination) -> Element {
    let catalog = use_catalog();
    let messages = &catalog.links;
    let LinkConfirmation { mut pending, mut confirmed_hosts } = use_context::<LinkConfirmation>();
    let mut do_not_ask_again = use_signal(|| false);
    let Destination { address, host, .. } = destination;
    let name = use_branding().name(use_language().get());
    let (text, label) = ((messages.leave_text)(&host), (messages.do_not_ask_again)(&host));
    let leave = move |_| {
        if do_not_ask_again() {
            confirmed_hosts.write().push(host.clone());
        }
        pending.set(None);
    };
    rsx! {
        Dialog { id: "leave", title: (messages.leave_title)(&name), focus_after: COMPOSER, on_close: move |()| pending.set(None),
            p { {text_span(text)} }
            p { class: "address", dir: "ltr", translate: "no", {text_span(address.clone())} }
            label { class: "switch",
                input { r#type: "checkbox", checked: do_not_ask_again(), onchange: move |event| do_not_ask_again.set(event.checked()) }
                {text_span(label)}
            }
            div { class: "choices",
                button { r#type: "button", autofocus: true, onclick: move |_| pending.set(None), {text_span(catalog.chat.cancel)} }
                a { class: "button", href: address, target: "_blank", rel: "noopener noreferrer", onclick: leave, {text_span(messages.open_in_new_tab)} }
            }
        }
    }
}

fn destination(address: &str) -> Option<Destination> {
    let url = url::parse(address)?;
    Some(Destination {
        address: url.href,
        host: url.host,
        origin: url.origin,
        kind: if url.is_mail { Kind::Mail } else { Kind::Page },
    })
}

/// The operator's list, which the server has written into the page.
fn listed_hosts() -> LinkHosts {
    LinkHosts::from_page(&document::meta_content(META_NAME).unwrap_or_default())
}
