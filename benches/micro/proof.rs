//! The check of a proof, beside the one step that no implementation can do without: a P-256 verification.

use std::{hint::black_box, time::SystemTime};

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use criterion::Criterion;
use oracle_ai::server::auth::dpop::{Expected, NonceRule, Nonces, check};
use ring::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};

use crate::external::{FRONT_URL, dpop_key::DpopKey, random_text};

pub fn bench(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("proof");
    let (key, token) = (DpopKey::new(), random_text());
    let (now, nonces) = (SystemTime::now(), Nonces::new([1; 32], vec![]));
    key.set_nonce(&nonces.issue(&key.thumbprint().parse().unwrap(), now));
    let proof = key.proof("GET", "/api/chat", Some(&token));
    let htu = format!("{FRONT_URL}/api/chat");
    let expected = Expected { method: "GET", htu: &htu, access_token: Some(&token), nonce: NonceRule::Required };
    group.bench_function("check", |bencher| {
        bencher.iter(|| check([black_box(proof.as_bytes())], &expected, now, &nonces).unwrap());
    });

    let (signed, signature) = proof.rsplit_once('.').unwrap();
    let signature = BASE64_URL_SAFE_NO_PAD.decode(signature).unwrap();
    let public = UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, key.point());
    group.bench_function("P-256 alone", |bencher| {
        bencher.iter(|| public.verify(black_box(signed.as_bytes()), &signature).unwrap());
    });
}
