//! An access token looked up in memory, and the whole guard: its proof verified and its `jti` consumed, too.

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
        auth::{
            access_token::GuardSettings,
            oidc::{IdToken, LoginClaims, Nonce, Permissions},
            sessions::{
                BrowserName, IssuedToken, Records, Session, SessionLimits, SessionSettings, Sessions, Storage,
                TokenStatus,
            },
        },
        environment::Environment,
        http::ingress::{EdgeSettings, LimitSettings},
        http::{
            Services,
            extract::{Caller, NextNonce},
        },
        store::SecretHash,
    },
    wire::auth::{AccessToken, SessionId, UserClaims},
};

use crate::{
    external::{dpop_key::DpopKey, random_text},
    server,
};

pub fn bench(criterion: &mut Criterion) {
    let runtime = server::runtime();
    let (key, token) = (DpopKey::new(), AccessToken::new(random_text()));
    let thumbprint = key.thumbprint().parse().unwrap();
    let (sessions, services) = runtime.block_on(signed_in(&key, &token));
    let mut group = criterion.benchmark_group("guard");
    group.bench_function("lookup", |bencher| {
        bencher.to_async(&runtime).iter(async || {
            let TokenStatus::Issued(info) = sessions.token_status(&token, Some(&thumbprint)).await.unwrap() else {
                unreachable!()
            };
            assert!(sessions.session_lives(&info).await.unwrap());
        });
    });
    group.bench_function("lookup, with proof", |bencher| {
        // A proof is valid once, and its nonce for two minutes: longer than this takes.
        runtime.block_on(set_nonce(&key, &token, &services));
        bencher.to_async(&runtime).iter_batched(
            || request(&key, &token, &services),
            |mut parts| async move { assert!(Caller::from_request_parts(&mut parts, &()).await.is_ok()) },
            BatchSize::SmallInput,
        );
    });
}

/// Services with one session, and its access token.
async fn signed_in(key: &DpopKey, token: &AccessToken) -> (Arc<Sessions>, Arc<Services>) {
    let (environment, client) = (Environment::system(), server::client().await);
    let storage = Storage::in_memory(&environment).unwrap();
    let records = Records::new(storage.clone(), environment.clone());
    let (id, now, hour) = (SessionId::new(random_text()), environment.now(), Duration::from_secs(3600));
    let session = Session {
        user: user(),
        dpop_jkt: key.thumbprint().parse().unwrap(),
        refresh_token: None,
        proof_key: None,
        permissions: Permissions {
            scope: vec!["openid".into(), "profile".into()],
            roles: vec![],
            roles_left_out: false,
        },
        id_token: IdToken::new("a".repeat(700)),
        login: LoginClaims {
            nonce: Nonce::new("n"),
            audiences: vec![],
            authorized_party: None,
            auth_time: None,
            acr: None,
        },
        provider_session: None,
        browser: BrowserName::default(),
        began_at: now,
        last_used_at: now,
        idle_timeout: hour,
        ends_at: now + hour,
        latest_end: now + hour,
        revision: 0,
        last_refresh: None,
        tokens: vec![],
    };
    records.put_session(&id, &session).await.unwrap();
    let issued = IssuedToken {
        session: SecretHash::of(id.secret()),
        user: user(),
        dpop_jkt: session.dpop_jkt,
        provider_jkt: None,
        permissions: session.permissions,
        expires_at: now + hour,
        auth_time: None,
        acr: None,
    };
    records.put_issued_token(token, &issued).await.unwrap();
    let sessions = Arc::new(Sessions::new(records, client, environment.clone(), SessionSettings::default()));
    let client = Arc::into_inner(server::client().await).unwrap();
    let (guard, limits) = (GuardSettings::default(), SessionLimits::default());
    let services = Services::new(client, storage, environment.clone(), guard, limits).unwrap();
    // Without limits, as one client does the work of thousands.
    let limits = LimitSettings { per_browser: None, per_person: None, ..LimitSettings::default() };
    let services = services.with_edge(EdgeSettings { limits, ..EdgeSettings::default() }, environment);
    (sessions, Arc::new(services))
}

/// From the answer to a call without one.
async fn set_nonce(key: &DpopKey, token: &AccessToken, services: &Arc<Services>) {
    let mut parts = request(key, token, services);
    let next = NextNonce::insert_into(&mut parts.extensions);
    assert!(Caller::from_request_parts(&mut parts, &()).await.is_err());
    key.set_nonce(next.get().unwrap());
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

fn request(key: &DpopKey, token: &AccessToken, services: &Arc<Services>) -> Parts {
    let request = Request::get("/api/chat")
        .header("authorization", format!("DPoP {}", token.secret()))
        .header("dpop", key.proof("GET", "/api/chat", Some(token.secret())))
        .extension(services.clone())
        .extension(Instant::now());
    request.body(()).unwrap().into_parts().0
}
