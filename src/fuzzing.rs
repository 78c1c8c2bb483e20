//! What the fuzz targets in `fuzz/` call: one function for each kind of bytes that come from elsewhere. A function panics
//! where a property does not hold; which one is said at each.
//!
//! Only with the feature `fuzzing`, which no build of the application has.

use std::collections::HashMap;

use crate::client::fuzzing::{CallbackUrl, parse_callback};
pub use crate::server::{
    auth::{
        dpop::fuzzing::proof,
        oidc::fuzzing::{id_token_claims, jwt, metadata, token_answer},
        sessions::fuzzing::session_records,
    },
    chat::upstream::fuzzing::model_events,
    http::ingress::fuzzing::forwarded,
};

/// The query of `/auth/callback`. A response has a code with a `state`, or an error, and repeats no parameter (RFC 6749
/// §3.1).
pub fn callback_query(data: &[u8]) {
    let Ok(query) = str::from_utf8(data) else { return };
    let mut given: HashMap<String, usize> = HashMap::new();
    for (name, _) in url::form_urlencoded::parse(query.trim_start_matches('?').as_bytes()) {
        *given.entry(name.into_owned()).or_default() += 1;
    }
    let count = |name: &str| given.get(name).copied().unwrap_or_default();
    match parse_callback(query) {
        CallbackUrl::Empty => assert!(count("code") == 0 && count("error") == 0),
        CallbackUrl::Malformed => {
            let is_repeated = ["code", "error", "state", "iss"].iter().any(|name| count(name) > 1);
            assert!(is_repeated || count("state") == 0);
        }
        CallbackUrl::Response(response) => {
            assert!(["code", "error", "state", "iss"].iter().all(|name| count(name) <= 1));
            assert!(response.error.is_some() || response.code.is_some());
            assert!(response.code.is_none() || response.state.is_some());
            assert!(!response.begun_here && response.previous_session.is_none(), "not from the address");
        }
    }
}
