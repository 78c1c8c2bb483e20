//! All that a person has stored: exported as one file, or deleted. The endpoints and the operator's commands call the same.

use std::{mem, sync::Arc, time::SystemTime};

use futures_util::{Stream, stream};
use tokio::task::{JoinError, spawn_blocking};

use super::{
    Owner,
    archive::{Archive, ArchiveError},
    list_page::{ListPage, ListPosition, Listed},
    notice::Acceptance,
    search::Search,
    store::{ConversationStore, StoreError},
    tree::ConversationTree,
    with_files::add_files,
};
use crate::wire::conversations::{ConversationSummary, ExportLanguage};

/// So many are listed at a time.
const PAGE: usize = 100;

/// So many are deleted in one transaction, so that messages of others don't wait for long to be stored.
const STEP: usize = 20;

/// Why an export has ended before its end. The file is of no use then.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    #[error(transparent)]
    Task(#[from] JoinError),
}

/// Not everything could be deleted.
#[derive(Debug, thiserror::Error)]
#[error("{deleted} conversations are deleted, and no more: {error}")]
pub struct EraseError {
    pub deleted: usize,
    pub error: StoreError,
}

/// An export, which has not begun to be read.
pub struct Everything {
    store: Arc<dyn ConversationStore>,
    owner: Owner,
    now: SystemTime,
    archive: Archive,
    /// What was not exported yet of what the owner has accepted.
    accepted: Vec<Acceptance>,
    /// Those of the page that were not exported yet, the next one last.
    listed: Vec<ConversationSummary>,
    next: Option<ListPosition>,
}

impl Everything {
    /// Lists the first conversations, so that a store that can't be reached is known before the file begins. `accepted` is
    /// what the owner has accepted.
    pub async fn of(
        store: Arc<dyn ConversationStore>,
        owner: Owner,
        accepted: Vec<Acceptance>,
        language: ExportLanguage,
        now: SystemTime,
    ) -> Result<Self, StoreError> {
        let archive = Archive::new(language);
        let mut everything = Self { store, owner, now, archive, accepted, listed: vec![], next: None };
        everything.turn_to(None).await?;
        Ok(everything)
    }

    /// The file, piece by piece. After an error there are no more.
    pub fn into_pieces(self) -> impl Stream<Item = Result<Vec<u8>, ExportError>> + Send {
        stream::try_unfold(Some(self), |left| async move {
            match left {
                Some(everything) => everything.next_piece().await.map(Some),
                None => Ok(None),
            }
        })
    }

    /// The next piece and what is left; after the last piece, nothing is.
    async fn next_piece(mut self) -> Result<(Vec<u8>, Option<Self>), ExportError> {
        let accepted = mem::take(&mut self.accepted);
        if !accepted.is_empty() {
            self.archive.add_acceptances(&accepted)?;
        }
        loop {
            if let Some(summary) = self.listed.pop() {
                // It may have been deleted meanwhile.
                if let Some(mut tree) = self.store.tree(&self.owner, &summary.id, self.now).await? {
                    add_files(&*self.store, &self.owner, &mut tree).await?;
                    return self.with(tree).await;
                }
            } else if let Some(next) = self.next.take() {
                self.turn_to(Some(next)).await?;
            } else {
                return Ok((self.archive.finish()?, None));
            }
        }
    }

    /// Compressing a long conversation takes a while.
    async fn with(mut self, tree: ConversationTree) -> Result<(Vec<u8>, Option<Self>), ExportError> {
        let added = spawn_blocking(move || {
            let piece = self.archive.add(&tree)?;
            Ok::<_, ArchiveError>((piece, Some(self)))
        });
        Ok(added.await??)
    }

    async fn turn_to(&mut self, after: Option<ListPosition>) -> Result<(), StoreError> {
        let page = ListPage { after, limit: PAGE };
        let Listed { conversations, next } = self.store.list(&self.owner, &Search::default(), &page, self.now).await?;
        self.listed = conversations.into_iter().rev().collect();
        self.next = next;
        Ok(())
    }
}

/// Deletes all conversations of the owner. Their running answers end within a second.
pub async fn erase(store: &dyn ConversationStore, owner: &Owner) -> Result<usize, EraseError> {
    let mut deleted = 0;
    loop {
        match store.delete_some(owner, STEP).await {
            Ok(0) => return Ok(deleted),
            Ok(step) => deleted += step,
            Err(error) => return Err(EraseError { deleted, error }),
        }
    }
}
