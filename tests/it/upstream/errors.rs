//! What is made of a no, and when the question is asked again.

use std::time::Instant;

use super::*;

#[tokio::test]
async fn each_refusal_has_its_meaning_and_is_not_repeated_in_vain() {
    let asker = Asker::start().await;
    let seconds = |seconds| Some(Duration::from_secs(seconds));
    for (scenario, error) in [
        ("/unauthorized", UpstreamError::Auth),
        ("/rate-limited 30", UpstreamError::Limit { retry_after: seconds(30) }),
        ("/quota", UpstreamError::Limit { retry_after: None }),
        ("/unavailable 60", UpstreamError::Busy { retry_after: seconds(60) }),
        ("/too-long", UpstreamError::TooLong),
        ("/policy-violation", UpstreamError::Filtered),
        ("/no-model", UpstreamError::Upstream),
        ("/redirect", UpstreamError::Upstream),
        ("/page", UpstreamError::Upstream),
    ] {
        asker.ask(scenario).await.is("", Err(error));
    }
    assert_eq!(asker.requests().await.len(), 9);
}

#[tokio::test]
async fn a_wrong_key_is_refused_and_is_in_no_url() {
    let asker = Asker::start_with(|settings| settings.api_key = Some(ApiKey::new("wrong"))).await;
    asker.ask("hello").await.is("", Err(UpstreamError::Auth));
    let asker = Asker::start_with(|settings| settings.api_key = None).await;
    asker.ask("hello").await.is("", Err(UpstreamError::Auth));
    assert_eq!(asker.request().await["credential"], Value::Null);
}

#[tokio::test]
async fn an_upstream_that_does_not_know_stream_options_is_asked_without_them_at_once_and_from_then_on() {
    let asker = Asker::start().await;
    asker.play("no-stream-options", 0, 0).await;
    for _ in 0..2 {
        let heard = asker.ask("hello").await;
        heard.is(SOME_WORDS, Ok(Some(FinishReason::Complete)));
        assert_eq!(heard.usage, None);
    }
    let asked_for_usage: Vec<bool> =
        asker.requests().await.iter().map(|request| request["body"].get("stream_options").is_some()).collect();
    assert_eq!(asked_for_usage, [true, false, false]);
}

#[tokio::test]
async fn what_may_pass_is_asked_again_twice() {
    let asker = Asker::start().await;
    asker.play("rate-limited-ms", 1, 2).await;
    asker.ask("/empty").await.is("", Ok(Some(FinishReason::Complete)));
    assert_eq!(asker.requests().await.len(), 3);

    let asker = Asker::start().await;
    asker.play("rate-limited-ms", 1, 0).await;
    let retry_after = Some(Duration::from_millis(1));
    asker.ask("hello").await.is("", Err(UpstreamError::Limit { retry_after }));
    assert_eq!(asker.requests().await.len(), 3);
}

#[tokio::test]
async fn the_upstreams_own_pause_is_kept_and_without_one_ours_grows() {
    let asker = Asker::start().await;
    asker.play("rate-limited", 1, 1).await;
    let asked = Instant::now();
    asker.ask("/empty").await.is("", Ok(Some(FinishReason::Complete)));
    assert!(asked.elapsed() >= Duration::from_secs(1));

    let asker = Asker::start().await;
    asker.play("server-error", 0, 0).await;
    let asked = Instant::now();
    asker.ask("hello").await.is("", Err(UpstreamError::Upstream));
    // At least three quarters of 0.5 s and of 1 s.
    assert!(asked.elapsed() >= Duration::from_millis(1125));
    assert_eq!(asker.requests().await.len(), 3);
}

#[tokio::test]
async fn a_connection_that_breaks_before_the_first_word_is_made_again() {
    let asker = Asker::start().await;
    asker.play("broken-early", 0, 1).await;
    asker.ask("/empty").await.is("", Ok(Some(FinishReason::Complete)));
    assert_eq!(asker.requests().await.len(), 2);
}

#[tokio::test]
async fn an_upstream_that_is_not_there_is_a_matter_of_the_network() {
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let completions = ChatCompletions::new(settings(&format!("http://{nobody}/v1")), Environment::system()).unwrap();
    let answer = completions.answer(vec![message(Role::User, "hello")], &alice()).await;
    assert_eq!(answer.err(), Some(UpstreamError::Network));
}
