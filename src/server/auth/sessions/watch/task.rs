//! The one task of this process that finds out which of the watched sessions have ended.

use std::time::Duration;

use futures_util::{StreamExt, TryStreamExt, stream};
use tokio::time::{MissedTickBehavior, interval};

use super::super::records::{Records, session_name};
use crate::server::store::{EndCause, Position, RecordName, SecretHash, StoreError};

/// How often announcements are read. An open page must be notified of the end within two seconds (T87).
const READ_EVERY: Duration = Duration::from_secs(1);

/// The maximum number of commands to the store with which records are checked that nothing is known against, after each
/// reading of announcements.
const MAX_CHECKS: usize = 100;

/// Reads of a record at a time.
const CONCURRENT_READS: usize = 50;

/// Runs until no session is watched.
pub async fn run(records: Records) {
    let mut ticks = interval(READ_EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut position = None;
    loop {
        ticks.tick().await;
        if records.watched().may_stop() {
            return;
        }
        // An error of the store is not the end of a session. What could not be checked is due again.
        if let Err(error) = follow_announcements(&records, &mut position).await {
            tracing::debug!(%error, "announcements of ended sessions can't be read");
        }
        if let Err(error) = check_due(&records).await {
            tracing::debug!(%error, "watched sessions can't be checked");
        }
    }
}

/// Checks the sessions that were announced after this position.
async fn follow_announcements(records: &Records, position: &mut Option<Position>) -> Result<(), StoreError> {
    loop {
        let announced = records.ends().read(*position).await?;
        if announced.has_gap {
            records.watched().suspect_all();
        }
        let has_more = !announced.sessions.is_empty();
        for cause in [EndCause::Deliberate, EndCause::Other] {
            check(records, &records.watched().among(&announced.sessions, cause), cause).await?;
        }
        *position = Some(announced.position);
        if !has_more {
            return Ok(());
        }
    }
}

async fn check_due(records: &Records) -> Result<(), StoreError> {
    let max = records.store().checked_at_once().saturating_mul(MAX_CHECKS);
    let due = records.watched().due(records.now(), max);
    let reads = due.expiring.into_iter().map(|session| read_expiry(records.clone(), session));
    stream::iter(reads).buffer_unordered(CONCURRENT_READS).try_collect::<()>().await?;
    check(records, &due.unseen, EndCause::Other).await
}

/// Ends the watches of the session if it is not live, and otherwise notes when it ends.
async fn read_expiry(records: Records, session: SecretHash) -> Result<(), StoreError> {
    match records.session_expiry(&session).await? {
        Some(expires_at) => records.watched().expires_at(&session, expires_at),
        None => records.watched().end(&session, EndCause::Other),
    }
    Ok(())
}

/// Ends the watches of those of these sessions whose records don't exist.
async fn check(records: &Records, sessions: &[SecretHash], cause: EndCause) -> Result<(), StoreError> {
    // In parts, so that an error leaves only few unchecked.
    for part in sessions.chunks(records.store().checked_at_once()) {
        let names: Vec<RecordName> = part.iter().map(session_name).collect();
        let missing = records.store().missing(&names, records.now()).await?;
        records.watched().saw(part);
        for name in missing {
            records.watched().end(&name.hash, cause);
        }
    }
    Ok(())
}
