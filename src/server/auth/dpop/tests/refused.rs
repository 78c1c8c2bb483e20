//! Requests and proofs that are refused, in the order of RFC 9449 §4.3.

use super::*;

/// Asserts that a request with this proof is refused for this reason.
#[track_caller]
fn refused(proof: &str, reason: ProofError) {
    assert_eq!(check_one(proof), Err(reason));
}

#[track_caller]
fn malformed(proof: &str) {
    assert!(matches!(check_one(proof), Err(ProofError::Malformed(_))), "{:?}", check_one(proof));
}

#[test]
fn a_request_without_a_proof_is_refused() {
    // T69
    assert_eq!(check([], &TOKEN_REQUEST, at(NOW), &nonces()), Err(ProofError::Missing));
}

#[test]
fn two_header_fields_are_refused_even_if_they_are_the_same() {
    // T69
    let proof = Browser::new().proof();
    let twice = check([proof.as_bytes(), proof.as_bytes()], &TOKEN_REQUEST, at(NOW), &nonces());
    assert_eq!(twice, Err(ProofError::MoreThanOne));
    malformed(&format!("{proof}, {proof}"));
    malformed(&format!("{proof},{proof}"));
}

#[test]
fn a_proof_may_have_4096_bytes_and_no_more() {
    let browser = Browser::new();
    let padded = |length| browser.proof_with_claims(json!({"padding": "x".repeat(length)}));
    let length = (0..4096).rev().find(|length| padded(*length).len() <= MAX_PROOF_LENGTH).unwrap();
    assert!(check_one(&padded(length)).is_ok());
    refused(&padded(length + 3), ProofError::TooLong);
    refused(&"a".repeat(4097), ProofError::TooLong);
    malformed(&"a".repeat(4096));
}

#[test]
fn anything_but_three_parts_of_strict_base64url_is_malformed() {
    let proof = Browser::new().proof();
    let [header, payload, signature] = proof.split('.').collect::<Vec<_>>()[..] else { panic!("not three parts") };
    for value in [
        String::new(),
        "...".into(),
        "..".into(),
        header.into(),
        format!("{header}.{payload}"),
        format!("{header}.{payload}."),
        format!(".{payload}.{signature}"),
        format!("{header}..{signature}"),
        format!("{proof}.{signature}"),
        format!("{proof}=="),
        format!(" {proof}"),
        format!("{proof} "),
        format!("{proof}\n"),
    ] {
        malformed(&value);
    }
    let not_text = check([&[0xff, b'.', 0xfe, b'.', 0xfd][..]], &TOKEN_REQUEST, at(NOW), &nonces());
    assert_eq!(not_text, Err(ProofError::Malformed("not text")));
}

#[test]
fn stray_bits_at_the_end_of_a_part_are_malformed() {
    // 64 bytes leave 4 bits unused in the last character, so A, B, … P would all stand for the same signature.
    let proof = Browser::new().proof();
    let good = proof.bytes().last().unwrap();
    assert!(b"AQgw".contains(&good));
    malformed(&format!("{}{}", &proof[..proof.len() - 1], char::from(good + 1)));
}

#[test]
fn a_part_that_is_not_a_json_object_is_malformed() {
    let browser = Browser::new();
    let header = browser.header().to_string();
    for part in ["[]", "7", "null", "\"text\"", "{", "{}{}", "", "\u{feff}{}"] {
        malformed(&browser.sign(part, browser.claims()));
        malformed(&browser.sign(&header, part));
    }
    malformed(&browser.sign(json!(["dpop+jwt", "ES256", browser.jwk()]), browser.claims()));
    malformed(&browser.sign(&header, json!(["a9d3c1", "POST", TOKEN_ENDPOINT, NOW])));
    malformed(&browser.sign(&header, format!("{{\"deep\":{}", "[".repeat(2000))));
}

#[test]
fn duplicate_members_are_malformed_at_any_depth() {
    let browser = Browser::new();
    let (header, claims) = (browser.header().to_string(), browser.claims().to_string());
    let jwk = browser.jwk().to_string();
    let twice = |object: &str, member: &str| object.replacen('{', &format!("{{{member},"), 1);
    malformed(&browser.sign(twice(&header, r#""alg":"none""#), &claims));
    malformed(&browser.sign(header.replace(&jwk, &twice(&jwk, r#""x":"AAAA""#)), &claims));
    malformed(&browser.sign(&header, twice(&claims, r#""htm":"GET""#)));
    malformed(&browser.sign(&header, twice(&claims, r#""\u0068tm":"POST""#)));
}

#[test]
fn a_missing_or_mistyped_member_is_malformed() {
    // T65
    let browser = Browser::new();
    for value in [Value::Null, json!(["x"]), json!(true)] {
        for member in ["typ", "alg", "jwk"] {
            malformed(&browser.proof_with_header(json!({ member: value })));
        }
        for claim in ["jti", "htm", "htu", "iat"] {
            malformed(&browser.proof_with_claims(json!({ claim: value })));
        }
    }
    malformed(&browser.proof_with_claims(json!({"iat": NOW.to_string()})));
    malformed(&browser.proof_with_claims(json!({"nonce": 7})));
    malformed(&browser.proof_with_claims(json!({"ath": 7})));
}

#[test]
fn a_jti_must_have_1_to_256_characters() {
    let browser = Browser::new();
    refused(&browser.proof_with_claims(json!({"jti": ""})), ProofError::BadJti);
    refused(&browser.proof_with_claims(json!({"jti": "x".repeat(257)})), ProofError::BadJti);
}

#[test]
fn an_iat_out_of_range_is_refused_even_with_a_valid_nonce() {
    let browser = Browser::new();
    let nonce = browser.nonce_of(NOW);
    for iat in [json!(-1), json!(NOW * 1000), json!(1e300), json!(u64::MAX), json!(-1e300)] {
        refused(&browser.proof_with_claims(json!({"iat": iat, "nonce": nonce})), ProofError::BadIat);
    }
}

#[test]
fn a_critical_extension_is_refused() {
    refused(&Browser::new().proof_with_header(json!({"crit": ["b64"], "b64": false})), ProofError::CriticalExtension);
    refused(&Browser::new().proof_with_header(json!({"crit": []})), ProofError::CriticalExtension);
}

#[test]
fn another_kind_of_jwt_is_refused() {
    // T65
    for typ in ["JWT", "at+jwt", "DPOP+JWT", "application/dpop+jwt", "dpop+jwt ", ""] {
        refused(&Browser::new().proof_with_header(json!({ "typ": typ })), ProofError::WrongType);
    }
}

#[test]
fn every_algorithm_but_es256_is_refused() {
    // T65
    for alg in ["none", "None", "", "HS256", "RS256", "PS256", "ES384", "EdDSA", "es256"] {
        refused(&Browser::new().proof_with_header(json!({ "alg": alg })), ProofError::UnsupportedAlgorithm);
    }
}

#[test]
fn a_key_that_is_not_on_p256_or_for_another_purpose_is_unusable() {
    let browser = Browser::new();
    let x = browser.jwk()["x"].as_str().unwrap().to_owned();
    for change in [
        json!({"kty": "RSA"}),
        json!({"kty": "oct", "k": "c2VjcmV0"}),
        json!({"kty": null}),
        json!({"crv": "P-384"}),
        json!({"crv": "secp256k1"}),
        json!({"crv": null}),
        json!({"x": null}),
        json!({"y": 7}),
        json!({"x": ""}),
        json!({"x": &x[..42]}),
        json!({"x": format!("{x}=")}),
        json!({"x": format!("AA{x}")}),
        json!({"x": base64url([1; 31])}),
        json!({"y": base64url([1; 33])}),
        json!({"use": "enc"}),
        json!({"alg": "ES384"}),
        json!({"key_ops": ["deriveKey"]}),
        json!({"key_ops": "verify"}),
    ] {
        let outcome = check_one(&browser.proof_with_jwk(change.clone()));
        assert!(matches!(outcome, Err(ProofError::UnusableKey(_))), "{change}: {outcome:?}");
    }
}
