//! The program as operators run it: its version, misspelt settings, the check of its health, and starts that fail.

use std::{
    net::TcpListener,
    path::PathBuf,
    process::Output,
    sync::atomic::{AtomicU32, Ordering},
};

use oracle_ai::server::{
    config::reference,
    version::{self, VERSION},
};
use serde_json::Value;
use tokio::process::Command;

use crate::{
    doctor::{doctor, line},
    support::{
        provider::{CLIENT_ID, CLIENT_SECRET, FRONT_URL, MockProvider},
        redis::free_port,
        server_process::ServerProcess,
    },
};

/// A file that goes with the test.
struct SettingsFile(PathBuf);

impl SettingsFile {
    fn new(lines: &str) -> Self {
        static FILES: AtomicU32 = AtomicU32::new(0);
        let n = FILES.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("oracle-ai-settings-{}-{n}", std::process::id()));
        std::fs::write(&path, lines).unwrap();
        Self(path)
    }

    fn path(&self) -> &str {
        self.0.to_str().unwrap()
    }
}

impl Drop for SettingsFile {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

/// Runs the program with these variables, and no other settings.
async fn run(arguments: &[&str], variables: &[(&str, &str)]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_oracle-ai"));
    reference::names().for_each(|name| _ = command.env_remove(name));
    let running = command.args(arguments).current_dir(std::env::temp_dir()).envs(variables.iter().copied());
    let ended = tokio::time::timeout(std::time::Duration::from_secs(30), running.kill_on_drop(true).output()).await;
    ended.unwrap_or_else(|_| panic!("it runs on with {variables:?}")).unwrap()
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_version_is_shown_wherever_somebody_may_look_for_it() {
    let printed = run(&["--version"], &[]).await;
    assert_eq!(text(&printed.stdout), format!("oracle-ai {}\n", version::text()));
    let address = format!("127.0.0.1:{}", free_port());
    let issuer = &MockProvider::shared().issuer;
    let server = ServerProcess::start(issuer, &[("METRICS_ADDR", &*address)]).await;
    assert_eq!(server.readiness_report().await.1["version"], VERSION);
    let metrics = reqwest::get(format!("http://{address}/metrics")).await.unwrap().text().await.unwrap();
    let build = format!("\noracle_ai_build_info{{version=\"{VERSION}\",revision=\"{}\"}} 1\n", version::REVISION);
    assert!(metrics.contains(&build), "{metrics}");
    let log = server.log();
    assert!(log.lines().any(|line| line.contains("serving") && line.contains(VERSION)), "{log}");
    assert!(line(&doctor(issuer, &[]).await, "proven", "version").ends_with(&version::text()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_misspelt_variable_is_named_at_the_start_and_by_the_doctor() {
    let misspelt = [("TRUSTED_PROXYS", "10.9.8.7")];
    let issuer = &MockProvider::shared().issuer;
    let server = ServerProcess::start(issuer, &misspelt).await;
    let log = server.log();
    let warning = log.lines().find(|line| line.contains("TRUSTED_PROXYS")).unwrap();
    assert!(warning.contains("WARN") && warning.contains("TRUSTED_PROXIES"), "{warning}");
    let seen = doctor(issuer, &misspelt).await;
    assert!(seen.status.success(), "the server works without it");
    assert!(line(&seen, "missing", "misspelt").ends_with("-> TRUSTED_PROXIES"));
    assert!(!log.contains("10.9.8.7") && !text(&seen.stdout).contains("10.9.8.7"), "values may be secrets");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_doctor_checks_the_file_that_systemd_reads() {
    let issuer = &MockProvider::shared().issuer;
    let good = format!(
        "# Settings\nOIDC_ISSUER={issuer}\nFRONT_URL={FRONT_URL}\nCLIENT_ID={CLIENT_ID}\nCLIENT_SECRET='{CLIENT_SECRET}'\n\
         DATABASE_URL=sqlite::memory:\nTRUSTED_AUDIENCES=pa$word\n"
    );
    let file = SettingsFile::new(&good);
    let seen = run(&["doctor", "--file", file.path()], &[]).await;
    assert!(seen.status.success(), "{seen:?}");
    line(&seen, "proven", "credentials");
    for (lines, says) in [
        ("TRUSTED_PROXYS=10.9.8.7\n", "sets TRUSTED_PROXYS, which is no setting of oracle-ai; TRUSTED_PROXIES is one"),
        ("CHAT_API_KEY=hunter2 hunter3\n", "line 8 (CHAT_API_KEY)"),
    ] {
        let file = SettingsFile::new(&format!("{good}{lines}"));
        let seen = run(&["doctor", "--file", file.path()], &[]).await;
        assert_eq!(seen.status.code(), Some(78), "{seen:?}");
        let refused = line(&seen, "REFUSED", "configuration");
        assert!(refused.contains(says) && refused.contains(file.path()) && !refused.contains("hunter"), "{refused}");
    }
    let seen = run(&["doctor", "--file", "/nowhere/env"], &[]).await;
    assert!(line(&seen, "REFUSED", "configuration").contains("/nowhere/env"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_health_check_succeeds_while_the_server_answers() {
    let server = ServerProcess::start(&MockProvider::shared().issuer, &[]).await;
    let port = server.port.to_string();
    let healthy = run(&["health"], &[("PORT", &*port), ("IP", "0.0.0.0")]).await;
    assert!(healthy.status.success(), "{healthy:?}");
    drop(server);
    let gone = run(&["health"], &[("PORT", &*port)]).await;
    assert_eq!(gone.status.code(), Some(1));
    assert!(text(&gone.stderr).contains("does not answer"), "{gone:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_whose_port_is_taken_does_not_say_that_it_serves_and_says_why_in_the_format_of_the_log() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let issuer = &MockProvider::shared().issuer;
    let variables = [
        ("PORT", &*port),
        ("OIDC_ISSUER", issuer),
        ("FRONT_URL", FRONT_URL),
        ("CLIENT_ID", CLIENT_ID),
        ("CLIENT_SECRET", CLIENT_SECRET),
        ("DATABASE_URL", "sqlite::memory:"),
    ];
    for (format, filter) in [("pretty", "info"), ("json", "info"), ("json", "off")] {
        let ended = run(&[], &[&variables[..], &[("LOG_FORMAT", format), ("LOG", filter)]].concat()).await;
        assert_eq!(ended.status.code(), Some(1), "{ended:?}");
        let (log, errors) = (text(&ended.stdout), text(&ended.stderr));
        assert!(!log.contains("serving"), "{log}");
        match format {
            "pretty" => assert!(errors.starts_with("oracle-ai: can't listen on 127.0.0.1:"), "{errors}"),
            _ => {
                assert!(errors.is_empty(), "{errors}");
                let last: Value = serde_json::from_str(log.lines().last().unwrap()).unwrap();
                assert_eq!(last["level"], "ERROR", "{last}");
                assert!(last["error"].as_str().unwrap().contains("can't listen"), "{last}");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_setting_is_the_last_line_of_a_log_in_json() {
    for (wrong, named) in [(("PORT", "0"), "PORT"), (("OIDC_ISUER", "https://sso.example.com"), "OIDC_ISUER")] {
        let ended = run(&[], &[("LOG_FORMAT", "json"), wrong]).await;
        assert_eq!(ended.status.code(), Some(78), "{ended:?}");
        let last: Value = serde_json::from_str(text(&ended.stdout).lines().last().unwrap()).unwrap();
        assert!(last["error"].as_str().unwrap().contains(named) && ended.stderr.is_empty(), "{ended:?}");
    }
}
