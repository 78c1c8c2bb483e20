//! Project Wycheproof's vectors, with this project's parser and signature check.

use super::{super::key::PublicKey, *};
use crate::server::auth::jose::{
    Compact, json,
    wycheproof::{tests, vectors},
};

fn hex(text: &Value) -> Vec<u8> {
    let text = text.as_str().unwrap();
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
}

#[test]
fn every_p1363_vector_has_the_expected_result() {
    // T65
    let Some(vectors) = vectors("ecdsa_secp256r1_sha256_p1363_test.json") else { return };
    let mut count = 0;
    for (group, test) in tests(&vectors) {
        // From the point, for `wx` and `wy` have leading zeros added or left out.
        let point = hex(&group["publicKey"]["uncompressed"]);
        let (x, y) = point[1..].split_at(32);
        let jwk = json!({"kty": "EC", "crv": "P-256", "x": base64url(x), "y": base64url(y)});
        let key = PublicKey::from_jwk(jwk.as_object().unwrap()).unwrap();
        let verified = key.verify(&hex(&test["msg"]), &hex(&test["sig"]));
        assert_eq!(verified, test["result"] == "valid", "{}: {}", test["tcId"], test["comment"]);
        count += 1;
    }
    assert_eq!(vectors["numberOfTests"], count);
}

/// Steps 2, 5 and 6, with any key and payload.
fn verifies(jws: &str, jwk: &Value) -> bool {
    let Ok(jws) = Compact::parse(jws.as_bytes()) else { return false };
    let Ok(header) = json::object(&jws.header) else { return false };
    let Ok(key) = PublicKey::from_jwk(jwk.as_object().unwrap()) else { return false };
    header.get("alg").is_some_and(|alg| alg == "ES256") && key.verify(jws.signed, &jws.signature)
}

#[test]
fn every_jws_vector_for_a_p256_key_has_the_expected_result() {
    // T65
    let Some(vectors) = vectors("json_web_signature_test.json") else { return };
    let mut count = 0;
    for (group, test) in tests(&vectors).filter(|(group, _)| group["public"]["crv"] == "P-256") {
        let verified = test["jws"].as_str().is_some_and(|jws| verifies(jws, &group["public"]));
        assert_eq!(verified, test["result"] == "valid", "{}: {}", test["tcId"], test["comment"]);
        count += 1;
    }
    assert!(count > 0);
}

#[test]
fn every_unfit_ec_key_of_the_jwk_vectors_is_refused() {
    let Some(vectors) = vectors("json_web_key_test.json") else { return };
    let mut count = 0;
    for (group, test) in tests(&vectors).filter(|(group, _)| group["public"]["keys"][0]["x"].is_string()) {
        let verified = verifies(test["jws"].as_str().unwrap(), &group["public"]["keys"][0]);
        assert_eq!(verified, test["result"] == "valid", "{}: {}", test["tcId"], group["comment"]);
        count += 1;
    }
    assert!(count > 0);
}
