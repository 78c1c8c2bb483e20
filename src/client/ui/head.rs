//! Links and metadata of the document.

use dioxus::prelude::*;

static ICON: Asset = asset!("/assets/icon.svg");
static STYLE: Asset = asset!("/assets/main.css");

/// Names the files in the browser's build, too, where nothing else does: the bundle gets the files named there.
#[used]
static FILES: [&Asset; 2] = [&ICON, &STYLE];

/// The server writes the links into the page; in the browser they are there already.
#[cfg(feature = "server")]
pub fn use_links() {
    use dioxus::document::{LinkProps, MetaProps, document};

    use crate::wire::link_hosts::{LinkHosts, META_NAME};

    use_hook(|| {
        let head = document();
        head.create_link(LinkProps::builder().rel("icon").r#type("image/svg+xml").href(ICON).build());
        head.create_link(LinkProps::builder().rel("stylesheet").href(STYLE).build());
        if let Some(hosts) = try_consume_context::<LinkHosts>().filter(|hosts| !hosts.is_empty()) {
            head.create_meta(MetaProps::builder().name(META_NAME.to_owned()).content(hosts.to_string()).build());
        }
    });
}

#[cfg(not(feature = "server"))]
pub fn use_links() {}
