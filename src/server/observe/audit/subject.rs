//! The person, session and key that the events of a request are about, so that the lines of one session, or of one person,
//! can be found.
//!
//! It works as a logger's mapped diagnostic context: what is learned about a request is noted once, and every later event of
//! that request has it. So the code that records an event can't forget to name its subject.

use std::{
    fmt::Display,
    future::Future,
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use dioxus::fullstack::FullstackContext;

use super::pseudonym::{Pseudonym, Pseudonyms};
use crate::{server::secret_hash::SecretHash, wire::auth::UserClaims};

/// Of a session in the log, in characters of base64url (96 bits): no two of them are the same by chance.
const SESSION_HANDLE_LEN: usize = 16;

/// The context of one request. It is in the request's extensions, because server functions run on threads of the framework,
/// which get the request's parts but no task-local values.
#[derive(Clone)]
pub struct Context(Arc<Noted>);

/// From where a request comes: a client's address, or its network where it has one to itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Source(pub IpAddr);

struct Noted {
    pseudonyms: Pseudonyms,
    source: Option<Source>,
    subject: Mutex<Subject>,
}

#[derive(Default)]
struct Subject {
    /// The caller, or the owner of what somebody else presented.
    user: Option<UserClaims>,
    session: Option<SecretHash>,
    /// Whose proof came with the request.
    key: Option<String>,
    /// The key that the login, the session or the access token is bound to.
    bound_key: Option<String>,
}

/// The same as fields of a line; what is not known is absent.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Fields {
    pub user: Option<Pseudonym>,
    pub session: Option<String>,
    pub key: Option<String>,
    /// Only where it is another than `key`.
    pub bound_key: Option<String>,
}

tokio::task_local! {
    static CONTEXT: Option<Context>;
}

impl Context {
    pub fn new(pseudonyms: Pseudonyms) -> Self {
        Self::of_request(pseudonyms, None)
    }

    pub fn of_request(pseudonyms: Pseudonyms, source: Option<Source>) -> Self {
        Self(Arc::new(Noted { pseudonyms, source, subject: Mutex::default() }))
    }

    /// Does this in the context, wherever it is polled.
    pub async fn scope<F: Future>(self, answer: F) -> F::Output {
        CONTEXT.scope(Some(self), answer).await
    }

    /// Does this in the context.
    pub fn run<T>(self, action: impl FnOnce() -> T) -> T {
        CONTEXT.sync_scope(Some(self), action)
    }

    fn subject(&self) -> MutexGuard<'_, Subject> {
        // Every change under the lock is whole.
        self.0.subject.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Takes the context of the request along, for a task of its own.
pub fn in_context<F: Future>(answer: F) -> impl Future<Output = F::Output> {
    CONTEXT.scope(current(), answer)
}

/// The proof of this key, given by its thumbprint, came with the request.
pub fn set_proof_key(key: &impl Display) {
    note(|subject| subject.key = Some(key.to_string()));
}

/// The request is about a login, a session or an access token that is bound to this key.
pub fn set_bound_key(key: &impl Display) {
    note(|subject| subject.bound_key = Some(key.to_string()));
}

/// The request names this session, whether there is one or not.
pub fn set_session(name: &SecretHash) {
    note(|subject| subject.session = Some(name.clone()));
}

/// The request is about this person's session.
pub fn set_subject(user: &UserClaims, session: &SecretHash, key: &impl Display) {
    note(|subject| {
        subject.user = Some(user.clone());
        subject.session = Some(session.clone());
        subject.bound_key = Some(key.to_string());
    });
}

/// The beginning of the handle in `GET /api/sessions`: a hash of the session's name in the store, which is a hash of its id.
/// Neither can be computed from it.
pub fn session_handle(name: &SecretHash) -> String {
    let mut handle = SecretHash::of(&name.to_string()).to_string();
    handle.truncate(SESSION_HANDLE_LEN);
    handle
}

/// Of an event that is about `user`, or else about whom the request is.
pub(super) fn fields(user: Option<&UserClaims>) -> Fields {
    // Without a context there is no key to make pseudonyms with.
    let Some(context) = current() else { return Fields::default() };
    let subject = context.subject();
    let bound_key = subject.bound_key.as_ref().filter(|bound| subject.key.as_ref() != Some(*bound));
    Fields {
        user: user.or(subject.user.as_ref()).map(|user| context.0.pseudonyms.of(user)),
        session: subject.session.as_ref().map(session_handle),
        key: subject.key.clone(),
        bound_key: bound_key.cloned(),
    }
}

/// From where the call comes that the events are about.
pub(super) fn source() -> Option<Source> {
    current()?.0.source
}

fn note(change: impl FnOnce(&mut Subject)) {
    if let Some(context) = current() {
        change(&mut context.subject());
    }
}

fn current() -> Option<Context> {
    match CONTEXT.try_with(Clone::clone) {
        Ok(context) => context,
        Err(_) => FullstackContext::current()?.extension(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn context() -> Context {
        Context::new(Pseudonyms::new([1; 32], []))
    }

    fn key(letter: &str) -> String {
        letter.repeat(43)
    }

    #[test]
    fn a_session_has_one_handle_which_is_neither_its_id_nor_its_name_in_the_store() {
        let name = SecretHash::of("session id");
        assert_eq!(session_handle(&name), session_handle(&SecretHash::of("session id")));
        assert_ne!(session_handle(&name), session_handle(&SecretHash::of("another")));
        assert_eq!(session_handle(&name).len(), SESSION_HANDLE_LEN);
        assert!(!name.to_string().contains(&session_handle(&name)));
    }

    #[tokio::test]
    async fn what_was_noted_down_is_in_all_events_after_it_and_in_no_other_request() {
        let (alice, name) = (UserClaims::known_by("https://a".into(), "alice".into()), SecretHash::of("session id"));
        let noted = context().scope(async {
            set_proof_key(&key("A"));
            set_subject(&alice, &name, &key("A"));
            in_context(async { fields(None) }).await
        });
        let noted = noted.await;
        assert!(noted.user.is_some());
        assert_eq!(noted.session, Some(session_handle(&name)));
        assert_eq!((noted.key, noted.bound_key), (Some(key("A")), None));
        assert_eq!(context().run(|| fields(None)), Fields::default());
        assert_eq!(fields(Some(&alice)), Fields::default(), "without a context nobody can be named");
    }

    #[test]
    fn where_another_key_is_presented_both_are_named() {
        let fields = context().run(|| {
            set_proof_key(&key("A"));
            set_bound_key(&key("E"));
            fields(None)
        });
        assert_eq!((fields.key, fields.bound_key), (Some(key("A")), Some(key("E"))));
    }
}
