//! The highest revision of a session's record that any tab has received from the server. The server refuses an older record
//! than that: its store has lost later ones.

use serde::{Deserialize, Serialize};

use crate::wire::auth::SessionId;

/// As JSON in IndexedDB. It names the session, as a tab with the former version stores another session without this.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct SeenRevision {
    session: SessionId,
    revision: u64,
}

pub fn revision_of(json: &str, session: &SessionId) -> Option<u64> {
    let seen: SeenRevision = serde_json::from_str(json).ok()?;
    (seen.session == *session).then_some(seen.revision)
}

/// What to store in place of `json`; `None` if that has this revision or a higher one.
pub fn later_revision(json: &str, session: &SessionId, revision: u64) -> Option<String> {
    if revision_of(json, session).is_some_and(|seen| revision <= seen) {
        return None;
    }
    serde_json::to_string(&SeenRevision { session: session.clone(), revision }).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_the_revisions_that_tabs_receive_the_highest_is_stored() {
        let session = SessionId::new("s");
        let mut json = String::new();
        for (received, stored) in [(0, 0), (2, 2), (1, 2), (2, 2), (3, 3)] {
            json = later_revision(&json, &session, received).unwrap_or(json);
            assert_eq!(revision_of(&json, &session), Some(stored), "{json}");
        }
    }

    #[test]
    fn a_revision_is_that_of_its_own_session_only() {
        // A tab with the former version stores another session, and leaves the revision of the first.
        let (former, session) = (SessionId::new("former"), SessionId::new("s"));
        let json = later_revision("", &former, 7).unwrap();
        assert_eq!(revision_of(&json, &session), None);
        let json = later_revision(&json, &session, 0).unwrap();
        assert_eq!((revision_of(&json, &session), revision_of(&json, &former)), (Some(0), None));
        assert_eq!(revision_of("", &session), None);
        assert_eq!(revision_of("nonsense", &session), None);
    }
}
