//! Audit lines as objects of their own, in a chain: from a running server to the command that checks them.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Output,
};

use axum::{
    body::Body,
    http::{Method, header},
};
use rcgen::{KeyPair, PKCS_ECDSA_P256_SHA256};
use serde_json::{Value, json};

use crate::{
    audit::LoggedServer,
    support::{app::TestResponse, browser::Browser, provider::MockProvider},
};

/// A key for heads, in files that go with the test.
struct KeyFiles {
    folder: PathBuf,
}

impl KeyFiles {
    fn new(test: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("oracle-ai-audit-{test}-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).unwrap();
        fs::write(folder.join("audit.pem"), key.serialize_pem()).unwrap();
        fs::write(folder.join("public.pem"), key.public_key_pem()).unwrap();
        Self { folder }
    }

    fn path(&self, name: &str) -> String {
        self.folder.join(name).to_str().unwrap().to_owned()
    }

    /// Writes lines to a file there.
    fn write(&self, name: &str, lines: &[&str]) -> String {
        fs::write(self.folder.join(name), lines.join("\n") + "\n").unwrap();
        self.path(name)
    }

    /// Exit code and output of `oracle-ai audit-verify` with the public key.
    async fn verify(&self, more: &[&str]) -> (Option<i32>, String) {
        let public = self.path("public.pem");
        let Output { status, stdout, stderr } = run(&[&["audit-verify", "--key", &public], more].concat()).await;
        (status.code(), String::from_utf8(stdout).unwrap() + &String::from_utf8(stderr).unwrap())
    }
}

impl Drop for KeyFiles {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// A call with an access token and, for a `POST`, a body.
async fn call(browser: &Browser, path: &str, token: &str, json: Option<Value>) -> TestResponse {
    let method = if json.is_some() { Method::POST } else { Method::GET };
    let request = browser.request(method, path, Some(token)).header(header::CONTENT_TYPE, "application/json");
    let body = json.map_or_else(Body::empty, |json| json.to_string().into());
    browser.app.send(request.body(body).unwrap()).await
}

async fn run(arguments: &[&str]) -> Output {
    let program = Path::new(env!("CARGO_BIN_EXE_oracle-ai"));
    tokio::process::Command::new(program).args(arguments).output().await.unwrap()
}

/// The audit lines of a log, parsed.
fn events(log: &str) -> Vec<Value> {
    let lines = log.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    lines.filter(|line| line["unmapped"]["chain"].is_object()).collect()
}

fn names(events: &[Value]) -> Vec<&str> {
    events.iter().map(|event| event["metadata"]["event_code"].as_str().unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_servers_day_is_a_signed_chain_in_ocsf_that_an_auditor_can_check() {
    // T99, T100
    let keys = KeyFiles::new("day");
    let key = keys.path("audit.pem");
    let mut logged = LoggedServer::start_with(&[
        ("LOG", "info"),
        ("LOG_FORMAT", "json"),
        ("AUDIT_FORMAT", "ocsf"),
        ("AUDIT_KEY_FILE", &key),
    ])
    .await;
    let (token, session) = logged.login().await;
    logged.chat(&token).await.assert_ok();
    let browser = logged.browser().clone();
    let get = async |path: &str| call(&browser, path, &token, None).await;
    get("/api/conversation?id=c").await.assert_ok();
    get("/api/conversation/export?id=c&format=markdown").await.assert_ok();
    let delete = async || call(&browser, "/api/conversation/delete", &token, Some(json!({ "id": "c" }))).await;
    delete().await.assert_ok();
    delete().await.assert_refused(404, "not_found");
    get("/api/conversation?id=theirs").await.assert_refused(404, "not_found");
    let thief = Browser::at(browser.app.clone(), MockProvider::shared());
    thief.refresh(&session).await.assert_refused(401, "session_ended");
    browser.logout(&session).await.assert_ok();

    logged.server.terminate();
    let log = logged.server.exit().await.log;
    let events = events(&log);
    assert_eq!(
        names(&events),
        [
            "audit.started",
            "login.succeeded",
            "conversation.read",
            "conversation.exported",
            "conversation.deleted",
            "conversation.not_found",
            "conversation.not_found",
            "refresh.other_browser",
            "logout.succeeded",
            "audit.stopped",
        ]
    );
    let user = &events[1]["user"]["uid"];
    let types: Vec<u64> = events.iter().map(|event| event["type_uid"].as_u64().unwrap()).collect();
    assert_eq!(types, [600203, 300201, 600102, 600107, 600104, 600102, 600102, 300299, 300202, 600204]);
    for event in &events[2..7] {
        assert_eq!(&event["actor"]["user"]["uid"], user, "{event}");
        assert_eq!(event["src_endpoint"]["ip"], "127.0.0.1", "{event}");
    }
    assert_eq!(events[2]["web_resources"], json!([{ "uid": "c", "type": "conversation" }]));
    assert_eq!(events[6]["web_resources"][0]["uid"], "theirs");
    assert_eq!((&events[7]["severity_id"], &events[7]["user"]["uid"]), (&4.into(), user));
    assert!(events[7].get("actor").is_none(), "{}", events[7]);
    assert_eq!(events[8]["session"]["uid"], events[1]["session"]["uid"]);
    assert!(!log.contains("uid=ada") && !log.contains(&session) && !log.contains(&token), "{log}");
    // In this format, they are no lines of the log.
    assert!(!log.contains("oracle_ai::audit"), "{log}");

    let lines: Vec<&str> = log.lines().collect();
    let (code, report) = keys.verify(&[&keys.write("all", &lines)]).await;
    assert_eq!(code, Some(0), "{report}");
    assert!(report.contains("10 lines, the first 10 of them signed; ended by a stop"), "{report}");

    let is_theft = |line: &&str| !line.contains("refresh.other_browser");
    let without: Vec<&str> = lines.iter().copied().filter(is_theft).collect();
    let (code, report) = keys.verify(&[&keys.write("without", &without)]).await;
    assert_eq!(code, Some(1), "{report}");
    assert!(report.contains("line 7 is missing"), "{report}");

    let changed = log.replace("\"severity_id\":4", "\"severity_id\":1");
    let (code, report) = keys.verify(&[&keys.write("changed", &changed.lines().collect::<Vec<_>>())]).await;
    assert_eq!(code, Some(1), "{report}");
    assert!(report.contains("line 7 was changed"), "{report}");

    // The end is cut off, but the heads were shipped elsewhere.
    let heads: Vec<&str> = lines.iter().copied().filter(|line| line.contains("\"signature\"")).collect();
    let end = lines.iter().position(|line| line.contains("refresh.other_browser")).unwrap();
    let (heads, cut) = (keys.write("heads", &heads), keys.write("cut", &lines[..end]));
    assert_eq!(keys.verify(&[&cut]).await.0, Some(0), "nothing shows it");
    let (code, report) = keys.verify(&["--heads", &heads, &cut]).await;
    assert_eq!(code, Some(1), "{report}");
    assert!(report.contains("it has 7 lines, and a signed head says that there are 10 or more"), "{report}");
    let (code, report) = keys.verify(&["/nowhere/log"]).await;
    assert_eq!(code, Some(66), "{report}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_server_leaves_a_chain_without_a_stop_and_the_next_one_begins_another() {
    let keys = KeyFiles::new("killed");
    let key = keys.path("audit.pem");
    let variables = [("LOG", "error"), ("AUDIT_FORMAT", "json"), ("AUDIT_KEY_FILE", &key)];
    let mut logs = vec![];
    for _ in 0..2 {
        let mut logged = LoggedServer::start_with(&variables).await;
        logged.login().await;
        logged.server.kill();
        logs.push(logged.server.log());
    }
    let both = keys.write("both", &logs.iter().flat_map(|log| log.lines()).collect::<Vec<_>>());
    let (code, report) = keys.verify(&[&both]).await;
    assert_eq!(code, Some(0), "{report}");
    let chains: Vec<&str> = report.lines().filter(|line| line.starts_with("chain ")).collect();
    assert_eq!(chains.len(), 2, "{report}");
    for chain in chains {
        assert!(chain.contains("2 lines, the first 1 of them signed; without a stop"), "{chain}");
    }
    let events = logs[0].lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let login = events.into_iter().find(|line| line["event"] == "login.succeeded").unwrap();
    assert_eq!(
        (&login["schema"], &login["client"], &login["path"]),
        (&1.into(), &"127.0.0.1".into(), &"/api/token".into())
    );
}
