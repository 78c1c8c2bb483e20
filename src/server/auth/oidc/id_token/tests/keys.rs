//! The choice of the provider's key.

use super::*;

/// A JWK with these changes of its members; `null` removes one.
fn jwk(key: &impl Key, changes: Value) -> Value {
    changed(key.jwk(), changes)
}

#[test]
fn of_several_keys_with_the_same_kid_the_right_one_is_used() {
    // T29: by `kty`, `use` and `alg`, and where these are equal by the signature.
    let (same, other) = (EcKey::new("ec"), RsaKey::new("ec", 2048));
    let enc = jwk(&EcKey::new("ec"), json!({"use": "enc"}));
    for keys in [json!([same.jwk(), other.jwk(), enc, EC.jwk()]), json!([EC.jwk(), enc, other.jwk(), same.jwk()])] {
        login_from(&EC.with_claims(json!({})), keys).unwrap();
    }
}

#[test]
fn without_kid_every_key_is_tried() {
    let keys = json!([EcKey::new("1").jwk(), RSA.jwk(), EC.jwk(), EcKey::new("2").jwk()]);
    login_from(&EC.with_header(json!({"kid": null})), keys.clone()).unwrap();
    login_from(&RSA.with_header(json!({"kid": null})), keys).unwrap();
}

#[test]
fn a_key_without_alg_and_use_is_used() {
    // As Entra ID publishes them.
    login_from(&RSA.with_claims(json!({})), json!([jwk(&*RSA, json!({"alg": null, "use": null}))])).unwrap();
    login_from(&EC.with_claims(json!({})), json!([jwk(&*EC, json!({"alg": null, "use": null}))])).unwrap();
}

#[test]
fn a_key_for_another_purpose_is_not_used() {
    for changes in [
        json!({"use": "enc"}),
        json!({"use": "tls"}),
        json!({"key_ops": ["encrypt", "wrapKey"]}),
        json!({"key_ops": []}),
        json!({"alg": "RSA-OAEP"}),
        json!({"alg": "PS256"}),
        json!({"alg": "RS512"}),
        json!({"alg": "none"}),
        json!({"kty": "EC"}),
        json!({"kid": "another"}),
        json!({"kid": null}),
        json!({"n": null}),
    ] {
        let outcome = login_from(&RSA.with_claims(json!({})), json!([jwk(&*RSA, changes.clone())]));
        assert!(matches!(outcome, Err(IdTokenError::Signature(_))), "{changes}: {outcome:?}");
    }
    let outcome = login_from(&EC.with_claims(json!({})), json!([jwk(&*EC, json!({"crv": "P-384"}))]));
    assert!(matches!(outcome, Err(IdTokenError::Signature(_))), "{outcome:?}");
}

#[test]
fn an_unusable_key_does_not_affect_the_others() {
    let x = base64url([9; 32]);
    let (long, modulus) = (base64url([7; 66]), RSA.jwk()["n"].clone());
    let odd = [
        json!(null),
        json!("key"),
        json!([1]),
        json!({}),
        json!({"kty": "RSA"}),
        json!({"kty": 7, "kid": "ec"}),
        json!({"kty": "AKP", "alg": "ML-DSA-65", "pub": "AA", "kid": "ec"}),
        json!({"kty": "oct", "k": "AAAA", "alg": "HS256", "kid": "ec"}),
        json!({"kty": "OKP", "crv": "X25519", "x": x, "use": "enc"}),
        json!({"kty": "OKP", "crv": "X25519", "x": x, "kid": "ec"}),
        json!({"kty": "OKP", "crv": "Ed448", "x": x, "alg": "EdDSA"}),
        json!({"kty": "EC", "crv": "P-521", "x": long, "y": long, "kid": "ec"}),
        json!({"kty": "EC", "crv": "secp256k1", "x": x, "y": x, "alg": "ES256K"}),
        json!({"kty": "EC", "crv": "P-256", "x": x, "y": x, "kid": "ec"}),
        json!({"kty": "EC", "crv": "P-256", "x": "!", "y": 7, "kid": "ec"}),
        json!({"kty": "RSA", "n": modulus, "e": "", "kid": "rsa"}),
        json!({"kty": "RSA", "n": "AA", "e": "AQAB", "kid": "rsa"}),
        json!({"kty": "RSA", "n": modulus, "e": "AQ", "kid": "rsa"}),
        json!({"kty": "RSA", "n": {"a": 1}, "e": [], "kid": ["rsa"], "x5c": 7, "use": {}, "key_ops": "verify"}),
    ];
    for key in &odd {
        for token in [EC.with_claims(json!({})), RSA.with_claims(json!({})), EC.with_header(json!({"kid": null}))] {
            login_from(&token, json!([key, RSA.jwk(), EC.jwk()])).unwrap();
            assert!(login_from(&token, json!([key])).is_err(), "{key}");
        }
    }
    let mut all = odd.to_vec();
    all.extend([RSA.jwk(), EC.jwk()]);
    login_from(&RSA.with_header(json!({"kid": null})), json!(all)).unwrap();
}

#[test]
fn rsa_keys_of_fewer_than_2048_bits_are_refused_unless_weak_keys_are_allowed() {
    // T27
    let with_policy = |key: &RsaKey, is_allowed| {
        let mut provider = provider();
        provider.id_tokens.allow_weak_rsa_keys = is_allowed;
        let token = key.with_claims(json!({}));
        check(&token, Expected::Login(&Nonce::new(NONCE)), &provider, &key_set(json!([key.jwk()])))
    };
    let [short, weak, odd] = [512, 1024, 2047].map(|bits| RsaKey::new("weak", bits));
    assert_refused(with_policy(&weak, false), "RSA key of 1024 bits");
    assert_refused(with_policy(&odd, false), "RSA key of 2047 bits");
    with_policy(&weak, true).unwrap();
    with_policy(&odd, true).unwrap();
    assert_refused(with_policy(&short, true), "RSA key of 512 bits");
}

#[test]
fn leading_zeros_of_a_modulus_do_not_count_as_key_length() {
    // T27
    let weak = RsaKey::new("weak", 1024);
    let mut modulus = vec![0; 128];
    modulus.extend(weak.key.n().to_bytes_be());
    let outcome = login_from(&weak.with_claims(json!({})), json!([jwk(&weak, json!({"n": base64url(modulus)}))]));
    assert_refused(outcome, "RSA key of 1024 bits");
}
