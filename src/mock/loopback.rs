//! Refuses requests with another host name than loopback, against DNS rebinding: a web page must not reach a mock
//! through a name of its own that resolves to 127.0.0.1.

use axum::{
    extract::Request,
    http::{HeaderMap, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use url::{Host, Url};

pub async fn require_loopback_host(request: Request, next: Next) -> Response {
    if has_loopback_host(request.headers()) {
        return next.run(request).await;
    }
    let body = "Mocks answer to loopback names only.\n";
    (StatusCode::MISDIRECTED_REQUEST, body).into_response()
}

fn has_loopback_host(headers: &HeaderMap) -> bool {
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    let url = host.and_then(|host| Url::parse(&format!("http://{host}")).ok());
    match url.as_ref().and_then(Url::host) {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accepts(host: &'static str) -> bool {
        let mut headers = HeaderMap::new();
        headers.insert(header::HOST, host.parse().unwrap());
        has_loopback_host(&headers)
    }

    #[test]
    fn only_loopback_hosts_are_answered() {
        for host in ["127.0.0.1:9400", "localhost", "[::1]:9400", "a.localhost:1"] {
            assert!(accepts(host), "{host}");
        }
        for host in ["example.com", "127.0.0.1.example.com", "10.0.0.1", ""] {
            assert!(!accepts(host), "{host}");
        }
        assert!(!has_loopback_host(&HeaderMap::new()));
    }
}
