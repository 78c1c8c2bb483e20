use proptest::prelude::*;

use super::*;

/// All events in these bytes, which arrive in these pieces.
fn read(pieces: &[&[u8]]) -> Vec<Result<UpstreamEvent, UpstreamError>> {
    let mut transcript = Transcript::default();
    let mut events = vec![];
    let mut pieces = pieces.iter().copied();
    let mut rest: &[u8] = &[];
    loop {
        match transcript.next(&mut rest) {
            Ok(Step::Event(event)) => events.push(Ok(event)),
            Ok(Step::Progress) => {}
            Ok(Step::End) => return events,
            Ok(Step::NeedsBytes) => match pieces.next() {
                Some(piece) => rest = piece,
                None => transcript.end(),
            },
            Err(error) => {
                events.push(Err(error));
                return events;
            }
        }
    }
}

/// The events of a stream with these data.
fn answer(data: &[&str]) -> Vec<Result<UpstreamEvent, UpstreamError>> {
    let text: String = data.iter().map(|data| format!("data: {data}\n\n")).collect();
    read(&[text.as_bytes()])
}

fn delta(text: &str) -> Result<UpstreamEvent, UpstreamError> {
    Ok(UpstreamEvent::Delta(text.into()))
}

fn finished(reason: FinishReason) -> Result<UpstreamEvent, UpstreamError> {
    Ok(UpstreamEvent::Finished(reason))
}

const ROLE: &str = r#"{"choices":[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}]}"#;
const TEXT: &str = r#"{"choices":[{"index":0,"delta":{"content":"Hi"},"finish_reason":null}],"usage":null}"#;
const STOP: &str = r#"{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}"#;
const USAGE: &str = r#"{"choices":[],"usage":{"prompt_tokens":3,"completion_tokens":1,"total_tokens":4}}"#;

#[test]
fn usage_comes_before_the_end_even_if_it_was_received_after_the_finish_reason() {
    let usage = UpstreamEvent::Usage(TokenUsage { input: Some(3), output: Some(1) });
    assert_eq!(answer(&[ROLE, TEXT, STOP, USAGE, DONE]), [delta("Hi"), Ok(usage), finished(FinishReason::Complete)]);
}

#[test]
fn of_several_usages_the_last_counts() {
    let counted = |n: u64| {
        format!(r#"{{"choices":[{{"index":0,"delta":{{"content":"{n}"}}}}],"usage":{{"completion_tokens":{n}}}}}"#)
    };
    let usage = UpstreamEvent::Usage(TokenUsage { input: None, output: Some(2) });
    assert_eq!(
        answer(&[&counted(1), &counted(2), STOP, DONE]),
        [delta("1"), delta("2"), Ok(usage), finished(FinishReason::Complete)]
    );
}

#[test]
fn an_unknown_finish_reason_means_an_interruption() {
    for (reason, expected) in [
        ("stop", Some(FinishReason::Complete)),
        ("eos", Some(FinishReason::Complete)),
        ("MAX_TOKENS", Some(FinishReason::Length)),
        ("SAFETY", Some(FinishReason::Filtered)),
        ("tool_calls", Some(FinishReason::Complete)),
        ("function_call", Some(FinishReason::Complete)),
        ("length", Some(FinishReason::Length)),
        ("content_filter", Some(FinishReason::Filtered)),
        ("insufficient_system_resource", None),
        ("", None),
    ] {
        let finish = STOP.replace("stop", reason);
        let expected = [delta("Hi")].into_iter().chain(expected.map(finished));
        assert_eq!(answer(&[TEXT, &finish, DONE]), expected.collect::<Vec<_>>(), "{reason}");
    }
    let error = STOP.replace("stop", "error");
    assert_eq!(answer(&[TEXT, &error, DONE]), [delta("Hi"), Err(UpstreamError::Upstream)]);
    // `null` as a text, as DashScope sends it, is none.
    let null = STOP.replace("stop", "null");
    assert_eq!(answer(&[&null, TEXT, STOP]), [delta("Hi"), finished(FinishReason::Complete)]);
}

#[test]
fn what_can_not_be_read_is_skipped_and_counted() {
    let escape = TEXT.replace("Hi", r"\x");
    for odd in ["ping", "7", "null", "[1]", r#"{"choices":"#, "{'choices': []}", &escape] {
        let expected = [delta("Hi"), delta("Hi"), finished(FinishReason::Complete)];
        assert_eq!(answer(&[TEXT, odd, TEXT, odd, STOP, odd, DONE]), expected, "{odd}");
        assert_eq!(answer(&[TEXT, odd]), [delta("Hi")], "{odd}");
    }
    let mut transcript = Transcript::default();
    let mut bytes = &b"data: ping\n\n"[..];
    assert_eq!(transcript.next(&mut bytes), Ok(Step::NeedsBytes), "it shows no more than a comment");
    assert!(transcript.deviations.has(Deviation::UnreadableEvent));
}

#[test]
fn what_can_be_read_of_an_event_is_read() {
    let whole = || [delta("Hi"), delta("Hi"), finished(FinishReason::Complete)];
    // Without empty lines between the events.
    let joined = format!("data: {TEXT}\ndata: {TEXT}\ndata: {STOP}\ndata: [DONE]\n\n");
    assert_eq!(read(&[joined.as_bytes()]), whole());
    assert_eq!(answer(&[&format!("{TEXT}{TEXT} and more"), STOP]), whole());
}

#[test]
fn an_answer_of_which_nothing_was_text_is_never_complete() {
    for body in ["<!doctype html>\n<h1>Sorry</h1>\n", "Hello.", "data: ping\n\n", "{\"choices\":\n"] {
        assert_eq!(read(&[body.as_bytes()]), [Err(UpstreamError::Upstream)], "{body}");
    }
    // The text was in what could not be read.
    assert_eq!(answer(&[ROLE, r#"{"choices":[{"delta":"#, STOP, DONE]), [Err(UpstreamError::Upstream)]);
    // The server says that it is whole.
    assert_eq!(answer(&[ROLE, STOP, DONE]), [finished(FinishReason::Complete)]);
}

#[test]
fn a_character_that_is_split_over_chunks_is_joined_or_replaced() {
    let with = |text: &str| TEXT.replace("Hi", text);
    let joined = answer(&[&with("Good "), &with(r"\ud83d"), &with(r"\ude00"), &with(" end."), STOP, DONE]);
    assert_eq!(joined, [delta("Good "), delta("😀"), delta(" end."), finished(FinishReason::Complete)]);
    let alone = answer(&[&with(r"a\ud83d"), &with("b"), &with(r"\ude00"), &with(r"\ud83d"), STOP]);
    let expected = [delta("a"), delta("\u{fffd}b"), delta("\u{fffd}"), delta("\u{fffd}")];
    assert_eq!(alone, expected.into_iter().chain([finished(FinishReason::Complete)]).collect::<Vec<_>>());
    let thinking = r#"{"choices":[{"delta":{"reasoning_content":"\ud83d"}}]}"#;
    let other_half = thinking.replace("ud83d", "ude00");
    assert_eq!(answer(&[thinking, &other_half]), [Ok(UpstreamEvent::Thinking("😀".into()))]);
}

#[test]
fn json_outside_of_events_is_read() {
    let whole = r#"{"object":"chat.completion","choices":[{"index":0,"message":{"content":"Hi"},"finish_reason":"stop"}],
        "usage":{"prompt_tokens":"3","completion_tokens":1}}"#;
    let usage = Ok(UpstreamEvent::Usage(TokenUsage { input: Some(3), output: Some(1) }));
    assert_eq!(read(&[whole.as_bytes()]), [delta("Hi"), usage, finished(FinishReason::Complete)]);
    let without_reason = whole.replace(r#""stop""#, "null");
    assert_eq!(read(&[without_reason.as_bytes()]).last(), Some(&finished(FinishReason::Complete)));
    let without_text = without_reason.replace("Hi", "");
    assert_eq!(read(&[without_text.as_bytes()]).len(), 1, "only the usage");
    let lines = format!("{TEXT}\n{TEXT}\n{STOP}\n");
    assert_eq!(read(&[lines.as_bytes()]), [delta("Hi"), delta("Hi"), finished(FinishReason::Complete)]);
    let ollama = "{\"message\":{\"content\":\"Hi\"},\"done\":false}\n{\"message\":{\"content\":\"\"},\"done\":true}\n";
    assert_eq!(read(&[ollama.as_bytes()]), [delta("Hi"), finished(FinishReason::Complete)]);
}

#[test]
fn an_error_outside_of_events_ends_the_answer_and_what_was_said_stays() {
    let limit = || Err(UpstreamError::Limit { retry_after: None });
    let error = "{\n  \"error\": {\"code\": 429, \"status\": \"RESOURCE_EXHAUSTED\"}\n}";
    for before in ["\n\n", "\n", "\n\ndata: [DONE]\n\n"] {
        let body = format!("data: {TEXT}{before}{error}");
        assert_eq!(read(&[body.as_bytes()]), [delta("Hi"), limit()], "{before:?}");
    }
    assert_eq!(read(&[error.as_bytes()]), [limit()]);
    assert_eq!(read(&[b"[{\"error\":\"no\"}]"]), [Err(UpstreamError::Upstream)]);
}

#[test]
fn what_came_before_the_connection_broke_counts() {
    let broken = |body: &str| {
        let mut transcript = Transcript::default();
        let mut bytes = body.as_bytes();
        let mut events = vec![];
        loop {
            match transcript.next(&mut bytes) {
                Ok(Step::Event(event)) => events.push(Ok(event)),
                Ok(Step::Progress) => {}
                Ok(Step::NeedsBytes) => transcript.break_off(UpstreamError::Network),
                Ok(Step::End) => return events,
                Err(error) => events.push(Err(error)),
            }
        }
    };
    let network = || Err(UpstreamError::Network);
    assert_eq!(broken(&format!("data: {TEXT}\n\n")), [delta("Hi"), network()]);
    assert_eq!(broken(&format!("data: {TEXT}")), [delta("Hi"), network()]);
    assert_eq!(broken(&format!("data: {}\n\n", TEXT.replace("Hi", "<thi"))), [delta("<thi"), network()]);
    assert_eq!(broken(&format!("data: {TEXT}\n\ndata: {STOP}")), [delta("Hi"), finished(FinishReason::Complete)]);
    assert_eq!(broken("{\"error\":{\"code\":401}}"), [Err(UpstreamError::Auth)]);
}

#[test]
fn text_elsewhere_than_in_a_delta_is_read_but_not_twice() {
    let whole = r#"{"choices":[{"index":0,"delta":{},"message":{"content":"HiHi"},"finish_reason":"stop"}]}"#;
    assert_eq!(answer(&[TEXT, TEXT, whole]), [delta("Hi"), delta("Hi"), finished(FinishReason::Complete)]);
    for chunk in [
        r#"{"choices":[{"index":0,"message":{"content":"Hi"},"finish_reason":null}]}"#,
        r#"{"choices":[{"index":0,"text":"Hi","finish_reason":null}]}"#,
    ] {
        let expected = [delta("Hi"), delta("Hi"), finished(FinishReason::Complete)];
        assert_eq!(answer(&[chunk, chunk, STOP]), expected, "{chunk}");
    }
}

#[test]
fn thinking_in_the_text_is_not_the_answer() {
    let with = |text: &str| TEXT.replace("Hi", text);
    let thinking = |text: &str| Ok(UpstreamEvent::Thinking(text.into()));
    let complete = || finished(FinishReason::Complete);
    let answered = answer(&[&with(r"<thi"), &with(r"nk>\nplan"), &with(r"\n</thi"), &with(r"nk>\n\n4"), STOP]);
    assert_eq!(answered, [thinking("plan"), delta("4"), complete()]);
    // Without the opening tag.
    let answered = answer(&[&with(r"plan\n"), &with(r"</think>\n\n4"), STOP]);
    assert_eq!(answered, [delta("plan\n"), Ok(UpstreamEvent::TextWasThinking), delta("4"), complete()]);
    // The start of a tag is text if the answer ends there.
    assert_eq!(answer(&[&with("<thi"), STOP]), [delta("<thi"), complete()]);
    assert_eq!(answer(&[&with("<thi"), r#"{"error":"no"}"#]), [delta("<thi"), Err(UpstreamError::Upstream)]);
    let parts =
        r#"{"choices":[{"delta":{"content":[{"type":"thinking","thinking":[{"type":"text","text":"plan"}]}]}}]}"#;
    assert_eq!(answer(&[parts, TEXT, STOP]), [thinking("plan"), delta("Hi"), complete()]);
}

#[test]
fn an_answer_without_finish_reason_was_interrupted_with_and_without_done() {
    assert_eq!(answer(&[ROLE, TEXT]), [delta("Hi")]);
    assert_eq!(answer(&[ROLE, TEXT, DONE]), [delta("Hi")]);
    assert_eq!(answer(&[DONE]), []);
    assert_eq!(answer(&[]), []);
}

#[test]
fn an_answer_with_a_finish_reason_is_complete_without_done() {
    assert_eq!(answer(&[TEXT, STOP]), [delta("Hi"), finished(FinishReason::Complete)]);
}

#[test]
fn done_is_recognised_by_its_start_and_ends_the_stream() {
    for done in ["[DONE]", "[DONE] ", "[DONE]{}"] {
        assert_eq!(answer(&[TEXT, STOP, done, TEXT]), [delta("Hi"), finished(FinishReason::Complete)], "{done}");
    }
}

#[test]
fn chunks_without_content_are_ignored() {
    let nothing = [
        ROLE,
        r#"{"choices":[],"prompt_filter_results":[{"prompt_index":0,"content_filter_results":{}}]}"#,
        r#"{"choices":[{"index":0,"content_filter_offsets":{"check_offset":1},"finish_reason":null}]}"#,
        r#"{"choices":[{"index":0,"delta":{"tool_calls":[{"function":{"name":"f","arguments":"{}"}}]}}]}"#,
        r#"{"choices":[{"delta":null}],"obfuscation":"aaaa","timings":{"predicted_ms":1.5},"service_tier":null}"#,
        r#"{"id":"","object":"","created":0,"model":""}"#,
        "{}",
        "",
    ];
    for chunk in nothing {
        assert_eq!(
            answer(&[chunk, TEXT, chunk, STOP, chunk, DONE]),
            [delta("Hi"), finished(FinishReason::Complete)],
            "{chunk}"
        );
    }
}

#[test]
fn reasoning_is_not_the_answer() {
    for name in ["reasoning", "reasoning_content"] {
        let chunk = format!(r#"{{"choices":[{{"index":0,"delta":{{"content":"","{name}":"Hm"}}}}]}}"#);
        let thinking = Ok(UpstreamEvent::Thinking("Hm".into()));
        assert_eq!(answer(&[&chunk, TEXT, STOP]), [thinking, delta("Hi"), finished(FinishReason::Complete)]);
    }
}

#[test]
fn an_error_in_the_stream_ends_it_and_is_classified() {
    for (error, expected) in [
        (r#"{"error":{"message":"x","type":"server_error","code":null}}"#, UpstreamError::Upstream),
        (r#"{"error":{"code":429,"message":"slow down"}}"#, UpstreamError::Limit { retry_after: None }),
        (r#"{"error":{"code":"context_length_exceeded"}}"#, UpstreamError::TooLong),
        (
            r#"{"error":{"code":503},"choices":[{"index":0,"delta":{"content":"x"},"finish_reason":"error"}]}"#,
            UpstreamError::Busy { retry_after: None },
        ),
        (r#"{"object":"error","message":"x","code":401}"#, UpstreamError::Auth),
        (r#"{"error":"out of memory"}"#, UpstreamError::Upstream),
        (r#"{"error":[{"status":"RESOURCE_EXHAUSTED"}]}"#, UpstreamError::Limit { retry_after: None }),
        (r#"{"choices":[{"index":0,"delta":{},"finish_reason":"TIMEOUT"}]}"#, UpstreamError::Timeout),
    ] {
        assert_eq!(answer(&[TEXT, error, TEXT, STOP, DONE]), [delta("Hi"), Err(expected)], "{error}");
    }
}

#[test]
fn an_event_that_is_too_large_is_an_error_of_the_upstream() {
    let endless = format!("data: {}", "x".repeat(2 * MAX_FRAME_BYTES));
    assert_eq!(read(&[endless.as_bytes()]), [Err(UpstreamError::Upstream)]);
}

/// Streams with all kinds of chunks, and all three line ends.
fn transcript() -> impl Strategy<Value = String> {
    let data = prop_oneof![
        Just(ROLE.to_owned()),
        Just(USAGE.to_owned()),
        Just("ping".to_owned()),
        Just(TEXT.replace("Hi", r"\ud83d")),
        Just(TEXT.replace("Hi", "<think>")),
        Just(TEXT.replace("Hi", "</think>")),
        Just(r#"{"choices":[{"index":0,"delta":{"reasoning":"Été"}}]}"#.to_owned()),
        "[a-zé€🦀]{1,5}".prop_map(|text| TEXT.replace("Hi", &text)),
    ];
    let ending = prop_oneof![
        Just(vec![]),
        Just(vec![STOP.to_owned()]),
        Just(vec![STOP.to_owned(), USAGE.to_owned(), DONE.to_owned()]),
        Just(vec![r#"{"error":{"code":429}}"#.to_owned()]),
    ];
    let parts = (proptest::collection::vec(data, 0..8), ending, prop_oneof![Just("\n"), Just("\r\n"), Just("\r")]);
    (parts, any::<bool>()).prop_map(|((data, ending, line_end), has_bom)| {
        let events = data.iter().chain(&ending).map(|data| format!(": ping{line_end}data: {data}{line_end}{line_end}"));
        let bom = if has_bom { "\u{feff}" } else { "" };
        bom.chars().map(String::from).chain(events).collect()
    })
}

proptest! {
    #[test]
    fn any_split_of_a_transcript_gives_the_same_events(
        text in transcript(),
        cuts in proptest::collection::vec(any::<prop::sample::Index>(), 0..12),
    ) {
        let bytes = text.as_bytes();
        let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(bytes.len() + 1)).collect();
        cuts.extend([0, bytes.len()]);
        cuts.sort_unstable();
        let pieces: Vec<&[u8]> = cuts.windows(2).map(|cut| &bytes[cut[0]..cut[1]]).collect();
        prop_assert_eq!(read(&pieces), read(&[bytes]));
        let single_bytes: Vec<&[u8]> = bytes.chunks(1).collect();
        prop_assert_eq!(read(&single_bytes), read(&[bytes]));
    }

    #[test]
    fn arbitrary_bytes_never_panic_and_end_once(
        mut bytes in proptest::collection::vec(any::<u8>(), 0..300),
        json in proptest::collection::vec("\\PC{0,30}", 0..6),
    ) {
        json.iter().for_each(|json| bytes.extend(format!("\n\ndata: {json}\n\n").bytes()));
        let events = read(&[&bytes]);
        let ends = events.iter().filter(|event| matches!(event, Err(_) | Ok(UpstreamEvent::Finished(_)))).count();
        prop_assert!(ends <= 1);
        prop_assert!(ends == 0 || matches!(events.last(), Some(Err(_) | Ok(UpstreamEvent::Finished(_)))));
    }
}
