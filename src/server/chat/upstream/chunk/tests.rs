use super::*;

fn chunk(json: &str) -> Chunk {
    Chunk::parse(json).0.remove(0)
}

fn delta(json: &str) -> Chunk {
    chunk(&format!(r#"{{"choices":[{{"index":0,"delta":{json}}}]}}"#))
}

#[test]
fn members_of_another_type_count_as_missing() {
    for json in ["null", "[]", "7", "{}", r#"{"content":null}"#, r#"{"content":7,"reasoning":{"a":1}}"#] {
        assert_eq!(delta(json).said(), Said::default(), "{json}");
    }
    let odd = chunk(r#"{"choices":null,"usage":"none","error":null,"object":1,"obfuscation":"x"}"#);
    assert_eq!((odd.usage(), odd.error(false), odd.error(true)), (None, None, None));
}

#[test]
fn text_comes_whole_or_in_parts_or_as_a_refusal() {
    for json in [
        r#"{"content":"ab"}"#,
        r#"{"content":[{"type":"text","text":"a"},{"type":"image"},{"type":"text","text":"b"}]}"#,
        r#"{"content":["a","b"]}"#,
        r#"{"content":{"type":"text","text":"ab"}}"#,
        r#"{"content":null,"refusal":"ab"}"#,
        r#"{"content":"","refusal":"ab"}"#,
        r#"{"type":"text_delta","text":"ab"}"#,
        r#""ab""#,
    ] {
        assert_eq!(delta(json).said(), Said { text: "ab".into(), is_delta: true, ..Said::default() }, "{json}");
    }
}

#[test]
fn reasoning_that_is_sent_twice_counts_once() {
    let both = delta(r#"{"reasoning":"hm","reasoning_content":"hm"}"#).said();
    assert_eq!((both.thinking.as_str(), both.text.as_str()), ("hm", ""));
}

#[test]
fn reasoning_may_be_a_part_of_the_content() {
    for part in [
        r#"{"type":"thinking","thinking":[{"type":"text","text":"hm"}]}"#,
        r#"{"type":"thinking","thinking":"hm","closed":true}"#,
        r#"{"type":"reasoning","text":"hm"}"#,
        r#"{"type":"reasoning_text","text":[{"text":"hm"}]}"#,
        r#"{"thinking":"hm"}"#,
    ] {
        let said = delta(&format!(r#"{{"content":[{part},{{"type":"text","text":"4"}}]}}"#)).said();
        assert_eq!((said.thinking.as_str(), said.text.as_str()), ("hm", "4"), "{part}");
    }
    let deep = format!("{}\"hm\"{}", r#"{"thinking":"#.repeat(100), "}".repeat(100));
    assert!(delta(&format!(r#"{{"content":[{deep}]}}"#)).said().is_empty());
}

#[test]
fn only_the_first_choice_counts_wherever_it_is() {
    let json = r#"{"choices":[{"index":1,"delta":{"content":"b"}},{"index":"0","delta":{"content":"a"}}]}"#;
    assert_eq!(chunk(json).said().text, "a");
}

#[test]
fn the_text_may_be_elsewhere_than_in_a_delta() {
    for json in [
        r#"{"choices":[{"index":0,"message":{"role":"assistant","content":"ab"}}]}"#,
        r#"{"choices":[{"index":0,"delta":{},"message":{"content":[{"type":"text","text":"ab"}]}}]}"#,
        r#"{"choices":[null,{"delta":null,"text":"ab"}]}"#,
        r#"{"choices":{"message":{"content":"ab"}}}"#,
        r#"{"model":"m","message":{"role":"assistant","content":"ab"},"done":false}"#,
        r#"{"model":"m","response":"ab","done":false}"#,
        r#"{"type":"message","role":"assistant","content":[{"type":"text","text":"ab"}]}"#,
    ] {
        assert_eq!(chunk(json).said(), Said { text: "ab".into(), ..Said::default() }, "{json}");
    }
    for json in [r#"{"message":"loading"}"#, r#"{"type":"status","text":"loading","content":"loading"}"#] {
        assert!(chunk(json).said().is_empty(), "{json}");
    }
    let both = r#"{"choices":[{"delta":{"content":"b"},"message":{"content":"ab"}}]}"#;
    assert_eq!(chunk(both).said(), Said { text: "b".into(), is_delta: true, ..Said::default() });
}

#[test]
fn finish_reasons_and_counts_are_found_under_other_names_and_as_other_types() {
    for (json, expected) in [
        (r#"{"choices":[{"finish_reason":"stop","stop_reason":"\n"}]}"#, Some("stop")),
        (r#"{"choices":[{"finish_reason":null,"stop_reason":"end_turn"}]}"#, Some("end_turn")),
        (r#"{"choices":[{"finish_reason":{"type":"length","length":7}}]}"#, Some("length")),
        (r#"{"choices":[{"finish_reason":"","delta":{}}]}"#, None),
        (r#"{"choices":[{"finish_reason":false}]}"#, None),
        (r#"{"type":"message_delta","delta":{"stop_reason":"max_tokens"}}"#, Some("max_tokens")),
        (r#"{"message":{"content":""},"done":true,"done_reason":"length"}"#, Some("length")),
        (r#"{"message":{"content":""},"done":true}"#, Some("stop")),
        (r#"{"message":{"content":"a"},"done":false}"#, None),
    ] {
        assert_eq!(chunk(json).finish_reason(), expected, "{json}");
    }
    for json in [
        r#"{"usage":{"prompt_tokens":3,"completion_tokens":4}}"#,
        r#"{"usage":{"prompt_tokens":"3","completion_tokens":4.0}}"#,
        r#"{"choices":[],"usage":[{"input_tokens":3,"output_tokens":"4"}]}"#,
        r#"{"done":true,"prompt_eval_count":3,"eval_count":4}"#,
    ] {
        assert_eq!(chunk(json).usage(), Some(TokenUsage { input: Some(3), output: Some(4) }), "{json}");
    }
    for json in [r#"{"usage":null}"#, r#"{"usage":[]}"#, r#"{"usage":{"prompt_tokens":-1}}"#, "{}"] {
        assert_eq!(chunk(json).usage(), None, "{json}");
    }
}

#[test]
fn an_error_may_be_a_text_an_object_or_a_list_and_nothing_is_none() {
    for json in [
        r#"{"error":"no"}"#,
        r#"{"error":{"message":"no"}}"#,
        r#"{"error":[{"message":"no"}]}"#,
        r#"[{"error":{"code":429}}]"#,
        r#"{"error":true,"message":"no"}"#,
        r#"{"errors":[{"message":"no"}],"choices":[]}"#,
        r#"{"object":"error","message":"no"}"#,
        r#"{"choices":[{"error":{"code":502},"finish_reason":"error"}]}"#,
        r#"{"message":"no","code":429}"#,
        r#"{"detail":"no","status":"503"}"#,
    ] {
        assert!(chunk(json).error(false).is_some(), "{json}");
    }
    for json in [
        r#"{"error":null}"#,
        r#"{"error":"","choices":[]}"#,
        r#"{"error":{},"errors":[]}"#,
        r#"{"error":[null]}"#,
        r#"{"error":false}"#,
        r#"{"message":{"content":"a"},"done":false}"#,
    ] {
        assert!(chunk(json).error(true).is_none(), "{json}");
    }
    let message = r#"{"message":"Too many requests"}"#;
    assert!(chunk(message).error(true).is_some() && chunk(message).error(false).is_none());
}

#[test]
fn chunks_are_read_up_to_what_is_no_object() {
    for (text, count, unread) in [
        ("", 0, None),
        ("[]", 0, None),
        ("{}", 1, None),
        ("[{},{}]", 2, None),
        ("{}{}\n{}", 3, None),
        (r#"{}{"a":"\ud83d"}"#, 2, None),
        ("{}\n[DONE]", 1, Some("\n[DONE]")),
        (r#"{"a":"\ud83d"} [DONE]"#, 1, Some(" [DONE]")),
        ("{} x", 1, Some(" x")),
        (r#"{"choices":"#, 0, Some(r#"{"choices":"#)),
        ("ping", 0, Some("ping")),
        ("null", 0, Some("null")),
        ("[{},1]", 0, Some("[{},1]")),
    ] {
        let parsed = Chunk::parse(text);
        assert_eq!((parsed.0.len(), parsed.1.as_deref()), (count, unread), "{text}");
    }
}
