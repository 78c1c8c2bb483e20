//! A real PostgreSQL server, shared by all tests, with a database for each. It is removed after the tests.

use std::{
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
    sync::{
        OnceLock,
        atomic::{AtomicU32, Ordering},
    },
};

use oracle_ai::server::conversations::sql::DatabaseUrl;
use sqlx::{Connection, Executor, PgConnection};

/// A new, empty database.
pub async fn database() -> DatabaseUrl {
    database_url().await.parse().unwrap()
}

/// The same as `DATABASE_URL` has it.
pub async fn database_url() -> String {
    static DATABASES: AtomicU32 = AtomicU32::new(0);
    let name = format!("test_{}", DATABASES.fetch_add(1, Ordering::Relaxed));
    let mut connection = PgConnection::connect(&url("postgres")).await.unwrap();
    connection.execute(format!("CREATE DATABASE {name}").as_str()).await.unwrap();
    url(&name)
}

fn url(database: &str) -> String {
    format!("postgres://postgres@localhost/{database}?host={}", server())
}

/// The folder of its socket.
fn server() -> &'static str {
    // Never dropped: its standard input is closed by the end of this process, and that is its end.
    static SERVER: OnceLock<(Child, String)> = OnceLock::new();
    let (_, folder) = SERVER.get_or_init(|| {
        let script = include_str!("postgres.sh");
        let mut child = shell(script)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("PostgreSQL is not started: {error}"));
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let folder = line.trim().to_owned();
        assert!(!folder.is_empty(), "PostgreSQL did not start; it says above why");
        (child, folder)
    });
    folder
}

/// PostgreSQL refuses to run as root.
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
    command.args(["-c", script]);
    command
}
