//! ID tokens of a refresh (OpenID Connect Core §12.2).

use super::*;

fn user() -> UserClaims {
    UserClaims { iss: ISSUER.into(), sub: SUB.into(), name: None, preferred_username: None, email: None, user_id: None }
}

/// Checks a refreshed token with `changes` of its claims, after a login whose token had `at_login` as additional claims.
fn refreshed(at_login: Value, changes: Value) -> Outcome {
    refreshed_with(at_login, changes, |_| {})
}

fn refreshed_with(at_login: Value, changes: Value, policy: impl FnOnce(&mut IdTokenPolicy)) -> Outcome {
    let mut provider = provider();
    provider.id_tokens.trusted_audiences = vec!["api".into(), "another".into()];
    let first = EC.with_claims(at_login.clone());
    let nonce = Nonce::new(NONCE);
    let claims = check(&first, Expected::Login(&nonce), &provider, &both_keys()).unwrap();
    let login = LoginClaims::of(&claims, nonce);
    policy(&mut provider.id_tokens);
    let mut repeated = changed(super::claims(), at_login);
    repeated["nonce"] = Value::Null;
    let token = EC.sign(EC.header(), changed(changed(repeated, json!({"nonce": null})), changes));
    check(&token, Expected::Refresh(&user(), &login), &provider, &both_keys())
}

#[test]
fn the_nonce_is_optional_but_must_be_that_of_the_login() {
    // T42
    refreshed(json!({}), json!({})).unwrap();
    refreshed(json!({}), json!({ "nonce": NONCE })).unwrap();
    assert_refused(refreshed(json!({}), json!({"nonce": "another"})), "nonce");
    assert_refused(refreshed(json!({}), json!({"nonce": ""})), "nonce");
}

#[test]
fn issuer_and_subject_must_be_those_of_the_login() {
    // T42
    assert_refused(refreshed(json!({}), json!({"sub": "uid=eve"})), "somebody else");
    assert_refused(refreshed(json!({}), json!({"sub": SUB.to_uppercase()})), "somebody else");
    assert_refused(refreshed(json!({}), json!({"iss": "https://another.example"})), "Invalid issuer");
}

#[test]
fn audiences_and_authorized_party_must_be_those_of_the_login() {
    // T42
    let several = json!({"aud": [CLIENT, "api"], "azp": CLIENT});
    refreshed(several.clone(), json!({})).unwrap();
    refreshed(several.clone(), json!({"aud": ["api", CLIENT]})).unwrap();
    refreshed(json!({}), json!({"aud": [CLIENT]})).unwrap();
    for (at_login, changes) in [
        (several.clone(), json!({"aud": CLIENT})),
        (several.clone(), json!({"aud": [CLIENT, "another"]})),
        (several, json!({"aud": [CLIENT, "api", "another"]})),
        (json!({}), json!({"aud": [CLIENT, "api"], "azp": CLIENT})),
        (json!({}), json!({"azp": CLIENT})),
        (json!({"azp": CLIENT}), json!({"azp": null})),
    ] {
        assert_refused(refreshed(at_login, changes), "for others");
    }
}

#[test]
fn auth_time_may_be_absent_or_later_but_not_earlier_than_at_the_login() {
    // T42
    let at_login = json!({"auth_time": NOW - 9});
    for auth_time in [Value::Null, json!(NOW - 9), json!((NOW - 9).to_string()), json!((NOW - 9) as f64 + 0.5)] {
        refreshed(at_login.clone(), json!({ "auth_time": auth_time })).unwrap();
    }
    refreshed(json!({}), json!({"auth_time": NOW})).unwrap();
    // A sign-in of the same person in another browser.
    for later in [json!(NOW - 8), json!(NOW), json!(NOW + 3600)] {
        refreshed(at_login.clone(), json!({ "auth_time": later })).unwrap();
    }
    for earlier in [json!(NOW - 10), json!(NOW - 3600), json!((NOW - 10).to_string())] {
        assert_refused(refreshed(at_login.clone(), json!({ "auth_time": earlier })), "Invalid authentication time");
    }
    // Some providers send this for an unknown time.
    refreshed(at_login, json!({"auth_time": 0})).unwrap();
    refreshed(json!({"auth_time": 0}), json!({"auth_time": NOW})).unwrap();
}

#[test]
fn a_later_auth_time_excuses_nothing_else() {
    // T42
    let (at_login, later) = (json!({"auth_time": NOW - 9}), json!({"auth_time": NOW}));
    for (changes, words) in [
        (json!({"sub": "uid=eve"}), "somebody else"),
        (json!({"iss": "https://another.example"}), "Invalid issuer"),
        (json!({"aud": [CLIENT, "api"], "azp": CLIENT}), "for others"),
    ] {
        assert_refused(refreshed(at_login.clone(), changed(changes, later.clone())), words);
    }
}

#[test]
fn max_age_and_acr_values_apply_to_logins_only() {
    // T34: the person does not authenticate again for a refresh.
    let policy = |policy: &mut IdTokenPolicy| {
        policy.authentication.max_age = Some(Duration::ZERO);
        policy.authentication.acr_values = vec!["phr".into()];
    };
    refreshed_with(json!({"auth_time": NOW - 9}), json!({}), policy).unwrap();
}

#[test]
fn signature_times_and_access_token_are_checked_as_at_the_login() {
    // T24, T32, T35, T42
    assert_refused(refreshed(json!({}), json!({"exp": NOW - 60})), "Expired");
    assert_refused(refreshed(json!({}), json!({"iat": NOW + 60})), "in the future");
    assert_refused(refreshed(json!({}), json!({"at_hash": "another"})), "at_hash");
    assert_refused(refreshed(json!({}), json!({"events": {}})), "another kind");
    let login =
        LoginClaims { nonce: Nonce::new(NONCE), audiences: vec![], authorized_party: None, auth_time: None, acr: None };
    let stranger = EcKey::new("ec").with_claims(json!({}));
    let outcome = check(&stranger, Expected::Refresh(&user(), &login), &provider(), &both_keys());
    assert_refused(outcome, "Crypto error");
}
