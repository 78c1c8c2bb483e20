//! The id of a request: in every log line, in a header of the response, and where the page shows an error, so that the user
//! can quote it.

use std::{
    fmt,
    sync::{Mutex, PoisonError},
};

use axum::http::{HeaderMap, HeaderName, HeaderValue};

use crate::server::environment::Environment;

pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Letters, digits, `.`, `_` and `-`: it is written in logs and headers, and read out on the telephone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestId(String);

/// Makes ids. They are no secrets, so random bytes are taken for many at once, which saves system calls.
pub(super) struct RequestIds {
    environment: Environment,
    unused: Mutex<Vec<u64>>,
}

const LONGEST: usize = 64;

impl RequestIds {
    pub fn new(environment: Environment) -> Self {
        Self { environment, unused: Mutex::default() }
    }

    pub fn next(&self) -> RequestId {
        let mut unused = self.unused.lock().unwrap_or_else(PoisonError::into_inner);
        if unused.is_empty() {
            let mut random = [[0; 32]; 16];
            if self.environment.randomness.fill(&mut random).is_ok() {
                let (names, _) = random.as_flattened().as_chunks();
                unused.extend(names.iter().copied().map(u64::from_be_bytes));
            }
        }
        // Without randomness, requests share an id, and are answered all the same.
        let random = unused.pop().unwrap_or_default();
        RequestId(format!("{random:016x}"))
    }
}

impl RequestId {
    /// The id that a proxy gave the request, if it is safe to log (T102).
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

#[cfg(test)]
mod tests {
    use std::{collections::HashSet, sync::Arc};

    use super::*;
    use crate::server::environment::{Randomness, RandomnessError};

    struct NoRandomness;

    impl Randomness for NoRandomness {
        fn fill(&self, _: &mut [[u8; 32]]) -> Result<(), RandomnessError> {
            Err(RandomnessError)
        }
    }

    #[test]
    fn no_two_names_are_alike() {
        let ids = RequestIds::new(Environment::system());
        let names: HashSet<String> = (0..1_000).map(|_| ids.next().to_string()).collect();
        assert_eq!(names.len(), 1_000);
        assert!(names.iter().all(|name| name.len() == 16 && name.bytes().all(|byte| byte.is_ascii_hexdigit())));
    }

    #[test]
    fn without_randomness_a_request_is_answered_all_the_same() {
        let ids = RequestIds::new(Environment { randomness: Arc::new(NoRandomness), ..Environment::system() });
        assert_eq!(ids.next().as_str(), "0000000000000000");
    }
}
