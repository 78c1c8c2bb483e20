//! Who calls: the peer of the connection or, where that is a proxy of ours, whom it says that it calls for.

use std::{
    fmt,
    net::{IpAddr, Ipv6Addr},
    str::FromStr,
};

use axum::http::HeaderMap;
use ipnet::IpNet;

use super::forwarded;

/// Whom limits and logs mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ClientAddress(pub IpAddr);

/// The proxies whose word on the caller is taken. Nobody else's is: anybody can send such headers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TrustedProxies(Vec<IpNet>);

/// Neither an address nor a network.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("not an address or a network in CIDR notation")]
pub struct WrongNetwork;

impl ClientAddress {
    /// What is limited together: who has one IPv6 address has 2^64 of them (RFC 6177 §2).
    pub fn network(self) -> IpAddr {
        match self.0 {
            IpAddr::V4(ip) => ip.into(),
            IpAddr::V6(ip) => Ipv6Addr::from_bits(ip.to_bits() & !u128::from(u64::MAX)).into(),
        }
    }
}

impl fmt::Display for ClientAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl TrustedProxies {
    pub fn contains(&self, ip: IpAddr) -> bool {
        let ip = ip.to_canonical();
        self.0.iter().any(|network| network.contains(&ip))
    }

    /// The client behind `peer`: the nearest hop that is no proxy of ours.
    ///
    /// A proxy adds to one of the two headers and passes the other on as the client sent it, so where both are there
    /// and differ, neither is believed.
    pub fn client_behind(&self, peer: IpAddr, headers: &HeaderMap) -> ClientAddress {
        let peer = peer.to_canonical();
        if !self.contains(peer) {
            return ClientAddress(peer);
        }
        let of_hops = |hops: Option<Vec<Option<IpAddr>>>| hops.map(|hops| self.nearest_stranger(peer, hops));
        let address = match (of_hops(forwarded::for_hops(headers)), of_hops(forwarded::x_forwarded_for(headers))) {
            (Some(one), Some(other)) if one != other => peer,
            (Some(address), _) | (None, Some(address)) => address,
            (None, None) => peer,
        };
        ClientAddress(address)
    }

    /// From the right: each hop was told of by the one before, as long as that is ours.
    fn nearest_stranger(&self, peer: IpAddr, hops: Vec<Option<IpAddr>>) -> IpAddr {
        let mut nearest = peer;
        for hop in hops.into_iter().rev() {
            // Unreadable, or hidden on purpose: what is left of it is nobody's word.
            let Some(hop) = hop else { break };
            nearest = hop.to_canonical();
            if !self.contains(nearest) {
                break;
            }
        }
        nearest
    }
}

/// Separated by commas or spaces.
impl FromStr for TrustedProxies {
    type Err = WrongNetwork;

    fn from_str(text: &str) -> Result<Self, WrongNetwork> {
        let words = text.split([',', ' ']).filter(|word| !word.is_empty());
        words.map(network).collect::<Result<_, _>>().map(Self)
    }
}

fn network(text: &str) -> Result<IpNet, WrongNetwork> {
    let network = text.parse::<IpNet>().ok();
    network.or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from)).ok_or(WrongNetwork)
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderName, HeaderValue};

    use super::*;

    const OURS: &str = "10.0.0.0/8, 192.0.2.7 2001:db8:1::/48";

    fn client(peer: &str, headers: &[(&'static str, &'static str)]) -> String {
        let map = headers
            .iter()
            .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)))
            .collect();
        OURS.parse::<TrustedProxies>().unwrap().client_behind(peer.parse().unwrap(), &map).to_string()
    }

    #[test]
    fn headers_count_only_from_configured_proxies() {
        // T58
        let forged = [("x-forwarded-for", "203.0.113.9"), ("forwarded", "for=203.0.113.9")];
        assert_eq!(client("198.51.100.1", &forged), "198.51.100.1");
        assert_eq!(client("192.0.2.8", &forged), "192.0.2.8");
        assert_eq!(client("10.1.1.1", &forged), "203.0.113.9");
        assert_eq!(client("::ffff:10.1.1.1", &forged), "203.0.113.9");
        assert_eq!(client("2001:db8:1::5", &forged), "203.0.113.9");
        let nobody = TrustedProxies::default();
        assert!(!nobody.contains("127.0.0.1".parse().unwrap()));
    }

    #[test]
    fn the_nearest_hop_that_is_no_proxy_of_ours_is_the_client() {
        // T58
        for (value, expected) in [
            ("203.0.113.9", "203.0.113.9"),
            // What is left of the client is its own invention.
            ("8.8.8.8, 203.0.113.9", "203.0.113.9"),
            ("8.8.8.8, 203.0.113.9, 10.2.2.2", "203.0.113.9"),
            ("203.0.113.9, 192.0.2.7,10.2.2.2", "203.0.113.9"),
            ("10.9.9.9, 10.2.2.2", "10.9.9.9"),
            ("203.0.113.9:4711", "203.0.113.9"),
            ("[2001:db8::9]:4711", "2001:db8::9"),
            ("2001:db8::9", "2001:db8::9"),
            ("::ffff:203.0.113.9", "203.0.113.9"),
            ("203.0.113.9, garbage", "10.0.0.1"),
            ("203.0.113.9, garbage, 10.2.2.2", "10.2.2.2"),
            ("", "10.0.0.1"),
            ("203.0.113.9,", "10.0.0.1"),
        ] {
            assert_eq!(client("10.0.0.1", &[("x-forwarded-for", value)]), expected, "{value}");
        }
        let twice = [("x-forwarded-for", "8.8.8.8"), ("x-forwarded-for", "203.0.113.9")];
        let mut map = HeaderMap::new();
        for (name, value) in twice {
            map.append(name, HeaderValue::from_static(value));
        }
        let proxies: TrustedProxies = OURS.parse().unwrap();
        assert_eq!(proxies.client_behind("10.0.0.1".parse().unwrap(), &map).to_string(), "203.0.113.9");
    }

    #[test]
    fn forwarded_is_read_as_its_rfc_says() {
        // RFC 7239 §4, §6
        for (value, expected) in [
            ("for=203.0.113.9", "203.0.113.9"),
            ("For=\"203.0.113.9:4711\";proto=https;by=10.0.0.1", "203.0.113.9"),
            ("by=10.0.0.1; for=203.0.113.9", "203.0.113.9"),
            ("for=\"[2001:db8::9]\"", "2001:db8::9"),
            ("for=\"[2001:db8::9]:47011\"", "2001:db8::9"),
            ("for=8.8.8.8, for=203.0.113.9, for=10.2.2.2", "203.0.113.9"),
            ("for=203.0.113.9, for=unknown", "10.0.0.1"),
            ("for=203.0.113.9, for=_hidden, for=10.2.2.2", "10.2.2.2"),
            ("for=203.0.113.9, proto=https", "10.0.0.1"),
            // A comma or a semicolon in quotes separates nothing.
            ("for=8.8.8.8;host=\"a,for=7.7.7.7\", for=203.0.113.9", "203.0.113.9"),
            ("for=203.0.113.9;host=\"a,for=7.7.7.7;b\\\",for=6.6.6.6\"", "203.0.113.9"),
            ("for=\"203.0.113.9", "10.0.0.1"),
            ("for=203.0.113.9;for=8.8.8.8", "10.0.0.1"),
        ] {
            assert_eq!(client("10.0.0.1", &[("forwarded", value)]), expected, "{value}");
        }
    }

    #[test]
    fn two_headers_that_disagree_are_both_disbelieved() {
        // T58: the proxy wrote one of them, and passed the other on.
        let both = |forwarded, x_forwarded_for| {
            client("10.0.0.1", &[("forwarded", forwarded), ("x-forwarded-for", x_forwarded_for)])
        };
        assert_eq!(both("for=8.8.8.8", "203.0.113.9"), "10.0.0.1");
        assert_eq!(both("for=203.0.113.9", "203.0.113.9"), "203.0.113.9");
    }

    #[test]
    fn an_ipv6_client_is_its_whole_network() {
        // T106
        let network = |ip: &str| ClientAddress(ip.parse().unwrap()).network().to_string();
        assert_eq!(network("2001:db8:1:2:3:4:5:6"), network("2001:db8:1:2:ffff::1"));
        assert_ne!(network("2001:db8:1:2::1"), network("2001:db8:1:3::1"));
        assert_ne!(network("203.0.113.9"), network("203.0.113.8"));
    }

    #[test]
    fn what_is_no_network_is_refused() {
        for text in ["10.0.0.0/33", "proxy.example.com", "10.0.0", "10.0.0.0/8;11.0.0.0/8"] {
            assert!(text.parse::<TrustedProxies>().is_err(), "{text}");
        }
    }
}
