//! The HTTP client for external services, and the check of URLs that secrets are sent to.

use std::{
    error::Error,
    fmt,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    time::Duration,
};

use reqwest::{NoProxy, Proxy};
use url::{Host, Url};

use super::{
    certificates::{TlsSettings, in_words, tls_error},
    excerpt::excerpt,
};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// Loopback addresses, which are never called through a proxy.
const LOOPBACK: &str = "localhost,localhost.,127.0.0.0/8,::1,::ffff:127.0.0.0/104";

/// The settings of an HTTP client.
#[derive(Default)]
pub struct ClientSettings {
    /// The timeout of a whole request and response.
    pub total: Option<Duration>,
    pub tls: TlsSettings,
    /// Whether all URLs except https are refused.
    pub https_only: bool,
    pub proxy: OutboundProxy,
    /// Whether compressed responses are decoded: gzip and deflate.
    pub decodes_compressed: bool,
}

/// The proxies for requests to other machines. Requests to loopback don't use them.
#[derive(Clone, Default)]
pub struct OutboundProxy {
    /// `HTTPS_PROXY` or `ALL_PROXY`, for https: a tunnel, by `CONNECT`.
    pub https: Option<Url>,
    /// `HTTP_PROXY` or `ALL_PROXY`, for http: this proxy reads the requests.
    pub http: Option<Url>,
    /// `NO_PROXY`: hosts, domains and networks that are called directly, separated by commas.
    pub except: String,
}

/// The HTTP client could not be built.
#[derive(Debug, thiserror::Error)]
#[error("no HTTP client: {0}")]
pub struct HttpSetupError(String);

/// Why secrets must not be sent to a URL. The texts don't repeat it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EndpointRefusal {
    #[error("it is not a URL")]
    NotAUrl,
    #[error("it is not https (http only on loopback)")]
    Unencrypted,
    #[error("it has a user name or a password")]
    UserInfo,
    #[error("it has a fragment")]
    Fragment,
}

/// An HTTP client that does not follow redirects, as these could send secrets to another host, or requests into the
/// internal network (SSRF).
pub fn client(settings: &ClientSettings) -> Result<reqwest::Client, HttpSetupError> {
    let failed = |error: reqwest::Error| HttpSetupError(cause(error));
    let mut builder = reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .connect_timeout(CONNECT_TIMEOUT)
        .gzip(settings.decodes_compressed)
        .deflate(settings.decodes_compressed)
        .https_only(settings.https_only)
        // Not resolved by DNS: http is allowed for `localhost`, so it must be this machine.
        .resolve_to_addrs("localhost", &[loopback(Ipv4Addr::LOCALHOST.into()), loopback(Ipv6Addr::LOCALHOST.into())])
        .user_agent(concat!("oracle-ai/", env!("CARGO_PKG_VERSION")))
        .use_rustls_tls()
        .tls_built_in_root_certs(false)
        // The library itself would read `http_proxy` and similar variables, and use them for loopback.
        .no_proxy();
    for proxy in settings.proxy.proxies().map_err(failed)? {
        builder = builder.proxy(proxy);
    }
    for authority in settings.tls.authorities.certificates() {
        builder = builder.add_root_certificate(reqwest::Certificate::from_der(authority).map_err(failed)?);
    }
    if let Some(certificate) = &settings.tls.client_certificate {
        builder = builder.identity(certificate.identity());
    }
    if let Some(total) = settings.total {
        builder = builder.timeout(total);
    }
    builder.build().map_err(failed)
}

/// The chain of causes, as an excerpt, and without the URL, whose query could contain secrets. If TLS failed, that alone, in
/// words.
pub fn cause(error: reqwest::Error) -> String {
    let error = error.without_url();
    if let Some(failure) = tls_error(&error) {
        return excerpt(&in_words(failure)).to_string();
    }
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    excerpt(&text).to_string()
}

/// Parses a URL that secrets may be sent to: https, or http on loopback, without credentials and without a fragment.
pub fn endpoint(text: &str) -> Result<Url, EndpointRefusal> {
    // URL parsers interpret these characters differently.
    if text.chars().any(|letter| letter.is_whitespace() || letter.is_control() || letter == '\\') {
        return Err(EndpointRefusal::NotAUrl);
    }
    let url = Url::parse(text).map_err(|_| EndpointRefusal::NotAUrl)?;
    if !is_https_or_loopback(&url) {
        return Err(EndpointRefusal::Unencrypted);
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(EndpointRefusal::UserInfo);
    }
    match url.fragment() {
        Some(_) => Err(EndpointRefusal::Fragment),
        None => Ok(url),
    }
}

/// Tokens and codes are only sent over TLS, or on loopback (the exception of RFC 8252 §8.3).
pub fn is_https_or_loopback(url: &Url) -> bool {
    url.scheme() == "https" || (url.scheme() == "http" && is_loopback(url))
}

/// Whether the host is this machine. A subdomain of `localhost` is not, as DNS may resolve it to any address.
pub fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    }
}

/// The same for a host without a URL.
pub fn is_loopback_host(host: &str) -> bool {
    let ip = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    host.eq_ignore_ascii_case("localhost") || ip.is_ok_and(|ip| ip.is_loopback())
}

/// With port 0, `reqwest` uses the port of the URL.
fn loopback(ip: IpAddr) -> SocketAddr {
    SocketAddr::new(ip, 0)
}

impl OutboundProxy {
    fn proxies(&self) -> Result<Vec<Proxy>, reqwest::Error> {
        // The library takes `example.com` and `.example.com`, with all that is below; people also write `*.example.com`.
        let except = self.except.split(',').map(|name| name.trim().trim_start_matches("*."));
        let direct = [LOOPBACK].into_iter().chain(except).collect::<Vec<_>>().join(",");
        let proxy = |url: &Option<Url>, of: fn(Url) -> Result<Proxy, reqwest::Error>| -> Result<_, reqwest::Error> {
            let proxy = url.clone().map(of).transpose()?;
            Ok(proxy.map(|proxy| proxy.no_proxy(NoProxy::from_string(&direct))))
        };
        let proxies = [proxy(&self.https, Proxy::https::<Url>)?, proxy(&self.http, Proxy::http::<Url>)?];
        Ok(proxies.into_iter().flatten().collect())
    }
}

/// Shows only the hosts, as the URLs may contain a password.
impl fmt::Debug for OutboundProxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let host = |url: &Option<Url>| url.as_ref().and_then(Url::host_str).map(str::to_owned);
        f.debug_tuple("OutboundProxy").field(&host(&self.https)).field(&host(&self.http)).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_sent_over_https_or_to_loopback_only() {
        for good in [
            "https://sso.example.com/token",
            "https://sso.example.com//token?a=b",
            "http://localhost:9400/token",
            "http://127.0.0.1/token",
            "http://127.9.9.9:1/token",
            "http://[::1]:9400/token",
        ] {
            assert!(endpoint(good).is_ok(), "{good}");
        }
        for (wrong, expected) in [
            ("http://sso.example.com/token", EndpointRefusal::Unencrypted),
            ("http://0.0.0.0:9400/token", EndpointRefusal::Unencrypted),
            ("http://[::ffff:127.0.0.1]/token", EndpointRefusal::Unencrypted),
            ("http://localhost.example.com/token", EndpointRefusal::Unencrypted),
            ("http://evil.localhost/token", EndpointRefusal::Unencrypted),
            ("http://127.0.0.1.example.com/token", EndpointRefusal::Unencrypted),
            ("javascript:alert(1)", EndpointRefusal::Unencrypted),
            ("data:text/html,hello", EndpointRefusal::Unencrypted),
            ("file:///etc/passwd", EndpointRefusal::Unencrypted),
            ("ftp://localhost/token", EndpointRefusal::Unencrypted),
            ("https://me:secret@sso.example.com/token", EndpointRefusal::UserInfo),
            ("https://sso.example.com@evil.example/token", EndpointRefusal::UserInfo),
            ("https://sso.example.com/token#there", EndpointRefusal::Fragment),
            ("https://", EndpointRefusal::NotAUrl),
            ("/token", EndpointRefusal::NotAUrl),
            ("", EndpointRefusal::NotAUrl),
            ("https://sso.example.com\\@evil.example/", EndpointRefusal::NotAUrl),
            ("https://sso.example.com/a b", EndpointRefusal::NotAUrl),
            (" https://sso.example.com/", EndpointRefusal::NotAUrl),
            ("https://sso.exa\nmple.com/", EndpointRefusal::NotAUrl),
        ] {
            assert_eq!(endpoint(wrong), Err(expected), "{wrong}");
        }
    }

    #[test]
    fn loopback_hosts_are_loopback_addresses_and_localhost() {
        for host in ["localhost", "LOCALHOST", "127.0.0.1", "127.1.2.3", "::1", "[::1]"] {
            assert!(is_loopback_host(host), "{host}");
        }
        for host in ["redis", "10.0.0.1", "0.0.0.0", "::", "a.localhost", "127.0.0.1.example.com", ""] {
            assert!(!is_loopback_host(host), "{host}");
        }
    }

    #[test]
    fn a_proxys_password_is_not_printed() {
        let url = |host| format!("http://me:hunter2@{host}:3128").parse().ok();
        let proxy =
            OutboundProxy { https: url("proxy.example.com"), http: url("other.example.com"), ..Default::default() };
        assert_eq!(format!("{proxy:?}"), "OutboundProxy(Some(\"proxy.example.com\"), Some(\"other.example.com\"))");
    }
}
