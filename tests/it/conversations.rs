//! The endpoints of stored conversations.

use axum::{
    body::Body,
    http::{Method, header},
};
use oracle_ai::wire::{
    chat::EndReason,
    conversations::{Conversation, ConversationList, Export, Role},
};
use serde_json::{Value, json};

use crate::{
    conversation_store::{begin, in_memory, question},
    support::{
        app::request,
        chat_client::{ChatClient, LONG_GRACE, send_as},
    },
};

async fn rename(client: &ChatClient, id: &str, title: &str) {
    client.post("/api/conversation/rename", &json!({ "id": id, "title": title })).await.assert_ok();
}

async fn export(client: &ChatClient, id: &str, format: &str) -> Export {
    let answer = client.get(&format!("/api/conversation/export?id={id}&format={format}")).await;
    answer.assert_ok();
    serde_json::from_value(answer.json()).unwrap()
}

/// `*2026-01-02 03:04 UTC · model*` becomes `*TIME · model*`.
fn without_times(markdown: &str) -> String {
    let without = |line: &str| match line.starts_with("*20") && line[17..].starts_with(" UTC") {
        true => format!("*TIME{}\n", &line[21..]),
        false => format!("{line}\n"),
    };
    markdown.lines().map(without).collect()
}

#[tokio::test]
async fn conversations_are_listed_found_read_renamed_and_deleted() {
    let client = ChatClient::start().await;
    assert!(client.conversations("").await.is_empty());
    client.exchange(&send_as("one", "Où est l’été ?", "1"), "Ici, 100% sûr.").await;
    client.exchange(&send_as("two", "Bonjour", "2"), "Salut").await;
    let ids = async |search: &str| -> Vec<String> {
        client.conversations(search).await.into_iter().map(|summary| summary.id.to_string()).collect()
    };
    assert_eq!(ids("").await, ["two", "one"]);
    assert_eq!(ids("?search=").await, ["two", "one"]);
    assert_eq!(ids("?search=OU%20EST%20L%27ETE").await, ["one"]);
    assert_eq!(ids("?search=100%25").await, ["one"]);
    assert_eq!(ids("?search=salut").await, ["two"]);
    assert_eq!(ids("?search=%25").await, ["one"]);
    assert_eq!(ids("?search=nowhere").await, [""; 0]);

    let Conversation { title, messages, running, .. } = client.conversation("one").await;
    assert_eq!((title.as_str(), running), ("Où est l’été ?", None));
    assert_eq!((messages[0].role, messages[0].text.as_str()), (Role::Question, "Où est l’été ?"));
    assert_eq!((messages[1].role, messages[1].end), (Role::Answer, Some(EndReason::Complete)));

    rename(&client, "one", "  Saisons\n et mois ").await;
    assert_eq!(client.conversation("one").await.title, "Saisons et mois");
    assert_eq!(ids("?search=saisons").await, ["one"]);

    let deleted = client.post("/api/conversation/delete", &json!({ "id": "one" })).await;
    deleted.assert_ok();
    assert_eq!(deleted.json(), json!({}));
    assert_eq!(ids("").await, ["two"]);
    client.get("/api/conversation?id=one").await.assert_refused(404, "not_found");
}

#[tokio::test]
async fn the_list_has_pages_and_pinned_conversations_are_on_the_first() {
    let store = in_memory();
    let client = ChatClient::with(store.clone(), LONG_GRACE).await;
    client.exchange(&send_as("oldest", "first", "1"), "a").await;
    let owner = client.owner();
    for n in 0..200 {
        begin(&store, &owner, &question(&format!("c{n}"), "later")).await;
    }
    client.post("/api/conversation/pin", &json!({ "id": "oldest", "pinned": true })).await.assert_ok();
    let page = async |query: &str| -> ConversationList {
        let answer = client.get(&format!("/api/conversations{query}")).await;
        answer.assert_ok();
        serde_json::from_value(answer.json()).unwrap()
    };
    let first = page("").await;
    assert_eq!((first.conversations.len(), first.pinned.len(), first.kept_days), (200, 1, None));
    assert_eq!((first.pinned[0].id.as_str(), first.pinned[0].pinned), ("oldest", true));
    let second = page(&format!("?before={}", first.next.unwrap())).await;
    assert_eq!((second.conversations.len(), second.pinned.len(), second.next), (1, 0, None));
    assert_eq!((second.conversations[0].id.as_str(), second.conversations[0].pinned), ("oldest", true));

    let found = page("?search=later").await;
    assert_eq!((found.conversations.len(), found.pinned.len()), (50, 0));
    assert_eq!(found.conversations[0].found.as_ref().unwrap().pieces, ["", "later", ""]);
    let next = page(&format!("?search=later&before={}", found.next.unwrap())).await;
    assert_eq!(next.conversations.len(), 50);
    let titled = page("?search=first").await;
    assert_eq!(titled.conversations.len(), 1);
    let unpinned = client.post("/api/conversation/pin", &json!({ "id": "oldest", "pinned": false })).await;
    unpinned.assert_ok();
    assert!(page("").await.pinned.is_empty());
    let not_theirs = client.other_user().await;
    let refused = not_theirs.post("/api/conversation/pin", &json!({ "id": "oldest", "pinned": true })).await;
    refused.assert_refused(404, "not_found");
}

#[tokio::test]
async fn a_conversation_is_exported_in_two_formats() {
    let client = ChatClient::start().await;
    client.exchange(&send_as("c", "Why is it slow?", "1"), "Look at `v$session`.\n").await;
    let (_reading, _, stopped) = client.begin(&send_as("c", "And now?", "2")).await;
    client.stop(&stopped).await.assert_ok();

    let markdown = export(&client, "c", "markdown").await;
    assert_eq!((markdown.file_name.as_str(), markdown.media_type.as_str()), ("why-is-it-slow.md", "text/markdown"));
    let text = "# Why is it slow?\n\n## Question\n\n*TIME*\n\nWhy is it slow?\n\n\
                ## Answer\n\n*TIME · scripted*\n\nLook at `v$session`.\n\n\
                ## Question\n\n*TIME*\n\nAnd now?\n\n## Answer\n\n*TIME · scripted*\n\n\n\n*(stopped)*\n";
    assert_eq!(without_times(&markdown.text), text);
    let french = export(&client, "c", "markdown&language=fr").await;
    let expected = text.replace("## Answer", "## Réponse").replace("stopped", "arrêtée");
    assert_eq!(without_times(&french.text), expected);
    assert_eq!(export(&client, "c", "markdown&language=en").await, markdown);

    let file = export(&client, "c", "json").await;
    assert_eq!((file.file_name.as_str(), file.media_type.as_str()), ("why-is-it-slow.json", "application/json"));
    let exported: Conversation = serde_json::from_str(&file.text).unwrap();
    assert_eq!(exported, client.conversation("c").await);
}

#[tokio::test]
async fn thinking_is_stored_exported_folded_and_not_sent_to_the_model() {
    let client = ChatClient::start().await;
    let (stream, ..) = client.begin(&send_as("c", "Why?", "1")).await;
    let call = client.upstream.next_request().await;
    call.send_thinking("Hm. </DETAILS>\0");
    call.answer("Because.");
    stream.rest().await;

    let Conversation { messages, .. } = client.conversation("c").await;
    let sent: Vec<_> = messages.iter().map(|it| (it.text.as_str(), it.thinking.as_str())).collect();
    assert_eq!(sent, [("Why?", ""), ("Because.", "Hm. </DETAILS>\u{fffd}")]);
    let folded = "## Answer\n\n*TIME · scripted*\n\n<details>\n<summary>Thinking</summary>\n\n> Hm. &lt;/DETAILS>\u{fffd}\n\n</details>\n\nBecause.\n";
    let markdown = without_times(&export(&client, "c", "markdown").await.text);
    assert!(markdown.ends_with(folded), "{markdown}");
    assert!(export(&client, "c", "json").await.text.contains("\"thinking\": \"Hm."));

    let (stream, ..) = client.begin(&send_as("c", "And?", "2")).await;
    let call = client.upstream.next_request().await;
    assert!(call.messages.iter().all(|message| !message.text.contains("Hm")));
    call.answer("So.");
    stream.rest().await;
}

#[tokio::test]
async fn another_users_conversation_is_not_found_at_any_endpoint() {
    let client = ChatClient::start().await;
    let other = client.other_user().await;
    client.exchange(&send_as("c", "secret", "1"), "secret").await;
    for path in ["/api/conversation?id=c", "/api/conversation/export?id=c&format=json"] {
        other.get(path).await.assert_refused(404, "not_found");
    }
    let renamed = other.post("/api/conversation/rename", &json!({ "id": "c", "title": "mine" })).await;
    renamed.assert_refused(404, "not_found");
    other.post("/api/conversation/delete", &json!({ "id": "c" })).await.assert_refused(404, "not_found");
    for search in ["", "?search=secret"] {
        assert!(other.conversations(search).await.is_empty());
    }
    assert_eq!(client.conversation("c").await.title, "secret");
}

#[tokio::test]
async fn invalid_input_is_refused_with_the_name_of_its_field() {
    let client = ChatClient::start().await;
    let long = "x".repeat(65);
    for path in ["/api/conversation", "/api/conversation/export"] {
        for id in ["", "?", "?id=", &format!("?id={long}"), "?id=a%20b", "?id=..%2F", "?id=%00", "?id=%F0%9F%A6%80"] {
            let query = if id.is_empty() { "?format=json".into() } else { format!("{id}&format=json") };
            client.get(&format!("{path}{query}")).await.assert_field_refused("id");
        }
    }
    for format in ["", "&format=", "&format=pdf", "&format=Markdown"] {
        client.get(&format!("/api/conversation/export?id=c{format}")).await.assert_field_refused("format");
    }
    for language in ["de", "fr-FR", "FR"] {
        let path = format!("/api/conversation/export?id=c&format=json&language={language}");
        client.get(&path).await.assert_field_refused("language");
    }
    client.get(&format!("/api/conversations?search={}", "x".repeat(201))).await.assert_field_refused("search");
    for before in ["1", "x.c", "1.a%20b", "99999999999999999999.c"] {
        client.get(&format!("/api/conversations?before={before}")).await.assert_field_refused("before");
    }
    for title in [json!(""), json!(" \n\t "), json!("x".repeat(201)), json!(7), Value::Null] {
        let body = json!({ "id": "c", "title": title });
        client.post("/api/conversation/rename", &body).await.assert_field_refused("title");
    }
    for (path, mut body, field) in [
        ("/api/conversation/rename", json!({ "title": "t" }), "id"),
        ("/api/conversation/delete", json!({}), "id"),
        ("/api/conversation/pin", json!({ "pinned": true }), "id"),
        ("/api/chat/follow", json!({}), "answer"),
        ("/api/chat/stop", json!({}), "answer"),
        ("/api/chat", send_as("c", "hello", "k"), "conversation"),
        ("/api/chat", send_as("c", "hello", "k"), "idempotency_key"),
        ("/api/chat", send_as("c", "hello", "k"), "version_of"),
        ("/api/chat", send_as("c", "hello", "k"), "after"),
        ("/api/conversation/choose", json!({ "version": "v" }), "id"),
        ("/api/conversation/choose", json!({ "id": "c" }), "version"),
    ] {
        for name in ["", &long, "a b", "é", "a\0", "../c"] {
            body[field] = json!(name);
            client.post(path, &body).await.assert_field_refused(field);
        }
    }
    for after in [json!(-1), json!("1"), json!(1.5)] {
        let body = json!({ "answer": "a", "after": after });
        client.post("/api/chat/follow", &body).await.assert_field_refused("after");
    }
    assert!(!client.upstream.has_request().await);
}

#[tokio::test]
async fn markup_and_sql_in_messages_are_returned_unchanged() {
    let client = ChatClient::start().await;
    let text = "<script>'; DROP TABLE messages; -- %_\\ \u{2028}🦀";
    client.exchange(&send_as("c", text, "1"), text).await;
    assert_eq!(client.texts("c").await, [text, text]);
    rename(&client, "c", text).await;
    assert_eq!(client.conversation("c").await.title, text.replace('\u{2028}', " ").replace("  ", " "));
}

#[tokio::test]
async fn every_endpoint_requires_an_access_token() {
    let client = ChatClient::start().await;
    for (method, path) in [
        (Method::GET, "/api/conversations"),
        (Method::GET, "/api/conversation?id=c"),
        (Method::GET, "/api/conversation/export?id=c&format=json"),
        (Method::POST, "/api/conversation/choose"),
        (Method::POST, "/api/conversation/rename"),
        (Method::POST, "/api/conversation/delete"),
        (Method::POST, "/api/conversation/pin"),
        (Method::POST, "/api/conversations/delete"),
        (Method::GET, "/api/conversations/export"),
        (Method::POST, "/api/chat"),
        (Method::POST, "/api/chat/follow"),
        (Method::POST, "/api/chat/stop"),
    ] {
        let request = request(method, path).header(header::CONTENT_TYPE, "application/json");
        let answer = client.browser.app.send(request.body(Body::from("{}")).unwrap()).await;
        answer.assert_refused(401, "unauthenticated");
    }
}
