use proptest::prelude::*;

use super::*;

/// Thinking and text of an answer that arrives in these pieces.
fn split(pieces: &[&str]) -> (String, String) {
    let mut tags = ThinkingTags::default();
    let mut said = vec![];
    pieces.iter().for_each(|piece| tags.push(piece, &mut said));
    tags.finish(&mut said);
    let (mut thinking, mut text) = (String::new(), String::new());
    for said in said {
        match said {
            Said::Text(more) => text.push_str(&more),
            Said::Thinking(more) => thinking.push_str(&more),
            Said::TextWasThinking => thinking.push_str(&std::mem::take(&mut text)),
        }
    }
    (thinking, text)
}

fn assert_split(answer: &str, thinking: &str, text: &str) {
    let letters: Vec<String> = answer.chars().map(String::from).collect();
    let letters: Vec<&str> = letters.iter().map(String::as_str).collect();
    for pieces in [&[answer][..], &letters] {
        let found = split(pieces);
        assert_eq!((found.0.as_str(), found.1.as_str()), (thinking, text), "{answer:?}");
    }
}

#[test]
fn thinking_between_tags_at_the_start_is_no_text() {
    for (answer, thinking, text) in [
        ("<think>\nsecret plan\n</think>\n\nThe answer is 4.", "secret plan", "The answer is 4."),
        ("\n <THINK>a < b\n\nc</Think>4", "a < b\n\nc", "4"),
        ("<thinking>a</thinking>4", "a", "4"),
        ("<thought>a</thought>4", "a", "4"),
        ("[THINK]a[/THINK]4", "a", "4"),
        ("<seed:think>a</seed:think>4", "a", "4"),
        ("◁think▷a◁/think▷4", "a", "4"),
        ("<think>\n\n</think>\n\n4", "", "4"),
        ("<think>a</think> <think>b</think>\n4", "ab", "4"),
        // Not closed: the model was cut while it thought.
        ("<think>a </thi", "a </thi", ""),
        ("<think>a\n", "a", ""),
    ] {
        assert_split(answer, thinking, text);
    }
}

#[test]
fn tags_elsewhere_than_at_the_start_are_text() {
    for answer in [
        "",
        "  \n",
        "<thi",
        "<thin>",
        "a <think>b</think>c",
        "Use `<think>` and `</think>`.",
        "Use <think> and </think>.",
        "```\n<think>a</think>\n```\n",
        "```\n</think>\n```\nb </think>",
        "The tag `</think>` ends it. </think>",
        "a </thinker> b",
        "a < b and b </ c",
    ] {
        assert_split(answer, "", answer);
    }
    let answer = "<think>a</think>\nUse <think>b</think>.";
    assert_split(answer, "a", "Use <think>b</think>.");
}

#[test]
fn a_closing_tag_without_an_opening_one_makes_the_text_before_it_thinking() {
    for (answer, thinking, text) in [
        ("secret plan\n</think>\n\nThe answer is 4.", "secret plan", "The answer is 4."),
        ("secret `code` plan</think>4", "secret `code` plan", "4"),
        ("\n</think>\n\n4", "", "4"),
        ("a</think>b</think>c", "a", "b</think>c"),
    ] {
        let (found_thinking, found_text) = split(&[answer]);
        assert_eq!((found_thinking.as_str(), found_text.as_str()), (thinking, text), "{answer:?}");
    }
    let (thinking, text) = split(&["secret plan\n", "</th", "ink>\n", "\n4"]);
    assert_eq!((thinking.trim_end(), text.as_str()), ("secret plan", "4"));
}

#[test]
fn where_the_server_sends_reasoning_apart_a_closing_tag_is_text() {
    let mut tags = ThinkingTags::default();
    let mut said = vec![];
    tags.reasoning_is_apart();
    tags.push("a</think>", &mut said);
    tags.finish(&mut said);
    assert_eq!(said, [Said::Text("a</think>".into())]);
}

proptest! {
    #[test]
    fn nothing_is_lost_in_any_split(
        pieces in proptest::collection::vec(proptest::sample::select(&["<think>", "</think>", "<", "th", "ink>", "a", "`", "\n", " ", "é"][..]), 0..20),
    ) {
        let whole = pieces.concat();
        let letters: Vec<String> = whole.chars().map(String::from).collect();
        let letters: Vec<&str> = letters.iter().map(String::as_str).collect();
        let without_white_space = |(thinking, text): (String, String)| {
            [thinking, text].map(|text| text.split_whitespace().collect::<String>())
        };
        let found = without_white_space(split(&[&whole]));
        prop_assert_eq!(&found, &without_white_space(split(&letters)));
        prop_assert_eq!(&found, &without_white_space(split(&pieces)));
    }
}
