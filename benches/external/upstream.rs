//! A model with OpenAI's chat completions API. The question is `"<tokens> <tokens per second>"`, where 0 per second is as
//! fast as they can be written. Each token is the time at which it was sent, so a reader knows how long it took.

use std::{
    convert::Infallible,
    sync::LazyLock,
    time::{Duration, Instant},
};

use axum::{
    Json, Router,
    body::{Body, Bytes},
    http::header,
    response::{IntoResponse, Response},
    routing::post,
};
use futures_util::{Stream, stream};
use serde_json::Value;
use tokio::time::MissedTickBehavior;

/// The zero of the tokens' times; upstream and readers are in one process.
pub static START: LazyLock<Instant> = LazyLock::new(Instant::now);

/// Tokens per write, where the speed is not limited.
const BURST: u64 = 64;

/// Serves `POST /chat/completions`, and returns the base URL.
pub async fn start() -> String {
    LazyLock::force(&START);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let router = Router::new().route("/chat/completions", post(answer));
    tokio::spawn(async move { axum::serve(listener, router).await });
    url
}

/// Microseconds on the clock of [`START`].
pub fn now() -> u64 {
    u64::try_from(START.elapsed().as_micros()).unwrap()
}

async fn answer(Json(request): Json<Value>) -> Response {
    let question = request["messages"].as_array().and_then(|messages| messages.last()).unwrap();
    let (tokens, rate) = question["content"].as_str().unwrap().split_once(' ').unwrap();
    let (tokens, rate) = (tokens.parse().unwrap(), rate.parse().unwrap());
    let body = Body::from_stream(pieces(tokens, rate));
    ([(header::CONTENT_TYPE, "text/event-stream")], body).into_response()
}

fn pieces(tokens: u64, rate: u64) -> impl Stream<Item = Result<Bytes, Infallible>> {
    let at_a_time = if rate == 0 { BURST } else { 1 };
    let pause = Duration::from_secs(1).checked_div(u32::try_from(rate).unwrap());
    let mut ticks = tokio::time::interval(pause.unwrap_or(Duration::from_nanos(1)));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    stream::unfold((0, ticks), move |(sent, mut ticks)| async move {
        if sent > tokens {
            return None;
        }
        if rate != 0 {
            ticks.tick().await;
        }
        let until = tokens.min(sent + at_a_time);
        let mut piece: String = (sent..until).map(|_| chunk(&format!("{} ", now()), "null")).collect();
        if until == tokens {
            piece.push_str(&chunk("", r#""stop""#));
            piece.push_str("data: [DONE]\n\n");
            return Some((Ok(piece.into()), (tokens + 1, ticks)));
        }
        Some((Ok(piece.into()), (until, ticks)))
    })
}

/// With the members that most vendors' chunks have.
fn chunk(text: &str, finish_reason: &str) -> String {
    format!(
        r#"data: {{"id":"chatcmpl-1","object":"chat.completion.chunk","created":1700000000,"model":"bench","choices":[{{"index":0,"delta":{{"content":"{text}"}},"logprobs":null,"finish_reason":{finish_reason}}}]}}"#
    ) + "\n\n"
}
