//! A code exchange, with its ID token verified (ES256); and a refresh, which is the same request to the same provider
//! without an ID token. The difference is the cost of the verification, and of making the token (some ten microseconds).

use criterion::Criterion;
use oracle_ai::{
    server::auth::oidc::{CodeVerifier, Nonce, RefreshToken},
    wire::auth::AuthorizationCode,
};

use crate::{
    external::{provider::code, random_text},
    server,
};

pub fn bench(criterion: &mut Criterion) {
    let runtime = server::runtime();
    let client = runtime.block_on(server::client());
    let mut group = criterion.benchmark_group("provider");
    let (nonce, verifier) = (Nonce::new(random_text()), CodeVerifier::new(random_text()));
    let code = AuthorizationCode::new(code("ada", nonce.secret(), 300));
    group.bench_function("code exchanged, ID token checked", |bencher| {
        bencher
            .to_async(&runtime)
            .iter(async || client.exchange_code(&code, &verifier, &nonce, None, None).await.unwrap());
    });

    let login = runtime.block_on(client.exchange_code(&code, &verifier, &nonce, None, None)).unwrap();
    let token: RefreshToken = login.refresh_token.unwrap();
    group.bench_function("refreshed, no ID token", |bencher| {
        let refresh = async || client.refresh_access_token(&token, &login.user, &login.claims, None).await.unwrap();
        bencher.to_async(&runtime).iter(refresh);
    });
}
