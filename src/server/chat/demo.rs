//! The responder that answers where no chat upstream is configured. It says what it is, and streams as a model would.

use std::time::Duration;

use futures_util::{Stream, stream};

use crate::wire::auth::UserClaims;

/// Between two words.
const PACE: Duration = Duration::from_millis(25);
const SLOW_PACE: Duration = Duration::from_millis(100);

/// A message that begins with this is answered for half a minute, so that stopping can be tried.
const SLOW: &str = "/slow";
const SLOW_WORDS: usize = 300;

/// The answer, word by word. Nothing happens between two pulls.
pub fn answer(user: &UserClaims, message: &str) -> impl Stream<Item = String> + Send + use<> {
    let (text, pace) = match message.trim().starts_with(SLOW) {
        true => (slow_text(), SLOW_PACE),
        false => (text(user.display_name(), message.trim()), PACE),
    };
    let words: Vec<String> = text.split_inclusive(' ').map(str::to_owned).collect();
    stream::unfold(words.into_iter(), move |mut words| async move {
        let word = words.next()?;
        tokio::time::sleep(pace).await;
        Some((word, words))
    })
}

fn text(name: &str, message: &str) -> String {
    format!(
        "Hello {name}, I am the demo responder: no chat upstream is configured, so I only repeat what I was told. \
         You wrote: “{message}”. \
         Your message came with an access token that this server had issued and judged good, and my answer is \
         streamed to you word by word. Try “{SLOW}” to see an answer that takes long enough to be stopped."
    )
}

fn slow_text() -> String {
    (1..=SLOW_WORDS).map(|n| format!("word {n}, ")).collect()
}
