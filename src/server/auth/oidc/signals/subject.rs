//! Whose sessions a signal means: subject identifiers of RFC 9493, and of the Shared Signals Framework.

use serde_json::{Map, Value};

/// The sessions of a user, or of a session at the provider. At least one of both.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SignalSubject {
    pub user: Option<SubjectUser>,
    /// The `sid` of the session at the provider.
    pub session: Option<String>,
}

/// A user of the provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SubjectUser {
    Sub(String),
    /// As an ID token or the userinfo endpoint has said it.
    Email(String),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SubjectError {
    #[error("it has no subject identifier")]
    Missing,
    #[error("its subject identifier is malformed")]
    Malformed,
    #[error("the format of its subject identifier is none that we know")]
    UnknownFormat,
    /// Nobody whom this server knows.
    #[error("its subject is of another issuer")]
    OtherIssuer,
}

impl SignalSubject {
    /// Of a subject identifier. `issuer` is the provider, whose users sign in here.
    pub fn of(value: Option<&Value>, issuer: &str) -> Result<Self, SubjectError> {
        let members = value.ok_or(SubjectError::Missing)?.as_object().ok_or(SubjectError::Malformed)?;
        match members.get("format").and_then(Value::as_str) {
            Some("complex") | None if members.contains_key("user") || members.contains_key("session") => {
                Self::of_complex(members, issuer)
            }
            None => Err(SubjectError::Malformed),
            Some(_) => Ok(Self { user: Some(user(members, issuer)?), session: None }),
        }
    }

    /// SSF §3.3: a user, a session, or a user's session. Other members narrow it further in ways that are not known here:
    /// what is ended then is more, not less.
    fn of_complex(members: &Map<String, Value>, issuer: &str) -> Result<Self, SubjectError> {
        let member = |name: &str| {
            let member = members.get(name).filter(|member| !member.is_null());
            member.map(|member| member.as_object().ok_or(SubjectError::Malformed)).transpose()
        };
        let user = member("user")?.map(|members| user(members, issuer)).transpose()?;
        let session = member("session")?.map(|members| match text(members, "format")? {
            "opaque" => text(members, "id").map(str::to_owned),
            _ => Err(SubjectError::UnknownFormat),
        });
        let subject = Self { user, session: session.transpose()? };
        if subject == Self::default() { Err(SubjectError::Missing) } else { Ok(subject) }
    }
}

fn user(members: &Map<String, Value>, issuer: &str) -> Result<SubjectUser, SubjectError> {
    match text(members, "format")? {
        "iss_sub" if text(members, "iss")? != issuer => Err(SubjectError::OtherIssuer),
        "iss_sub" => Ok(SubjectUser::Sub(text(members, "sub")?.to_owned())),
        "opaque" => Ok(SubjectUser::Sub(text(members, "id")?.to_owned())),
        "email" => Ok(SubjectUser::Email(text(members, "email")?.to_owned())),
        _ => Err(SubjectError::UnknownFormat),
    }
}

fn text<'a>(members: &'a Map<String, Value>, name: &str) -> Result<&'a str, SubjectError> {
    members.get(name).and_then(Value::as_str).filter(|text| !text.is_empty()).ok_or(SubjectError::Malformed)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const ISSUER: &str = "https://idp";

    fn of(value: Value) -> Result<SignalSubject, SubjectError> {
        SignalSubject::of(Some(&value), ISSUER)
    }

    #[test]
    fn a_subject_is_a_user_a_session_or_both() {
        let sub = Some(SubjectUser::Sub("ada".into()));
        let email = Some(SubjectUser::Email("a@b".into()));
        let session = Some("s".to_owned());
        let user = json!({ "format": "iss_sub", "iss": ISSUER, "sub": "ada" });
        for (value, user, session) in [
            (user.clone(), sub.clone(), None),
            (json!({ "format": "opaque", "id": "ada" }), sub.clone(), None),
            (json!({ "format": "email", "email": "a@b" }), email, None),
            (json!({ "format": "complex", "user": user }), sub.clone(), None),
            (json!({ "user": user, "tenant": { "format": "opaque", "id": "t" } }), sub.clone(), None),
            (json!({ "format": "complex", "session": { "format": "opaque", "id": "s" } }), None, session.clone()),
            (json!({ "format": "complex", "user": user, "session": { "format": "opaque", "id": "s" } }), sub, session),
        ] {
            assert_eq!(of(value.clone()), Ok(SignalSubject { user, session }), "{value}");
        }
    }

    #[test]
    fn a_subject_that_is_not_understood_is_nobody() {
        assert_eq!(SignalSubject::of(None, ISSUER), Err(SubjectError::Missing));
        for (value, error) in [
            (json!("ada"), SubjectError::Malformed),
            (json!({}), SubjectError::Malformed),
            (json!({ "format": "iss_sub", "iss": ISSUER }), SubjectError::Malformed),
            (json!({ "format": "iss_sub", "iss": ISSUER, "sub": "" }), SubjectError::Malformed),
            (json!({ "format": "iss_sub", "iss": "https://other", "sub": "ada" }), SubjectError::OtherIssuer),
            (json!({ "format": "phone_number", "phone_number": "1" }), SubjectError::UnknownFormat),
            (json!({ "format": "complex", "user": "ada" }), SubjectError::Malformed),
            (json!({ "format": "complex", "user": null, "session": null }), SubjectError::Missing),
            (json!({ "format": "complex", "device": { "format": "opaque", "id": "d" } }), SubjectError::UnknownFormat),
        ] {
            assert_eq!(of(value.clone()), Err(error), "{value}");
        }
    }
}
