//! The address of Redis: one node, a pair watched by sentinels, or a cluster, by the URL's scheme.

use std::{fmt, time::Duration};

use redis::{
    Client, ConnectionAddr, ConnectionInfo, IntoConnectionInfo, RedisError, TlsCertificates, TlsMode,
    cluster::ClusterClient,
    sentinel::{SentinelClient, SentinelClientBuilder, SentinelServerType},
};

use crate::server::{certificates::TrustedAuthorities, outbound::is_loopback_host};

/// Timeouts for a connection attempt, and for a response.
pub(super) const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);
pub(super) const ANSWER_TIMEOUT: Duration = Duration::from_secs(2);

/// The address of Redis with user name and password.
///
/// | form | meaning |
/// |---|---|
/// | `redis://[user:password@]host[:port][/db]` | one node |
/// | `unix:///path[?db=…]` | one node on this machine |
/// | `redis+sentinel://[user:password@]host[:port],host[:port]…/name[/db]` | the master `name`, found by these sentinels |
/// | `redis+cluster://[user:password@]host[:port],host[:port]…` | a cluster |
///
/// With `rediss` in place of `redis`, connections use TLS.
#[derive(Clone)]
pub struct RedisAddress {
    topology: Topology,
    authorities: TrustedAuthorities,
}

#[derive(Clone)]
enum Topology {
    Node(ConnectionInfo),
    Sentinel { sentinels: Vec<ConnectionInfo>, name: String, db: i64 },
    Cluster(Vec<ConnectionInfo>),
}

/// The client for each topology.
pub(super) enum RedisClient {
    Node(Box<Client>),
    Sentinel(Box<SentinelClient>),
    Cluster(Box<ClusterClient>),
}

/// Why a text is not a valid address. The messages don't repeat it, as it may contain a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RedisAddressError {
    #[error("it is not of the form redis[s]://, redis[s]+sentinel://, redis[s]+cluster:// or unix://")]
    Scheme,
    #[error("it names no host, or not as host:port")]
    Host,
    #[error("after the hosts of the sentinels, it must name the master, as in /mymaster")]
    MasterName,
    #[error("the number of the database can't be read")]
    Database,
    #[error("it has a fragment, which would switch the check of certificates off")]
    Fragment,
}

impl RedisAddress {
    pub fn parse(url: &str) -> Result<Self, RedisAddressError> {
        if url.contains('#') {
            return Err(RedisAddressError::Fragment);
        }
        let (scheme, rest) = url.split_once("://").ok_or(RedisAddressError::Scheme)?;
        let topology = match scheme {
            "redis" | "rediss" | "unix" => Topology::Node(connection(url)?),
            "redis+sentinel" => sentinel("redis", rest)?,
            "rediss+sentinel" => sentinel("rediss", rest)?,
            "redis+cluster" => Topology::Cluster(hosts("redis", rest.trim_end_matches('/'))?),
            "rediss+cluster" => Topology::Cluster(hosts("rediss", rest.trim_end_matches('/'))?),
            _ => return Err(RedisAddressError::Scheme),
        };
        Ok(Self { topology, authorities: TrustedAuthorities::default() })
    }

    /// Trusts these authorities only.
    pub fn trusting(self, authorities: TrustedAuthorities) -> Self {
        Self { authorities, ..self }
    }

    /// What certificates are checked against; `None` without TLS.
    pub fn authorities(&self) -> Option<&TrustedAuthorities> {
        let uses_tls = self.nodes().iter().any(|node| matches!(node.addr(), ConnectionAddr::TcpTls { .. }));
        uses_tls.then_some(&self.authorities)
    }

    /// Whether data can be sent over a network without TLS.
    pub fn may_cross_unencrypted(&self) -> bool {
        match &self.topology {
            Topology::Node(node) => is_unencrypted_and_remote(node.addr()),
            // Even on loopback, as the nodes that they name can be anywhere.
            Topology::Sentinel { sentinels: nodes, .. } | Topology::Cluster(nodes) => {
                nodes.iter().any(|node| matches!(node.addr(), ConnectionAddr::Tcp(..)))
            }
        }
    }

    pub(super) fn client(&self) -> Result<RedisClient, RedisError> {
        let pem = self.authorities().map(|authorities| authorities.pem().into_bytes());
        let certificates = pem.map(|pem| TlsCertificates { client_tls: None, root_cert: Some(pem) });
        Ok(match &self.topology {
            Topology::Node(node) => RedisClient::Node(Box::new(match certificates {
                Some(certificates) => Client::build_with_tls(node.clone(), certificates)?,
                None => Client::open(node.clone())?,
            })),
            Topology::Sentinel { sentinels, name, db } => {
                RedisClient::Sentinel(Box::new(sentinel_client(sentinels, name, *db, certificates)?))
            }
            Topology::Cluster(nodes) => {
                let mut builder = ClusterClient::builder(nodes.clone())
                    .connection_timeout(CONNECT_TIMEOUT)
                    .response_timeout(ANSWER_TIMEOUT)
                    .overall_response_timeout(Some(CONNECT_TIMEOUT + ANSWER_TIMEOUT));
                if let Some(certificates) = certificates {
                    builder = builder.certs(certificates);
                }
                RedisClient::Cluster(Box::new(builder.build()?))
            }
        })
    }

    fn nodes(&self) -> &[ConnectionInfo] {
        match &self.topology {
            Topology::Node(node) => std::slice::from_ref(node),
            Topology::Sentinel { sentinels: nodes, .. } | Topology::Cluster(nodes) => nodes,
        }
    }
}

/// Only the hosts, as the address may contain a password.
impl fmt::Debug for RedisAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.nodes().iter().map(|node| node.addr().to_string())).finish()
    }
}

fn is_unencrypted_and_remote(address: &ConnectionAddr) -> bool {
    match address {
        ConnectionAddr::Unix(_) | ConnectionAddr::TcpTls { insecure: false, .. } => false,
        ConnectionAddr::Tcp(host, _) => !is_loopback_host(host),
        // Also any kind of address that a later version of the library adds.
        _ => true,
    }
}

fn connection(url: &str) -> Result<ConnectionInfo, RedisAddressError> {
    url.into_connection_info().map_err(|_| RedisAddressError::Host)
}

fn sentinel(scheme: &str, rest: &str) -> Result<Topology, RedisAddressError> {
    let (authority, path) = rest.split_once('/').ok_or(RedisAddressError::MasterName)?;
    let (name, db) = match path.split_once('/') {
        Some((name, db)) => (name, db.parse().map_err(|_| RedisAddressError::Database)?),
        None => (path, 0),
    };
    match name.is_empty() {
        true => Err(RedisAddressError::MasterName),
        false => Ok(Topology::Sentinel { sentinels: hosts(scheme, authority)?, name: name.to_owned(), db }),
    }
}

/// Parses `[user:password@]host[:port],host[:port]…` into addresses with the same user name and password.
fn hosts(scheme: &str, authority: &str) -> Result<Vec<ConnectionInfo>, RedisAddressError> {
    let (user, hosts) = match authority.rsplit_once('@') {
        Some((user, hosts)) => (format!("{user}@"), hosts),
        None => (String::new(), authority),
    };
    hosts
        .split(',')
        .map(|host| match host.is_empty() || host.contains('/') {
            true => Err(RedisAddressError::Host),
            false => connection(&format!("{scheme}://{user}{host}")),
        })
        .collect()
}

/// User name and password are for the nodes. The sentinels are queried without.
fn sentinel_client(
    sentinels: &[ConnectionInfo],
    name: &str,
    db: i64,
    certificates: Option<TlsCertificates>,
) -> Result<SentinelClient, RedisError> {
    let addresses = sentinels.iter().map(|sentinel| sentinel.addr().clone());
    let mut builder =
        SentinelClientBuilder::new(addresses, name, SentinelServerType::Master)?.set_client_to_redis_db(db);
    let Some(first) = sentinels.first() else { return builder.build() };
    if let Some(username) = first.redis_settings().username() {
        builder = builder.set_client_to_redis_username(username);
    }
    if let Some(password) = first.redis_settings().password() {
        builder = builder.set_client_to_redis_password(password);
    }
    if let ConnectionAddr::TcpTls { .. } = first.addr() {
        builder =
            builder.set_client_to_redis_tls_mode(TlsMode::Secure).set_client_to_sentinel_tls_mode(TlsMode::Secure);
    }
    if let Some(certificates) = certificates {
        builder = builder
            .set_client_to_redis_certificates(certificates.clone())
            .set_client_to_sentinel_certificates(certificates);
    }
    builder.build()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hosts_in(url: &str) -> String {
        format!("{:?}", RedisAddress::parse(url).unwrap())
    }

    #[test]
    fn addresses_of_a_node_of_sentinels_and_of_a_cluster_are_parsed() {
        assert_eq!(hosts_in("redis://cache.example"), r#"["cache.example:6379"]"#);
        assert_eq!(hosts_in("rediss://me:secret@cache.example:6380/3"), r#"["cache.example:6380"]"#);
        assert_eq!(hosts_in("unix:///run/redis.sock"), r#"["/run/redis.sock"]"#);
        assert_eq!(hosts_in("redis+sentinel://s1:26379,s2:26379/main/2"), r#"["s1:26379", "s2:26379"]"#);
        assert_eq!(hosts_in("rediss+cluster://me:secret@n1:7000,n2:7001"), r#"["n1:7000", "n2:7001"]"#);
    }

    #[test]
    fn only_tls_a_socket_or_one_node_on_loopback_never_sends_unencrypted_data_over_a_network() {
        for (url, may_cross) in [
            ("redis://cache.example", true),
            ("redis://10.0.0.5:6379", true),
            ("redis://a.localhost", true),
            ("redis://localhost", false),
            ("redis://me:secret@127.0.0.1:6380/3", false),
            ("redis://[::1]:6380", false),
            ("rediss://cache.example", false),
            ("unix:///run/redis.sock", false),
            // The sentinels name the master, which may be anywhere.
            ("redis+sentinel://127.0.0.1:26379/main", true),
            ("rediss+sentinel://s1:26379/main", false),
            ("redis+cluster://127.0.0.1:7000", true),
            ("rediss+cluster://n1:7000,n2:7001", false),
        ] {
            assert_eq!(RedisAddress::parse(url).unwrap().may_cross_unencrypted(), may_cross, "{url}");
        }
    }

    #[test]
    fn the_error_for_an_invalid_address_names_the_fault_and_no_password() {
        let refusal = |url| RedisAddress::parse(url).unwrap_err();
        assert_eq!(refusal("cache.example:6379"), RedisAddressError::Scheme);
        assert_eq!(refusal("http://cache.example"), RedisAddressError::Scheme);
        assert_eq!(refusal("redis://"), RedisAddressError::Host);
        assert_eq!(refusal("redis+cluster://n1,,n2"), RedisAddressError::Host);
        assert_eq!(refusal("redis+sentinel://s1:26379"), RedisAddressError::MasterName);
        assert_eq!(refusal("redis+sentinel://s1:26379/main/two"), RedisAddressError::Database);
        assert_eq!(refusal("rediss://me:secret@cache.example/#insecure"), RedisAddressError::Fragment);
    }
}
