//! Answers in other forms than OpenAI's.

use axum::http::header;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

use super::*;

const COMPLETE: Result<Option<FinishReason>, UpstreamError> = Ok(Some(FinishReason::Complete));

/// The answer of a server that sends this body, of this type and encoding, to the first request.
async fn answered(headers: &[(header::HeaderName, &str)], body: &[u8]) -> ReceivedAnswer {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    let headers: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    let response = [format!("HTTP/1.1 200 OK\r\n{headers}connection: close\r\n\r\n").as_bytes(), body].concat();
    let server = tokio::spawn(async move {
        let (mut socket, _) = listener.accept().await.unwrap();
        let mut request = vec![];
        while !request.ends_with(b"}") {
            socket.read_buf(&mut request).await.unwrap();
        }
        socket.write_all(&response).await.unwrap();
        String::from_utf8(request).unwrap()
    });
    let mut upstream = TestUpstream::start().await;
    upstream.completions = ChatCompletions::new(settings(&origin), Environment::system()).unwrap();
    let received = upstream.ask("hello").await;
    assert!(server.await.unwrap().contains("accept-encoding: identity"));
    received
}

#[tokio::test]
async fn an_odd_event_costs_the_answer_nothing_else() {
    let upstream = TestUpstream::start().await;
    for scenario in ["/garbage", "/ping-events", "/odd-members"] {
        let received = upstream.ask(scenario).await;
        received.assert_is(SOME_WORDS, COMPLETE);
        assert_eq!(received.usage.unwrap().output, Some(4), "{scenario}");
    }
    upstream.ask("/split-character").await.assert_is("Good 😀 and \u{fffd}no more", COMPLETE);
}

#[tokio::test]
async fn finish_reasons_of_other_servers_are_understood() {
    let upstream = TestUpstream::start().await;
    for (scenario, reason) in
        [("/eos", FinishReason::Complete), ("/max-tokens", FinishReason::Length), ("/safety", FinishReason::Filtered)]
    {
        upstream.ask(scenario).await.assert_is(SOME_WORDS, Ok(Some(reason)));
    }
}

#[tokio::test]
async fn an_answer_that_is_no_event_stream_is_read() {
    let upstream = TestUpstream::start().await;
    for scenario in ["/completion", "/wrong-type", "/ndjson", "/gzip", "/message", "/text"] {
        let received = upstream.ask(scenario).await;
        received.assert_is(SOME_WORDS, COMPLETE);
        assert_eq!(received.usage.unwrap().output, Some(4), "{scenario}");
    }
}

#[tokio::test]
async fn reasoning_in_the_content_is_not_the_answer() {
    let upstream = TestUpstream::start().await;
    for scenario in ["/think-tags", "/think-end", "/thinking-parts"] {
        let received = upstream.ask(scenario).await;
        received.assert_is(SOME_WORDS, COMPLETE);
        assert_eq!(received.thinking.trim_end(), "Let me think.", "{scenario}");
    }
    let received = upstream.ask("/tags-in-text").await;
    assert_eq!((received.thinking.as_str(), received.end), ("", COMPLETE));
    assert!(received.text.starts_with("Models write `<think>`") && received.text.ends_with("Also <think>."));
}

#[tokio::test]
async fn the_body_decides_what_it_is_whatever_its_type() {
    let stream = b"data: {\"choices\":[{\"delta\":{\"content\":\"Hi\"},\"finish_reason\":\"stop\"}]}\n\n";
    let document = b"\n\n{\"choices\":[{\"message\":{\"content\":\"Hi\"},\"finish_reason\":\"stop\"}]}";
    for content_type in ["text/html", "text/plain", "application/json", "application/octet-stream", "text/event-stream"]
    {
        for body in [&stream[..], document] {
            answered(&[(header::CONTENT_TYPE, content_type)], body).await.assert_is("Hi", COMPLETE);
        }
    }
    answered(&[], stream).await.assert_is("Hi", COMPLETE);
}

#[tokio::test]
async fn a_body_that_is_no_answer_is_an_error_of_the_upstream() {
    let html = [(header::CONTENT_TYPE, "text/html")];
    answered(&html, b"<!doctype html><h1>Welcome</h1>\n").await.assert_is("", Err(UpstreamError::Upstream));
    let json = [(header::CONTENT_TYPE, "application/json")];
    answered(&json, b"\"ok\"").await.assert_is("", Err(UpstreamError::Upstream));
    let encoded = [(header::CONTENT_ENCODING, "x-unknown")];
    answered(&encoded, b"data: [DONE]\n\n").await.assert_is("", Err(UpstreamError::Upstream));
}
