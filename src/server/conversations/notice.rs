//! The operator's notice, on the use of AI for example: who has accepted which version of it.

use std::{
    sync::Arc,
    time::{SystemTime, UNIX_EPOCH},
};

use async_trait::async_trait;

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

/// What is stored of acceptances.
#[async_trait]
pub trait Acceptances: Send + Sync {
    /// When the person accepted this version, to the millisecond.
    async fn accepted_at(&self, owner: &Owner, version: &str) -> Result<Option<SystemTime>, StoreError>;

    /// Stores it, unless it is stored already: the first time counts.
    async fn accept(&self, owner: &Owner, version: &str, now: SystemTime) -> Result<(), StoreError>;

    /// Deletes all that the person has accepted. Returns how many versions these were.
    async fn forget(&self, owner: &Owner) -> Result<u64, StoreError>;
}

/// Cheap to clone.
#[derive(Clone)]
pub struct Notices(Option<Arc<CurrentNotice>>);

struct CurrentNotice {
    settings: NoticeSettings,
    acceptances: Arc<dyn Acceptances>,
    environment: Environment,
}

impl Notices {
    /// There is nothing to accept.
    pub fn none() -> Self {
        Self(None)
    }

    pub fn new(settings: NoticeSettings, acceptances: Arc<dyn Acceptances>, environment: Environment) -> Self {
        Self(Some(Arc::new(CurrentNotice { settings, acceptances, environment })))
    }

    /// The notice, with the time at which this person accepted it.
    pub async fn of(&self, user: &UserClaims) -> Result<Option<Notice>, ApiError> {
        let Some(current) = &self.0 else { return Ok(None) };
        let accepted_at = current.accepted_at(user).await?;
        let NoticeSettings { version, title, text } = current.settings.clone();
        Ok(Some(Notice { version, title, text, accepted_at: accepted_at.map(seconds) }))
    }

    /// Refuses who has not accepted the current version.
    pub async fn require(&self, user: &UserClaims) -> Result<(), ApiError> {
        let Some(current) = &self.0 else { return Ok(()) };
        match current.accepted_at(user).await? {
            Some(_) => Ok(()),
            None => Err(ApiError::NoticeNotAccepted),
        }
    }

    /// `version` is what the person has seen.
    pub async fn accept(&self, user: &UserClaims, version: &str) -> Result<Done, ApiError> {
        let current = self.0.as_ref().ok_or(ApiError::NotFound)?;
        if version != current.settings.version {
            return Err(ApiError::NoticeNotAccepted);
        }
        current.acceptances.accept(&Owner::of(user), version, current.environment.now()).await?;
        tracing::info!(version, "the notice was accepted");
        Ok(Done {})
    }
}

impl CurrentNotice {
    async fn accepted_at(&self, user: &UserClaims) -> Result<Option<SystemTime>, StoreError> {
        self.acceptances.accepted_at(&Owner::of(user), &self.settings.version).await
    }
}

fn seconds(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}
