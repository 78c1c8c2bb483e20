//! A real PostgreSQL server, shared by all tests, with a database for each. It is removed after the tests.

use std::{
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
    sync::{
        OnceLock,
        atomic::{AtomicU32, Ordering},
    },
};

use crate::support::{authority::Certificate, redis::free_port};
use oracle_ai::server::conversations::sql::DatabaseUrl;
use sqlx::{Connection, Executor, PgConnection};

/// A new, empty database.
pub async fn database() -> DatabaseUrl {
    address(&new_database().await).parse().unwrap()
}

/// A server of its own with TLS and this certificate.
pub struct PostgresWithTls {
    port: u16,
    /// Its standard input is closed with this, and that is its end.
    process: Child,
}

impl PostgresWithTls {
    pub fn start(certificate: &Certificate) -> Self {
        let port = free_port();
        let mut command = shell(include_str!("postgres.sh"));
        command.env("PORT", port.to_string()).env("CERTIFICATE", &certificate.file).env("KEY", &certificate.key_file);
        let (process, _) = started(command);
        Self { port, process }
    }

    pub fn url(&self) -> String {
        format!("postgres://postgres@localhost:{}/postgres", self.port)
    }
}

impl Drop for PostgresWithTls {
    fn drop(&mut self) {
        drop(self.process.stdin.take());
        let _ = self.process.wait();
    }
}

/// The name of a new, empty database.
pub async fn new_database() -> String {
    static DATABASES: AtomicU32 = AtomicU32::new(0);
    let name = format!("test_{}", DATABASES.fetch_add(1, Ordering::Relaxed));
    run("postgres", &format!("CREATE DATABASE {name}")).await;
    name
}

/// Runs these statements in this database.
pub async fn run(database: &str, sql: &str) {
    connect(database).await.execute(sql).await.unwrap();
}

pub async fn connect(database: &str) -> PgConnection {
    PgConnection::connect(&address(database)).await.unwrap()
}

pub fn address(database: &str) -> String {
    format!("postgres://postgres@localhost/{database}?host={}", server())
}

/// The folder of its socket.
pub fn server() -> &'static str {
    // Never dropped: its standard input is closed by the end of this process, and that is its end.
    static SERVER: OnceLock<(Child, String)> = OnceLock::new();
    let (_, folder) = SERVER.get_or_init(|| start(include_str!("postgres.sh"), &[]));
    folder
}

/// Starts a server by a script that prints the folder of its socket, and that ends with its standard input.
pub fn start(script: &str, arguments: &[&str]) -> (Child, String) {
    let mut command = shell(script);
    command.args(arguments);
    started(command)
}

fn started(mut command: Command) -> (Child, String) {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("the server is not started: {error}"));
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let folder = line.trim().to_owned();
    assert!(!folder.is_empty(), "the server did not start; it says above why");
    (child, folder)
}

/// PostgreSQL and PgBouncer refuse to run as root.
fn shell(script: &str) -> Command {
    let id = Command::new("id").arg("-u").output().unwrap();
    let mut command = match id.stdout.trim_ascii() == b"0" {
        true => {
            let mut command = Command::new("setpriv");
            command.args(["--reuid=postgres", "--regid=postgres", "--init-groups", "sh"]);
            command
        }
        false => Command::new("sh"),
    };
    command.args(["-c", script, "sh"]);
    command
}
