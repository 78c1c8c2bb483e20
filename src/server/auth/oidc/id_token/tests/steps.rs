//! Boundary cases of the thirteen steps.

use sha2::{Digest, Sha256};

use super::*;

#[test]
fn a_valid_token_is_accepted_with_either_of_the_keys() {
    for token in [RSA.with_claims(json!({})), EC.with_claims(json!({}))] {
        assert_eq!(login(&token).unwrap().subject().as_str(), SUB);
    }
}

#[test]
fn optional_members_may_be_absent_or_unusual() {
    let header = |changes| login(&EC.with_header(changes)).unwrap();
    header(json!({"kid": null}));
    for typ in ["JWT", "jwt", "application/jwt", "JOSE"] {
        header(json!({ "typ": typ }));
    }
    let claims = |changes| login(&EC.with_claims(changes)).unwrap();
    claims(json!({"aud": [CLIENT]}));
    claims(json!({"azp": CLIENT, "nbf": NOW, "auth_time": NOW - 9, "acr": "1", "amr": ["pwd"], "sid": "s"}));
    claims(json!({"exp": (NOW + 300) as f64 + 0.5}));
    claims(json!({"nbf": (NOW as f64) + 0.5}));
}

#[test]
fn step_1_an_encrypted_token_is_refused() {
    assert_refused(login("eyJhbGciOiJSU0EtT0FFUCJ9.a2V5.aXY.Y2lwaGVydGV4dA.dGFn"), "not a JWT");
    assert_refused(login(&EC.with_header(json!({"alg": "A256GCM"}))), "Unsupported");
}

#[test]
fn step_2_another_issuer_is_refused() {
    // T30
    for iss in [json!(format!("{ISSUER}/")), json!("https://PROVIDER.example/oidc"), json!("https://evil.example")] {
        assert_refused(login(&EC.with_claims(json!({ "iss": iss }))), "Invalid issuer");
    }
    assert_refused(login(&EC.with_claims(json!({"iss": null}))), "no `iss`");
}

#[test]
fn step_3_a_token_for_others_or_also_for_others_is_refused() {
    // T30
    for aud in [json!("another"), json!([]), json!(["another"]), json!(""), json!("CHAT"), json!([CLIENT, "another"])] {
        assert_refused(login(&EC.with_claims(json!({ "aud": aud, "azp": CLIENT }))), "Invalid audiences");
    }
    assert_refused(login(&EC.with_claims(json!({"aud": null}))), "Invalid audiences");
}

#[test]
fn steps_3_to_5_a_trusted_further_audience_needs_azp() {
    // T30, T31
    let with_trust = |changes| {
        let token = EC.with_claims(changed(json!({"aud": [CLIENT, "api"]}), changes));
        login_with(&token, |policy| policy.trusted_audiences = vec!["api".into()])
    };
    with_trust(json!({"azp": CLIENT})).unwrap();
    assert_refused(with_trust(json!({})), "no authorized party");
    assert_refused(with_trust(json!({"azp": "api"})), "another authorized party");
    assert_refused(with_trust(json!({"aud": [CLIENT, "api", "another"], "azp": CLIENT})), "Invalid audiences");
}

#[test]
fn step_5_another_authorized_party_is_refused() {
    // T31
    assert_refused(login(&EC.with_claims(json!({"azp": "another"}))), "another authorized party");
}

#[test]
fn step_7_only_configured_algorithms_are_accepted() {
    // T25
    let only_rs256 = |policy: &mut IdTokenPolicy| {
        policy.algorithms = vec![openidconnect::core::CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256];
    };
    login_with(&RSA.with_claims(json!({})), only_rs256).unwrap();
    assert_refused(login_with(&EC.with_claims(json!({})), only_rs256), "Disallowed");
}

#[test]
fn steps_9_and_10_the_clocks_may_be_as_far_apart_as_the_tolerance_and_no_further() {
    // T32
    let at = |changes: Value, tolerance| {
        login_with(&EC.with_claims(changes), |policy| policy.clock_tolerance = Duration::from_secs(tolerance))
    };
    for tolerance in [0, 30, 300] {
        at(json!({"exp": NOW - tolerance + 1}), tolerance).unwrap();
        assert_refused(at(json!({"exp": NOW - tolerance}), tolerance), "Expired");
        for claim in ["iat", "nbf"] {
            at(json!({ claim: NOW + tolerance }), tolerance).unwrap();
            assert_refused(at(json!({ claim: NOW + tolerance + 1 }), tolerance), "in the future");
        }
        at(json!({"iat": NOW - 600 - tolerance}), tolerance).unwrap();
        assert_refused(at(json!({"iat": NOW - 601 - tolerance}), tolerance), "too long ago");
    }
}

#[test]
fn steps_9_and_10_values_that_are_not_times_are_refused() {
    // T32
    for claim in ["exp", "iat", "nbf"] {
        for time in [json!("soon"), json!({}), json!(true), json!([NOW])] {
            assert_refused(login(&EC.with_claims(json!({ claim: time }))), &format!("its `{claim}` is not a time"));
        }
    }
    for claim in ["exp", "iat"] {
        assert_refused(login(&EC.with_claims(json!({ claim: null }))), &format!("no `{claim}`"));
    }
    for time in [json!(-1), json!(1e300), json!(u64::MAX), json!(i64::MIN)] {
        for claim in ["iat", "nbf", "exp"] {
            let outcome = login(&EC.with_claims(json!({ claim: time })));
            assert!(outcome.is_err(), "{claim} {time}");
        }
    }
}

#[test]
fn step_11_a_token_without_the_nonce_of_the_request_is_refused() {
    // T33
    for nonce in [Value::Null, json!(""), json!("another"), json!(NONCE.to_lowercase())] {
        assert_refused(login(&EC.with_claims(json!({ "nonce": nonce }))), "Invalid nonce");
    }
    assert_refused(login(&EC.with_claims(json!({"nonce": [NONCE]}))), "its `nonce` is not text");
}

#[test]
fn step_12_acr_must_be_one_of_the_requested_values() {
    // T34
    let with_acr = |acr: Value| {
        let token = EC.with_claims(json!({ "acr": acr }));
        login_with(&token, |policy| policy.authentication.acr_values = vec!["phr".into(), "phrh".into()])
    };
    with_acr(json!("phr")).unwrap();
    with_acr(json!("phrh")).unwrap();
    for acr in [json!("0"), json!(""), json!("PHR"), json!("phr phrh"), Value::Null] {
        assert_refused(with_acr(acr), "acr");
    }
}

#[test]
fn step_13_with_max_age_auth_time_must_be_present_and_recent() {
    // T34
    let with_auth_time = |auth_time: Value| {
        let token = EC.with_claims(json!({ "auth_time": auth_time }));
        login_with(&token, |policy| policy.authentication.max_age = Some(Duration::from_secs(60)))
    };
    with_auth_time(json!(NOW)).unwrap();
    with_auth_time(json!(NOW + 30)).unwrap();
    with_auth_time(json!(NOW - 60 - 30)).unwrap();
    assert_refused(with_auth_time(json!(NOW - 60 - 31)), "too long ago");
    assert_refused(with_auth_time(json!(NOW + 31)), "in the future");
    assert_refused(with_auth_time(Value::Null), "there is none");
}

#[test]
fn a_token_without_a_subject_is_refused() {
    // T38
    assert_refused(login(&EC.with_claims(json!({"sub": ""}))), "empty");
    for sub in [Value::Null, json!(7), json!({})] {
        assert_refused(login(&EC.with_claims(json!({ "sub": sub }))), "`sub`");
    }
}

#[test]
fn at_hash_is_optional_but_must_be_that_of_the_access_token() {
    // T35
    let hash = |access_token: &str| base64url(&Sha256::digest(access_token)[..16]);
    for (good, other) in [
        (EC.with_claims(json!({"at_hash": hash(ACCESS_TOKEN)})), EC.with_claims(json!({"at_hash": hash("another")}))),
        (RSA.with_claims(json!({"at_hash": hash(ACCESS_TOKEN)})), RSA.with_claims(json!({"at_hash": ""}))),
    ] {
        login(&good).unwrap();
        assert_refused(login(&other), "at_hash");
    }
    let whole = base64url(Sha256::digest(ACCESS_TOKEN));
    assert_refused(login(&EC.with_claims(json!({ "at_hash": whole }))), "at_hash");
}
