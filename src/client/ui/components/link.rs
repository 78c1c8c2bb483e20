//! A link of an answer: it shows where it leads, and asks before it leaves for a host that the operator does not name.

use dioxus::{html::input_data::MouseButton, prelude::*};

use super::{COMPOSER, Dialog};
use crate::client::{
    markdown::destination::{Destination, Kind, Shown},
    platform::browser,
    ui::language::use_catalogue,
};

/// The link that somebody is asked about, and the hosts about which nobody is asked again while the page is open.
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

    /// Asks first, and keeps the browser from following the link, unless it may lead there at once.
    fn ask<T>(mut self, event: &Event<T>, destination: &Destination) {
        let may_leave = destination.kind == Kind::Mail
            || self.agreed.peek().contains(&destination.host)
            || browser::link_hosts().contains(&destination.host);
        if !may_leave {
            event.prevent_default();
            self.asked.set(Some(destination.clone()));
        }
    }
}

#[component]
pub fn Link(
    to: String,
    /// What it says, without its marks.
    text: String,
    children: Element,
) -> Element {
    let leaving = use_context::<Leaving>();
    // What the browser can't read, it can't follow either.
    let Some(destination) = browser::destination(&to) else { return children };
    let is_foreign = destination.origin != browser::origin();
    let shown = destination.shown(&text, browser::destination);
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

/// The question, while there is one.
#[component]
pub fn LeaveNotice() -> Element {
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
    let catalogue = use_catalogue();
    let words = &catalogue.links;
    let Leaving { mut asked, mut agreed } = use_context::<Leaving>();
    let mut not_again = use_signal(|| false);
    let Destination { address, host, .. } = destination;
    let (text, label) = ((words.leave_text)(&host), (words.not_again)(&host));
    let leave = move |_| {
        if not_again() {
            agreed.write().push(host.clone());
        }
        asked.set(None);
    };
    rsx! {
        Dialog { id: "leave", title: words.leave_title, focus_after: COMPOSER, on_close: move |()| asked.set(None),
            p { {text} }
            p { class: "address", dir: "ltr", translate: "no", {address.clone()} }
            label { class: "switch",
                input { r#type: "checkbox", checked: not_again(), onchange: move |event| not_again.set(event.checked()) }
                {label}
            }
            div { class: "choices",
                button { r#type: "button", autofocus: true, onclick: move |_| asked.set(None), {catalogue.chat.cancel} }
                a { class: "button", href: address, target: "_blank", rel: "noopener noreferrer", onclick: leave, {words.open} }
            }
        }
    }
}
