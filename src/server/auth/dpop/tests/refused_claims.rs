//! Proofs whose signature, claims or nonce are refused.

use super::*;

#[track_caller]
fn refused(proof: &str, reason: ProofError) {
    assert_eq!(check_one(proof), Err(reason));
}

#[test]
fn a_proof_that_its_own_jwk_does_not_verify_is_refused() {
    // T65
    let (browser, thief) = (Browser::new(), Browser::new());
    refused(&thief.sign(browser.header(), browser.claims()), ProofError::BadSignature);
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
fn a_proof_with_a_private_key_in_its_jwk_is_refused() {
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
fn an_invalid_url_of_the_request_matches_no_htu() {
    let proof = Browser::new().proof_with_claims(json!({"htu": "/api/token"}));
    let expected = Expected { htu: "/api/token", ..TOKEN_REQUEST };
    assert_eq!(check_at(&proof, &expected, at(NOW)), Err(ProofError::WrongUrl));
}

#[test]
fn a_proof_without_a_required_nonce_is_refused_whatever_its_iat() {
    // T69: `iat` is chosen by the signer. It once sufficed, so a script could sign proofs for a whole day in advance.
    let browser = Browser::new();
    for iat in [json!(NOW), json!(NOW - 60), json!(NOW + 60), json!(0), json!(253_402_300_799_u64)] {
        let proof = browser.proof_with_claims(json!({ "iat": iat, "nonce": null }));
        assert_eq!(check_one(&proof), browser.use_nonce(), "{iat}");
    }
}

#[test]
fn a_proof_without_a_nonce_and_without_a_recent_iat_gets_use_dpop_nonce() {
    // T69
    let browser = Browser::new();
    for iat in [json!(NOW - 61), json!(NOW + 6), json!(NOW as f64 + 5.5), json!(0), json!(253_402_300_799_u64)] {
        let proof = browser.proof_with_claims(json!({ "iat": iat, "nonce": null }));
        assert_eq!(check_at(&proof, &FIRST_REQUEST, at(NOW)), browser.use_nonce(), "{iat}");
    }
}

#[test]
fn a_proof_with_an_invalid_nonce_is_refused_even_if_its_iat_is_recent() {
    // T69
    let browser = Browser::new();
    let expired = browser.nonce_of(NOW - 121);
    let from_afar = browser.nonce_of(NOW + 61);
    let of_another_browser = Browser::new().nonce_of(NOW);
    let of_another_server = Nonces::new([8; 32], []).issue(&browser.thumbprint(), at(NOW));
    let made_up = [String::new(), "nonce".into(), base64url([0; 40])];
    for nonce in [expired, from_afar, of_another_browser, of_another_server].into_iter().chain(made_up) {
        let proof = browser.proof_with_claims(json!({ "nonce": nonce }));
        for expected in [TOKEN_REQUEST, FIRST_REQUEST] {
            assert_eq!(check_at(&proof, &expected, at(NOW)), browser.use_nonce(), "{nonce}");
        }
    }
}

#[test]
fn proofs_signed_in_advance_with_the_current_nonce_are_valid_no_longer_than_the_nonce() {
    // T69: RFC 9449 §11.2
    let browser = Browser::new();
    let nonce = browser.nonce_of(NOW);
    for minute in 0..60 {
        let then = NOW + 60 * minute;
        let proof = browser.proof_with_claims(json!({ "iat": then, "nonce": nonce }));
        assert_eq!(check_at(&proof, &TOKEN_REQUEST, at(then)).is_ok(), minute <= 2, "after {minute} minutes");
        let behind = check_at(&proof, &TOKEN_REQUEST, at(then - 60));
        assert_eq!(behind.is_ok(), minute <= 3, "after {minute} minutes, at a replica that is one behind");
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
