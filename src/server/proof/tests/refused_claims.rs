//! Proofs that are well signed, but not by this key or not for this request.

use super::*;

#[track_caller]
fn refused(proof: &str, reason: ProofError) {
    assert_eq!(check_one(proof), Err(reason));
}

#[test]
fn a_proof_signed_by_another_key_than_it_shows_is_refused() {
    // T65
    let (browser, thief) = (Browser::new(), Browser::new());
    refused(&thief.sign(browser.header(), claims()), ProofError::BadSignature);
}

#[test]
fn a_point_that_is_not_on_the_curve_verifies_nothing() {
    for (x, y) in [([0; 32], [0; 32]), ([1; 32], [1; 32]), ([0xff; 32], [0xff; 32])] {
        let jwk = json!({"x": base64url(x), "y": base64url(y)});
        refused(&Browser::new().proof_with_jwk(jwk), ProofError::BadSignature);
    }
}

#[test]
fn a_signature_in_der_or_of_another_length_is_refused() {
    let proof = Browser::new().proof();
    let (signed, signature) = proof.rsplit_once('.').unwrap();
    let signature = BASE64_URL_SAFE_NO_PAD.decode(signature).unwrap();
    let der = [&[0x30, 0x44, 0x02, 0x20][..], &signature[..32], &[0x02, 0x20], &signature[32..]].concat();
    for other in [&der[..], &signature[..63], &signature[..32], &[&signature[..], &[0]].concat(), &[0; 64]] {
        refused(&format!("{signed}.{}", base64url(other)), ProofError::BadSignature);
    }
}

#[test]
fn a_proof_that_gives_its_private_key_away_is_refused() {
    let browser = Browser::new();
    refused(&browser.proof_with_jwk(json!({"d": base64url([1; 32])})), ProofError::PrivateKeyInHeader);
    refused(&browser.proof_with_jwk(json!({"d": ""})), ProofError::PrivateKeyInHeader);
}

#[test]
fn a_proof_for_another_method_is_refused() {
    // T69
    for htm in ["GET", "post", "POST ", ""] {
        refused(&Browser::new().proof_with_claims(json!({ "htm": htm })), ProofError::WrongMethod);
    }
}

#[test]
fn a_proof_for_another_url_is_refused() {
    // T69
    let browser = Browser::new();
    for htu in [
        "http://chat.example/api/token",
        "https://chat.example:444/api/token",
        "https://chat.example.evil.example/api/token",
        "https://evil.example/api/token",
        "https://chat.example/api/refresh",
        "https://chat.example/api/token/",
        "https://chat.example/API/token",
        "https://chat.example/api%2ftoken",
        "https://chat.example@evil.example/api/token",
        "https://user@chat.example/api/token",
        "https:\\\\chat.example\\api\\token",
        "https:chat.example/api/token",
        "https:///chat.example/api/token",
        " https://chat.example/api/token",
        "https://chat.example/api/to\tken",
        "//chat.example/api/token",
        "/api/token",
        "",
    ] {
        refused(&browser.proof_with_claims(json!({ "htu": htu })), ProofError::WrongUrl);
    }
}

#[test]
fn an_unreadable_url_of_our_own_lets_nothing_in() {
    let proof = Browser::new().proof_with_claims(json!({"htu": "/api/token"}));
    let expected = Expected { htu: "/api/token", ..TOKEN_REQUEST };
    assert_eq!(check_at(&proof, &expected, at(NOW)), Err(ProofError::WrongUrl));
}

#[test]
fn a_proof_outside_the_window_is_asked_for_a_nonce() {
    // T69
    let browser = Browser::new();
    for iat in [json!(NOW - 61), json!(NOW + 61), json!(NOW as f64 + 60.5), json!(0), json!(253_402_300_799_u64)] {
        refused(&browser.proof_with_claims(json!({ "iat": iat })), ProofError::UseNonce);
    }
}

#[test]
fn a_nonce_that_is_not_good_is_refused_even_where_iat_is() {
    // T69
    let browser = Browser::new();
    let expired = nonces().issue(at(NOW - 301));
    let from_afar = nonces().issue(at(NOW + 61));
    let of_another_server = Nonces::new([8; 32], []).issue(at(NOW));
    for nonce in [expired, from_afar, of_another_server, String::new(), "nonce".into(), base64url([0; 40])] {
        refused(&browser.proof_with_claims(json!({ "nonce": nonce })), ProofError::UseNonce);
    }
}

#[test]
fn an_access_token_without_its_hash_in_the_proof_is_refused() {
    // T65
    let expected = Expected { access_token: Some("token-1"), ..TOKEN_REQUEST };
    assert_eq!(check_at(&Browser::new().proof(), &expected, at(NOW)), Err(ProofError::MissingTokenHash));
}

#[test]
fn a_proof_for_another_access_token_is_refused() {
    // T65
    let expected = Expected { access_token: Some("token-1"), ..TOKEN_REQUEST };
    for ath in [token_hash("token-2"), token_hash("token-1") + "=", "token-1".into(), String::new()] {
        let proof = Browser::new().proof_with_claims(json!({ "ath": ath }));
        assert_eq!(check_at(&proof, &expected, at(NOW)), Err(ProofError::WrongTokenHash));
    }
}
