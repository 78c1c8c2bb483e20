//! `oracle-ai mock-provider` and `oracle-ai mock-model`, as processes.

use std::{
    fs,
    io::{BufRead, BufReader},
    path::PathBuf,
    process::{Child, Command, Output, Stdio},
};

use reqwest::{Certificate, Client, StatusCode};
use serde_json::{Value, json};

use crate::support::authority::Authority;

const PROGRAM: &str = env!("CARGO_BIN_EXE_oracle-ai");

/// A running command; it ends with the test.
struct Running {
    process: Child,
    /// The first lines of its output.
    lines: Vec<String>,
}

impl Running {
    /// Waits for this many lines.
    fn start(arguments: &[&str], lines: usize) -> Running {
        let mut process = Command::new(PROGRAM).args(arguments).stdout(Stdio::piped()).spawn().unwrap();
        let output = BufReader::new(process.stdout.take().unwrap());
        let lines = output.lines().take(lines).map(Result::unwrap).collect();
        Running { process, lines }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn output(arguments: &[&str]) -> Output {
    Command::new(PROGRAM).args(arguments).output().unwrap()
}

async fn metadata(http: &Client, issuer: &str) -> Value {
    let url = format!("{issuer}/.well-known/openid-configuration");
    http.get(url).send().await.unwrap().json().await.unwrap()
}

/// A client that trusts this authority alone.
fn trusting(authority: &str) -> Client {
    let authority = Certificate::from_pem(&fs::read(authority).unwrap()).unwrap();
    Client::builder().tls_built_in_root_certs(false).add_root_certificate(authority).build().unwrap()
}

fn file(name: &str, content: &Value) -> PathBuf {
    let path = std::env::temp_dir().join(format!("oracle-ai-mock-{}-{name}", std::process::id()));
    fs::write(&path, content.to_string()).unwrap();
    path
}

#[tokio::test]
async fn a_provider_alone_knows_the_people_of_its_file() {
    let people = file("people.json", &json!({ "dan": { "claims": { "groups": "odd" } } }));
    let arguments = ["mock-provider", "--address", "127.0.0.1:0", "--people", people.to_str().unwrap()];
    let provider = Running::start(&[&arguments[..], &["--redirect-uri", "http://localhost/cb"]].concat(), 1);
    let issuer = &provider.lines[0];
    let http = Client::new();
    assert_eq!(metadata(&http, issuer).await["issuer"], *issuer);
    let users: Value = http.get(format!("{issuer}/__control/users")).send().await.unwrap().json().await.unwrap();
    assert_eq!(users["dan"]["claims"]["groups"], "odd");
    fs::remove_file(people).unwrap();
}

#[tokio::test]
async fn a_provider_alone_prints_all_of_its_issuers() {
    let clients = json!([{ "client_id": "app", "redirect_uris": ["http://localhost/cb"] }]);
    let issuers = json!({ "/a": { "clients": clients }, "/b": { "clients": clients, "profile": "google" } });
    let issuers = file("issuers.json", &issuers);
    let arguments = ["mock-provider", "--address", "127.0.0.1:0", "--issuers", issuers.to_str().unwrap()];
    let provider = Running::start(&arguments, 2);
    for issuer in &provider.lines {
        assert_eq!(metadata(&Client::new(), issuer).await["issuer"], *issuer);
    }
    assert!(provider.lines[1].ends_with("/b"), "{:?}", provider.lines);
    fs::remove_file(issuers).unwrap();
}

#[tokio::test]
async fn a_provider_alone_speaks_https_with_a_certificate_that_it_made() {
    let authority = std::env::temp_dir().join(format!("oracle-ai-mock-{}-authority.pem", std::process::id()));
    let authority = authority.to_str().unwrap();
    let arguments = ["mock-provider", "--address", "127.0.0.1:0", "--https", "--write-authority", authority];
    let provider = Running::start(&arguments, 1);
    let issuer = &provider.lines[0];
    assert!(issuer.starts_with("https://127.0.0.1:"), "{issuer}");
    assert_eq!(metadata(&trusting(authority), issuer).await["issuer"], *issuer);
    // A client that fails the handshake holds up nobody.
    assert!(Client::new().get(issuer).send().await.is_err());
    let by_name = issuer.replace("127.0.0.1", "localhost");
    assert_eq!(trusting(authority).get(format!("{by_name}/jwks")).send().await.unwrap().status(), StatusCode::OK);
    fs::remove_file(authority).unwrap();
}

#[tokio::test]
async fn a_model_alone_answers_over_https_with_the_certificate_of_files() {
    let authority = Authority::new();
    let (certificate, key) = authority.issue(&["127.0.0.1"]).paths();
    let arguments =
        ["mock-model", "--address", "127.0.0.1:0", "--certificate", &certificate, "--certificate-key", &key];
    let model = Running::start(&arguments, 1);
    let request = json!({ "model": "m", "stream": true, "messages": [{ "role": "user", "content": "Is it you?" }] });
    let answer = trusting(&authority.file())
        .post(format!("{}/chat/completions", model.lines[0]))
        .bearer_auth("any key")
        .body(request.to_string());
    let answer = answer.send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
    let body = answer.text().await.unwrap();
    assert!(body.contains("Is ") && body.ends_with("data: [DONE]\n\n"), "{body}");
}

#[tokio::test]
async fn a_model_alone_with_a_key_accepts_no_other() {
    let model = Running::start(&["mock-model", "--address", "127.0.0.1:0", "--api-key", "sk-1"], 1);
    let url = format!("{}/chat/completions", model.lines[0]);
    for (key, status) in [("sk-1", 200), ("sk-2", 401)] {
        let request = Client::new().post(&url).bearer_auth(key).body(r#"{"messages":[]}"#);
        assert_eq!(request.send().await.unwrap().status(), status, "{key}");
    }
}

#[tokio::test]
async fn a_command_ends_at_a_signal() {
    let mut provider = Running::start(&["mock-provider", "--address", "127.0.0.1:0"], 1);
    assert!(Command::new("kill").args(["-TERM", &provider.process.id().to_string()]).status().unwrap().success());
    assert!(provider.process.wait().unwrap().success());
}

#[test]
fn help_lists_the_options_and_wrong_ones_are_refused() {
    for command in ["mock-provider", "mock-model"] {
        let help = output(&[command, "--help"]);
        assert!(help.status.success());
        assert!(String::from_utf8(help.stdout).unwrap().starts_with(&format!("usage: oracle-ai {command} ")));
    }
    for (arguments, code, message) in [
        (&["mock-provider", "--color", "blue"][..], 64, "there is no option \"--color\""),
        (&["mock-provider", "--address", "here"], 64, "--address here: not an address"),
        (&["mock-provider", "--address", "0.0.0.0:0"], 1, "serves loopback addresses only"),
        (&["mock-provider", "--profile", "okta"], 64, "--profile okta: not entra"),
        (&["mock-provider", "--issuers", "a.json", "--any-user"], 64, "--any-user has no effect with --issuers"),
        (&["mock-provider", "--people", "/nowhere/people.json"], 1, "--people /nowhere/people.json: "),
        (&["mock-provider", "--redirect-uri", "/cb"], 1, "a redirect URI is absolute"),
        (&["mock-provider", "--certificate", "a.pem"], 64, "--certificate and --certificate-key are given together"),
        (&["mock-model", "--write-authority", "a.pem"], 64, "--write-authority needs --https"),
        (&["mock-model", "--address", "0.0.0.0:0"], 1, "serves loopback addresses only"),
    ] {
        let output = output(arguments);
        let error = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {error}");
        assert!(error.starts_with("oracle-ai: ") && error.contains(message), "{arguments:?}: {error}");
    }
}
