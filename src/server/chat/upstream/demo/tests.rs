use super::*;

fn said(message: &str) -> (String, String) {
    let alice = UserClaims {
        iss: "https://provider.example".into(),
        sub: "alice".into(),
        name: Some("Alice".into()),
        preferred_username: None,
        email: None,
        user_id: None,
    };
    let (events, _) = reply(message, &alice);
    let (end, pieces) = events.split_last().unwrap();
    assert_eq!(*end, UpstreamEvent::Finished(FinishReason::Complete));
    let (mut thinking, mut text) = (String::new(), String::new());
    for piece in pieces {
        match piece {
            UpstreamEvent::Delta(piece) => text.push_str(piece),
            UpstreamEvent::Thinking(piece) => thinking.push_str(piece),
            UpstreamEvent::Usage(usage) => assert_eq!(usage.output, Some(count_words(&text))),
            UpstreamEvent::TextWasThinking | UpstreamEvent::Finished(_) => panic!("unexpected {piece:?}"),
        }
    }
    (thinking, text)
}

#[test]
fn a_message_is_repeated_with_a_list_of_the_examples() {
    let (thinking, text) = said("a\r\n\u{0}b");
    assert_eq!(thinking, "");
    assert!(text.starts_with("Hello Alice, I am the demo responder"), "{text}");
    assert!(text.contains("You wrote: “a\r\n\u{0}b”."), "{text:?}");
    for example in Example::ALL {
        assert!(text.contains(example.command()), "{example:?}");
    }
}

#[test]
fn a_french_message_is_answered_in_french() {
    let (_, text) = said("Bonjour, qui êtes-vous ?");
    assert!(text.starts_with("Bonjour Alice, je suis le répondeur"), "{text}");
    assert!(text.contains("« Bonjour, qui êtes-vous ? »"), "{text}");
    assert!(said("/table en français, pour moi").1.contains("Événement d’attente"));
}

#[test]
fn each_example_shows_its_kind_of_answer() {
    assert!(said("/table").1.contains("\n|:--|--:|--:|--:|\n| db file"));
    let (_, sql) = said("/sql");
    assert!(sql.contains("\n\n```sql\nSELECT sql_id,\n       ROUND("), "{sql}");
    assert!(sql.contains("ONLY;\n```\n\n"), "{sql}");
    assert!(said("/list").1.contains("\n\n1. **The plan**: has it changed?\n   - `DBMS"));
    assert!(said("/long please").1.len() > 3000);
    assert!(said("/thinking").0.contains("think"));
    assert!(said("/slow").1.ends_with("word 300, "));
}

#[test]
fn a_command_is_a_whole_first_word() {
    assert!(said("/tables").1.contains("You wrote: “/tables”"));
    assert!(said("about /table").1.contains("You wrote"));
}
