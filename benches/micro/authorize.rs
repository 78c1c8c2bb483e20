//! The authorization request: its URL alone, and all that the endpoint does for it, with the login stored in memory.

use criterion::Criterion;
use oracle_ai::{
    server::{
        auth::{
            dpop::Thumbprint,
            oidc::{CodeVerifier, LoginRequest, Nonce},
            sessions::{Records, SessionSettings, Sessions, Storage},
        },
        environment::Environment,
    },
    wire::auth::State,
};

use crate::{
    external::{dpop_key::DpopKey, random_text},
    server,
};

pub fn bench(criterion: &mut Criterion) {
    let runtime = server::runtime();
    let (client, environment) = (runtime.block_on(server::client()), Environment::system());
    let mut group = criterion.benchmark_group("authorize");
    let (state, nonce, verifier) =
        (State::new(random_text()), Nonce::new(random_text()), CodeVerifier::new(random_text()));
    let login = LoginRequest {
        state: &state,
        nonce: &nonce,
        code_verifier: &verifier,
        proof_key: None,
        asked: None,
        reauthenticate: false,
    };
    group.bench_function("URL", |bencher| {
        bencher.to_async(&runtime).iter(async || client.authorization_url(login).await.unwrap());
    });

    let records = Records::new(Storage::in_memory(&environment).unwrap(), environment.clone());
    let sessions = Sessions::new(records, client.clone(), environment.clone(), SessionSettings::default());
    let key: Thumbprint = DpopKey::new().thumbprint().parse().unwrap();
    group.bench_function("login begun", |bencher| {
        bencher.to_async(&runtime).iter(async || sessions.begin_authorization(key.clone(), None, false).await.unwrap());
    });
    group.bench_function("random text", |bencher| bencher.iter(|| environment.random_text().unwrap()));
}
