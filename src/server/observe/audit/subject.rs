//! The context of audit events: the person, session and key that the events of a request are about. With it, all lines
//! about one session or person can be found.
//!
//! It works like a logger's mapped diagnostic context: the code that identifies the person sets it once, and all later
//! events of the request have it.

use std::{
    fmt::Display,
    future::Future,
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use dioxus::fullstack::FullstackContext;

use super::{entry::RequestInfo, pseudonym::Pseudonyms};
use crate::{server::secret_hash::SecretHash, wire::auth::UserClaims};

/// The length of a session's identifier in the log, in characters of base64url. 96 bits suffice against collisions.
const SESSION_HANDLE_LEN: usize = 16;

/// The context of one request. It is in the request's extensions, as server functions run on other threads, where
/// task-local values are not available.
#[derive(Clone)]
pub struct Context(Arc<Shared>);

/// The client's address, or with IPv6 its network, as one client has a whole network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Source(pub IpAddr);

struct Shared {
    pseudonyms: Pseudonyms,
    source: Option<Source>,
    request: Option<RequestInfo>,
    subject: Mutex<Subject>,
}

#[derive(Default)]
struct Subject {
    /// The caller, or the owner of the session or access token if it was presented with another key.
    user: Option<UserClaims>,
    session: Option<SecretHash>,
    /// The thumbprint of the key that signed the request's proof.
    key: Option<String>,
    /// The thumbprint of the key that the login, the session or the access token is bound to.
    bound_key: Option<String>,
    conversation: Option<String>,
    operator: Option<String>,
}

/// The fields of an audit line. Unknown ones are absent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Fields {
    /// A pseudonym.
    pub user: Option<String>,
    pub session: Option<String>,
    pub key: Option<String>,
    /// Only if it differs from `key`.
    pub bound_key: Option<String>,
    pub conversation: Option<String>,
    /// Who acted, where that is not the user: the pseudonym of a person, or an account of this machine.
    pub operator: Option<String>,
}

tokio::task_local! {
    static CONTEXT: Option<Context>;
}

impl Subject {
    fn set_operator(&mut self, operator: String) {
        (self.user, self.session, self.bound_key) = (None, None, None);
        self.operator = Some(operator);
    }
}

impl Context {
    pub fn new(pseudonyms: Pseudonyms) -> Self {
        Self::of_request(pseudonyms, None, None)
    }

    pub fn of_request(pseudonyms: Pseudonyms, source: Option<Source>, request: Option<RequestInfo>) -> Self {
        Self(Arc::new(Shared { pseudonyms, source, request, subject: Mutex::default() }))
    }

    /// Runs the future in this context.
    pub async fn scope<F: Future>(self, future: F) -> F::Output {
        CONTEXT.scope(Some(self), future).await
    }

    /// Runs the closure in this context.
    pub fn run<T>(self, action: impl FnOnce() -> T) -> T {
        CONTEXT.sync_scope(Some(self), action)
    }

    fn subject(&self) -> MutexGuard<'_, Subject> {
        // A panic can't leave it half-changed, so a poisoned lock is ignored.
        self.0.subject.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Runs the future in the current context, also in another task.
pub fn in_context<F: Future>(future: F) -> impl Future<Output = F::Output> {
    CONTEXT.scope(current(), future)
}

/// Sets the key that signed the request's proof. `key` is a thumbprint.
pub fn set_proof_key(key: &impl Display) {
    update(|subject| subject.key = Some(key.to_string()));
}

/// Sets the key that the login, session or access token of the request is bound to. `key` is a thumbprint.
pub fn set_bound_key(key: &impl Display) {
    update(|subject| subject.bound_key = Some(key.to_string()));
}

/// Sets the session that the request names, which may not exist.
pub fn set_session(name: &SecretHash) {
    update(|subject| subject.session = Some(name.clone()));
}

/// Sets who acts in the request, which is about another user. What was known of the caller's own session is no subject of
/// it.
pub fn set_operator(operator: &UserClaims) {
    if let Some(context) = current() {
        let operator = context.0.pseudonyms.of(operator).as_str().to_owned();
        context.subject().set_operator(operator);
    }
}

/// The same for an account of this machine, which runs a command.
pub fn set_operator_account(account: String) {
    update(|subject| subject.set_operator(account));
}

/// Sets the conversation that the request names, which may not exist.
pub fn set_conversation(id: &str) {
    update(|subject| subject.conversation = Some(id.to_owned()));
}

/// Sets the user, the session, and the key that it is bound to.
pub fn set_subject(user: &UserClaims, session: &SecretHash, key: &impl Display) {
    update(|subject| {
        subject.user = Some(user.clone());
        subject.session = Some(session.clone());
        subject.bound_key = Some(key.to_string());
    });
}

/// The session's identifier in the log: the first characters of its handle in `GET /api/sessions`, which is a hash of its
/// name in the store. Neither that name nor the session's id can be computed from it.
pub fn session_handle(name: &SecretHash) -> String {
    let mut handle = SecretHash::of(&name.to_string()).to_string();
    handle.truncate(SESSION_HANDLE_LEN);
    handle
}

/// The fields for an event about `user` or, without one, about the user of the context.
pub(super) fn fields(user: Option<&UserClaims>) -> Fields {
    // Without a context there is no key for pseudonyms.
    let Some(context) = current() else { return Fields::default() };
    let subject = context.subject();
    let bound_key = subject.bound_key.as_ref().filter(|bound| subject.key.as_ref() != Some(*bound));
    Fields {
        user: user.or(subject.user.as_ref()).map(|user| context.0.pseudonyms.of(user).as_str().to_owned()),
        session: subject.session.as_ref().map(session_handle),
        key: subject.key.clone(),
        bound_key: bound_key.cloned(),
        conversation: subject.conversation.clone(),
        operator: subject.operator.clone(),
    }
}

/// The id of the request, for the log lines of tasks that outlive it.
pub fn request_id() -> Option<String> {
    Some(current()?.0.request.as_ref()?.id.clone())
}

/// Where the request comes from.
pub(super) fn source() -> Option<Source> {
    current()?.0.source
}

/// The request itself.
pub(super) fn request() -> Option<RequestInfo> {
    current()?.0.request.clone()
}

fn update(change: impl FnOnce(&mut Subject)) {
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
    async fn the_subject_of_a_request_is_in_all_its_later_events_and_in_those_of_no_other() {
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
    fn if_another_key_is_presented_both_keys_are_named() {
        let fields = context().run(|| {
            set_proof_key(&key("A"));
            set_bound_key(&key("E"));
            fields(None)
        });
        assert_eq!((fields.key, fields.bound_key), (Some(key("A")), Some(key("E"))));
    }
}
