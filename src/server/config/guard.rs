//! What the guarded doors want.

use url::Url;

use super::{ConfigError, Variables, provider::is_scope};
use crate::server::auth::{
    access_token::{AccessTokenCheck, GuardSettings, RequiredPermissions},
    oidc::{AccessTokenTyp, JwtProfile},
};

const CHECK: &str = "ACCESS_TOKEN_CHECK";

pub(super) fn settings(variables: &Variables) -> Result<GuardSettings, ConfigError> {
    Ok(GuardSettings {
        check: check(variables)?,
        bearer_tokens_allowed: variables.parsed("ALLOW_BEARER_TOKENS", "true or false", "false")?,
        required: RequiredPermissions { scope: required_scope(variables)?, role: required_role(variables)? },
    })
}

/// A variable that belongs to another way is refused: whoever set it relies on a check that would not be made.
fn check(variables: &Variables) -> Result<AccessTokenCheck, ConfigError> {
    let none_of = |names: &[&'static str], reason| match names.iter().find(|name| variables.get(name).is_some()) {
        Some(variable) => Err(ConfigError::Unexpected { variable, reason }),
        None => Ok(()),
    };
    const ONLY_JWT: &str = "it belongs to ACCESS_TOKEN_CHECK=jwt, which is not set";
    const ONLY_INTROSPECTION: &str = "it belongs to ACCESS_TOKEN_CHECK=introspection, which is not set";
    const NOT_ISSUED: &str = "it belongs to ACCESS_TOKEN_CHECK=jwt or introspection, and neither is set";
    match variables.get(CHECK) {
        None | Some("issued") => {
            none_of(&["API_AUDIENCE"], NOT_ISSUED)?;
            none_of(&["ACCESS_TOKEN_ISSUER", "ACCESS_TOKEN_TYP"], ONLY_JWT)?;
            none_of(&["INTROSPECTION_ENDPOINT"], ONLY_INTROSPECTION)?;
            Ok(AccessTokenCheck::Issued)
        }
        Some("jwt") => {
            none_of(&["INTROSPECTION_ENDPOINT"], ONLY_INTROSPECTION)?;
            let reason = "ACCESS_TOKEN_CHECK=jwt takes only tokens whose `aud` names this API";
            let audience = audience(variables)?.ok_or(ConfigError::Missing { variable: "API_AUDIENCE", reason })?;
            let (issuer, typ) = (issuer(variables)?, typ(variables)?);
            if typ != AccessTokenTyp::AtJwt {
                refuse_audience_of_id_tokens(variables, &audience)?;
            }
            Ok(AccessTokenCheck::Jwt(JwtProfile { audience, issuer, typ }))
        }
        Some("introspection") => {
            none_of(&["ACCESS_TOKEN_ISSUER", "ACCESS_TOKEN_TYP"], ONLY_JWT)?;
            let audience = audience(variables)?;
            audience.as_deref().map_or(Ok(()), |audience| refuse_audience_of_id_tokens(variables, audience))?;
            Ok(AccessTokenCheck::Introspection { audience })
        }
        Some(_) => Err(variables.wrong(CHECK, "issued, jwt or introspection")),
    }
}

fn audience(variables: &Variables) -> Result<Option<String>, ConfigError> {
    match variables.get("API_AUDIENCE") {
        Some(text) if !is_one_word(text) => {
            Err(variables.wrong("API_AUDIENCE", "this API's name in the `aud` of access tokens, without spaces"))
        }
        audience => Ok(audience.map(str::to_owned)),
    }
}

/// ID tokens name the client in `aud`, and where nothing else tells them apart for certain, they would pass for access
/// tokens (T36; RFC 8725 §3.12).
fn refuse_audience_of_id_tokens(variables: &Variables, audience: &str) -> Result<(), ConfigError> {
    match variables.get("CLIENT_ID") == Some(audience) {
        true => Err(variables.wrong(
            "API_AUDIENCE",
            "another name than CLIENT_ID, which ID tokens are for: they would pass for access tokens (with \
             ACCESS_TOKEN_CHECK=jwt and access tokens of the type at+jwt, leave ACCESS_TOKEN_TYP unset instead)",
        )),
        false => Ok(()),
    }
}

/// Only ever compared, so that `http` does no harm: AD FS names itself so.
fn issuer(variables: &Variables) -> Result<Option<String>, ConfigError> {
    match variables.get("ACCESS_TOKEN_ISSUER") {
        Some(text) if Url::parse(text).is_err() => {
            Err(variables.wrong("ACCESS_TOKEN_ISSUER", "the `iss` of access tokens, letter by letter: a URL"))
        }
        issuer => Ok(issuer.map(str::to_owned)),
    }
}

fn typ(variables: &Variables) -> Result<AccessTokenTyp, ConfigError> {
    // RFC 6838 §4.2: the characters of media types.
    let is_media_type = |text: &str| text.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$&-^_.+/".contains(&b));
    match variables.get("ACCESS_TOKEN_TYP") {
        None => Ok(AccessTokenTyp::AtJwt),
        Some("any") => Ok(AccessTokenTyp::Any),
        Some(text) if is_media_type(text) => Ok(AccessTokenTyp::named(text)),
        Some(_) => {
            Err(variables.wrong("ACCESS_TOKEN_TYP", "the `typ` of access tokens, such as at+jwt or JWT, or any"))
        }
    }
}

fn required_scope(variables: &Variables) -> Result<Vec<String>, ConfigError> {
    let Some(text) = variables.get("REQUIRED_SCOPE") else { return Ok(vec![]) };
    let scope: Vec<String> = text.split_whitespace().map(str::to_owned).collect();
    match !scope.is_empty() && scope.iter().all(|scope| is_scope(scope)) {
        true => Ok(scope),
        false => Err(variables.wrong("REQUIRED_SCOPE", "scopes separated by spaces")),
    }
}

/// One role, which may have spaces in it.
fn required_role(variables: &Variables) -> Result<Option<String>, ConfigError> {
    match variables.get("REQUIRED_ROLE") {
        Some(text) if text.trim().is_empty() || text.trim() != text || text.chars().any(char::is_control) => {
            Err(variables.wrong("REQUIRED_ROLE", "one role as the provider names it, without spaces around it"))
        }
        role => Ok(role.map(str::to_owned)),
    }
}

fn is_one_word(text: &str) -> bool {
    !text.is_empty() && !text.chars().any(|letter| letter.is_whitespace() || letter.is_control())
}
