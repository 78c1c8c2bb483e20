//! Counts the refreshes that the provider has failed in a row, in this tab. After some of them, the page offers to sign in
//! again: a provider whose answer is taken for an outage may have refused the session for good.

use crate::{client::platform::web_storage::SESSION_STORAGE, wire::error::ApiError};

/// From so many on, to sign in again is offered.
const MANY: u32 = 3;

/// In the session storage, as a reload is another try.
const NAME: &str = "oracle-ai.failed_refreshes";

/// Counts a refresh that has failed with this error, if it is the provider's.
pub fn count(error: &ApiError) {
    if is_providers(error) {
        SESSION_STORAGE.set(NAME, &(counted() + 1).to_string());
    }
}

/// A refresh or a sign-in has succeeded.
pub fn reset() {
    SESSION_STORAGE.remove(NAME);
}

/// Whether a page that shows this error offers to sign in again.
pub fn offers_sign_in(error: &ApiError) -> bool {
    is_providers(error) && counted() >= MANY
}

/// Of a refresh. A login that fails is tried again by another sign-in anyway.
fn is_providers(error: &ApiError) -> bool {
    matches!(error, ApiError::ProviderUnavailable { retry_after: Some(_) })
}

fn counted() -> u32 {
    SESSION_STORAGE.get(NAME).and_then(|count| count.parse().ok()).unwrap_or(0)
}
