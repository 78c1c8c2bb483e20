//! The hosts that links in answers may lead to without a notice.

use std::{fmt, str::FromStr};

/// The name of the `<meta>` element that carries the list in every page.
pub const META_NAME: &str = "link-hosts";

/// Maximum length of a host name, and of a label in it (RFC 1035 §2.3.4).
const MAX_HOST_LEN: usize = 253;
const MAX_LABEL_LEN: usize = 63;

/// The operator's list of hosts: `docs.oracle.com`, or `*.oracle.com` for all hosts below that one, separated by
/// spaces.
///
/// International names must be written in punycode (`xn--…`). It is what URL parsers return, and it shows the operator
/// when a name has letters that merely look like others: links to these hosts are followed without a question.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LinkHosts(Vec<String>);

/// An entry of the list is not a host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotAHost(pub String);

impl LinkHosts {
    /// `host` is a host as URL parsers return it: in lower case and ASCII.
    pub fn contains(&self, host: &str) -> bool {
        self.0.iter().any(|entry| match entry.strip_prefix('*') {
            // The suffix includes the dot, so that `evilbank.example` does not match `*.bank.example`.
            Some(suffix) => host.len() > suffix.len() && host.ends_with(suffix),
            None => entry == host,
        })
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// From the page's `<meta>` element, whose content the server has validated.
    pub fn from_page(text: &str) -> Self {
        text.parse().unwrap_or_default()
    }
}

impl FromStr for LinkHosts {
    type Err = NotAHost;

    fn from_str(text: &str) -> Result<Self, NotAHost> {
        let entries = text.split_whitespace().map(|entry| {
            let host = entry.to_ascii_lowercase();
            if is_host(host.strip_prefix("*.").unwrap_or(&host)) { Ok(host) } else { Err(NotAHost(entry.to_owned())) }
        });
        entries.collect::<Result<_, _>>().map(Self)
    }
}

impl fmt::Display for LinkHosts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join(" "))
    }
}

impl fmt::Display for NotAHost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} is no host", self.0)
    }
}

impl std::error::Error for NotAHost {}

fn is_host(text: &str) -> bool {
    let is_label = |label: &str| {
        let is_inner = label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        is_inner && (1..=MAX_LABEL_LEN).contains(&label.len()) && !label.starts_with('-') && !label.ends_with('-')
    };
    text.len() <= MAX_HOST_LEN && text.split('.').all(is_label)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_matches_by_its_whole_name_or_below_a_listed_domain() {
        let hosts: LinkHosts = "Docs.Oracle.com *.bank.example intranet 10.0.0.7".parse().unwrap();
        for host in ["docs.oracle.com", "wiki.bank.example", "a.b.bank.example", "intranet", "10.0.0.7"] {
            assert!(hosts.contains(host), "{host}");
        }
        for host in [
            "oracle.com",
            "evil-docs.oracle.com",
            "bank.example",
            "evilbank.example",
            ".bank.example",
            "",
            "evil.example",
        ] {
            assert!(!hosts.contains(host), "{host}");
        }
        assert!(!LinkHosts::default().contains("docs.oracle.com"));
    }

    #[test]
    fn an_entry_that_is_not_a_host_is_refused_and_named() {
        for entry in [
            "https://docs.oracle.com",
            "docs.oracle.com/x",
            "*",
            "*.",
            "a.*.com",
            "*a.com",
            "bänk.example",
            "a..b",
            "-a",
            "h:80",
        ] {
            let list = format!("docs.oracle.com {entry}");
            assert_eq!(list.parse::<LinkHosts>(), Err(NotAHost(entry.to_owned())), "{entry}");
        }
    }

    #[test]
    fn the_list_survives_the_way_through_the_page() {
        let hosts: LinkHosts = " docs.oracle.com   *.bank.example ".parse().unwrap();
        assert_eq!(LinkHosts::from_page(&hosts.to_string()), hosts);
        assert!(LinkHosts::from_page("").is_empty());
        assert!("".parse::<LinkHosts>().unwrap().is_empty());
    }
}
