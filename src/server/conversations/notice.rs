//! The operator's notice, on the use of AI for example: who has accepted which version of it.

use std::{
    sync::Arc,
    time::{SystemTime, UNIX_EPOCH},
};

use async_trait::async_trait;
use serde::Serialize;

use super::{Owner, StoreError};
use crate::{
    server::environment::Environment,
    wire::{
        auth::UserClaims,
        conversations::Done,
        error::ApiError,
        options::{LocalText, Notice},
    },
};

/// `NOTICE_FILE`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoticeSettings {
    /// People accept it again when it changes.
    pub version: String,
    pub title: LocalText,
    /// Markdown.
    pub text: LocalText,
}

/// That a person has accepted a version of the notice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Acceptance {
    pub version: String,
    /// In seconds since 1970-01-01 UTC.
    pub accepted_at: u64,
}

/// What is stored of acceptances.
#[async_trait]
pub trait Acceptances: Send + Sync {
    /// All that the person has accepted, oldest first.
    async fn accepted_by(&self, owner: &Owner) -> Result<Vec<Acceptance>, StoreError>;

    /// When the person accepted this version, to the millisecond.
    async fn accepted_at(&self, owner: &Owner, version: &str) -> Result<Option<SystemTime>, StoreError>;

    /// Stores it, unless it is stored already: the first time counts.
    async fn accept(&self, owner: &Owner, version: &str, now: SystemTime) -> Result<(), StoreError>;

    /// Deletes all that the person has accepted. Returns how many versions these were.
    async fn forget(&self, owner: &Owner) -> Result<u64, StoreError>;
}

/// Cheap to clone.
#[derive(Clone)]
pub struct Notices {
    /// `None` where there is nothing to accept.
    current: Option<Arc<NoticeSettings>>,
    acceptances: Arc<dyn Acceptances>,
    environment: Environment,
}

impl Notices {
    /// `current` is `None` where there is nothing to accept.
    pub fn new(current: Option<NoticeSettings>, acceptances: Arc<dyn Acceptances>, environment: Environment) -> Self {
        Self { current: current.map(Arc::new), acceptances, environment }
    }

    /// The notice, with the time at which this person accepted it.
    pub async fn of(&self, user: &UserClaims) -> Result<Option<Notice>, ApiError> {
        let Some(current) = &self.current else { return Ok(None) };
        let accepted_at = self.accepted_at(user, current).await?;
        let NoticeSettings { version, title, text } = (**current).clone();
        Ok(Some(Notice { version, title, text, accepted_at: accepted_at.map(seconds) }))
    }

    /// Refuses who has not accepted the current version.
    pub async fn require(&self, user: &UserClaims) -> Result<(), ApiError> {
        let Some(current) = &self.current else { return Ok(()) };
        match self.accepted_at(user, current).await? {
            Some(_) => Ok(()),
            None => Err(ApiError::NoticeNotAccepted),
        }
    }

    /// All that this person has accepted, of earlier versions too.
    pub async fn accepted_by(&self, user: &UserClaims) -> Result<Vec<Acceptance>, StoreError> {
        self.acceptances.accepted_by(&Owner::of(user)).await
    }

    /// `version` is what the person has seen.
    pub async fn accept(&self, user: &UserClaims, version: &str) -> Result<Done, ApiError> {
        let current = self.current.as_ref().ok_or(ApiError::NotFound)?;
        if version != current.version {
            return Err(ApiError::NoticeNotAccepted);
        }
        self.acceptances.accept(&Owner::of(user), version, self.environment.now()).await?;
        tracing::info!(version, "the notice was accepted");
        Ok(Done {})
    }

    async fn accepted_at(&self, user: &UserClaims, current: &NoticeSettings) -> Result<Option<SystemTime>, StoreError> {
        self.acceptances.accepted_at(&Owner::of(user), &current.version).await
    }
}

fn seconds(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}
