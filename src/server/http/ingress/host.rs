//! The `Host` of a request (RFC 9112 §3.2). Proxies and servers disagree about a request that names none, or two: it is
//! refused.

use axum::http::{HeaderValue, Version, header, request::Parts, uri::Authority};

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum HostError {
    #[error("`Host` is missing")]
    Missing,
    #[error("there is more than one `Host`")]
    MoreThanOne,
    #[error("`Host` is not a host with or without a port")]
    Malformed,
}

pub(super) fn check(head: &Parts) -> Result<(), HostError> {
    let mut hosts = head.headers.get_all(header::HOST).iter();
    match (hosts.next(), hosts.next()) {
        (Some(_), Some(_)) => Err(HostError::MoreThanOne),
        (Some(host), None) if is_host(host) => Ok(()),
        (Some(_), None) => Err(HostError::Malformed),
        (None, _) if head.version == Version::HTTP_11 => Err(HostError::Missing),
        // HTTP/1.0 may leave it out, and HTTP/2 names it elsewhere.
        (None, _) => Ok(()),
    }
}

fn is_host(host: &HeaderValue) -> bool {
    let authority = Authority::try_from(host.as_bytes());
    authority.is_ok_and(|authority| !authority.as_str().contains('@'))
}

#[cfg(test)]
mod tests {
    use axum::http::Request;

    use super::*;

    fn checked(version: Version, hosts: &[&str]) -> Result<(), HostError> {
        let request =
            hosts.iter().fold(Request::builder().version(version), |request, host| request.header("host", *host));
        check(&request.body(()).unwrap().into_parts().0)
    }

    #[test]
    fn a_request_names_one_host() {
        for host in ["chat.example.com", "localhost:8080", "192.0.2.1", "[2001:db8::1]:443"] {
            assert_eq!(checked(Version::HTTP_11, &[host]), Ok(()), "{host}");
        }
        for host in ["", "a b", "user@chat.example.com", "chat.example.com/x", "a b.example"] {
            assert!(checked(Version::HTTP_11, &[host]).is_err(), "{host}");
        }
        assert_eq!(checked(Version::HTTP_11, &[]), Err(HostError::Missing));
        assert_eq!(checked(Version::HTTP_10, &[]), Ok(()));
        for version in [Version::HTTP_10, Version::HTTP_11] {
            assert_eq!(checked(version, &["a.example", "a.example"]), Err(HostError::MoreThanOne));
        }
    }
}
