//! The client's address: the peer of the connection or, where that is a trusted proxy, the client that it names.

use std::{
    fmt,
    net::{IpAddr, Ipv6Addr},
    str::FromStr,
};

use axum::http::HeaderMap;
use ipnet::IpNet;

use super::forwarded;

/// For rate limits and logs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ClientAddress(pub IpAddr);

/// The proxies whose headers are believed. Anybody can send such headers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TrustedProxies(Vec<IpNet>);

/// `CLIENT_ADDRESS_HEADER`: the header in which the proxies name the client. The other one is ignored: most proxies pass
/// on a header that they don't write as the client sent it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ClientAddressHeader {
    #[default]
    XForwardedFor,
    /// RFC 7239
    Forwarded,
}

/// Neither of the two.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("neither x-forwarded-for nor forwarded")]
pub struct WrongHeader;

/// Neither an address nor a network.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("not an address or a network in CIDR notation")]
pub struct WrongNetwork;

impl ClientAddress {
    /// What is limited together: a client with one IPv6 address has 2^64 of them (RFC 6177 §2).
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

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The client behind `peer`: the nearest hop that is no trusted proxy.
    pub fn client_behind(&self, peer: IpAddr, header: ClientAddressHeader, headers: &HeaderMap) -> ClientAddress {
        let peer = peer.to_canonical();
        if !self.contains(peer) {
            return ClientAddress(peer);
        }
        let hops = match header {
            ClientAddressHeader::XForwardedFor => forwarded::x_forwarded_for(headers),
            ClientAddressHeader::Forwarded => forwarded::for_hops(headers),
        };
        ClientAddress(hops.map_or(peer, |hops| self.nearest_stranger(peer, hops)))
    }

    /// From the right: each hop was named by the next one, which is believed while it is a trusted proxy.
    fn nearest_stranger(&self, peer: IpAddr, hops: Vec<Option<IpAddr>>) -> IpAddr {
        let mut nearest = peer;
        for hop in hops.into_iter().rev() {
            // Unreadable, or hidden on purpose: what stands further left can't be trusted.
            let Some(hop) = hop else { break };
            nearest = hop.to_canonical();
            if !self.contains(nearest) {
                break;
            }
        }
        nearest
    }
}

/// Names of headers have no case (RFC 9110 §5.1).
impl FromStr for ClientAddressHeader {
    type Err = WrongHeader;

    fn from_str(text: &str) -> Result<Self, WrongHeader> {
        match text.to_ascii_lowercase().as_str() {
            "x-forwarded-for" => Ok(Self::XForwardedFor),
            "forwarded" => Ok(Self::Forwarded),
            _ => Err(WrongHeader),
        }
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

    use ClientAddressHeader::{Forwarded, XForwardedFor};

    fn client(peer: &str, header: ClientAddressHeader, headers: &[(&'static str, &'static str)]) -> String {
        let map = headers
            .iter()
            .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)))
            .collect();
        OURS.parse::<TrustedProxies>().unwrap().client_behind(peer.parse().unwrap(), header, &map).to_string()
    }

    #[test]
    fn headers_count_only_from_configured_proxies() {
        // T58
        let forged = [("x-forwarded-for", "203.0.113.9"), ("forwarded", "for=203.0.113.9")];
        for header in [XForwardedFor, Forwarded] {
            assert_eq!(client("198.51.100.1", header, &forged), "198.51.100.1");
            assert_eq!(client("192.0.2.8", header, &forged), "192.0.2.8");
            assert_eq!(client("10.1.1.1", header, &forged), "203.0.113.9");
            assert_eq!(client("::ffff:10.1.1.1", header, &forged), "203.0.113.9");
            assert_eq!(client("2001:db8:1::5", header, &forged), "203.0.113.9");
        }
        let nobody = TrustedProxies::default();
        assert!(!nobody.contains("127.0.0.1".parse().unwrap()));
    }

    #[test]
    fn the_nearest_hop_that_is_no_proxy_of_ours_is_the_client() {
        // T58
        for (value, expected) in [
            ("203.0.113.9", "203.0.113.9"),
            // What stands left of the client is its own invention.
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
            assert_eq!(client("10.0.0.1", XForwardedFor, &[("x-forwarded-for", value)]), expected, "{value}");
        }
        let twice = [("x-forwarded-for", "8.8.8.8"), ("x-forwarded-for", "203.0.113.9")];
        let mut map = HeaderMap::new();
        for (name, value) in twice {
            map.append(name, HeaderValue::from_static(value));
        }
        let proxies: TrustedProxies = OURS.parse().unwrap();
        assert_eq!(proxies.client_behind("10.0.0.1".parse().unwrap(), XForwardedFor, &map).to_string(), "203.0.113.9");
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
            assert_eq!(client("10.0.0.1", Forwarded, &[("forwarded", value)]), expected, "{value}");
        }
    }

    #[test]
    fn an_open_quote_of_the_client_does_not_hide_what_the_proxy_adds() {
        // T58. The proxy's element was taken for a part of the client's, whose invented address then counted.
        for value in [
            "for=8.8.8.8;host=\", for=203.0.113.9",
            "for=8.8.8.8;host=\", for=\"203.0.113.9:4711\";proto=https",
            "for=8.8.8.8;host=\"\\, for=203.0.113.9",
        ] {
            assert_eq!(client("10.0.0.1", Forwarded, &[("forwarded", value)]), "10.0.0.1", "{value}");
        }
        let mut map = HeaderMap::new();
        for line in ["for=8.8.8.8;host=\"", "for=203.0.113.9"] {
            map.append("forwarded", HeaderValue::from_static(line));
        }
        let proxies: TrustedProxies = OURS.parse().unwrap();
        assert_eq!(proxies.client_behind("10.0.0.1".parse().unwrap(), Forwarded, &map).to_string(), "203.0.113.9");
    }

    #[test]
    fn only_the_header_that_the_operator_names_counts() {
        // T58. Anybody hid behind a proxy that only writes `X-Forwarded-For` by sending a `Forwarded` of their own: as the
        // two differed, the proxy's own address was logged and limited.
        for invented in ["for=unknown", "for=8.8.8.8", "for=10.0.0.9", "nonsense"] {
            let both = [("forwarded", invented), ("x-forwarded-for", "203.0.113.66")];
            assert_eq!(client("10.0.0.1", XForwardedFor, &both), "203.0.113.66", "{invented}");
        }
        let other_way_round = [("forwarded", "for=203.0.113.66"), ("x-forwarded-for", "8.8.8.8, unknown")];
        assert_eq!(client("10.0.0.1", Forwarded, &other_way_round), "203.0.113.66");
        assert_eq!(client("10.0.0.1", Forwarded, &[("x-forwarded-for", "8.8.8.8")]), "10.0.0.1");
    }

    #[test]
    fn a_header_is_named_without_regard_to_case_and_no_third_one_is_known() {
        assert_eq!("X-Forwarded-For".parse::<ClientAddressHeader>().ok(), Some(XForwardedFor));
        assert_eq!("forwarded".parse::<ClientAddressHeader>().ok(), Some(Forwarded));
        assert!("x-real-ip".parse::<ClientAddressHeader>().is_err());
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
