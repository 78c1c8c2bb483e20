//! Authorization requests that were pushed and not used yet (RFC 9126).

use std::{
    collections::HashMap,
    time::{Duration, SystemTime},
};

use super::secret::Secret;

/// How long a `request_uri` is valid.
pub const LIFETIME: Duration = Duration::from_secs(60);

/// What a `request_uri` begins with (RFC 9126 §2.2).
const PREFIX: &str = "urn:ietf:params:oauth:request_uri:";

/// Requests and their expiry, by `request_uri`.
#[derive(Debug, Default)]
pub struct PushedRequests(HashMap<String, (String, SystemTime)>);

impl PushedRequests {
    /// Returns the `request_uri`.
    pub fn push(&mut self, request: String, now: SystemTime) -> String {
        self.0.retain(|_, (_, expires)| now < *expires);
        let uri = format!("{PREFIX}{}", Secret::random().expose());
        self.0.insert(uri.clone(), (request, now + LIFETIME));
        uri
    }

    /// Returns the request, once (RFC 9126 §7.3).
    pub fn take(&mut self, request_uri: &str, now: SystemTime) -> Option<String> {
        self.0.remove(request_uri).filter(|(_, expires)| now < *expires).map(|(request, _)| request)
    }

    /// Expires all of them.
    pub fn expire(&mut self) {
        self.0.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pushed_request_is_good_once_and_for_a_minute() {
        let now = SystemTime::now();
        let mut requests = PushedRequests::default();
        let uri = requests.push("a=b".into(), now);
        assert_eq!(requests.take(&uri, now).as_deref(), Some("a=b"));
        assert_eq!(requests.take(&uri, now), None);
        let uri = requests.push("a=b".into(), now);
        assert_eq!(requests.take(&uri, now + LIFETIME), None);
    }
}
