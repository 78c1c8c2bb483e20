//! Proofs that are accepted, and what is returned for them.

use super::*;

const GUARDED: Expected<'static> =
    Expected { method: "GET", htu: "https://chat.example/api/chat", access_token: Some("token-1"), ..TOKEN_REQUEST };

#[test]
fn a_valid_proof_returns_its_key_and_when_it_expires() {
    // T65
    let browser = Browser::new();
    let proof = check_one(&browser.proof()).unwrap();
    let jwk = browser.jwk();
    let canonical = format!(r#"{{"crv":"P-256","kty":"EC","x":{},"y":{}}}"#, jwk["x"], jwk["y"]);
    assert_eq!(proof.thumbprint.to_string(), base64url(Sha256::digest(canonical)));
    assert_eq!(proof.jti_hash, base64url(Sha256::digest(format!("{}a9d3c1", proof.thumbprint))));
    assert_eq!(proof.expires_at, at(NOW) + NONCE_LIFETIME + REPLICA_SKEW);
}

#[test]
fn a_proof_for_a_guarded_call_carries_the_hash_of_the_access_token() {
    // T65
    let claims = json!({"htm": "GET", "htu": GUARDED.htu, "ath": token_hash("token-1")});
    let proof = Browser::new().proof_with_claims(claims);
    assert!(check_at(&proof, &GUARDED, at(NOW)).is_ok());
}

#[test]
fn unknown_members_and_an_unneeded_ath_are_ignored() {
    let browser = Browser::new();
    let elsewhere = json!({"kid": "1", "jku": "https://evil.example/jwks", "x5u": "https://evil.example/x", "x5c": 7});
    assert!(check_one(&browser.proof_with_header(elsewhere)).is_ok());
    assert!(check_one(&browser.proof_with_claims(json!({"ath": "anything", "iss": [1, {"a": null}]}))).is_ok());
    assert!(check_one(&browser.proof_with_jwk(json!({"use": "sig", "alg": "ES256", "key_ops": null}))).is_ok());
}

#[test]
fn the_same_url_in_another_spelling_is_the_same() {
    // T69
    let browser = Browser::new();
    for htu in [
        "HTTPS://Chat.Example/api/token",
        "https://chat.example:443/api/token",
        "https://chat.example/api/token?code=1#top",
        "https://chat.example/api/./x/../token",
    ] {
        assert!(check_one(&browser.proof_with_claims(json!({"htu": htu}))).is_ok(), "{htu}");
    }
}

#[test]
fn iat_may_have_a_fraction_and_without_a_nonce_may_be_a_minute_old_or_five_seconds_ahead() {
    // T69
    let browser = Browser::new();
    for iat in [json!(NOW - 60), json!(NOW + 5), json!(NOW as f64 + 0.5), json!(1.7e9)] {
        let proof = browser.proof_with_claims(json!({"iat": iat, "nonce": null}));
        assert!(check_at(&proof, &FIRST_REQUEST, at(NOW)).is_ok(), "{iat}");
    }
}

#[test]
fn a_nonce_is_accepted_even_if_none_is_required() {
    // T69
    let proof = Browser::new().proof_with_claims(json!({"iat": 0}));
    assert!(check_at(&proof, &FIRST_REQUEST, at(NOW)).is_ok());
}

#[test]
fn a_proof_without_a_nonce_expires_by_its_iat() {
    // T69
    let browser = Browser::new();
    let proof = browser.proof_with_claims(json!({"iat": NOW + 5, "nonce": null}));
    let expires_at = check_at(&proof, &FIRST_REQUEST, at(NOW)).unwrap().expires_at;
    assert_eq!(expires_at, at(NOW + 5) + IAT_WINDOW + REPLICA_SKEW);
    assert!(check_at(&proof, &FIRST_REQUEST, expires_at - REPLICA_SKEW).is_ok());
    assert_eq!(check_at(&proof, &FIRST_REQUEST, expires_at), browser.use_nonce());
}

#[test]
fn with_a_valid_nonce_iat_is_not_checked() {
    // T69
    let browser = Browser::new();
    for iat in [0, NOW - 86_400, NOW, NOW + 86_400] {
        let proof = browser.proof_with_claims(json!({"iat": iat}));
        let expires_at = check_at(&proof, &TOKEN_REQUEST, at(NOW + 100)).unwrap().expires_at;
        assert_eq!(expires_at, at(NOW) + NONCE_LIFETIME + REPLICA_SKEW, "{iat}");
        assert!(check_at(&proof, &TOKEN_REQUEST, expires_at - REPLICA_SKEW).is_ok());
        assert_eq!(check_at(&proof, &TOKEN_REQUEST, expires_at), browser.use_nonce(), "{iat}");
    }
}

#[test]
fn the_same_jti_of_two_keys_has_two_hashes() {
    let (one, other) = (Browser::new(), Browser::new());
    let hash = |proof: &str| check_one(proof).unwrap().jti_hash;
    assert_ne!(hash(&one.proof()), hash(&other.proof()));
    assert_ne!(hash(&one.proof()), hash(&one.proof_with_claims(json!({"jti": "a9d3c2"}))));
    assert_eq!(hash(&one.proof()), hash(&one.proof()));
}

#[test]
fn a_jti_may_have_256_characters() {
    assert!(check_one(&Browser::new().proof_with_claims(json!({"jti": "é".repeat(256)}))).is_ok());
}

/// The order of P-256 (SEC 2 §2.4.2), big-endian.
const N: [u8; 32] = [
    0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xbc, 0xe6, 0xfa, 0xad, 0xa7,
    0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51,
];

#[test]
fn the_malleable_signature_is_accepted_but_has_the_same_jti() {
    // T69
    let proof = Browser::new().proof();
    let (signed, signature) = proof.rsplit_once('.').unwrap();
    let mut signature = BASE64_URL_SAFE_NO_PAD.decode(signature).unwrap();
    let mut borrow = 0;
    for (s, n) in signature[32..].iter_mut().zip(N).rev() {
        let difference = i16::from(n) - i16::from(*s) - borrow;
        borrow = i16::from(difference < 0);
        *s = difference.rem_euclid(256) as u8;
    }
    let malleated = format!("{signed}.{}", base64url(signature));
    assert_ne!(malleated, proof);
    assert_eq!(check_one(&malleated), check_one(&proof));
}
