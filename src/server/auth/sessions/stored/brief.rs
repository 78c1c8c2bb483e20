//! What a session's ID token says of the person is not written beside it a second time.

use std::borrow::Cow;

use crate::{
    server::auth::{
        oidc::{IdToken, claims_of},
        sessions::session::Session,
    },
    wire::auth::UserClaims,
};

/// The session as it is written: of nobody, where its ID token says who it is in all.
pub fn shortened(session: &Session) -> Cow<'_, Session> {
    match said_of(&session.id_token).is_some_and(|said| said == session.user) {
        true => Cow::Owned(Session { user: nobody(), ..session.clone() }),
        false => Cow::Borrowed(session),
    }
}

/// The session as it was; none, where there is nobody to be found.
pub fn whole(session: Session) -> Option<Session> {
    match is_nobody(&session.user) {
        true => Some(Session { user: said_of(&session.id_token)?, ..session }),
        false => Some(session),
    }
}

/// No issuer has an empty name.
pub fn is_nobody(user: &UserClaims) -> bool {
    user.iss.is_empty()
}

pub fn nobody() -> UserClaims {
    UserClaims::known_by(String::new(), String::new())
}

/// By these five claims (OpenID Connect Core §5.1), whatever names the operator has set: to read another one here would
/// change who the sessions are of that were written before. Whether all is said so is seen when it is written.
fn said_of(id_token: &IdToken) -> Option<UserClaims> {
    let claims = claims_of(id_token);
    let text = |name: &str| claims.get(name)?.as_str().map(str::to_owned);
    let iss = text("iss").filter(|iss| !iss.is_empty())?;
    Some(UserClaims {
        name: text("name"),
        preferred_username: text("preferred_username"),
        email: text("email"),
        ..UserClaims::known_by(iss, text("sub")?)
    })
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
    use serde_json::{Value, json};

    use super::*;
    use crate::server::auth::{
        dpop::Thumbprint,
        oidc::{LoginClaims, Nonce, Permissions},
        sessions::BrowserName,
    };

    fn session(claims: &Value, user: UserClaims) -> Session {
        let part = |json: &Value| BASE64_URL_SAFE_NO_PAD.encode(json.to_string());
        let id_token = format!("{}.{}.AAAA", part(&json!({ "alg": "ES256" })), part(claims));
        let login =
            LoginClaims { nonce: Nonce::new("n"), audiences: vec![], authorized_party: None, auth_time: Some(1) };
        Session {
            user,
            browser_key: "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I".parse::<Thumbprint>().unwrap(),
            refresh_token: None,
            permissions: Permissions::default(),
            id_token: IdToken::new(id_token),
            login,
            provider_session: None,
            browser: BrowserName::default(),
            began_at: UNIX_EPOCH,
            last_used_at: UNIX_EPOCH,
            idle_timeout: Duration::from_secs(600),
            ends_at: UNIX_EPOCH,
            latest_end: UNIX_EPOCH,
            revision: 0,
            last_refresh: None,
            tokens: vec![],
        }
    }

    fn ada() -> UserClaims {
        UserClaims { name: Some("Ada".into()), ..UserClaims::known_by("https://idp.example.com".into(), "ada".into()) }
    }

    fn claims() -> Value {
        json!({ "iss": "https://idp.example.com", "sub": "ada", "name": "Ada", "nonce": "n" })
    }

    #[test]
    fn whoever_the_id_token_names_is_not_written_and_comes_back() {
        let session = session(&claims(), ada());
        let written = shortened(&session);
        assert!(is_nobody(&written.user));
        assert_eq!(whole(written.into_owned()).unwrap().user, ada());
    }

    #[test]
    fn what_the_id_token_does_not_say_so_is_written() {
        let named = |name: &str| UserClaims { name: Some(name.into()), ..ada() };
        let identified = UserClaims { user_id: Some("7".into()), ..ada() };
        for user in [named("Ada Lovelace"), UserClaims { name: None, ..ada() }, identified] {
            let session = session(&claims(), user.clone());
            assert_eq!(whole(shortened(&session).into_owned()).unwrap().user, user);
            assert!(!is_nobody(&shortened(&session).user));
        }
        let says_more =
            json!({ "iss": "https://idp.example.com", "sub": "ada", "name": "Ada", "email": "a@example.com" });
        assert!(!is_nobody(&shortened(&session(&says_more, ada())).user));
    }

    #[test]
    fn a_session_of_nobody_is_none() {
        for claims in [json!({}), json!({ "iss": "", "sub": "ada" }), json!({ "iss": "https://idp.example.com" })] {
            assert!(whole(session(&claims, nobody())).is_none(), "{claims}");
        }
    }
}
