//! Whether the next sign-in in this browser asks for the password again, as the session was ended deliberately elsewhere.
//! Otherwise a provider that has not ended its own session yet, or only this one, would sign the person in without a
//! question.

use super::dpop_key;
use crate::{client::platform::web_storage::LOCAL_STORAGE, wire::auth::SessionId};

/// In the local storage, as the tab that learns of the end may not be the one that signs in.
const NAME: &str = "oracle-ai.reauthenticate";

/// Unless another session has begun in this browser since.
pub async fn require_after(ended: &SessionId) {
    if dpop_key::is_stored(ended).await {
        LOCAL_STORAGE.set(NAME, "true");
    }
}

pub fn is_required() -> bool {
    LOCAL_STORAGE.get(NAME).is_some()
}

/// The person has signed in.
pub fn remove() {
    LOCAL_STORAGE.remove(NAME);
}
