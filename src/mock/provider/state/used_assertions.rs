//! The `jti`s of client assertions that were used, so that none is accepted twice.

use std::{
    collections::HashMap,
    time::{Duration, SystemTime},
};

#[derive(Debug, Default)]
pub struct UsedAssertions(HashMap<String, SystemTime>);

impl UsedAssertions {
    /// Returns false if the `jti` was used within its `retention`.
    pub fn insert(&mut self, jti: &str, retention: Duration, now: SystemTime) -> bool {
        self.0.retain(|_, evict_at| now < *evict_at);
        self.0.insert(jti.to_owned(), now + retention).is_none()
    }
}
