//! A link of an answer: it shows where it leads, and asks before it opens a host that the operator does not list.

use dioxus::{html::input_data::MouseButton, prelude::*};

use super::Dialog;
use crate::{
    client::{
        chat::element_ids::COMPOSER,
        language::use_catalog,
        markdown::destination::{Destination, Kind, Shown},
        platform::{document, location, url},
    },
    wire::link_hosts::{LinkHosts, META_NAME},
};

/// The link that the person is asked about, and the hosts about which they are not asked again while the page is open.
#[derive(Clone, Copy)]
pub struct Leaving {
    asked: Signal<Option<Destination>>,
    agreed: Signal<Vec<String>>,
}

impl Leaving {
    /// For all links below the component.
    pub fn use_leaving() -> Self {
        use_context_provider(|| Self { asked: Signal::new(None), agreed: Signal::new(vec![]) })
    }

    /// Asks first instead of following the link, unless its host needs no question.
    fn ask<T>(mut self, event: &Event<T>, destination: &Destination) {
        let may_leave = destination.kind == Kind::Mail
            || self.agreed.peek().contains(&destination.host)
            || listed_hosts().contains(&destination.host);
        if !may_leave {
            event.prevent_default();
            self.asked.set(Some(destination.clone()));
        }
    }
}

#[component]
pub fn Link(
    to: String,
    /// Its text, without Markdown.
    text: String,
    children: Element,
) -> Element {
    let leaving = use_context::<Leaving>();
    // What the browser can't parse, it can't follow.
    let Some(destination) = destination(&to) else { return children };
    let is_foreign = destination.origin != location::origin();
    let shown = destination.shown(&text, self::destination);
    let Destination { address, host, .. } = destination.clone();
    let clicked = destination.clone();
    rsx! {
        a {
            href: "{address}",
            target: "_blank",
            rel: "noopener noreferrer",
            onclick: move |event| {
                if is_foreign {
                    leaving.ask(&event, &clicked);
                }
            },
            // The middle button opens links, too.
            onauxclick: move |event| {
                if is_foreign && event.trigger_button() == Some(MouseButton::Auxiliary) {
                    leaving.ask(&event, &destination);
                }
            },
            if shown == Shown::Address {
                bdi { dir: "ltr", "{address}" }
            } else {
                bdi { {children} }
            }
            if shown == Shown::TextAndHost && is_foreign {
                span { class: "host", dir: "ltr", " ({host})" }
            }
        }
    }
}

/// The question, while the person is being asked.
#[component]
pub fn LeaveDialogs() -> Element {
    let leaving = use_context::<Leaving>();
    let asked = leaving.asked.read().clone();
    rsx! {
        if let Some(destination) = asked {
            LeaveDialog { destination }
        }
    }
}

#[component]
fn LeaveDialog(destination: Destination) -> Element {
    let catalog = use_catalog();
    let messages = &catalog.links;
    let Leaving { mut asked, mut agreed } = use_context::<Leaving>();
    let mut not_again = use_signal(|| false);
    let Destination { address, host, .. } = destination;
    let (text, label) = ((messages.leave_text)(&host), (messages.not_again)(&host));
    let leave = move |_| {
        if not_again() {
            agreed.write().push(host.clone());
        }
        asked.set(None);
    };
    rsx! {
        Dialog { id: "leave", title: messages.leave_title, focus_after: COMPOSER, on_close: move |()| asked.set(None),
            p { {text} }
            p { class: "address", dir: "ltr", translate: "no", {address.clone()} }
            label { class: "switch",
                input { r#type: "checkbox", checked: not_again(), onchange: move |event| not_again.set(event.checked()) }
                {label}
            }
            div { class: "choices",
                button { r#type: "button", autofocus: true, onclick: move |_| asked.set(None), {catalog.chat.cancel} }
                a { class: "button", href: address, target: "_blank", rel: "noopener noreferrer", onclick: leave, {messages.open} }
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

/// The operator's list, which the server has put into the page.
fn listed_hosts() -> LinkHosts {
    LinkHosts::from_page(&document::meta_content(META_NAME).unwrap_or_default())
}
