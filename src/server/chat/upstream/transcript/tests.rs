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
        ("not JSON", UpstreamError::Upstream),
        (r#"{"choices":"#, UpstreamError::Upstream),
        ("7", UpstreamError::Upstream),
    ] {
        assert_eq!(answer(&[TEXT, error, TEXT, STOP, DONE]), [delta("Hi"), Err(expected)], "{error}");
    }
}

#[test]
fn an_event_that_is_too_large_is_an_error_of_the_upstream() {
    let endless = format!("data: {}", "x".repeat(2 * MAX_EVENT_BYTES));
    assert_eq!(read(&[endless.as_bytes()]), [Err(UpstreamError::Upstream)]);
}

/// Streams with all kinds of chunks, and all three line ends.
fn transcript() -> impl Strategy<Value = String> {
    let data = prop_oneof![
        Just(ROLE.to_owned()),
        Just(USAGE.to_owned()),
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
