//! Files that other accounts of the machine must not read.

use std::{fs, os::unix::fs::PermissionsExt};

use crate::support::{provider::MockProvider, server_process::ServerProcess};

#[tokio::test(flavor = "multi_thread")]
async fn the_database_files_are_private_under_any_umask() {
    // It was made with the mode that SQLite asks for, 0644.
    let provider = MockProvider::shared();
    let variables = [("DATABASE_URL", "sqlite://of%20ours.db?mode=rwc")];
    let server = ServerProcess::start_with_a_loose_umask(&provider.issuer, &variables).await;
    let status = fs::read_to_string(format!("/proc/{}/status", server.pid())).unwrap();
    assert_eq!(status.lines().find(|line| line.starts_with("Umask:")), Some("Umask:\t0000"), "it takes nothing away");
    for file in ["of ours.db", "of ours.db-wal", "of ours.db-shm"] {
        let metadata = fs::metadata(server.folder().join(file)).unwrap_or_else(|error| panic!("{file}: {error}"));
        assert_eq!(metadata.permissions().mode() & 0o777, 0o600, "{file}");
    }
}

#[test]
fn under_systemd_no_core_dump_is_written_and_files_are_private() {
    let unit = include_str!("../../deploy/oracle-ai.service");
    for setting in ["LimitCORE=0", "UMask=0077", "StateDirectoryMode=0700"] {
        assert!(unit.lines().any(|line| line == setting), "{setting}");
    }
}
