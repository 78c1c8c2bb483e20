//! The end of an answer: stored first, then emitted.

use std::time::Duration;

use tokio::time::{sleep, timeout};

use super::{
    replay,
    writing::{AnswerTask, Outcome},
};
use crate::{
    server::conversations::{
        StoreError,
        store::{Ending, StoredAnswer},
    },
    wire::chat::{ChatEventKind, EndReason, Usage},
};

/// How often storing the end is tried, how long each try may take, and the pause between two.
const MAX_TRIES: usize = 5;
const TRY_TIMEOUT: Duration = Duration::from_secs(5);
const RETRY_PAUSE: Duration = Duration::from_millis(500);

/// Another end than that of this writer, which another server has stored: it took this one for failed.
struct OtherEnd {
    stored: StoredAnswer,
    reason: EndReason,
}

impl AnswerTask {
    /// Stores the end before it is emitted, so that a reader who then loads the conversation finds it. Readers get the end
    /// that is stored, even if it is another server's.
    pub(super) async fn end(&self, outcome: Outcome, usage: Option<Usage>) {
        let log = &self.running.log;
        if let Some(usage) = usage {
            log.append(ChatEventKind::Usage(usage));
        }
        let error = outcome.error();
        if let Some(error) = error {
            log.append(ChatEventKind::Error(error));
        }
        log.flush();
        let ending = Ending { text: log.text(), thinking: log.thinking(), reason: outcome.reason, error, usage };
        match self.store(&ending).await {
            None => log.append(ChatEventKind::End { reason: outcome.reason }),
            // All of the answer, once more.
            Some(OtherEnd { stored, reason }) => {
                tracing::warn!("another server has ended an answer that was still being written");
                for event in replay(stored, reason) {
                    log.append(event.kind);
                }
            }
        }
    }

    async fn store(&self, ending: &Ending) -> Option<OtherEnd> {
        for _ in 0..MAX_TRIES {
            match timeout(TRY_TIMEOUT, self.store_once(ending)).await {
                Ok(Ok(other_end)) => return other_end,
                Ok(Err(error)) => tracing::warn!(%error, "the end of an answer was not stored"),
                Err(_) => tracing::warn!("the end of an answer was not stored in time"),
            }
            sleep(RETRY_PAUSE).await;
        }
        tracing::error!("the end of an answer is lost");
        None
    }

    /// Returns another end that is stored, if there is one.
    async fn store_once(&self, ending: &Ending) -> Result<Option<OtherEnd>, StoreError> {
        let (store, answer) = (&self.chat.store, &self.new.answer);
        if store.end(answer, ending).await? {
            return Ok(None);
        }
        // `None` if the conversation was deleted.
        let stored = store.answer(&self.running.owner, answer, self.chat.environment.now()).await?;
        let other_end = stored.and_then(|stored| Some(OtherEnd { reason: stored.message.end?, stored }));
        // An earlier try, whose response was lost, may have stored this one.
        Ok(other_end.filter(|other| other.reason != ending.reason || other.stored.message.text != ending.text))
    }
}
