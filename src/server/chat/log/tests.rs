use futures_util::{FutureExt, StreamExt};

use super::*;
use crate::wire::chat::{EndReason, MessageId};

const END: ChatEventKind = ChatEventKind::End { reason: EndReason::Complete };

fn log() -> Arc<EventLog> {
    Arc::new(EventLog::new())
}

fn delta(text: &str) -> Piece {
    Piece::Delta(text.into())
}

fn emitted(text: &str) -> ChatEventKind {
    ChatEventKind::Delta { text: text.into() }
}

async fn read(log: &Arc<EventLog>, after: Option<u64>) -> Vec<ChatEventKind> {
    log.read(after).map(|event| event.kind).collect().await
}

#[tokio::test(start_paused = true)]
async fn the_first_piece_is_emitted_at_once_and_those_that_follow_closely_are_coalesced() {
    let log = log();
    log.push(delta("a")).unwrap();
    assert_eq!(log.text(), "a");
    log.push(delta("b")).unwrap();
    log.push(delta("c")).unwrap();
    assert_eq!(log.text(), "a");
    let started = Instant::now();
    log.flush_when_due().await;
    assert_eq!(started.elapsed(), COALESCE_INTERVAL);
    tokio::time::sleep(COALESCE_INTERVAL).await;
    log.push(delta("d")).unwrap();
    log.append(END);
    assert_eq!(read(&log, None).await, [emitted("a"), emitted("bc"), emitted("d"), END]);
    assert_eq!(log.text(), "abcd");
}

#[tokio::test]
async fn without_a_pending_piece_a_flush_never_becomes_due() {
    let log = log();
    assert_eq!(log.flush_when_due().now_or_never(), None);
    log.push(delta("a")).unwrap();
    assert_eq!(log.flush_when_due().now_or_never(), None);
}

#[tokio::test]
async fn thinking_and_text_are_not_mixed() {
    let log = log();
    for piece in [delta("a"), delta("b"), Piece::Thinking("c".into()), Piece::Thinking("d".into()), delta("e")] {
        log.push(piece).unwrap();
    }
    log.append(END);
    let thought = ChatEventKind::Thinking { text: "cd".into() };
    assert_eq!(read(&log, None).await, [emitted("a"), emitted("b"), thought, emitted("e"), END]);
    assert_eq!(log.text(), "abe");
}

#[tokio::test]
async fn a_reader_that_reconnects_misses_no_event_and_gets_none_twice() {
    let log = log();
    log.append(emitted("a"));
    log.append(emitted("b"));
    let mut early = Box::pin(log.read(Some(0)));
    assert_eq!(early.next().await, Some(ChatEvent { n: 1, kind: emitted("b") }));
    assert!(early.next().now_or_never().is_none(), "the next event is not there yet");
    log.append(emitted("c"));
    assert_eq!(early.next().await, Some(ChatEvent { n: 2, kind: emitted("c") }));
    log.append(END);
    assert_eq!(early.next().await, Some(ChatEvent { n: 3, kind: END }));
    assert_eq!(early.next().await, None);
    assert_eq!(read(&log, Some(2)).await, [END]);
    assert_eq!(read(&log, Some(3)).await, []);
}

#[tokio::test]
async fn an_unknown_event_number_means_the_start() {
    let log = log();
    log.append(emitted("a"));
    log.append(END);
    for after in [2, 1000, u64::MAX] {
        assert_eq!(read(&log, Some(after)).await, [emitted("a"), END], "{after}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_is_abandoned_after_the_grace_period_without_readers() {
    let grace = Duration::from_secs(20);
    let log = log();
    let first = Box::pin(log.read(None));
    let mut abandoned = Box::pin(log.abandoned(grace));
    let still_read = tokio::time::timeout(grace * 10, &mut abandoned).await;
    assert!(still_read.is_err(), "somebody reads");

    drop(first);
    assert!(tokio::time::timeout(grace - Duration::from_secs(1), &mut abandoned).await.is_err());
    let returned = Box::pin(log.read(None));
    assert!(tokio::time::timeout(grace * 10, &mut abandoned).await.is_err(), "somebody came back");

    let left = Instant::now();
    drop(returned);
    abandoned.await;
    assert_eq!(left.elapsed(), grace);
}

#[tokio::test]
async fn a_text_beyond_the_limit_is_refused() {
    let log = log();
    let piece = "x".repeat(MAX_BYTES / 2);
    assert_eq!(log.push(delta(&piece)), Ok(()));
    assert_eq!(log.push(Piece::Thinking(piece)), Ok(()));
    assert_eq!(log.push(delta("x")), Err(TooLong));
}

#[tokio::test]
async fn text_that_was_thinking_is_repeated_as_thinking_after_another_open_event() {
    let log = log();
    let (question, answer) = (MessageId::new("q"), MessageId::new("a"));
    let open = || ChatEventKind::Open {
        question: question.clone(),
        answer: answer.clone(),
        model: "m".into(),
        sent_from: None,
    };
    log.append(open());
    log.push(Piece::Thinking("hm, ".into())).unwrap();
    log.push(delta("a plan")).unwrap();
    log.restart_as_thinking(open());
    assert_eq!((log.text().as_str(), log.thinking().as_str()), ("", "hm, a plan"));
    log.push(delta("4")).unwrap();
    log.append(END);
    let events = read(&log, None).await;
    let again = events.iter().rposition(|event| *event == open()).unwrap();
    assert_eq!(events[again + 1..], [ChatEventKind::Thinking { text: "hm, a plan".into() }, emitted("4"), END]);
    assert_eq!((log.text().as_str(), log.thinking().as_str()), ("4", "hm, a plan"));
}
