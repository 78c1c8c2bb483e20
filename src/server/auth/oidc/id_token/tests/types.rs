//! Members of another JSON type than specified.

use super::*;

/// Values of every JSON type.
fn of_every_type() -> Vec<Value> {
    vec![
        Value::Null,
        json!(true),
        json!(0),
        json!(-1),
        json!(1.5),
        json!(1e300),
        json!(u64::MAX),
        json!(""),
        json!("text"),
        json!([]),
        json!(["text", 1, null]),
        json!({}),
        json!({ "a": { "b": [1] } }),
    ]
}

/// Sets this claim, to `null` too.
fn with_claim(name: &str, value: &Value) -> String {
    let mut claims = claims();
    claims[name] = value.clone();
    EC.sign(EC.header(), claims)
}

#[test]
fn a_claim_that_is_not_checked_may_have_any_type() {
    for name in [
        "amr",
        "email",
        "email_verified",
        "address",
        "name",
        "name#fr",
        "given_name",
        "family_name",
        "middle_name",
        "nickname",
        "preferred_username",
        "profile",
        "picture",
        "website",
        "gender",
        "birthdate",
        "birthday",
        "zoneinfo",
        "locale",
        "phone_number",
        "phone_number_verified",
        "updated_at",
        "c_hash",
        "sid",
        "jti",
        "azp_",
        "groups",
        "roles",
        "s_hash",
        "sub#fr",
        "_claim_names",
        "_claim_sources",
        "cnf",
        "typ",
        "token_use",
        "ver",
    ] {
        for value in of_every_type() {
            login(&with_claim(name, &value)).unwrap_or_else(|error| panic!("{name}: {value}: {error}"));
        }
    }
}

#[test]
fn claims_that_were_not_requested_may_have_any_type() {
    for name in ["acr", "auth_time"] {
        for value in of_every_type() {
            login(&with_claim(name, &value)).unwrap_or_else(|error| panic!("{name}: {value}: {error}"));
        }
    }
    assert_eq!(login(&with_claim("auth_time", &json!("soon"))).unwrap().auth_time(), None);
}

#[test]
fn requested_claims_must_have_their_type() {
    // T34
    let with_policy = |name: &str, value: &Value| {
        login_with(&with_claim(name, value), |policy| {
            policy.authentication.acr_values = if name == "acr" { vec!["1".into()] } else { vec![] };
            policy.authentication.max_age = (name == "auth_time").then_some(Duration::from_secs(60));
        })
    };
    for value in [json!(1), json!(["1"]), json!(true), json!({ "1": 1 })] {
        assert_refused(with_policy("acr", &value), "its `acr` is not text");
    }
    for value in [json!("soon"), json!([NOW]), json!(true), json!({}), json!(-1), json!(1e300), json!(0)] {
        assert_refused(with_policy("auth_time", &value), "its `auth_time` is not a time");
    }
    with_policy("acr", &json!("1")).unwrap();
    with_policy("auth_time", &json!(NOW.to_string())).unwrap();
}

#[test]
fn an_unreadable_azp_counts_as_absent_so_that_the_token_must_be_for_us_alone() {
    // T31
    for azp in [json!([CLIENT]), json!(7), json!({ "azp": CLIENT }), json!(false), Value::Null] {
        login(&with_claim("azp", &azp)).unwrap();
        let several = EC.with_claims(json!({ "aud": [CLIENT, "api"], "azp": azp }));
        let outcome = login_with(&several, |policy| policy.trusted_audiences = vec!["api".into()]);
        assert_refused(outcome, "no authorized party");
    }
    assert_refused(login(&with_claim("azp", &json!(""))), "another authorized party");
}

#[test]
fn the_error_names_the_claim_that_has_another_type() {
    for (name, wrong, words) in [
        ("iss", json!(7), "its `iss` is not text"),
        ("iss", json!([ISSUER]), "its `iss` is not text"),
        ("iss", json!("no URL"), "Invalid issuer"),
        ("iss", Value::Null, "it has no `iss`"),
        ("sub", json!(7), "its `sub` is not text"),
        ("sub", json!([SUB]), "its `sub` is not text"),
        ("sub", Value::Null, "it has no `sub`"),
        ("aud", json!(7), "its `aud` is neither"),
        ("aud", json!([CLIENT, 7]), "its `aud` is neither"),
        ("aud", json!({ CLIENT: true }), "its `aud` is neither"),
        ("exp", json!("soon"), "its `exp` is not a time"),
        ("exp", json!([NOW]), "its `exp` is not a time"),
        ("exp", Value::Null, "it has no `exp`"),
        ("iat", json!({}), "its `iat` is not a time"),
        ("iat", Value::Null, "it has no `iat`"),
        ("nbf", json!("2023-11-14T22:13:20Z"), "its `nbf` is not a time"),
        ("nonce", json!([NONCE]), "its `nonce` is not text"),
        ("nonce", json!(7), "its `nonce` is not text"),
        ("at_hash", json!(7), "its `at_hash` is not text"),
        ("at_hash", json!(["hash"]), "its `at_hash` is not text"),
    ] {
        assert_refused(login(&with_claim(name, &wrong)), words);
    }
}

#[test]
fn times_may_be_text_and_have_fractions() {
    // T72
    for as_time in [|seconds: u64| json!(seconds.to_string()), |seconds: u64| json!(seconds as f64 + 0.25)] {
        let times =
            json!({ "exp": as_time(NOW + 300), "iat": as_time(NOW), "nbf": as_time(NOW), "auth_time": as_time(7) });
        assert_eq!(login(&EC.with_claims(times)).unwrap().auth_time().unwrap().timestamp(), 7);
        // They count as times.
        assert_refused(login(&EC.with_claims(json!({ "exp": as_time(NOW - 60) }))), "Expired");
        assert_refused(login(&EC.with_claims(json!({ "iat": as_time(NOW + 60) }))), "in the future");
        assert_refused(login(&EC.with_claims(json!({ "nbf": as_time(NOW + 60) }))), "in the future");
    }
}

#[test]
fn members_of_the_header_that_are_not_checked_may_have_any_type() {
    for name in ["jwk", "jku", "x5u", "x5c", "x5t", "x5t#S256", "iat", "kty", "b64"] {
        for value in of_every_type() {
            let mut header = EC.header();
            header[name] = value.clone();
            login(&EC.sign(header, claims())).unwrap_or_else(|error| panic!("{name}: {value}: {error}"));
        }
    }
    for (name, words) in [("typ", "its `typ` is not text"), ("cty", "its `cty` is not text"), ("alg", "algorithm")] {
        for value in [json!(7), json!(["JWT"]), json!({})] {
            assert_refused(login(&EC.with_header(json!({ name: value }))), words);
        }
    }
}

#[test]
fn a_key_id_may_be_a_number_in_the_header_and_in_the_key() {
    let key = |kid: Value| changed(EC.jwk(), json!({ "kid": kid }));
    for (in_header, in_key) in [(json!(7), json!(7)), (json!("7"), json!(7)), (json!(7), json!("7"))] {
        let token = EC.with_header(json!({ "kid": in_header }));
        login_from(&token, json!([RSA.jwk(), key(in_key)])).unwrap();
        assert_refused(login_from(&token, json!([RSA.jwk(), key(json!(8))])), "No matching key");
    }
}

#[test]
fn a_key_with_optional_members_of_another_type_is_used() {
    for changes in [
        json!({ "alg": 7 }),
        json!({ "alg": ["ES256"] }),
        json!({ "use": ["sig"] }),
        json!({ "use": ["enc", "sig"] }),
        json!({ "key_ops": "verify" }),
        json!({ "x5c": 7, "x5t": [], "x5u": {}, "n": 7, "e": {}, "d": [], "k": true, "exp": "soon", "ext": "true" }),
    ] {
        login_from(&EC.with_claims(json!({})), json!([changed(EC.jwk(), changes.clone())]))
            .unwrap_or_else(|error| panic!("{changes}: {error}"));
    }
    login_from(&EC.with_header(json!({ "kid": null })), json!([changed(EC.jwk(), json!({ "kid": ["ec"] }))])).unwrap();
    login_from(&RSA.with_claims(json!({})), json!([changed(RSA.jwk(), json!({ "x": 7, "y": [], "crv": 7 }))])).unwrap();
    // These may be restrictions.
    for changes in [json!({ "use": ["enc"] }), json!({ "use": 7 }), json!({ "use": {} })] {
        let outcome = login_from(&EC.with_claims(json!({})), json!([changed(EC.jwk(), changes.clone())]));
        assert!(outcome.is_err(), "{changes}");
    }
}

#[test]
fn ed25519_and_eddsa_are_the_same_in_tokens_and_in_keys() {
    // RFC 9864 §2.2
    let key = EdKey::new("ed");
    for in_token in ["Ed25519", "EdDSA"] {
        for in_key in [json!("Ed25519"), json!("EdDSA"), Value::Null] {
            let token = key.with_header(json!({ "alg": in_token }));
            let keys = json!([RSA.jwk(), EC.jwk(), changed(key.jwk(), json!({ "alg": in_key }))]);
            login_from(&token, keys.clone()).unwrap();
            let outcome = login_from(&EdKey::new("ed").with_header(json!({ "alg": in_token })), keys);
            assert!(outcome.is_err(), "{in_token} {in_key}");
        }
    }
    // Neither is used with another kind of key.
    assert!(login(&EC.with_header(json!({ "alg": "Ed25519" }))).is_err());
    let token = key.with_header(json!({ "alg": "Ed25519" }));
    assert!(login_from(&token, json!([changed(key.jwk(), json!({ "alg": "ES256" }))])).is_err());
}

#[test]
fn a_refreshed_token_may_have_claims_of_any_type_too() {
    let user = UserClaims::known_by(ISSUER.into(), SUB.into());
    let login = LoginClaims {
        nonce: Nonce::new(NONCE),
        audiences: vec![CLIENT.into()],
        authorized_party: None,
        auth_time: Some(7),
        acr: None,
    };
    for name in ["amr", "email", "address", "acr", "auth_time", "azp", "name", "sid"] {
        for value in of_every_type().into_iter().filter(|value| !value.is_string() && *value != json!(1.5)) {
            let token = with_claim(name, &value);
            check(&token, Expected::Refresh(&user, &login), &provider(), &both_keys())
                .unwrap_or_else(|error| panic!("{name}: {value}: {error}"));
        }
    }
}
