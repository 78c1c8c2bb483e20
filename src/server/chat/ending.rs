//! The end of an answer: stored first, then emitted.

use std::time::Duration;

use tokio::time::{Instant, sleep, timeout};

use super::{
    replay,
    writing::{AnswerTask, Outcome},
};
use crate::{
    server::{
        conversations::{
            StoreError,
            store::{Ending, StoredAnswer},
        },
        observe::metrics,
    },
    wire::chat::{ChatEventKind, EndReason, Usage},
};

/// For how long storing the end is tried, how long each try may take, and the pause between two. A restart or a failover of
/// the database takes less.
const STORE_FOR: Duration = Duration::from_secs(60);
const TRY_TIMEOUT: Duration = Duration::from_secs(5);
const RETRY_PAUSE: Duration = Duration::from_millis(500);

/// What the store has after the end of an answer.
enum Stored {
    /// The end of this writer.
    Ours,
    /// Another end, which another server has stored: it took this one for failed.
    Other { stored: Box<StoredAnswer>, reason: EndReason },
    /// Nothing, as it could not be reached, or the conversation was deleted.
    Nothing,
}

impl AnswerTask {
    /// Stores the end before it is emitted, so that a reader who then loads the conversation finds it. Readers get the end
    /// that is stored, even if it is another server's.
    pub(super) async fn end(&self, outcome: Outcome, usage: Option<Usage>) {
        let log = &self.running.log;
        if let Some(usage) = usage {
            log.append(ChatEventKind::Usage(usage));
        }
        let error = outcome.error;
        if let Some(error) = error {
            log.append(ChatEventKind::Error(error));
        }
        log.flush();
        let (text, thinking, sent_from) = (log.text(), log.thinking(), self.sent_from());
        let ending = Ending { text, thinking, reason: outcome.reason, error, usage, sent_from };
        match self.store(&ending).await {
            Stored::Ours => log.append(ChatEventKind::End { reason: outcome.reason }),
            // All of the answer, once more.
            Stored::Other { stored, reason } => {
                tracing::warn!("another server has ended an answer that was still being written");
                for event in replay(*stored, reason) {
                    log.append(event.kind);
                }
            }
            // The store lacks the last words, and the answer counts as interrupted there.
            Stored::Nothing => log.append(ChatEventKind::End { reason: EndReason::Interrupted }),
        }
    }

    async fn store(&self, ending: &Ending) -> Stored {
        let began_at = Instant::now();
        while began_at.elapsed() < STORE_FOR {
            match timeout(TRY_TIMEOUT, self.store_once(ending)).await {
                Ok(Ok(stored)) => return stored,
                Ok(Err(error)) => tracing::warn!(%error, "the end of an answer was not stored"),
                Err(_) => tracing::warn!("the end of an answer was not stored in time"),
            }
            sleep(RETRY_PAUSE).await;
        }
        tracing::error!("the end of an answer is lost");
        metrics::answer_end_lost();
        Stored::Nothing
    }

    async fn store_once(&self, ending: &Ending) -> Result<Stored, StoreError> {
        let (store, answer) = (&self.chat.store, &self.new.answer);
        if store.end(answer, ending).await? {
            return Ok(Stored::Ours);
        }
        let Some(stored) = store.answer(&self.running.owner, answer, self.chat.environment.now()).await? else {
            return Ok(Stored::Nothing);
        };
        match stored.message.end {
            // An earlier try, whose response was lost, may have stored it.
            Some(reason) if reason != ending.reason || stored.message.text != ending.text => {
                Ok(Stored::Other { stored: Box::new(stored), reason })
            }
            _ => Ok(Stored::Ours),
        }
    }
}
