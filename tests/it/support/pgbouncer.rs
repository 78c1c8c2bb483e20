//! A real PgBouncer before the PostgreSQL server of the tests. It ends with the test.

use std::process::Child;

use crate::support::postgres;

/// What sqlx needs, and each client that sets `extra_float_digits`.
const USUAL: &str = "ignore_startup_parameters = extra_float_digits";

pub struct PgBouncer {
    _process: Child,
    folder: String,
}

impl PgBouncer {
    /// In this mode, with this many connections to each database: so few that transactions of different clients interleave.
    pub fn start(mode: &str, connections: u32) -> Self {
        Self::start_with(&format!("{USUAL}\npool_mode = {mode}\ndefault_pool_size = {connections}"))
    }

    /// With these lines in its configuration.
    pub fn start_with(lines: &str) -> Self {
        let script = include_str!("pgbouncer.sh");
        let (process, folder) = postgres::start(script, &[postgres::server(), lines]);
        Self { _process: process, folder }
    }

    /// The address of a database of the server, through this.
    pub fn address(&self, database: &str) -> String {
        format!("postgres://postgres@localhost:6432/{database}?host={}", self.folder)
    }
}
