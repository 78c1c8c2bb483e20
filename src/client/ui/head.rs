//! Links and metadata of the document.

use dioxus::{
    document::{MetaProps, document},
    prelude::*,
};

use crate::wire::{
    attachments::{self, PageLimits},
    branding::{self, Branding},
    link_hosts::{LinkHosts, META_NAME},
};

static ICON: Asset = asset!("/assets/icon.svg");
static STYLE: Asset = asset!("/assets/main.css");

#[component]
pub fn Head() -> Element {
    use_link_hosts();
    use_limits();
    use_branding();
    rsx! {
        document::Link { rel: "icon", r#type: "image/svg+xml", href: ICON }
        document::Link { rel: "stylesheet", href: STYLE }
    }
}

/// Writes the operator's list of hosts into the page. Only the server has it as a context; the browser reads it from
/// there.
fn use_link_hosts() {
    use_hook(|| {
        if let Some(hosts) = try_consume_context::<LinkHosts>().filter(|hosts| !hosts.is_empty()) {
            let meta = MetaProps::builder().name(META_NAME.to_owned()).content(hosts.to_string()).build();
            document().create_meta(meta);
        }
    });
}

/// Writes what may be attached to a message into the page, in the same way.
fn use_limits() {
    use_hook(|| {
        if let Some(limits) = try_consume_context::<PageLimits>() {
            let name = attachments::META_NAME.to_owned();
            document().create_meta(MetaProps::builder().name(name).content(limits.to_string()).build());
        }
    });
}

/// The same for what the operator has put into the page.
fn use_branding() {
    use_hook(|| {
        if let Some(branding) = try_consume_context::<Branding>().filter(|branding| !branding.is_empty()) {
            let content = serde_json::to_string(&branding).unwrap_or_default();
            document().create_meta(MetaProps::builder().name(branding::META_NAME.to_owned()).content(content).build());
        }
    });
}
