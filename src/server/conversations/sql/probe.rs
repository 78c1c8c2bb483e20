//! A message that is stored and deleted again in one transaction, to see whether the next one could be stored.

use std::time::SystemTime;

use super::{
    super::{
        Owner,
        store::{BeginError, NewQuestion, StoreError},
    },
    begin,
    transaction::{Transaction, in_time},
    write,
};
use crate::{
    server::environment::{Environment, RandomnessError},
    wire::{
        auth::UserClaims,
        chat::{ConversationId, IdempotencyKey, MessageId},
    },
};

/// The length of the text, in random texts of 43 bytes: so random that no database compresses it. A short one while all is
/// well, as it is written often. After a failure a long one, as a short one may still fit on a full disk.
const SHORT: usize = 8;
const LONG: usize = 1_000;

/// Whom it belongs to. The issuer of a person is an address that exists.
pub fn owner() -> Owner {
    Owner::of(&UserClaims::known_by("https://readiness.invalid".into(), "readiness".into()))
}

pub fn conversation() -> ConversationId {
    ConversationId::new("readiness")
}

/// Nothing of it is stored after the transaction.
pub async fn write(mut transaction: Transaction<'_>, has_failed: bool, now: SystemTime) -> Result<(), StoreError> {
    let (owner, new) = (owner(), question(has_failed)?);
    let connection = transaction.connection()?;
    let written = in_time(async {
        begin::store(connection, None, &owner, &new, now).await?;
        write::delete(connection, &owner, &new.conversation).await?;
        Ok(())
    });
    written.await.map_err(|failure: begin::Failure| match failure.into() {
        BeginError::Store(error) => error,
        refused => StoreError(refused.to_string()),
    })?;
    Ok(transaction.commit().await?)
}

/// With names that no other server uses at the same time.
fn question(has_failed: bool) -> Result<NewQuestion, RandomnessError> {
    let environment = Environment::system();
    let [conversation, key, question, answer] = environment.random_texts()?;
    let length = if has_failed { LONG } else { SHORT };
    let text = (0..length).map(|_| environment.random_text()).collect::<Result<String, _>>()?;
    Ok(NewQuestion {
        conversation: ConversationId::new(conversation),
        idempotency_key: IdempotencyKey::new(key),
        version_of: None,
        after: None,
        text,
        attachments: vec![],
        question: MessageId::new(question),
        answer: MessageId::new(answer),
        model: String::new(),
    })
}

impl From<RandomnessError> for StoreError {
    fn from(error: RandomnessError) -> Self {
        Self(error.to_string())
    }
}
