//! Protects against phishing: compares the address of a link with the address that its text claims.
//!
//! The text of a link comes from the model, and may come from an attacker through something that the model has read. So
//! the link's host is shown beside the text, and if the text looks like the address of another host, the real address
//! replaces it.

use super::hidden_characters::is_invisible;

/// A link's address as the browser parses it. It has no user name: `https://bank.example@evil.example` leads to
/// `evil.example`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Destination {
    pub address: String,
    /// In lower case and ASCII (`xn--…`), without a port. For a `mailto:` link, its recipient.
    pub host: String,
    pub origin: String,
    pub kind: Kind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Page,
    Mail,
}

/// What the page shows of a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkDisplay {
    /// The text alone: it is the address.
    Text,
    /// The text, followed by the host.
    TextAndHost,
    /// The address instead of the text, which looks like the address of another host.
    Address,
}

/// File extensions that would otherwise look like top-level domains.
const FILE_EXTENSIONS: [&str; 21] = [
    "bat", "conf", "csv", "dbf", "dmp", "exe", "htm", "html", "ini", "java", "js", "json", "log", "ora", "pdf", "sql",
    "trc", "txt", "xml", "yaml", "yml",
];

/// The characters of an address besides letters and digits. The last three separate the labels of a host as a dot does
/// (URL Standard, domain to ASCII). With underscore and dollar sign, the name of a database object is one word.
const ADDRESS_CHARS: &str = "-.:/?#@_$\u{3002}\u{ff0e}\u{ff61}";

const DOTS: [char; 4] = ['.', '\u{3002}', '\u{ff0e}', '\u{ff61}'];

impl Destination {
    /// What to show of a link with this text. `parse` parses an address as the browser does.
    pub fn display(&self, text: &str, parse: impl Fn(&str) -> Option<Self>) -> LinkDisplay {
        // Without the characters that a person does not see. Browsers parse backslashes as slashes.
        let text: String =
            text.chars().filter(|c| !is_invisible(*c)).map(|c| if c == '\\' { '/' } else { c }).collect();
        let claims_another_host =
            text.split(|c: char| !c.is_alphanumeric() && !ADDRESS_CHARS.contains(c)).any(|word| {
                address_in(word.trim_matches(['.', ':'])).is_some_and(|address| {
                    !address.is_comparable || parse(&address.text).is_none_or(|other| other.host != self.domain())
                })
            });
        match claims_another_host {
            true => LinkDisplay::Address,
            false if self.is_shown_by(text.trim()) => LinkDisplay::Text,
            false => LinkDisplay::TextAndHost,
        }
    }

    /// The host; for a `mailto:` link, the domain of its recipient.
    fn domain(&self) -> &str {
        self.host.rsplit('@').next().unwrap_or_default()
    }

    /// Whether the text is the address, or its beginning up to at least the end of the host.
    fn is_shown_by(&self, text: &str) -> bool {
        let address = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://")).unwrap_or(text);
        let rest = address.strip_prefix(self.host.as_str());
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '?', '#', ':'])) && !text.contains(' ')
    }
}

/// A word that a person would read as an address.
struct Address {
    /// With a scheme.
    text: String,
    /// Whether the host is in ASCII and no user name before it looks like a host. Other addresses count as misleading.
    is_comparable: bool,
}

/// `https://host/…`, `//host`, `host.domain/…`, or `user@host.domain`.
fn address_in(word: &str) -> Option<Address> {
    let (has_scheme, rest) = word.split_once("//").map_or((false, word), |(_, rest)| (true, rest));
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let (user, host) = authority.rsplit_once('@').map_or((None, authority), |(user, host)| (Some(user), host));
    let name = host.split(':').next().unwrap_or_default();
    if name.is_empty() || !has_scheme && !is_domain(name) {
        return None;
    }
    // The user name of a mail address is harmless, as long as it does not look like a host.
    let has_harmless_user = user.is_none_or(|user| !has_scheme && !user.contains('.') && !user.contains(':'));
    Some(Address { text: format!("https://{host}"), is_comparable: host.is_ascii() && has_harmless_user })
}

/// Whether a name consists of labels separated by dots, of which the last could be a top-level domain.
fn is_domain(name: &str) -> bool {
    let is_label = |label: &str| {
        !label.is_empty() && label.chars().all(|c| c.is_alphanumeric() || c == '-') && !label.starts_with('-')
    };
    let Some((before, last)) = name.rsplit_once(DOTS) else { return false };
    let is_top_level = last.chars().count() >= 2
        && (last.starts_with("xn--") || last.chars().all(char::is_alphabetic))
        && !FILE_EXTENSIONS.iter().any(|extension| last.eq_ignore_ascii_case(extension));
    is_top_level && before.split(DOTS).all(is_label)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Parses addresses as the browser does, except for names that are not ASCII.
    fn parse(address: &str) -> Option<Destination> {
        let mut url = url::Url::parse(address).ok()?;
        if url.scheme() == "mailto" {
            let host = url.path().to_owned();
            return Some(Destination { address: url.into(), host, origin: "null".into(), kind: Kind::Mail });
        }
        url.set_username("").ok()?;
        url.set_password(None).ok()?;
        let (host, origin) = (url.host_str()?.to_owned(), url.origin().ascii_serialization());
        Some(Destination { address: url.into(), host, origin, kind: Kind::Page })
    }

    fn display(text: &str, to: &str) -> LinkDisplay {
        parse(to).unwrap().display(text, parse)
    }

    #[test]
    fn a_text_that_looks_like_the_address_of_another_host_is_not_shown() {
        // A link with the text of a bank led elsewhere.
        for text in [
            "https://bank.example",
            "https://bank.example/login",
            "http://bank.example:8080",
            "HTTPS://BANK.EXAMPLE/",
            "bank.example",
            "www.bank.example/login?next=/",
            "//bank.example",
            "Log in at bank.example.",
            "Oracle (docs.oracle.com)",
            "docs.oracle.com/x → evil.example",
            "https://evil.example.bank.example",
            "https://bank.example@evil.example",
            "https://bank.example:443@evil.example/",
            "bank.example/@evil.example",
            "https://bаnk.example",
            "bаnk.example",
            "bank。example",
            "support@bank.example",
            "https:\\\\bank.example@evil.example",
            "ftp://bank.example",
            "see:https://bank.example",
            "→bank.example",
            "bank\u{200b}.example",
            "\u{202e}elpmaxe.knab",
            "https://bank.example:99999",
            "j.doe@bank.example",
            "10-2.bank.example",
        ] {
            assert_eq!(display(text, "https://evil.example/?q=secret"), LinkDisplay::Address, "{text}");
        }
    }

    #[test]
    fn a_text_without_a_host_has_the_real_one_beside_it() {
        for text in [
            "Oracle documentation",
            "init.ora",
            "tnsnames.ora and script.sql",
            "Node.js",
            "e.g. here",
            "19.3.0.0",
            "V$SESSION",
            "DBMS_STATS.GATHER_TABLE_STATS",
            "bank",
            "see evil.example",
            "and/or",
            "https",
            "C:\\temp",
            "",
        ] {
            assert_eq!(display(text, "https://evil.example/?q=secret"), LinkDisplay::TextAndHost, "{text}");
        }
    }

    #[test]
    fn a_text_that_is_the_address_is_shown_once() {
        for text in ["https://evil.example/?q=secret", "evil.example", "http://evil.example:80/a", "evil.example/a#b"] {
            assert_eq!(display(text, "https://evil.example/?q=secret"), LinkDisplay::Text, "{text}");
        }
        assert_eq!(display("dba@bank.example", "mailto:dba@bank.example"), LinkDisplay::Text);
    }

    #[test]
    fn a_user_in_an_address_is_no_host() {
        let destination = parse("https://bank.example:x@evil.example/a").unwrap();
        assert_eq!(
            (destination.host.as_str(), destination.address.as_str()),
            ("evil.example", "https://evil.example/a")
        );
    }

    #[test]
    fn a_mail_link_shows_its_real_recipient() {
        assert_eq!(display("support@bank.example", "mailto:eve@evil.example"), LinkDisplay::Address);
        assert_eq!(display("dba@bank.example", "mailto:dba@bank.example?subject=x"), LinkDisplay::Text);
        assert_eq!(display("Ask support", "mailto:eve@evil.example?body=x"), LinkDisplay::TextAndHost);
    }
}
