//! The contract of session stores. Every implementation runs all of it.

use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

use async_trait::async_trait;
use futures_util::future::join_all;
use oracle_ai::{
    server::{
        oidc::{CodeVerifier, IdToken, LoginClaims, Nonce, Permissions, RefreshToken},
        proof::Thumbprint,
        sessions::{IssuedToken, MemoryStore, PendingAuthorization, SecretHash, Session, SessionStore, StoreError},
    },
    wire::auth::UserClaims,
};

const HOUR: Duration = Duration::from_secs(60 * 60);
const MOMENT: Duration = Duration::from_millis(1);

pub fn memory() -> Arc<dyn SessionStore> {
    Arc::new(MemoryStore::new())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_memory_store_keeps_the_contract() {
    keeps_the_contract(memory()).await;
}

/// The keys of each part are its own, so that a store need not be empty.
async fn keeps_the_contract(store: Arc<dyn SessionStore>) {
    a_pending_authorization_is_given_out_once(&store).await;
    of_many_who_take_a_pending_authorization_one_gets_it(&store).await;
    a_pending_authorization_past_its_end_is_not_given_out(&store).await;
    a_session_is_given_out_until_it_expires(&store).await;
    a_session_is_replaced_whole(&store).await;
    an_update_replaces_only_what_is_there(&store).await;
    an_update_never_undoes_a_removal(&store).await;
    a_session_is_removed_once(&store).await;
    an_issued_token_is_known_until_it_expires(&store).await;
    a_name_is_spent_once_until_its_end(&store).await;
    of_many_who_spend_a_name_one_is_told_that_it_was_new(&store).await;
    the_four_kinds_of_records_do_not_meet(&store).await;
}

async fn a_pending_authorization_is_given_out_once(store: &Arc<dyn SessionStore>) {
    let (key, now) = (SecretHash::of("pending once"), SystemTime::now());
    assert!(store.take_pending(&key, now).await.unwrap().is_none());
    store.put_pending(key.clone(), pending(now + HOUR)).await.unwrap();
    let taken = store.take_pending(&key, now).await.unwrap().unwrap();
    assert_eq!(taken.nonce.secret(), "nonce");
    assert_eq!(taken.code_verifier.secret(), "verifier");
    assert_eq!(taken.browser_key, browser_key());
    assert!(store.take_pending(&key, now).await.unwrap().is_none());
}

/// T08
async fn of_many_who_take_a_pending_authorization_one_gets_it(store: &Arc<dyn SessionStore>) {
    let (key, now) = (SecretHash::of("pending race"), SystemTime::now());
    for _ in 0..50 {
        store.put_pending(key.clone(), pending(now + HOUR)).await.unwrap();
        let takers = (0..8).map(|_| {
            let (store, key) = (store.clone(), key.clone());
            tokio::spawn(async move { store.take_pending(&key, now).await.unwrap() })
        });
        let taken = join_all(takers).await.into_iter().filter_map(Result::unwrap).count();
        assert_eq!(taken, 1);
    }
}

/// T09
async fn a_pending_authorization_past_its_end_is_not_given_out(store: &Arc<dyn SessionStore>) {
    let (key, end) = (SecretHash::of("pending end"), SystemTime::now() + HOUR);
    for (now, is_good) in [(end - MOMENT, true), (end, false), (end + HOUR, false)] {
        store.put_pending(key.clone(), pending(end)).await.unwrap();
        assert_eq!(store.take_pending(&key, now).await.unwrap().is_some(), is_good);
        // And is gone in any case.
        assert!(store.take_pending(&key, end - HOUR).await.unwrap().is_none());
    }
}

/// T47
async fn a_session_is_given_out_until_it_expires(store: &Arc<dyn SessionStore>) {
    let (key, now) = (SecretHash::of("session end"), SystemTime::now());
    assert!(store.session(&key, now).await.unwrap().is_none());
    for (used, ends, end) in [
        // Idle for eight hours.
        (now, now + 24 * HOUR, now + 8 * HOUR),
        // Used a moment ago, but at its end.
        (now, now + HOUR, now + HOUR),
    ] {
        store.put_session(key.clone(), session(used, ends)).await.unwrap();
        assert!(store.session(&key, end - MOMENT).await.unwrap().is_some());
        assert!(store.session(&key, end).await.unwrap().is_none());
    }
}

async fn a_session_is_replaced_whole(store: &Arc<dyn SessionStore>) {
    let (key, now) = (SecretHash::of("session replaced"), SystemTime::now());
    store.put_session(key.clone(), session(now, now + HOUR)).await.unwrap();
    let next = Session {
        refresh_token: None,
        id_token: IdToken::new("next id token"),
        last_used_at: now + MOMENT,
        ..session(now, now + 2 * HOUR)
    };
    store.put_session(key.clone(), next.clone()).await.unwrap();
    let kept = store.session(&key, now).await.unwrap().unwrap();
    assert!(kept.refresh_token.is_none());
    assert_eq!(kept.id_token.secret(), "next id token");
    assert_eq!((&kept.user, &kept.browser_key), (&next.user, &next.browser_key));
    assert_eq!((kept.last_used_at, kept.ends_at), (next.last_used_at, next.ends_at));
}

async fn an_update_replaces_only_what_is_there(store: &Arc<dyn SessionStore>) {
    let (key, now) = (SecretHash::of("session update"), SystemTime::now());
    let with_token = |text: &str| Session { refresh_token: Some(RefreshToken::new(text)), ..session(now, now + HOUR) };
    assert!(!store.update_session(&key, with_token("early")).await.unwrap());
    assert!(store.session(&key, now).await.unwrap().is_none());

    store.put_session(key.clone(), with_token("first")).await.unwrap();
    assert!(store.update_session(&key, with_token("second")).await.unwrap());
    let kept = store.session(&key, now).await.unwrap().unwrap();
    assert_eq!(kept.refresh_token.unwrap().secret(), "second");

    store.remove_session(&key).await.unwrap();
    assert!(!store.update_session(&key, with_token("late")).await.unwrap());
    assert!(store.session(&key, now).await.unwrap().is_none());
}

/// A logout that comes during a refresh stands. The rounds are as many as it takes to see one that does not.
async fn an_update_never_undoes_a_removal(store: &Arc<dyn SessionStore>) {
    let (key, now) = (SecretHash::of("session race"), SystemTime::now());
    for _ in 0..2000 {
        store.put_session(key.clone(), session(now, now + HOUR)).await.unwrap();
        let updates = (0..4).map(|_| {
            let (store, key) = (store.clone(), key.clone());
            tokio::spawn(async move { store.update_session(&key, session(now, now + HOUR)).await })
        });
        let updates: Vec<_> = updates.collect();
        assert!(store.remove_session(&key).await.unwrap().is_some());
        join_all(updates).await;
        assert!(store.session(&key, now).await.unwrap().is_none(), "an update has put the session back");
    }
}

async fn a_session_is_removed_once(store: &Arc<dyn SessionStore>) {
    let (key, now) = (SecretHash::of("session removed"), SystemTime::now());
    assert!(store.remove_session(&key).await.unwrap().is_none());
    store.put_session(key.clone(), session(now, now + HOUR)).await.unwrap();
    let removed = store.remove_session(&key).await.unwrap().unwrap();
    assert_eq!(removed.refresh_token.unwrap().secret(), "refresh token");
    assert!(store.remove_session(&key).await.unwrap().is_none());
    assert!(store.session(&key, now).await.unwrap().is_none());
}

async fn an_issued_token_is_known_until_it_expires(store: &Arc<dyn SessionStore>) {
    let (key, end) = (SecretHash::of("token end"), SystemTime::now() + HOUR);
    assert!(store.issued_token(&key, end).await.unwrap().is_none());
    let session = SecretHash::of("its session");
    store.put_issued_token(key.clone(), IssuedToken { session: session.clone(), expires_at: end }).await.unwrap();
    assert_eq!(store.issued_token(&key, end - MOMENT).await.unwrap().unwrap().session, session);
    assert!(store.issued_token(&key, end).await.unwrap().is_none());
}

/// T69
async fn a_name_is_spent_once_until_its_end(store: &Arc<dyn SessionStore>) {
    let (key, now) = (SecretHash::of("spent end"), SystemTime::now());
    let end = now + HOUR / 20;
    assert!(store.spend(key.clone(), end, now).await.unwrap());
    for later in [now, now + MOMENT, end - MOMENT] {
        // Nobody who comes in vain makes it last longer.
        assert!(!store.spend(key.clone(), end + HOUR, later).await.unwrap());
    }
    assert!(store.spend(SecretHash::of("spent other"), end, now).await.unwrap());
    assert!(store.spend(key.clone(), end + HOUR / 20, end).await.unwrap());
    assert!(!store.spend(key, end + HOUR / 20, end).await.unwrap());
}

/// T69
async fn of_many_who_spend_a_name_one_is_told_that_it_was_new(store: &Arc<dyn SessionStore>) {
    let now = SystemTime::now();
    for round in 0..50 {
        let key = SecretHash::of(&format!("spent race {round}"));
        // The second time, after its end.
        for now in [now, now + HOUR] {
            let spenders = (0..20).map(|_| {
                let (store, key) = (store.clone(), key.clone());
                tokio::spawn(async move { store.spend(key, now + HOUR, now).await.unwrap() })
            });
            let new = join_all(spenders).await.into_iter().map(Result::unwrap).filter(|is_new| *is_new).count();
            assert_eq!(new, 1);
        }
    }
}

async fn the_four_kinds_of_records_do_not_meet(store: &Arc<dyn SessionStore>) {
    let (key, now) = (SecretHash::of("one key"), SystemTime::now());
    assert!(store.spend(key.clone(), now + HOUR, now).await.unwrap());
    assert!(store.session(&key, now).await.unwrap().is_none());
    store.put_pending(key.clone(), pending(now + HOUR)).await.unwrap();
    assert!(store.session(&key, now).await.unwrap().is_none());
    assert!(store.issued_token(&key, now).await.unwrap().is_none());
    store.put_session(key.clone(), session(now, now + HOUR)).await.unwrap();
    assert!(store.issued_token(&key, now).await.unwrap().is_none());
    assert!(store.take_pending(&key, now).await.unwrap().is_some());
    assert!(store.session(&key, now).await.unwrap().is_some());
}

fn pending(expires_at: SystemTime) -> PendingAuthorization {
    let (nonce, code_verifier) = (Nonce::new("nonce"), CodeVerifier::new("verifier"));
    PendingAuthorization { nonce, code_verifier, browser_key: browser_key(), expires_at }
}

fn browser_key() -> Thumbprint {
    "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I".parse().unwrap()
}

fn session(last_used_at: SystemTime, ends_at: SystemTime) -> Session {
    Session {
        user: UserClaims {
            iss: "https://provider.example".into(),
            sub: "uid=ada,ou=people".into(),
            name: Some("Ada".into()),
            preferred_username: None,
            email: None,
        },
        browser_key: browser_key(),
        permissions: Permissions::default(),
        refresh_token: Some(RefreshToken::new("refresh token")),
        id_token: IdToken::new("id token"),
        login: LoginClaims {
            nonce: Nonce::new("nonce"),
            audiences: vec!["oracle-ai".into()],
            authorized_party: None,
            auth_time: None,
        },
        last_used_at,
        ends_at,
    }
}

/// A store that can't be reached.
pub struct Broken {
    /// But could be a moment ago.
    pub can_spend: bool,
}

fn unreachable<T>() -> Result<T, StoreError> {
    Err(StoreError("unreachable".into()))
}

#[async_trait]
impl SessionStore for Broken {
    async fn put_pending(&self, _: SecretHash, _: PendingAuthorization) -> Result<(), StoreError> {
        unreachable()
    }

    async fn take_pending(&self, _: &SecretHash, _: SystemTime) -> Result<Option<PendingAuthorization>, StoreError> {
        unreachable()
    }

    async fn spend(&self, _: SecretHash, _: SystemTime, _: SystemTime) -> Result<bool, StoreError> {
        if self.can_spend { Ok(true) } else { unreachable() }
    }

    async fn put_session(&self, _: SecretHash, _: Session) -> Result<(), StoreError> {
        unreachable()
    }

    async fn update_session(&self, _: &SecretHash, _: Session) -> Result<bool, StoreError> {
        unreachable()
    }

    async fn session(&self, _: &SecretHash, _: SystemTime) -> Result<Option<Session>, StoreError> {
        unreachable()
    }

    async fn remove_session(&self, _: &SecretHash) -> Result<Option<Session>, StoreError> {
        unreachable()
    }

    async fn put_issued_token(&self, _: SecretHash, _: IssuedToken) -> Result<(), StoreError> {
        unreachable()
    }

    async fn issued_token(&self, _: &SecretHash, _: SystemTime) -> Result<Option<IssuedToken>, StoreError> {
        unreachable()
    }
}
