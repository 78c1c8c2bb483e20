//! Headers by which a client says who it is.

#![allow(clippy::unwrap_used)]

use std::{net::IpAddr, sync::LazyLock};

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};

use super::{ClientAddressHeader, TrustedProxies};

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const PROXY: &str = "10.0.0.7";
/// The address from which the client sends what it made up, and which the proxy adds.
const CLIENT: &str = "203.0.113.9";

static TRUSTED: LazyLock<TrustedProxies> = LazyLock::new(|| "10.0.0.0/8".parse().unwrap());

/// The value of `X-Forwarded-For` or `Forwarded` that a client sends, and to which a trusted proxy adds the client's address,
/// at its end or in a line of its own. The client is never taken for another: it counts as itself or, where its value can't
/// be read, as the proxy.
pub fn forwarded(data: &[u8]) {
    let Ok(sent) = HeaderValue::from_bytes(data) else { return };
    let (proxy, client): (IpAddr, IpAddr) = (PROXY.parse().unwrap(), CLIENT.parse().unwrap());
    for (name, header, added) in [
        (X_FORWARDED_FOR, ClientAddressHeader::XForwardedFor, CLIENT.to_owned()),
        (header::FORWARDED, ClientAddressHeader::Forwarded, format!("for={CLIENT}")),
        (header::FORWARDED, ClientAddressHeader::Forwarded, format!("for=\"{CLIENT}:4711\";proto=https")),
    ] {
        let joined = HeaderValue::from_bytes(&[sent.as_bytes(), b", ", added.as_bytes()].concat()).unwrap();
        let apart = HeaderValue::from_str(&added).unwrap();
        for values in [vec![joined], vec![sent.clone(), apart]] {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append(&name, value);
            }
            let counted = TRUSTED.client_behind(proxy, header, &headers).0;
            assert!(counted == client || counted == proxy, "{counted}");
            assert_eq!(TRUSTED.client_behind(client, header, &headers).0, client, "not from a proxy");
        }
    }
}
