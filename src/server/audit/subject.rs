//! Whom and what an event is about: what makes the lines of one session, and of one person, join.

use crate::server::{proof::Thumbprint, sessions::SecretHash};

use super::pseudonym::Pseudonym;

/// Of a session in the log, in characters of base64url (96 bits): no two of them are the same by chance.
const SESSION_HANDLE_LEN: usize = 16;

/// What is known of whom an event is about. What is not known is left out of the line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Subject {
    pub(super) user: Option<Pseudonym>,
    pub(super) session: Option<String>,
    pub(super) key: Option<String>,
    pub(super) bound_key: Option<String>,
}

impl Subject {
    /// Nobody is known.
    pub fn unknown() -> Self {
        Self::default()
    }

    /// The caller's key, as the proof of the request presents it.
    pub fn of_key(presented: &Thumbprint) -> Self {
        Self::unknown().key(presented)
    }

    /// The person: the caller, or the owner of what somebody else presented.
    pub fn user(mut self, user: Pseudonym) -> Self {
        self.user = Some(user);
        self
    }

    /// The session, by its name in the store, which itself is not logged.
    pub fn session(mut self, name: &SecretHash) -> Self {
        self.session = Some(session_handle(name));
        self
    }

    pub fn key(mut self, presented: &Thumbprint) -> Self {
        self.key = Some(presented.to_string());
        self
    }

    /// The key that the login, session or access token is bound to, where another one was presented.
    pub fn bound_to(mut self, key: &Thumbprint) -> Self {
        self.bound_key = Some(key.to_string());
        self
    }
}

impl From<&Subject> for Subject {
    fn from(subject: &Subject) -> Self {
        subject.clone()
    }
}

/// The beginning of the handle in `GET /api/sessions`: a hash of the session's name in the store, which is a hash of its
/// id. Nobody gets from it to either.
fn session_handle(name: &SecretHash) -> String {
    let mut handle = SecretHash::of(&name.to_string()).to_string();
    handle.truncate(SESSION_HANDLE_LEN);
    handle
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_has_one_handle_which_is_neither_its_id_nor_its_name_in_the_store() {
        let name = SecretHash::of("session id");
        let of = |name: &SecretHash| Subject::unknown().session(name).session.unwrap();
        assert_eq!(of(&name), of(&SecretHash::of("session id")));
        assert_ne!(of(&name), of(&SecretHash::of("another")));
        assert_eq!(of(&name).len(), SESSION_HANDLE_LEN);
        assert!(!name.to_string().contains(&of(&name)));
    }
}
