//! Project Wycheproof's JWS vectors, with this project's parser, choice of key and signature check.

use super::{
    super::keys::{key_id, signing_key},
    *,
};
use crate::server::auth::jose::{
    Compact, json,
    wycheproof::{tests, vectors},
};

/// Steps 6 to 8, with any key set and payload.
fn verifies(jws: &str, keys: &ProviderKeys) -> bool {
    let policy = IdTokenPolicy::default();
    let Ok(jwt) = Compact::parse(jws.as_bytes()) else { return false };
    let Ok(header) = json::object(&jwt.header) else { return false };
    let name = header["alg"].as_str().unwrap_or_default();
    let Some(alg) = signing_algorithm(name) else { return false };
    signing_key(&jwt, key_id(&header).as_deref(), &alg, keys, &policy).is_ok()
}

#[test]
fn every_jws_vector_has_the_expected_result_except_unsupported_ones() {
    // T24, T25
    let Some(vectors) = vectors("json_web_signature_test.json") else { return };
    let (mut count, mut accepted) = (0, 0);
    for (group, test) in tests(&vectors) {
        let key = if group["public"].is_null() { &group["private"] } else { &group["public"] };
        // Not supported: symmetric keys, a curve that `openidconnect` does not have, a token without claims, and a key
        // that is used for another algorithm than its `alg` (the two of "Figure20").
        let is_supported = key["kty"] != "oct"
            && key["crv"] != "P-521"
            && test["comment"] != "emptyPayload"
            && test["comment"] != "Figure20";
        let expected = is_supported && test["result"] == "valid";
        let verified = test["jws"].as_str().is_some_and(|jws| verifies(jws, &key_set(json!([key]))));
        assert_eq!(verified, expected, "{}: {} {key}", test["tcId"], test["comment"]);
        count += 1;
        accepted += u32::from(verified);
    }
    assert_eq!(vectors["numberOfTests"], count);
    assert!(accepted > 20, "{accepted}");
}

#[test]
fn every_unfit_key_of_the_jwk_vectors_is_refused() {
    // T26, T29
    let Some(vectors) = vectors("json_web_key_test.json") else { return };
    for (group, test) in tests(&vectors) {
        let keys = if group["public"].is_null() { &group["private"] } else { &group["public"] };
        let is_symmetric = keys["keys"].as_array().is_some_and(|keys| keys.iter().any(|key| key["kty"] == "oct"));
        // Keys with the ROCA weakness (CVE-2017-15361) are not detected.
        let is_roca = group["comment"] == "jws_rsa_roca_key";
        let expected = !is_symmetric && (test["result"] == "valid" || is_roca);
        let Ok(keys) = serde_json::from_value(keys.clone()) else { panic!("{}", test["tcId"]) };
        let verified = verifies(test["jws"].as_str().unwrap(), &keys);
        assert_eq!(verified, expected, "{}: {}", test["tcId"], group["comment"]);
    }
}
