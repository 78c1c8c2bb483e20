//! An access token looked up in memory, and the whole guard: its proof checked and spent as well.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use axum::{
    extract::FromRequestParts,
    http::{Request, request::Parts},
};
use criterion::{BatchSize, Criterion};
use oracle_ai::{
    server::{
        Services,
        edge::{EdgeSettings, LimitSettings},
        environment::Environment,
        guard::{Caller, GuardSettings},
        oidc::Permissions,
        proof::NextNonce,
        sessions::{IssuedToken, Kind, Record, RecordName, Records, SecretHash, Sessions, Standing, Storage},
    },
    wire::auth::{AccessToken, UserClaims},
};

use crate::{
    parties::{browser_key::BrowserKey, random_text},
    server,
};

pub fn bench(criterion: &mut Criterion) {
    let runtime = server::runtime();
    let (key, token) = (BrowserKey::new(), AccessToken::new(random_text()));
    let (sessions, services) = runtime.block_on(signed_in(&key, &token));
    let mut group = criterion.benchmark_group("guard");
    group.bench_function("lookup", |bencher| {
        bencher.to_async(&runtime).iter(async || {
            let Standing::Issued(holder) = sessions.standing(&token).await.unwrap() else { unreachable!() };
            assert!(sessions.lives(&holder).await.unwrap());
        });
    });
    group.bench_function("lookup, with proof", |bencher| {
        // A proof is good once, and its nonce for two minutes: longer than this takes.
        runtime.block_on(keep_nonce(&key, &token, &services));
        bencher.to_async(&runtime).iter_batched(
            || request(&key, &token, &services),
            |mut parts| async move { assert!(Caller::from_request_parts(&mut parts, &()).await.is_ok()) },
            BatchSize::SmallInput,
        );
    });
}

/// Services that know one session, and its access token.
async fn signed_in(key: &BrowserKey, token: &AccessToken) -> (Arc<Sessions>, Arc<Services>) {
    let (environment, client) = (Environment::system(), server::client().await);
    let storage = Storage::in_memory(&environment).unwrap();
    let records = Records::new(storage.clone(), environment.clone());
    let (session, ends_at) = (random_text(), environment.after(Duration::from_secs(3600)));
    let record = Record { sealed: vec![0; 1024], revision: 0, ends_at };
    storage.store.put(&RecordName::of(Kind::Session, &session), record).await.unwrap();
    let issued = IssuedToken {
        session: SecretHash::of(&session),
        user: user(),
        browser_key: key.thumbprint().parse().unwrap(),
        permissions: Permissions { scope: vec!["openid".into(), "profile".into()], roles: vec![] },
        expires_at: ends_at,
    };
    records.put_issued_token(token, &issued).await.unwrap();
    let sessions = Arc::new(Sessions::new(records, client, environment.clone()));
    let client = Arc::into_inner(server::client().await).unwrap();
    let services = Services::new(client, storage, environment.clone(), GuardSettings::default()).unwrap();
    // One person does the work of thousands.
    let limits = LimitSettings { per_browser: None, per_person: None, ..LimitSettings::default() };
    let services = services.with_edge(EdgeSettings { limits, ..EdgeSettings::default() }, environment);
    (sessions, Arc::new(services))
}

/// From the answer to a call that lacks it.
async fn keep_nonce(key: &BrowserKey, token: &AccessToken, services: &Arc<Services>) {
    let mut parts = request(key, token, services);
    let next = NextNonce::insert_into(&mut parts.extensions);
    assert!(Caller::from_request_parts(&mut parts, &()).await.is_err());
    key.keep_nonce(next.get().unwrap());
}

fn user() -> UserClaims {
    UserClaims {
        iss: "https://sso.example.com".into(),
        sub: "ada".into(),
        name: Some("Ada Lovelace".into()),
        preferred_username: Some("ada".into()),
        email: Some("ada@example.com".into()),
        user_id: None,
    }
}

fn request(key: &BrowserKey, token: &AccessToken, services: &Arc<Services>) -> Parts {
    let request = Request::get("/api/chat")
        .header("authorization", format!("DPoP {}", token.secret()))
        .header("dpop", key.proof("GET", "/api/chat", Some(token.secret())))
        .extension(services.clone())
        .extension(Instant::now());
    request.body(()).unwrap().into_parts().0
}
