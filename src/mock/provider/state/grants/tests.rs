use super::*;

const CLIENT: &str = "app";
const CALLBACK: &str = "http://localhost/cb";
/// RFC 7636 appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
const MINUTE: NewToken = NewToken { ttl: Duration::from_secs(60), dpop_jkt: None };

fn user(name: &str) -> UserName {
    UserName::parse(name).unwrap()
}

fn presented(code: &Secret) -> Presented<'_> {
    Presented {
        code: code.expose(),
        client_id: CLIENT,
        redirect_uri: CALLBACK,
        code_verifier: VERIFIER,
        dpop_jkt: None,
    }
}

fn sign_in(grants: &mut Grants, name: &str, now: SystemTime) -> Secret {
    let (redirect_uri, code_challenge) = (CALLBACK.into(), CHALLENGE.into());
    let code = grants.issue_code(
        Code { sign_in: SignIn::of(user(name), CLIENT, now), redirect_uri, code_challenge, dpop_jkt: None },
        now,
    );
    grants.redeem_code(&presented(&code), MINUTE, now).unwrap().refresh_token.unwrap()
}

fn rotate(grants: &mut Grants, token: &Secret, now: SystemTime) -> Result<Secret, GrantError> {
    let issued = grants.refresh(token.expose(), CLIENT, None, RefreshTokenPolicy::Rotate, MINUTE, now);
    issued.map(|issued| issued.refresh_token.unwrap())
}

#[test]
fn ended_grants_are_evicted_before_active_ones_and_memory_is_bounded() {
    let now = SystemTime::now();
    let mut grants = Grants::default();
    let oldest = sign_in(&mut grants, "alice", now);
    for _ in 0..2 * MAX_GRANTS {
        sign_in(&mut grants, "bob", now);
        grants.revoke_user(&user("bob"));
    }
    assert_eq!(grants.grants.len(), MAX_GRANTS);
    assert_eq!(grants.refresh_tokens.len(), MAX_GRANTS);
    assert!(rotate(&mut grants, &oldest, now).is_ok());
}

#[test]
fn a_grant_that_is_refreshed_often_keeps_a_bounded_number_of_tokens() {
    let now = SystemTime::now();
    let mut grants = Grants::default();
    let mut token = sign_in(&mut grants, "alice", now);
    for _ in 0..2 * MAX_SUPERSEDED {
        token = rotate(&mut grants, &token, now).unwrap();
    }
    assert_eq!(grants.refresh_tokens.len(), MAX_SUPERSEDED + 1);
    assert!(rotate(&mut grants, &token, now).is_ok());
}

#[test]
fn a_superseded_token_used_by_a_thief_ends_the_grant() {
    let now = SystemTime::now();
    let mut grants = Grants::default();
    let first = sign_in(&mut grants, "alice", now);
    assert_eq!(grants.replay_superseded(&user("alice"), now), None);
    let second = rotate(&mut grants, &first, now).unwrap();
    assert_eq!(grants.replay_superseded(&user("alice"), now), Some(GrantError::SupersededRefreshToken));
    assert_eq!(rotate(&mut grants, &second, now), Err(GrantError::Ended));
}

#[test]
fn used_codes_are_evicted_after_an_hour() {
    let now = SystemTime::now();
    let mut grants = Grants::default();
    let (redirect_uri, code_challenge) = (CALLBACK.into(), CHALLENGE.into());
    let code = Code { sign_in: SignIn::of(user("alice"), CLIENT, now), redirect_uri, code_challenge, dpop_jkt: None };
    let code = grants.issue_code(code, now);
    assert!(grants.redeem_code(&presented(&code), MINUTE, now).is_ok());
    assert!(grants.user_of_code(code.expose()).is_some());
    sign_in(&mut grants, "bob", now + 61 * MINUTE.ttl);
    assert_eq!(grants.user_of_code(code.expose()), None);
}

#[test]
fn what_one_client_was_granted_is_of_no_use_to_another() {
    let now = SystemTime::now();
    let mut grants = Grants::default();
    let token = sign_in(&mut grants, "alice", now);
    let stolen = grants.refresh(token.expose(), "another", None, RefreshTokenPolicy::Rotate, MINUTE, now);
    assert_eq!(stolen.err(), Some(GrantError::OtherClient));
    assert_eq!(grants.revoke_token(token.expose(), "another"), Err(GrantError::OtherClient));
    assert!(rotate(&mut grants, &token, now).is_ok());
}
