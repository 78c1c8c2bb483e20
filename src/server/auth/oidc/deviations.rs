//! Deviations of the provider from the specifications that this client accepts. Each is counted, and logged once with its
//! name, so that an administrator finds it.

use std::{
    collections::BTreeSet,
    sync::{Mutex, PoisonError},
};

use crate::server::observe::metrics;

/// Where the provider deviates.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Document {
    IdToken,
    RefreshedIdToken,
    Userinfo,
    AccessToken,
    Metadata,
    Keys,
    TokenResponse,
    LogoutToken,
}

/// The member has another JSON type than specified.
pub(super) const LEFT_OUT: &str = "its type is not the specified one, so it is left out";

/// The member has another JSON type than specified, and only one meaning.
pub(super) const CONVERTED: &str = "its type is not the specified one, so it is converted";

/// The deviations that were logged since the start, process-wide as the log is.
static LOGGED: Mutex<BTreeSet<(Document, &'static str)>> = Mutex::new(BTreeSet::new());

/// To be called each time a deviation is accepted. `member` is a name in the code, never one that was received, so the
/// number of metrics and log lines is bounded.
pub(super) fn accepted(document: Document, member: &'static str, how: &'static str) {
    metrics::provider_deviation(document.name(), member);
    let is_new = LOGGED.lock().unwrap_or_else(PoisonError::into_inner).insert((document, member));
    if is_new {
        let document = document.name();
        tracing::warn!(document, member, how, "the provider deviates from the specifications, which is accepted");
    }
}

impl Document {
    const fn name(self) -> &'static str {
        match self {
            Self::IdToken => "id_token",
            Self::RefreshedIdToken => "refreshed_id_token",
            Self::Userinfo => "userinfo",
            Self::AccessToken => "access_token",
            Self::Metadata => "metadata",
            Self::Keys => "keys",
            Self::TokenResponse => "token_response",
            Self::LogoutToken => "logout_token",
        }
    }
}
