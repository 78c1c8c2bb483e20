//! A warning where a peer that is not in `TRUSTED_PROXIES` sends the headers of a proxy: mostly it is one, which the operator
//! has forgotten to name.

use std::{
    collections::HashSet,
    net::IpAddr,
    sync::{Mutex, PoisonError},
};

use axum::http::HeaderMap;

use super::{ClientAddress, forwarded};

/// Anybody can send such headers, so the number of warnings is limited.
const MAX_WARNINGS: usize = 16;

#[derive(Default)]
pub(super) struct StrayHeaders(Mutex<HashSet<IpAddr>>);

impl StrayHeaders {
    /// Warns once for each network. `peer` is in none of `TRUSTED_PROXIES`.
    pub fn look_at(&self, peer: IpAddr, headers: &HeaderMap) {
        if forwarded::names_a_client(headers) && self.is_first_of(peer) {
            tracing::warn!(
                %peer,
                "a peer that is not in TRUSTED_PROXIES sends X-Forwarded-For or Forwarded, which is ignored: if it is a \
                 proxy of yours, name it there, or all people behind it share the limits of one address"
            );
        }
    }

    fn is_first_of(&self, peer: IpAddr) -> bool {
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        seen.len() < MAX_WARNINGS && seen.insert(ClientAddress(peer).network())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_network_is_warned_of_once_and_not_more_than_some() {
        let stray = StrayHeaders::default();
        let is_first = |text: &str| stray.is_first_of(text.parse().unwrap());
        assert!(is_first("192.0.2.1") && !is_first("192.0.2.1"));
        assert!(is_first("2001:db8::1") && !is_first("2001:db8::2"), "one network");
        let more = (0..100).filter(|n| is_first(&format!("198.51.100.{n}"))).count();
        assert_eq!(more, MAX_WARNINGS - 2);
    }
}
