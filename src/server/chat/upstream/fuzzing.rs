//! Answers that a hostile model made up.

use super::{
    UpstreamError, UpstreamEvent,
    transcript::{Step, Transcript},
};

/// The body of a model's answer; the first byte says in pieces of which length it arrives. The same text and the same end
/// come of it as of the whole, whose end is one, is the last event, and is after a usage.
pub fn model_events(data: &[u8]) {
    let Some((length, body)) = data.split_first() else { return };
    let whole = events([body].into_iter());
    let cut = events(body.chunks(usize::from(*length).max(1)));
    assert_eq!(joined(&whole), joined(&cut));
    for (at, event) in whole.iter().enumerate() {
        let is_last = at + 1 == whole.len();
        match event {
            Ok(UpstreamEvent::Delta(text) | UpstreamEvent::Thinking(text)) => assert!(!text.is_empty()),
            Ok(UpstreamEvent::TextWasThinking) => {}
            Ok(UpstreamEvent::Usage(_)) => assert!(whole[at + 1..].len() <= 1),
            Ok(UpstreamEvent::Finished(_)) | Err(_) => assert!(is_last),
        }
    }
}

type Event = Result<UpstreamEvent, UpstreamError>;

fn events<'a>(mut pieces: impl Iterator<Item = &'a [u8]>) -> Vec<Event> {
    let mut transcript = Transcript::default();
    let mut events = vec![];
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

/// With neighbouring pieces of the same kind as one.
fn joined(events: &[Event]) -> Vec<Event> {
    let mut joined: Vec<Event> = vec![];
    for event in events {
        match (joined.last_mut(), event) {
            (Some(Ok(UpstreamEvent::Delta(text))), Ok(UpstreamEvent::Delta(more)))
            | (Some(Ok(UpstreamEvent::Thinking(text))), Ok(UpstreamEvent::Thinking(more))) => text.push_str(more),
            _ => joined.push(event.clone()),
        }
    }
    joined
}
