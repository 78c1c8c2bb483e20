//! The operator's words: a notice that is accepted before the first question, and a name and a logo on every page.

use std::{fs, sync::Arc};

use oracle_ai::{
    server::{
        Services,
        chat::models::Models,
        conversations::{
            notice::{Acceptances, NoticeSettings, Notices},
            sql::{DatabaseUrl, SqlStore},
        },
    },
    wire::options::LocalText,
};
use serde_json::{Value, json};

use crate::{
    conversation_store::{SqliteFile, in_memory, postgresql},
    retention::files_of,
    support::{
        app::TestApp,
        browser::Browser,
        chat_client::{ChatClient, LONG_GRACE, message},
        postgres,
        provider::MockProvider,
        scripted_upstream::ScriptedUpstream,
        server_process::ServerProcess,
    },
};

fn text(en: &str, fr: &str) -> LocalText {
    LocalText { en: en.into(), fr: fr.into() }
}

/// At a server with this version of the notice, which stores acceptances in this database.
fn server(acceptances: Arc<dyn Acceptances>, version: &str, upstream: Arc<ScriptedUpstream>) -> TestApp {
    let notice = NoticeSettings {
        version: version.into(),
        title: text("Use of AI", "Usage de l’IA"),
        text: text("Answers may be **wrong**.", "Les réponses peuvent être **fausses**."),
    };
    TestApp::with_services(MockProvider::shared().settings(), |services, environment| {
        let services = services.with_chat(in_memory(), Models::one(upstream), LONG_GRACE, environment.clone());
        Services { notices: Notices::new(Some(notice), acceptances, environment), ..services }
    })
}

async fn client(acceptances: Arc<dyn Acceptances>, version: &str) -> ChatClient {
    let upstream = ScriptedUpstream::new();
    let browser = Browser::at(server(acceptances, version, upstream.clone()), MockProvider::shared());
    ChatClient::of_browser(browser, upstream).await
}

/// Of a person who has accepted version 1: at the server with that version, and at one that has version 2. Connections to the
/// database belong to the threads of the server that has opened them, so the first server is needed until the end.
async fn clients_of_two_versions(url: DatabaseUrl) -> (ChatClient, ChatClient) {
    let store = Arc::new(SqlStore::new(url));
    let before = client(store.clone(), "1").await;
    accept(&before, "1").await.assert_ok();
    let after = before.at(server(store, "2", before.upstream.clone())).signed_in_again().await;
    (before, after)
}

async fn notice(client: &ChatClient) -> Value {
    let answer = client.get("/api/chat/options").await;
    answer.assert_ok();
    answer.json()["notice"].clone()
}

async fn accept(client: &ChatClient, version: &str) -> crate::support::app::TestResponse {
    client.post("/api/notice/accept", &json!({ "version": version })).await
}

/// In SQLite and in PostgreSQL.
async fn databases() -> (SqliteFile, [DatabaseUrl; 2]) {
    let file = SqliteFile::new();
    let (database, _) = postgresql().await;
    let urls = [file.url(), postgres::address(&database).parse().unwrap()];
    (file, urls)
}

#[tokio::test]
async fn nothing_is_asked_before_the_notice_is_accepted_once_by_each_person() {
    for url in databases().await.1 {
        let client = client(Arc::new(SqlStore::new(url)), "1").await;
        let shown = notice(&client).await;
        assert_eq!((&shown["version"], &shown["title"]["fr"]), (&json!("1"), &json!("Usage de l’IA")));
        assert_eq!(shown["accepted_at"], Value::Null);
        client.post("/api/chat", &message("why?")).await.assert_refused(403, "notice_not_accepted");
        assert!(client.conversations("").await.is_empty(), "what was stored before can be read");
        assert!(!client.upstream.has_request().await);

        accept(&client, "1").await.assert_ok();
        let accepted_at = notice(&client).await["accepted_at"].as_u64().unwrap();
        client.exchange(&message("why?"), "Because.").await;
        accept(&client, "1").await.assert_ok();
        assert_eq!(notice(&client).await["accepted_at"], accepted_at, "the first time counts");

        let other = client.other_user().await;
        other.post("/api/chat", &message("why?")).await.assert_refused(403, "notice_not_accepted");
    }
}

#[tokio::test]
async fn a_new_version_is_to_be_accepted_anew_and_an_old_one_can_not_be() {
    for url in databases().await.1 {
        let (_before, after) = clients_of_two_versions(url).await;
        assert_eq!(notice(&after).await["accepted_at"], Value::Null);
        after.post("/api/chat", &message("why?")).await.assert_refused(403, "notice_not_accepted");
        accept(&after, "1").await.assert_refused(403, "notice_not_accepted");
        accept(&after, "2").await.assert_ok();
        after.exchange(&message("why?"), "Because.").await;
    }
}

#[tokio::test]
async fn a_persons_export_says_what_they_have_accepted_and_when() {
    for url in databases().await.1 {
        let (_before, after) = clients_of_two_versions(url).await;
        accept(&after, "2").await.assert_ok();
        let accepted_at = notice(&after).await["accepted_at"].clone();
        let files = files_of(after.download("/api/conversations/export").await);
        let (_, accepted) = files.iter().find(|(name, _)| name == "accepted-notices.json").unwrap();
        let exported: Value = serde_json::from_str(accepted).unwrap();
        assert_eq!((&exported[0]["version"], &exported[1]["version"]), (&json!("1"), &json!("2")));
        assert_eq!(exported[1]["accepted_at"], accepted_at);
        assert_eq!(exported.as_array().unwrap().len(), 2);

        let other = after.other_user().await;
        let files = files_of(other.download("/api/conversations/export").await);
        assert!(files.is_empty(), "what others have accepted is not in it");
    }
}

#[tokio::test]
async fn without_a_notice_there_is_nothing_to_accept() {
    let client = ChatClient::start().await;
    assert_eq!(notice(&client).await, Value::Null);
    accept(&client, "1").await.assert_refused(404, "not_found");
}

#[tokio::test]
async fn every_page_has_the_operators_name_and_the_logo_comes_from_the_same_server() {
    let folder = std::env::temp_dir().join(format!("oracle-ai-branding-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    let (logo, file) = (folder.join("logo.svg"), folder.join("branding.json"));
    fs::write(&logo, "<svg xmlns=\"http://www.w3.org/2000/svg\"><script>alert(1)</script></svg>").unwrap();
    let name = "Ask <b>\"us\"</b> & 'them'";
    fs::write(&file, json!({ "name": name, "logo": logo }).to_string()).unwrap();
    let server = ServerProcess::start("http://127.0.0.1:9", &[("BRANDING_FILE", file.to_str().unwrap())]).await;
    fs::remove_dir_all(&folder).unwrap();
    let get = async |path: &str| reqwest::get(format!("http://127.0.0.1:{}{path}", server.port)).await.unwrap();
    for path in ["/chat", "/signed-out", "/nowhere"] {
        let html = get(path).await.text().await.unwrap();
        assert!(!html.contains("<b>"), "{html}");
        let meta = html.split("<meta ").find(|meta| meta.contains(r#"name="branding""#)).unwrap();
        let content = meta.split("content=\"").nth(1).unwrap().split('"').next().unwrap();
        let content = ["&#34;", "&quot;"].iter().fold(content.to_owned(), |text, code| text.replace(code, "\""));
        let content = content.replace("&#39;", "'").replace("&#60;", "<").replace("&#62;", ">").replace("&#38;", "&");
        let branding: Value = serde_json::from_str(&content).unwrap();
        assert_eq!(branding["name"], json!({ "en": name, "fr": name }));
        let logo = get(branding["logo"].as_str().unwrap()).await;
        assert_eq!(logo.headers()["content-type"], "image/svg+xml; charset=utf-8");
        // Opened as a page, it runs nothing.
        let policy = logo.headers()["content-security-policy"].to_str().unwrap();
        assert!(policy.contains("default-src 'none'") && policy.contains("sandbox"), "{policy}");
    }
}
