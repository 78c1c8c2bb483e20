//! The doors of stored conversations.

use axum::{
    body::Body,
    http::{Method, header},
};
use oracle_ai::wire::{
    chat::EndReason,
    conversations::{Conversation, Export, Role},
};
use serde_json::{Value, json};

use crate::support::{
    app::request,
    chat_client::{Chatter, send_as},
};

async fn rename(chatter: &Chatter, id: &str, title: &str) {
    chatter.post("/api/conversation/rename", &json!({ "id": id, "title": title })).await.assert_ok();
}

async fn export(chatter: &Chatter, id: &str, format: &str) -> Export {
    let answer = chatter.get(&format!("/api/conversation/export?id={id}&format={format}")).await;
    answer.assert_ok();
    serde_json::from_value(answer.json()).unwrap()
}

#[tokio::test]
async fn conversations_are_listed_found_read_renamed_and_deleted() {
    let chatter = Chatter::start().await;
    assert!(chatter.conversations("").await.is_empty());
    chatter.exchange(&send_as("one", "Où est l’été ?", "1"), "Ici, 100% sûr.").await;
    chatter.exchange(&send_as("two", "Bonjour", "2"), "Salut").await;
    let ids = async |search: &str| -> Vec<String> {
        chatter.conversations(search).await.into_iter().map(|summary| summary.id.to_string()).collect()
    };
    assert_eq!(ids("").await, ["two", "one"]);
    assert_eq!(ids("?search=").await, ["two", "one"]);
    assert_eq!(ids("?search=OU%20EST%20L%27ETE").await, ["one"]);
    assert_eq!(ids("?search=100%25").await, ["one"]);
    assert_eq!(ids("?search=salut").await, ["two"]);
    assert_eq!(ids("?search=%25").await, ["one"]);
    assert_eq!(ids("?search=nowhere").await, [""; 0]);

    let Conversation { title, messages, running, .. } = chatter.conversation("one").await;
    assert_eq!((title.as_str(), running), ("Où est l’été ?", None));
    assert_eq!((messages[0].role, messages[0].text.as_str()), (Role::Question, "Où est l’été ?"));
    assert_eq!((messages[1].role, messages[1].end), (Role::Answer, Some(EndReason::Complete)));

    rename(&chatter, "one", "  Saisons\n et mois ").await;
    assert_eq!(chatter.conversation("one").await.title, "Saisons et mois");
    assert_eq!(ids("?search=saisons").await, ["one"]);

    let deleted = chatter.post("/api/conversation/delete", &json!({ "id": "one" })).await;
    deleted.assert_ok();
    assert_eq!(deleted.json(), json!({}));
    assert_eq!(ids("").await, ["two"]);
    chatter.get("/api/conversation?id=one").await.assert_refused(404, "not_found");
}

#[tokio::test]
async fn a_conversation_is_exported_in_two_formats() {
    let chatter = Chatter::start().await;
    chatter.exchange(&send_as("c", "Why is it slow?", "1"), "Look at `v$session`.\n").await;
    let (_reading, _, stopped) = chatter.begin(&send_as("c", "And now?", "2")).await;
    chatter.stop(&stopped).await.assert_ok();

    let markdown = export(&chatter, "c", "markdown").await;
    assert_eq!((markdown.file_name.as_str(), markdown.media_type.as_str()), ("why-is-it-slow.md", "text/markdown"));
    let text = "# Why is it slow?\n\n## Question\n\nWhy is it slow?\n\n## Answer\n\nLook at `v$session`.\n\n\
                ## Question\n\nAnd now?\n\n## Answer\n\n\n\n*(stopped)*\n";
    assert_eq!(markdown.text, text);
    let french = export(&chatter, "c", "markdown&language=fr").await;
    assert_eq!(french.text, text.replace("## Answer", "## Réponse").replace("stopped", "arrêtée"));
    assert_eq!(export(&chatter, "c", "markdown&language=en").await, markdown);

    let file = export(&chatter, "c", "json").await;
    assert_eq!((file.file_name.as_str(), file.media_type.as_str()), ("why-is-it-slow.json", "application/json"));
    let exported: Conversation = serde_json::from_str(&file.text).unwrap();
    assert_eq!(exported, chatter.conversation("c").await);
}

#[tokio::test]
async fn what_was_thought_is_kept_with_the_answer_exported_folded_and_not_told_to_the_model() {
    let chatter = Chatter::start().await;
    let (reading, ..) = chatter.begin(&send_as("c", "Why?", "1")).await;
    let call = chatter.upstream.asked().await;
    call.think("Hm. </DETAILS>\0");
    call.answer("Because.");
    reading.rest().await;

    let Conversation { messages, .. } = chatter.conversation("c").await;
    let told: Vec<_> = messages.iter().map(|it| (it.text.as_str(), it.thinking.as_str())).collect();
    assert_eq!(told, [("Why?", ""), ("Because.", "Hm. </DETAILS>\u{fffd}")]);
    let folded = "## Answer\n\n<details>\n<summary>Thinking</summary>\n\n> Hm. &lt;/DETAILS>\u{fffd}\n\n</details>\n\nBecause.\n";
    let markdown = export(&chatter, "c", "markdown").await.text;
    assert!(markdown.ends_with(folded), "{markdown}");
    assert!(export(&chatter, "c", "json").await.text.contains("\"thinking\": \"Hm."));

    let (reading, ..) = chatter.begin(&send_as("c", "And?", "2")).await;
    let call = chatter.upstream.asked().await;
    assert!(call.messages.iter().all(|message| !message.text.contains("Hm")));
    call.answer("So.");
    reading.rest().await;
}

#[tokio::test]
async fn a_conversation_of_somebody_else_is_not_found_at_any_door() {
    let chatter = Chatter::start().await;
    let other = chatter.another().await;
    chatter.exchange(&send_as("c", "secret", "1"), "secret").await;
    for path in ["/api/conversation?id=c", "/api/conversation/export?id=c&format=json"] {
        other.get(path).await.assert_refused(404, "not_found");
    }
    let renamed = other.post("/api/conversation/rename", &json!({ "id": "c", "title": "mine" })).await;
    renamed.assert_refused(404, "not_found");
    other.post("/api/conversation/delete", &json!({ "id": "c" })).await.assert_refused(404, "not_found");
    for search in ["", "?search=secret"] {
        assert!(other.conversations(search).await.is_empty());
    }
    assert_eq!(chatter.conversation("c").await.title, "secret");
}

#[tokio::test]
async fn bad_input_names_its_field() {
    let chatter = Chatter::start().await;
    let long = "x".repeat(65);
    for path in ["/api/conversation", "/api/conversation/export"] {
        for id in ["", "?", "?id=", &format!("?id={long}"), "?id=a%20b", "?id=..%2F", "?id=%00", "?id=%F0%9F%A6%80"] {
            let query = if id.is_empty() { "?format=json".into() } else { format!("{id}&format=json") };
            chatter.get(&format!("{path}{query}")).await.assert_field_refused("id");
        }
    }
    for format in ["", "&format=", "&format=pdf", "&format=Markdown"] {
        chatter.get(&format!("/api/conversation/export?id=c{format}")).await.assert_field_refused("format");
    }
    for language in ["de", "fr-FR", "FR"] {
        let path = format!("/api/conversation/export?id=c&format=json&language={language}");
        chatter.get(&path).await.assert_field_refused("language");
    }
    chatter.get(&format!("/api/conversations?search={}", "x".repeat(201))).await.assert_field_refused("search");
    for title in [json!(""), json!(" \n\t "), json!("x".repeat(201)), json!(7), Value::Null] {
        let body = json!({ "id": "c", "title": title });
        chatter.post("/api/conversation/rename", &body).await.assert_field_refused("title");
    }
    for (path, mut body, field) in [
        ("/api/conversation/rename", json!({ "title": "t" }), "id"),
        ("/api/conversation/delete", json!({}), "id"),
        ("/api/chat/follow", json!({}), "answer"),
        ("/api/chat/stop", json!({}), "answer"),
        ("/api/chat", send_as("c", "hello", "k"), "conversation"),
        ("/api/chat", send_as("c", "hello", "k"), "idempotency_key"),
        ("/api/chat", send_as("c", "hello", "k"), "replaces"),
    ] {
        for name in ["", &long, "a b", "é", "a\0", "../c"] {
            body[field] = json!(name);
            chatter.post(path, &body).await.assert_field_refused(field);
        }
    }
    for after in [json!(-1), json!("1"), json!(1.5)] {
        let body = json!({ "answer": "a", "after": after });
        chatter.post("/api/chat/follow", &body).await.assert_field_refused("after");
    }
    assert!(!chatter.upstream.was_asked().await);
}

#[tokio::test]
async fn what_was_said_is_shown_as_it_was_said() {
    let chatter = Chatter::start().await;
    let text = "<script>'; DROP TABLE messages; -- %_\\ \u{2028}🦀";
    chatter.exchange(&send_as("c", text, "1"), text).await;
    assert_eq!(chatter.texts("c").await, [text, text]);
    rename(&chatter, "c", text).await;
    assert_eq!(chatter.conversation("c").await.title, text.replace('\u{2028}', " ").replace("  ", " "));
}

#[tokio::test]
async fn nobody_comes_in_without_an_access_token() {
    let chatter = Chatter::start().await;
    for (method, path) in [
        (Method::GET, "/api/conversations"),
        (Method::GET, "/api/conversation?id=c"),
        (Method::GET, "/api/conversation/export?id=c&format=json"),
        (Method::POST, "/api/conversation/rename"),
        (Method::POST, "/api/conversation/delete"),
        (Method::POST, "/api/chat"),
        (Method::POST, "/api/chat/follow"),
        (Method::POST, "/api/chat/stop"),
    ] {
        let request = request(method, path).header(header::CONTENT_TYPE, "application/json");
        let answer = chatter.browser.app.send(request.body(Body::from("{}")).unwrap()).await;
        answer.assert_refused(401, "unauthenticated");
    }
}
