//! Known attacks on the verification of JWTs.

use ring::hmac;
use rsa::pkcs8::{EncodePublicKey, LineEnding};

use super::*;

/// The token with another signature.
fn with_signature(token: &str, signature: impl AsRef<[u8]>) -> String {
    let (signed, _) = token.rsplit_once('.').unwrap();
    format!("{signed}.{}", base64url(signature))
}

#[test]
fn the_algorithm_none_is_refused_in_every_spelling() {
    // T25
    for alg in ["none", "None", "NONE", "nOnE", " none", "none ", "", "null", "\u{ff4e}one"] {
        let token = EC.with_header(json!({ "alg": alg }));
        for token in [with_signature(&token, ""), with_signature(&token, "x"), token] {
            assert!(login(&token).is_err(), "{alg:?}: {token}");
        }
    }
    for alg in [Value::Null, json!(["none"]), json!(0), json!({"none": 1})] {
        assert!(login(&EC.with_header(json!({ "alg": alg }))).is_err(), "{alg}");
    }
}

#[test]
fn a_mac_with_the_public_key_as_secret_is_refused() {
    // T25
    let public = RSA.key.to_public_key();
    let secrets = [
        public.to_public_key_pem(LineEnding::LF).unwrap().into_bytes(),
        public.to_public_key_pem(LineEnding::LF).unwrap().trim_end().as_bytes().to_vec(),
        public.to_public_key_der().unwrap().as_bytes().to_vec(),
        RSA.key.n().to_bytes_be(),
        RSA.jwk().to_string().into_bytes(),
        RSA.jwk()["n"].as_str().unwrap().as_bytes().to_vec(),
        EC.key.public_key().as_ref().to_vec(),
        b"a secret of both".to_vec(),
        vec![],
    ];
    for (alg, algorithm) in [("HS256", hmac::HMAC_SHA256), ("HS384", hmac::HMAC_SHA384), ("HS512", hmac::HMAC_SHA512)] {
        for secret in &secrets {
            for kid in [json!("rsa"), json!("ec"), Value::Null] {
                let token = RSA.with_header(json!({ "alg": alg, "kid": kid }));
                let (signed, _) = token.rsplit_once('.').unwrap();
                let tag = hmac::sign(&hmac::Key::new(algorithm, secret), signed.as_bytes());
                assert_refused(login(&with_signature(&token, tag)), "Unsupported");
            }
        }
    }
}

#[test]
fn a_key_in_the_token_or_at_a_url_in_it_is_not_used() {
    // T26
    let (forger, url) = (EcKey::new("ec"), "https://evil.example/jwks");
    let members = [
        json!({ "jwk": forger.jwk() }),
        json!({ "jku": url }),
        json!({ "x5u": url }),
        json!({ "x5c": [base64url(forger.key.public_key().as_ref())] }),
        json!({ "jwk": forger.jwk(), "jku": url, "x5u": url, "x5t": "AA", "x5t#S256": "AA" }),
    ];
    for member in members {
        for kid in [json!("ec"), Value::Null, json!("unknown")] {
            let member = changed(member.clone(), json!({ "kid": kid }));
            let outcome = login(&forger.with_header(member.clone()));
            assert!(matches!(outcome, Err(IdTokenError::Signature(_))), "{member}: {outcome:?}");
        }
        // In a valid token such members are ignored (RFC 7515 §4).
        login(&EC.with_header(member)).unwrap();
    }
}

#[test]
fn a_kid_with_a_path_a_query_or_a_url_finds_no_key() {
    // T26
    for kid in ["../../../../dev/null", "/dev/null", "' OR 1=1 --", "https://evil.example/jwks", "EC", "ec ", "", "*"] {
        assert_refused(login(&EC.with_header(json!({ "kid": kid }))), "No matching key");
    }
    assert!(login(&EC.with_header(json!({ "kid": "rsa" }))).is_err());
    assert_refused(login(&EC.with_header(json!({ "kid": 0 }))), "No matching key");
    // Another type counts as absent: all keys are tried, and the signature decides.
    for kid in [json!(["ec"]), json!({"ec": 1})] {
        login(&EC.with_header(json!({ "kid": kid }))).unwrap();
        assert!(login(&EcKey::new("ec").with_header(json!({ "kid": kid }))).is_err());
    }
}

#[test]
fn a_key_is_not_used_for_an_algorithm_of_another_kind_of_key() {
    // T25
    for alg in ["ES256", "ES384", "ES512", "EdDSA", "PS256", "RS384"] {
        let outcome = login(&RSA.with_header(json!({ "alg": alg })));
        assert!(matches!(outcome, Err(IdTokenError::Signature(_))), "{alg}: {outcome:?}");
    }
    for alg in ["RS256", "PS256", "ES384", "EdDSA"] {
        let outcome = login(&EC.with_header(json!({ "alg": alg })));
        assert!(matches!(outcome, Err(IdTokenError::Signature(_))), "{alg}: {outcome:?}");
    }
}

#[test]
fn tokens_of_other_kinds_are_refused() {
    // T36
    for typ in
        ["at+jwt", "AT+JWT", "application/at+jwt", "logout+jwt", "application/logout+jwt", "dpop+jwt", "secevent+jwt"]
    {
        assert_refused(login(&EC.with_header(json!({ "typ": typ }))), "JWT type");
    }
    let event = "http://schemas.openid.net/event/backchannel-logout";
    for events in [json!({ event: {} }), json!({}), json!("x")] {
        assert_refused(login(&EC.with_claims(json!({ "events": events }))), "another kind");
    }
    // An access token without `typ` (RFC 9068 §2.2) has another audience and no nonce.
    let access_token = json!({"aud": "https://api.example", "client_id": CLIENT, "jti": "1", "nonce": null});
    assert!(login(&EC.with_claims(access_token)).is_err());
    assert_refused(login(&EC.with_claims(json!({"nonce": null}))), "nonce");
}

#[test]
fn a_token_with_a_critical_extension_is_refused() {
    for crit in [json!(["exp"]), json!(["b64"]), json!([]), json!("exp"), json!([1])] {
        let outcome = login(&EC.with_header(json!({ "crit": crit, "b64": false })));
        assert!(outcome.is_err(), "{crit}");
    }
    let header = r#"{"alg":"ES256","kid":"ec","crit":null}"#;
    assert_refused(login(&EC.sign(header, claims())), "crit");
}

#[test]
fn a_signature_of_zeros_or_of_the_curves_order_is_refused() {
    // CVE-2022-21449
    let order = [
        0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xbc, 0xe6, 0xfa, 0xad,
        0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51,
    ];
    let mut one = [0; 32];
    one[31] = 1;
    let token = EC.with_claims(json!({}));
    for r in [[0; 32], one, order, [0xff; 32]] {
        for s in [[0; 32], one, order, [0xff; 32]] {
            assert_refused(login(&with_signature(&token, [r, s].concat())), "Crypto error");
        }
    }
    for length in [1, 31, 63, 65, 72, 96, 128] {
        assert_refused(login(&with_signature(&token, vec![0; length])), "Crypto error");
    }
    for length in [1, 255, 256, 257] {
        assert_refused(login(&with_signature(&RSA.with_claims(json!({})), vec![0; length])), "Crypto error");
    }
}

#[test]
fn parts_that_are_missing_or_too_many_are_refused() {
    let token = EC.with_claims(json!({}));
    let parts: Vec<_> = token.split('.').collect();
    let [header, payload, signature] = parts[..] else { panic!("{token}") };
    for token in [
        String::new(),
        ".".into(),
        "..".into(),
        header.into(),
        format!("{header}.{payload}"),
        format!("{header}.{payload}."),
        format!("{header}..{signature}"),
        format!(".{payload}.{signature}"),
        format!("{token}."),
        format!(".{token}"),
        format!("{token}.{signature}"),
        format!("{header}.{header}.{payload}.{signature}"),
        format!("{token}="),
        format!("{token} "),
        format!(" {token}"),
        format!("{token}\n"),
        format!("{header}.{payload}.{}", signature.replace('-', "+").replace('_', "/") + "="),
        json!({"payload": payload, "protected": header, "signature": signature}).to_string(),
    ] {
        assert_refused(login(&token), "not a JWT");
    }
    for length in 0..token.len() {
        assert!(login(&token[..length]).is_err(), "cut to {length}");
    }
}

#[test]
fn duplicate_members_are_refused() {
    // RFC 7519 §4 allows to refuse them or to use the last one.
    let good = claims().to_string();
    let twice = |member: &str| format!("{{{member},{}", &good[1..]);
    for claims in [
        twice(r#""sub":"uid=eve""#),
        twice(r#""aud":"another""#),
        twice(r#""nonce":"another""#),
        twice(r#""exp":9999999999"#),
        twice(r#""unknown":1,"unknown":2"#),
        twice(r#""address":{"a":1,"a":2}"#),
    ] {
        assert_refused(login(&EC.sign(EC.header(), claims)), "not a JWT");
    }
    for header in [
        r#"{"alg":"none","alg":"ES256","kid":"ec"}"#,
        r#"{"alg":"ES256","kid":"rsa","kid":"ec"}"#,
        r#"{"alg":"ES256","kid":"ec","x":1,"x":1}"#,
    ] {
        assert_refused(login(&EC.sign(header, claims())), "not a JWT");
    }
    login(&EC.sign(EC.header(), &good)).unwrap();
}

#[test]
fn a_part_that_is_not_a_json_object_is_refused() {
    for part in ["", "null", "[]", "7", "\"text\"", "{", "{}}", "{} {}", "\u{feff}{}", "{\"alg\":\"ES256\",}"] {
        assert!(login(&EC.sign(part, claims())).is_err(), "{part:?}");
        assert!(login(&EC.sign(EC.header(), part)).is_err(), "{part:?}");
    }
    let deep = format!("{{\"a\":{}{}}}", "[".repeat(100_000), "]".repeat(100_000));
    assert_refused(login(&EC.sign(EC.header(), deep)), "not a JWT");
}
