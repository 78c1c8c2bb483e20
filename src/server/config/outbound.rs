//! How other services are called: which certificates they may have, and through which proxy.

use url::Url;

use super::{
    certificates::CA_FILE,
    setting::{Section, Setting},
    values::{Parsed, Text},
    variables::{ConfigError, Variables},
};
use crate::server::outbound::OutboundProxy;

/// These are shared with other programs, most of which also accept them in lower case.
pub const PROXY_VARIABLES: [&str; 4] = ["ALL_PROXY", "HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY"];

pub static SECTION: Section = Section {
    title: "Certificates and proxies of the services that are called",
    text: "The variables of proxies are those of other programs, in upper or lower case; in upper case they take \
           precedence. Loopback is never called through a proxy, and neither are PostgreSQL and Redis.",
    settings: &[&CA_FILE, &HTTPS_PROXY, &HTTP_PROXY, &ALL_PROXY, &NO_PROXY],
};

static HTTPS_PROXY: Setting<Parsed<Url>> = proxy(
    "HTTPS_PROXY",
    "The HTTP proxy through which the provider, the model and the collector are called where they are https on another \
     machine (CONNECT: it sees the host, and nothing that is sent). A user name and a password for it are part of the URL.",
);

static HTTP_PROXY: Setting<Parsed<Url>> = proxy(
    "HTTP_PROXY",
    "The HTTP proxy for a model or a collector at http on another machine, which CHAT_ALLOW_HTTP or OTEL_ALLOW_HTTP allows. \
     It can read what is sent.",
);

static ALL_PROXY: Setting<Parsed<Url>> =
    proxy("ALL_PROXY", "The HTTP proxy in place of HTTPS_PROXY and HTTP_PROXY, where these are not set.");

static NO_PROXY: Setting<Text> = Setting {
    name: "NO_PROXY",
    text: "What is called without a proxy: hosts with all that is below them, addresses and networks, separated by commas; \
           * for everything. Names have no port.",
    example: "sso.example.com,.internal.example.com,10.0.0.0/8",
    value: Text { default: None },
};

pub fn proxy_settings(variables: &Variables) -> Result<OutboundProxy, ConfigError> {
    let all = ALL_PROXY.get(variables)?;
    Ok(OutboundProxy {
        https: HTTPS_PROXY.get(variables)?.or_else(|| all.clone()),
        http: HTTP_PROXY.get(variables)?.or(all),
        except: NO_PROXY.get(variables)?.unwrap_or_default(),
    })
}

const fn proxy(name: &'static str, text: &'static str) -> Setting<Parsed<Url>> {
    Setting {
        name,
        text,
        example: "http://proxy.example.com:3128",
        value: Parsed {
            expected: "the URL of an HTTP proxy, such as http://proxy.example.com:3128",
            default: None,
            parse: proxy_url,
        },
    }
}

/// Without a scheme it is http, as other programs take it.
fn proxy_url(text: &str) -> Option<Url> {
    let url = match text.contains("://") {
        true => Url::parse(text),
        false => Url::parse(&format!("http://{text}")),
    };
    url.ok().filter(is_proxy)
}

fn is_proxy(url: &Url) -> bool {
    ["http", "https"].contains(&url.scheme()) && url.path() == "/" && url.query().is_none() && url.fragment().is_none()
}

#[cfg(test)]
mod tests {
    use super::{super::tests::config, *};

    const ONE: &str = "http://me:pw@one.example.com:3128/";
    const TWO: &str = "http://two.example.com/";

    #[test]
    fn proxies_and_what_is_called_without_them_are_set_by_the_usual_names() {
        let proxies = |pairs: &[(&'static str, &'static str)]| {
            let OutboundProxy { https, http, except } = config(pairs).unwrap().proxy;
            (https.map(String::from), http.map(String::from), except)
        };
        let some = |url: &str| Some(url.to_owned());
        assert_eq!(proxies(&[]), (None, None, String::new()));
        assert_eq!(proxies(&[("HTTPS_PROXY", ONE), ("NO_PROXY", "a,b")]), (some(ONE), None, "a,b".into()));
        assert_eq!(proxies(&[("HTTP_PROXY", TWO)]), (None, some(TWO), String::new()));
        assert_eq!(proxies(&[("ALL_PROXY", ONE)]), (some(ONE), some(ONE), String::new()));
        assert_eq!(proxies(&[("ALL_PROXY", ONE), ("HTTP_PROXY", TWO)]), (some(ONE), some(TWO), String::new()));
        assert_eq!(proxies(&[("HTTPS_PROXY", "two.example.com:80")]).0, some(TWO));
    }
}
