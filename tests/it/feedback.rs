//! What people say of answers: `/api/chat/feedback`, in every database, and `oracle-ai feedback`.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use oracle_ai::{
    server::conversations::{
        Owner,
        feedback::{GivenFeedback, Place},
        sql::{DatabaseUrl, FeedbackReader},
        store::{Begun, Ending, NewQuestion},
    },
    wire::{
        auth::UserClaims,
        chat::{ConversationId, EndReason, IdempotencyKey, MessageId},
        feedback::{Feedback, FeedbackReason, FeedbackValue, MAX_COMMENT_CHARS},
    },
};
use serde_json::{Value, json};

use crate::{
    conversation_store::{SqliteFile, Store, postgresql, store},
    support::{
        chat_client::{ChatClient, message},
        postgres,
    },
};

const UP: Feedback = Feedback { value: FeedbackValue::Up, reason: None, comment: String::new() };

fn at(seconds: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(seconds)
}

fn owner(name: &str) -> Owner {
    Owner::of(&UserClaims::known_by("https://sso.example.com".into(), name.into()))
}

/// Stores a question with an answer of this id.
async fn exchange(store: &Store, owner: &Owner, answer: &str, is_over: bool) -> MessageId {
    let new = NewQuestion {
        conversation: ConversationId::new(format!("c-{answer}")),
        idempotency_key: IdempotencyKey::new(format!("k-{answer}")),
        version_of: None,
        after: None,
        text: "Why?".into(),
        attachments: vec![],
        question: MessageId::new(format!("q-{answer}")),
        answer: MessageId::new(answer),
        model: "m".into(),
    };
    assert_eq!(store.begin(owner, &new, at(1)).await.unwrap(), Begun::New);
    if is_over {
        let ending = Ending {
            text: "Because.".into(),
            thinking: String::new(),
            reason: EndReason::Complete,
            error: None,
            usage: None,
            sent_from: None,
        };
        assert!(store.end(&new.answer, &ending).await.unwrap());
    }
    new.answer
}

async fn stored(store: &Store, owner: &Owner, answer: &MessageId) -> Option<Feedback> {
    let id = ConversationId::new(format!("c-{answer}"));
    let conversation = store.conversation(owner, &id, at(100)).await.unwrap().unwrap();
    assert_eq!(conversation.messages[0].feedback, None, "of a question");
    conversation.messages[1].feedback.clone()
}

async fn all(url: &DatabaseUrl, since: i64, page: usize) -> Vec<GivenFeedback> {
    let mut reader = FeedbackReader::open(url).await.unwrap();
    let (mut found, mut place) = (vec![], Place { at: since, answer: String::new() });
    loop {
        let given = reader.after(&place, page).await.unwrap();
        let Some(last) = given.last() else { return found };
        place = last.place();
        found.extend(given);
    }
}

/// A file, and a database of PostgreSQL.
async fn databases() -> (SqliteFile, Vec<(DatabaseUrl, Store)>) {
    let file = SqliteFile::new();
    let sqlite = (file.url(), store(file.url()));
    let (database, postgres) = postgresql().await;
    let url = postgres::address(&database).parse().unwrap();
    (file, vec![sqlite, (url, postgres)])
}

#[tokio::test]
async fn what_the_owner_says_of_an_answer_that_has_ended_is_kept_with_it_and_can_be_taken_back() {
    for (_, store) in databases().await.1 {
        let (alice, bob) = (owner("alice"), owner("bob"));
        let answer = exchange(&store, &alice, "a", true).await;
        let running = exchange(&store, &alice, "r", false).await;
        let down =
            Feedback {
                value: FeedbackValue::Down, reason: Some(FeedbackReason::Style), comment: "«Ünclear»".into()
            };
        for (who, answer, found) in [
            (&bob, &answer, false),
            (&alice, &running, false),
            (&alice, &MessageId::new("q-a"), false),
            (&alice, &answer, true),
        ] {
            assert_eq!(store.set_feedback(who, answer, Some(&UP), at(2)).await.unwrap(), found);
        }
        assert_eq!(stored(&store, &alice, &answer).await, Some(UP));
        assert!(store.set_feedback(&alice, &answer, Some(&down), at(3)).await.unwrap());
        assert_eq!(stored(&store, &alice, &answer).await, Some(down));
        assert!(store.set_feedback(&alice, &answer, None, at(4)).await.unwrap());
        assert_eq!(stored(&store, &alice, &answer).await, None);
    }
}

#[tokio::test]
async fn all_that_people_said_since_a_time_is_read_in_order_page_by_page_and_goes_with_its_conversation() {
    for (url, store) in databases().await.1 {
        for (name, answer, time) in [("alice", "a", 30), ("bob", "b", 10), ("alice", "c", 20), ("bob", "d", 20)] {
            let answer = exchange(&store, &owner(name), answer, true).await;
            assert!(store.set_feedback(&owner(name), &answer, Some(&UP), at(time)).await.unwrap());
        }
        exchange(&store, &owner("alice"), "silent", true).await;
        let ids = |given: Vec<GivenFeedback>| given.iter().map(|it| it.answer.to_string()).collect::<Vec<_>>();
        for page in [1, 3, 100] {
            assert_eq!(ids(all(&url, 0, page).await), ["b", "c", "d", "a"], "by {page}");
            assert_eq!(ids(all(&url, 20_000, page).await), ["c", "d", "a"]);
            assert_eq!(ids(all(&url, 30_001, page).await), [""; 0]);
        }
        let first = all(&url, 0, 1).await.swap_remove(0);
        assert_eq!((first.at, first.answered_at, &*first.model), (10_000, 1_000, "m"));
        assert!(store.delete(&owner("bob"), &ConversationId::new("c-b")).await.unwrap());
        assert_eq!(ids(all(&url, 0, 100).await), ["c", "d", "a"]);
    }
}

#[tokio::test]
async fn a_thumb_with_a_reason_is_stored_through_the_endpoint_and_of_ones_own_answers_only() {
    let client = ChatClient::start().await;
    let (_, answer) = client.exchange(&message("why?"), "Because.").await;
    let give = async |client: &ChatClient, feedback: Value| {
        client.post("/api/chat/feedback", &json!({ "answer": answer, "feedback": feedback })).await
    };
    let down = json!({ "value": "down", "reason": "facts", "comment": "  It is not so.\n" });
    give(&client, down).await.assert_ok();
    let said = client.conversation("c").await.messages[1].feedback.clone().unwrap();
    assert_eq!(
        (said.value, said.reason, &*said.comment),
        (FeedbackValue::Down, Some(FeedbackReason::Facts), "It is not so.")
    );

    give(&client.other_user().await, json!({ "value": "up" })).await.assert_refused(404, "not_found");
    let long = json!({ "value": "up", "comment": "x".repeat(MAX_COMMENT_CHARS + 1) });
    give(&client, long).await.assert_field_refused("comment");
    assert_eq!(client.conversation("c").await.messages[1].feedback, Some(said));

    give(&client, Value::Null).await.assert_ok();
    assert_eq!(client.conversation("c").await.messages[1].feedback, None);
}

#[tokio::test]
async fn the_command_prints_one_line_for_each_and_does_not_disturb_the_server() {
    let file = SqliteFile::new();
    let store = store(file.url());
    let alice = owner("alice");
    let answer = exchange(&store, &alice, "a", true).await;
    let running = exchange(&store, &alice, "r", false).await;
    let said = Feedback { comment: "two\nlines".into(), ..UP };
    assert!(store.set_feedback(&alice, &answer, Some(&said), at(1_767_323_045)).await.unwrap());
    let print = async |options: &[&str]| {
        let mut command = tokio::process::Command::new(env!("CARGO_BIN_EXE_oracle-ai"));
        command.args(options).env("DATABASE_URL", file.address()).current_dir(std::env::temp_dir());
        let output = command.output().await.unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    let line: Value = serde_json::from_str(&print(&["feedback"]).await).unwrap();
    assert_eq!((&line["at"], &line["value"]), (&json!("2026-01-02T03:04:05.000Z"), &json!("up")));
    assert_eq!((&line["comment"], &line["model"], &line["answer"]), (&json!("two\nlines"), &json!("m"), &json!("a")));
    assert_eq!(print(&["feedback", "--since", "2026-01-03"]).await, "");
    assert_eq!(print(&["feedback", "--since", "2026-01-02"]).await.lines().count(), 1);
    let ended = store.answer(&alice, &running, at(1)).await.unwrap().unwrap().message.end;
    assert_eq!(ended, None, "an answer that is being written goes on");
}
