//! The name of one request: in every log line, in the answer's header, and where a person sees an error, so that they
//! can quote it.

use std::fmt;

use axum::http::{HeaderMap, HeaderName, HeaderValue};

use crate::server::environment::Environment;

pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Letters, digits, `.`, `_` and `-`: it is quoted in logs, in headers, and on the telephone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestId(String);

const LONGEST: usize = 64;

impl RequestId {
    pub fn new(environment: &Environment) -> Self {
        let random = environment.randomness.bytes().unwrap_or_default();
        let random = random.first_chunk().copied().map_or(0, u64::from_be_bytes);
        Self(format!("{random:016x}"))
    }

    /// The name that a proxy gave the request, if it is one that can stand in a log as it is (T102).
    pub(super) fn named_by_proxy(headers: &HeaderMap) -> Option<Self> {
        let mut named = headers.get_all(REQUEST_ID).iter();
        let name = named.next()?.to_str().ok()?;
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
        let is_good = (1..=LONGEST).contains(&name.len()) && name.bytes().all(is_plain) && named.next().is_none();
        is_good.then(|| Self(name.to_owned()))
    }

    pub fn header(&self) -> HeaderValue {
        HeaderValue::from_str(&self.0).unwrap_or(HeaderValue::from_static(""))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
