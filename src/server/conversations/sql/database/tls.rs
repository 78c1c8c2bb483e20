//! TLS to PostgreSQL: which server is accepted as the database.
//!
//! On another machine it is one with a certificate for the host's name (`sslmode=verify-full`). PostgreSQL's own default,
//! `prefer`, takes any server, and does without TLS where the server has none.

use std::{
    fs::File,
    io::{self, Write},
    os::fd::AsRawFd,
    sync::Arc,
};

use rustix::fs::{MemfdFlags, memfd_create};
use sqlx::postgres::{PgConnectOptions, PgSslMode};

use super::{DatabaseUrl, Kind};
use crate::server::{certificates::TrustedAuthorities, outbound::is_loopback_host};

/// The names of these parameters in sqlx.
const SSL_MODE: [&str; 2] = ["sslmode", "ssl-mode"];
const SSL_ROOT_CERT: [&str; 3] = ["sslrootcert", "ssl-root-cert", "ssl-ca"];

const VERIFY_FULL: &str = "verify-full";

impl DatabaseUrl {
    /// Whether messages may cross a network without TLS, or to a server whose certificate or name is not checked.
    pub fn may_cross_unprotected(&self) -> bool {
        self.is_on_another_machine() && !self.is_verified()
    }

    /// Whether it is PostgreSQL, and not on this machine.
    pub fn is_on_another_machine(&self) -> bool {
        self.kind == Kind::Postgres && self.postgres().is_none_or(|options| !is_on_this_machine(&options))
    }

    /// Whether only a server with a certificate for its name is accepted.
    pub fn is_verified(&self) -> bool {
        self.postgres()
            .is_some_and(|options| matches!(options.get_ssl_mode(), PgSslMode::VerifyFull) && !is_on_a_socket(&options))
    }

    /// The value of `sslrootcert` in the URL, or of `PGSSLROOTCERT`.
    pub fn root_certificates(&self) -> Option<String> {
        if self.kind != Kind::Postgres {
            return None;
        }
        self.parameter(&SSL_ROOT_CERT).or_else(|| std::env::var("PGSSLROOTCERT").ok())
    }

    /// With `sslmode=verify-full` if neither the URL nor `PGSSLMODE` names another. `verify-ca` becomes `verify-full`: it
    /// would accept any server with a certificate by any trusted authority.
    pub fn verified_by_default(self) -> Self {
        if self.kind != Kind::Postgres {
            return self;
        }
        let is_unnamed = self.parameter(&SSL_MODE).is_none() && std::env::var_os("PGSSLMODE").is_none();
        let is_verify_ca = |options: PgConnectOptions| matches!(options.get_ssl_mode(), PgSslMode::VerifyCa);
        match is_unnamed || self.postgres().is_some_and(is_verify_ca) {
            true => self.with_parameter(&SSL_MODE, VERIFY_FULL),
            false => self,
        }
    }

    /// Trusts these authorities, and the public ones, which sqlx trusts always.
    ///
    /// # Errors
    ///
    /// If there can be no file in memory: sqlx takes authorities by the path of one file, and reads it for each connection.
    pub fn trusting(self, authorities: TrustedAuthorities) -> io::Result<Self> {
        let file = authorities.pem_without_public().map(|pem| file_in_memory(pem.as_bytes())).transpose()?;
        let url = match &file {
            Some(file) => self.with_parameter(&SSL_ROOT_CERT, &format!("/proc/self/fd/{}", file.as_raw_fd())),
            None => self.without_parameter(&SSL_ROOT_CERT),
        };
        Ok(Self { authorities: Some(authorities), _authority_file: file.map(Arc::new), ..url })
    }

    /// What the server's certificate is checked against, if it is.
    pub fn authorities(&self) -> Option<&TrustedAuthorities> {
        self.authorities.as_ref()
    }

    /// As sqlx reads it, with the variables of the environment (`PGHOST`, `PGSSLMODE`).
    fn postgres(&self) -> Option<PgConnectOptions> {
        (self.kind == Kind::Postgres).then(|| self.url.as_str().parse().ok()).flatten()
    }

    /// The last one takes precedence, as in sqlx.
    fn parameter(&self, names: &[&str]) -> Option<String> {
        let found = self.url.query_pairs().filter(|(name, _)| names.contains(&name.as_ref())).last();
        found.map(|(_, value)| value.into_owned())
    }

    fn with_parameter(self, names: &[&str], value: &str) -> Self {
        let mut url = self.without_parameter(names);
        if let Some(name) = names.first() {
            url.url.query_pairs_mut().append_pair(name, value);
        }
        url
    }

    fn without_parameter(mut self, names: &[&str]) -> Self {
        let others = self.url.query_pairs().filter(|(name, _)| !names.contains(&name.as_ref()));
        let others: Vec<_> = others.map(|(name, value)| (name.into_owned(), value.into_owned())).collect();
        match others.is_empty() {
            true => self.url.set_query(None),
            false => _ = self.url.query_pairs_mut().clear().extend_pairs(others),
        }
        self
    }
}

fn file_in_memory(content: &[u8]) -> io::Result<File> {
    let mut file = File::from(memfd_create("authorities", MemfdFlags::CLOEXEC)?);
    file.write_all(content)?;
    Ok(file)
}

/// A socket, or loopback.
fn is_on_this_machine(options: &PgConnectOptions) -> bool {
    is_on_a_socket(options) || is_loopback_host(options.get_host())
}

fn is_on_a_socket(options: &PgConnectOptions) -> bool {
    options.get_socket().is_some() || options.get_host().starts_with('/')
}
