//! Files of questions: in both stores, in what the model is sent, in exports and in searches.

use std::num::NonZeroU64;

use oracle_ai::{
    server::{
        chat::ChatSettings,
        conversations::{
            Owner,
            sql::{DatabaseUrl, SqlStore},
            store::{BeginError, NewQuestion, StoredFile},
        },
    },
    wire::{
        attachments::{Attachment, AttachmentLimits, AttachmentSummary, Content, Part, StoredAt},
        chat::{ChatEventKind, ConversationId, MessageId, Usage},
        conversations::{Conversation, Message},
        error::Limit,
    },
};
use serde_json::{Value, json};

use crate::{
    conversation_store::{self, Store, begin, in_memory, new_owner, now, postgresql, question, whole},
    support::chat_client::{ChatClient, LONG_GRACE, send_as},
};

fn file(name: &str, text: &str) -> Attachment {
    Attachment {
        name: name.into(),
        media_type: "text/plain".into(),
        content: Content::Text(text.into()),
        parts: vec![],
    }
}

fn stored(question: &MessageId, position: u32, name: &str) -> Attachment {
    Attachment { content: Content::Stored(StoredAt { question: question.clone(), position }), ..file(name, "") }
}

fn with(new: NewQuestion, attachments: Vec<Attachment>) -> NewQuestion {
    NewQuestion { attachments, ..new }
}

async fn texts(store: &Store, owner: &Owner, question: &MessageId) -> Vec<(String, String)> {
    let files = store.files(owner, &ConversationId::new("c"), question).await.unwrap();
    files.into_iter().map(|file| (file.name, file.text)).collect()
}

async fn found(store: &Store, owner: &Owner, search: &str) -> usize {
    conversation_store::found(store, owner, search).await.len()
}

#[tokio::test(flavor = "multi_thread")]
async fn sqlite_keeps_files_with_their_question() {
    keeps_files(in_memory()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn postgresql_keeps_files_with_their_question() {
    keeps_files(postgresql().await.1).await;
}

async fn keeps_files(store: Store) {
    let owner = new_owner();
    let id = ConversationId::new("c");
    let parts = vec![Part { from: 0, to: 3 }, Part { from: 4, to: 5 }];
    let report =
        Attachment { media_type: "text/html".into(), parts: parts.clone(), ..file("AWR Été.html", "été\0 |") };
    let first = with(question("c", "Why?"), vec![report, file("b.log", "ORA-00600")]);
    begin(&store, &owner, &first).await;
    store.end(&first.answer, &whole("Because.")).await.unwrap();

    let Conversation { messages, .. } = store.conversation(&owner, &id, now()).await.unwrap().unwrap();
    let [Message { attachments, .. }, answer] = messages.as_slice() else { panic!("{messages:?}") };
    let summary = |name: &str, media_type: &str, chars, parts: &[Part]| AttachmentSummary {
        name: name.into(),
        media_type: media_type.into(),
        chars,
        parts: parts.to_vec(),
        text: None,
    };
    let expected = [summary("AWR Été.html", "text/html", 6, &parts), summary("b.log", "text/plain", 9, &[])];
    assert_eq!((attachments.as_slice(), answer.attachments.len()), (&expected[..], 0));
    let both = [("AWR Été.html", "été\u{fffd} |"), ("b.log", "ORA-00600")].map(|(a, b)| (a.to_owned(), b.to_owned()));
    assert_eq!(texts(&store, &owner, &first.question).await, both);
    // Names and texts are searched, whatever their case and accents.
    for (search, hits) in [("awr ete", 1), ("ora-00600", 1), ("ÉTÉ\u{fffd}", 1), ("nowhere", 0)] {
        assert_eq!(found(&store, &owner, search).await, hits, "{search}");
    }
    // Of another person, or in another conversation, there is none.
    let other = new_owner();
    assert!(texts(&store, &other, &first.question).await.is_empty());
    assert!(store.files(&owner, &ConversationId::new("d"), &first.question).await.unwrap().is_empty());
    assert_eq!(found(&store, &other, "ora-00600").await, 0);

    takes_files_of_the_question_that_it_replaces(&store, &owner, &first, &other).await;

    assert!(store.delete(&owner, &id).await.unwrap());
    assert_eq!(found(&store, &owner, "ora-00600").await, 0);
    is_sent_the_latest_files_that_fit(&store).await;
}

async fn takes_files_of_the_question_that_it_replaces(
    store: &Store,
    owner: &Owner,
    first: &NewQuestion,
    other: &Owner,
) {
    let kept = stored(&first.question, 1, "renamed.log");
    // Nobody else's, and none that does not exist.
    for (owner, kept) in [(other, kept.clone()), (owner, stored(&first.question, 2, "x"))] {
        let refused = store.begin(owner, &with(question("c", "Again?"), vec![kept]), now()).await;
        assert!(matches!(refused, Err(BeginError::NoSuchQuestion)), "{refused:?}");
    }
    let again = NewQuestion { version_of: Some(first.question.clone()), ..question("c", "Again?") };
    let again = with(again, vec![file("new.txt", "new"), kept]);
    begin(store, owner, &again).await;
    store.end(&again.answer, &whole("So.")).await.unwrap();
    let expected = [("new.txt", "new"), ("renamed.log", "ORA-00600")].map(|(a, b)| (a.to_owned(), b.to_owned()));
    assert_eq!(texts(store, owner, &again.question).await, expected);
    // The version before keeps its own.
    assert_eq!(texts(store, owner, &first.question).await.len(), first.attachments.len());
    assert_eq!((found(store, owner, "renamed").await, found(store, owner, "awr ete").await), (1, 1));
}

async fn is_sent_the_latest_files_that_fit(store: &Store) {
    let owner = new_owner();
    for (text, files) in [("one", vec![file("old", "1234567890")]), ("two", vec![file("a", "12345"), file("b", "é")])]
    {
        let new = with(question("c", text), files);
        begin(store, &owner, &new).await;
        store.end(&new.answer, &whole("ok")).await.unwrap();
    }
    let last = question("c", "last");
    begin(store, &owner, &last).await;
    let read = async |budget| {
        let earlier = store.exchanges_before(&owner, &last.question, budget).await.unwrap();
        let texts = |files: &[StoredFile]| files.iter().map(|file| file.text.clone()).collect::<Vec<_>>();
        earlier.exchanges.iter().map(|exchange| texts(&exchange.files)).collect::<Vec<_>>()
    };
    // Questions and answers have ten characters.
    assert_eq!(read(1_000).await, [vec!["1234567890"], vec!["12345", "é"]]);
    assert_eq!(read(16).await, [vec![""], vec!["12345", "é"]]);
    assert_eq!(read(11).await, [vec![""], vec!["12345", "é"]]);
    assert_eq!(read(10).await, [vec![""], vec!["", ""]]);
}

#[tokio::test(flavor = "multi_thread")]
async fn files_count_in_the_storage_of_a_person() {
    // T106
    let (database, _) = postgresql().await;
    let urls: [DatabaseUrl; 2] =
        [DatabaseUrl::in_memory().unwrap(), crate::support::postgres::address(&database).parse().unwrap()];
    for url in urls {
        let store: Store = std::sync::Arc::new(SqlStore::new(url).with_quota(NonZeroU64::new(1_000)));
        let owner = new_owner();
        let large = with(question("c", "q"), vec![file("a", &"x".repeat(600))]);
        let refused = store.begin(&owner, &large, now()).await;
        assert!(matches!(refused, Err(BeginError::LimitReached(Limit::Storage))), "{refused:?}");
        let small = with(question("c", "q"), vec![file("a", &"x".repeat(400))]);
        begin(&store, &owner, &small).await;
        store.end(&small.answer, &whole("")).await.unwrap();
        // Text and search text take 800 bytes, and a bit for names. Those of another version count, too.
        let more = with(question("d", "q"), vec![file("a", &"x".repeat(100))]);
        assert!(matches!(store.begin(&owner, &more, now()).await, Err(BeginError::LimitReached(Limit::Storage))));
        let kept = vec![stored(&small.question, 0, "a")];
        let again = with(NewQuestion { version_of: Some(small.question), ..question("c", "q") }, kept);
        assert!(matches!(store.begin(&owner, &again, now()).await, Err(BeginError::LimitReached(Limit::Storage))));
    }
}

fn attached(chat_request: Value, files: &[(&str, &str)]) -> Value {
    let mut chat_request = chat_request;
    let files = files
        .iter()
        .map(|(name, text)| json!({ "name": name, "media_type": "text/plain", "content": { "text": text } }));
    chat_request["attachments"] = files.collect();
    chat_request
}

/// Sends it and answers it. Returns what the model was sent, and the usage.
async fn ask(client: &ChatClient, chat_request: &Value) -> (Vec<String>, MessageId, Usage) {
    let (stream, question, _) = client.begin(chat_request).await;
    let call = client.upstream.next_request().await;
    call.answer("ok");
    let events = stream.rest().await;
    let usage = events.iter().find_map(|event| match event.kind {
        ChatEventKind::Usage(usage) => Some(usage),
        _ => None,
    });
    (call.messages.iter().map(|message| message.text.clone()).collect(), question, usage.unwrap())
}

#[tokio::test]
async fn files_are_sent_to_the_model_as_labelled_parts_of_their_question_also_with_later_ones() {
    let client = ChatClient::start().await;
    let files = [("a.log", "ORA-1"), ("b.csv", "x,y")];
    let (sent, _, usage) = ask(&client, &attached(send_as("c", "Why?", "1"), &files)).await;
    let first = "Attached file 1 of 2: a.log (text/plain, 5 characters):\n```\nORA-1\n```\n\n\
                 Attached file 2 of 2: b.csv (text/plain, 3 characters):\n```\nx,y\n```\n\nWhy?";
    assert_eq!(sent, [first]);
    assert_eq!((usage.files_chars, usage.files_sent_chars), (Some(8), Some(8)));
    let (sent, ..) = ask(&client, &send_as("c", "And?", "2")).await;
    assert_eq!(sent, [first, "ok", "And?"]);
    // Where there are no files, nothing is said of them.
    let (_, _, usage) = ask(&client, &send_as("d", "Why?", "3")).await;
    assert_eq!((usage.files_chars, usage.files_sent_chars), (None, None));
}

#[tokio::test]
async fn what_of_the_files_does_not_fit_is_left_out_and_counted() {
    let settings = ChatSettings { history_chars: 2_000, ..LONG_GRACE };
    let client = ChatClient::with(in_memory(), settings).await;
    let report = "0123456789".repeat(300);
    let (sent, _, usage) = ask(&client, &attached(send_as("c", "Why?", "1"), &[("a", &report)])).await;
    // 500 are for the question, and 300 for the label.
    assert_eq!((usage.files_chars, usage.files_sent_chars), (Some(3_000), Some(1_200)));
    assert!(sent[0].contains("(text/plain, 3000 characters; 1200 of them follow)"), "{}", sent[0]);
    assert!(sent[0].contains("[… 1800 characters are left out here …]") && sent[0].ends_with("Why?"), "{}", sent[0]);
    // With the next question it is there still, as long as the messages leave it room.
    let (sent, _, usage) = ask(&client, &send_as("c", &"And? ".repeat(200), "2")).await;
    assert_eq!(usage.files_sent_chars, Some(2_000 - 1_000 - "Why?ok".len() as u64));
    assert!(sent[0].starts_with("Attached file 1 of 1: a") && sent[0].ends_with("Why?"), "{}", sent[0]);
    let stored = client.conversation("c").await.messages[3].usage.unwrap();
    assert_eq!(stored.files_sent_chars, usage.files_sent_chars);
}

#[tokio::test]
async fn another_version_of_a_question_has_its_files_without_sending_them_again() {
    let client = ChatClient::start().await;
    let (_, question, _) = ask(&client, &attached(send_as("c", "Why?", "1"), &[("a.log", "ORA-1")])).await;
    let mut again = send_as("c", "Why, please?", "2");
    again["version_of"] = json!(question);
    let place = json!({ "question": question, "position": 0 });
    again["attachments"] = json!([{ "name": "a.log", "media_type": "text/plain", "content": { "stored": place } }]);
    let (sent, new, _) = ask(&client, &again).await;
    assert!(sent[0].contains("ORA-1") && sent[0].ends_with("Why, please?"), "{sent:?}");
    let path = |question: &MessageId| format!("/api/conversation/attachment?id=c&question={question}&position=0");
    let answer = client.get(&path(&new)).await;
    answer.assert_ok();
    assert_eq!(answer.json(), json!({ "text": "ORA-1" }));
    client.get(&path(&question)).await.assert_ok();
    let other = client.other_user().await;
    other.get(&path(&new)).await.assert_refused(404, "not_found");
    for query in ["", "?id=c", "?id=c&question=q", "?id=c&question=q&position=x", "?id=c&question=%20&position=0"] {
        let answer = client.get(&format!("/api/conversation/attachment{query}")).await;
        answer.assert_refused(422, "invalid_field");
    }
}

#[tokio::test]
async fn the_bounds_of_files_are_those_of_the_settings_and_the_body_may_be_as_long() {
    let attachments = AttachmentLimits { files: 2, file_chars: 150_000, message_chars: 200_000 };
    let client = ChatClient::with(in_memory(), ChatSettings { attachments, ..LONG_GRACE }).await;
    let long = "é".repeat(150_000);
    let (_, _, usage) = ask(&client, &attached(send_as("c", "Why?", "1"), &[("a", &long)])).await;
    assert_eq!(usage.files_chars, Some(150_000));
    for (files, reason) in [
        (vec![("a", "x"); 3], "has 3 files, 2 are allowed"),
        (vec![("a", &*format!("{long}é"))], "has 150001 characters, 150000 are allowed"),
        (vec![("a", &*long), ("b", &*"x".repeat(50_001))], "have 200001 characters, 200000 are allowed"),
    ] {
        let answer = client.post("/api/chat", &attached(send_as("c", "Why?", "2"), &files)).await;
        answer.assert_refused(422, "invalid_field");
        assert!(answer.json().to_string().contains(reason), "{:?}", answer.json());
    }
    let much = "é".repeat(600_000);
    let answer = client.post("/api/chat", &attached(send_as("c", "Why?", "3"), &[("a", &much)])).await;
    answer.assert_refused(413, "body_too_large");
    // No other endpoint takes more than before.
    let answer = client.post("/api/chat/stop", &json!({ "answer": "x".repeat(300_000) })).await;
    answer.assert_refused(413, "body_too_large");
}

#[tokio::test]
async fn an_exported_conversation_has_its_files() {
    let client = ChatClient::start().await;
    let files = [("a & <b>.md", "```\ncode\n```"), ("empty lines.txt", "\n\nx\n")];
    ask(&client, &attached(send_as("c", "Why?", "1"), &files)).await;
    let export = async |format: &str| {
        let answer = client.get(&format!("/api/conversation/export?id=c&format={format}")).await;
        answer.assert_ok();
        answer.json()["text"].as_str().unwrap().to_owned()
    };
    let markdown = export("markdown").await;
    let first = "Why?\n\n<details>\n<summary>Attached file: a &amp; &lt;b>.md (text/plain, 12)</summary>\n\n\
                 ````\n```\ncode\n```\n````\n\n</details>\n";
    assert!(markdown.contains(first), "{markdown}");
    assert!(markdown.contains("(text/plain, 4)</summary>\n\n```\n\n\nx\n```\n\n</details>\n"), "{markdown}");
    assert!(export("markdown&language=fr").await.contains("<summary>Fichier joint\u{a0}: a"));
    let json: Conversation = serde_json::from_str(&export("json").await).unwrap();
    let texts: Vec<_> = json.messages[0].attachments.iter().map(|file| file.text.as_deref().unwrap()).collect();
    assert_eq!(texts, [files[0].1, files[1].1]);
}
