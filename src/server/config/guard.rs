//! Who may chat: how access tokens are checked, and which permissions they need.

use url::Url;

use super::{
    models::ListedModel,
    provider::{self, INTROSPECTION_ENDPOINT, ROLES_CLAIM, ROLES_SEPARATOR, is_scope},
    setting::{AnySetting, Section, Setting, refuse},
    step_up,
    values::{Flag, OneOf, Parsed, is_one_word, words},
    variables::{ConfigError, Variables},
};
use crate::server::{
    auth::access_token::{AccessTokenCheck, GuardSettings, RequiredPermissions},
    auth::oidc::{AccessTokenTyp, JwtProfile, PermissionsSource},
};

#[derive(Clone, Copy, PartialEq)]
pub enum Check {
    Issued,
    Jwt,
    Introspection,
}

pub static SECTION: Section = Section {
    title: "Who may chat",
    text: "What an access token must be for the chat. The endpoints of sessions always want a proof with the DPoP key, and \
           nothing else.",
    settings: &[
        &ACCESS_TOKEN_CHECK,
        &API_AUDIENCE,
        &ACCESS_TOKEN_ISSUER,
        &ACCESS_TOKEN_TYP,
        &INTROSPECTION_ENDPOINT,
        &REQUIRED_SCOPE,
        &REQUIRED_ROLE,
        &EXPORT_ROLE,
        &OPERATOR_ROLE,
        &PERMISSIONS_FROM,
        &ROLES_CLAIM,
        &ROLES_SEPARATOR,
        &ALLOW_BEARER_TOKENS,
    ],
};

pub static ACCESS_TOKEN_CHECK: Setting<OneOf<Check>> = Setting {
    name: "ACCESS_TOKEN_CHECK",
    text: "What makes an access token valid, besides that the session it was issued to has not ended. issued: this server \
           issued it to a session that has not ended; the provider is not called. jwt: it is a JWT, signed by the provider \
           for this API (RFC 9068); the provider is not called. introspection: the provider says so (RFC 7662); it is \
           asked about each token every 30 seconds at most. With jwt, and with introspection and API_AUDIENCE, tokens that \
           this server did not issue are valid too: those that are bound to the key of their proof, and bearer tokens \
           where they are allowed.",
    example: "issued",
    value: OneOf {
        values: &[("issued", Check::Issued), ("jwt", Check::Jwt), ("introspection", Check::Introspection)],
        default: Some(Check::Issued),
    },
};

static API_AUDIENCE: Setting<Parsed<String>> = Setting {
    name: "API_AUDIENCE",
    text: "This API's name in the `aud` of access tokens. Needed for jwt. It must not be CLIENT_ID, which ID tokens are \
           for, unless access tokens are JWTs of the type at+jwt.",
    example: "https://chat.example.com",
    value: Parsed {
        expected: "this API's name in the `aud` of access tokens, without spaces",
        default: None,
        parse: |text| is_one_word(text).then(|| text.to_owned()),
    },
};

/// It is only ever compared, so http does no harm: AD FS uses such a name.
static ACCESS_TOKEN_ISSUER: Setting<Parsed<String>> = Setting {
    name: "ACCESS_TOKEN_ISSUER",
    text: "For jwt: the `iss` of access tokens, where it is another one (AD FS). Default: OIDC_ISSUER.",
    example: "http://adfs.example.com/adfs/services/trust",
    value: Parsed {
        expected: "the `iss` of access tokens, letter by letter: a URL",
        default: None,
        parse: |text| Url::parse(text).ok().map(|_| text.to_owned()),
    },
};

static ACCESS_TOKEN_TYP: Setting<Parsed<AccessTokenTyp>> = Setting {
    name: "ACCESS_TOKEN_TYP",
    text: "For jwt: the `typ` of access tokens, where it is another one, such as JWT; or any, which accepts every `typ` and \
           none, but not those of other kinds of tokens (they end in +jwt).",
    example: "JWT",
    value: Parsed {
        expected: "the `typ` of access tokens, such as at+jwt or JWT, or any",
        default: Some("at+jwt"),
        parse: typ,
    },
};

static REQUIRED_SCOPE: Setting<Parsed<Vec<String>>> = Setting {
    name: "REQUIRED_SCOPE",
    text: "Scopes that everybody needs, all of them, separated by spaces; a person who lacks one is answered 403.",
    example: "chat.read chat.write",
    value: Parsed {
        expected: "scopes separated by spaces",
        default: None,
        parse: |text| words(text).filter(|scope| !scope.is_empty() && scope.iter().all(|scope| is_scope(scope))),
    },
};

const ROLES: &str = "roles as the provider names them, separated by `;`, without spaces around the whole";

static REQUIRED_ROLE: Setting<Parsed<Vec<String>>> = Setting {
    name: "REQUIRED_ROLE",
    text: "Roles, separated by `;`, one of which everybody needs; they may have spaces in them. A person who has none of them is \
           answered 403.",
    example: "Chat Users;Chat Testers",
    value: Parsed { expected: ROLES, default: None, parse: roles },
};

pub static PERMISSIONS_FROM: Setting<OneOf<PermissionsSource>> = Setting {
    name: "PERMISSIONS_FROM",
    text: "Who says which roles a person has. id_token: the ID token, which many providers send at the sign-in only; then a \
           withdrawn role counts at the next sign-in. userinfo or introspection: that endpoint, at the sign-in and at each \
           refresh, so that a withdrawn role counts within the life of one access token; without its answer nobody signs in or \
           refreshes. For ACCESS_TOKEN_CHECK=issued: the other two read the roles from the access token with each call.",
    example: "userinfo",
    value: OneOf {
        values: &[
            ("id_token", PermissionsSource::IdToken),
            ("userinfo", PermissionsSource::Userinfo),
            ("introspection", PermissionsSource::Introspection),
        ],
        default: Some(PermissionsSource::IdToken),
    },
};

static EXPORT_ROLE: Setting<Parsed<Vec<String>>> = Setting {
    name: "EXPORT_ROLE",
    text: "Roles, separated by `;`, one of which a person needs to save conversations as files. Without it, everybody may.",
    example: "Chat Exporters",
    value: Parsed { expected: ROLES, default: None, parse: roles },
};

static OPERATOR_ROLE: Setting<Parsed<Vec<String>>> = Setting {
    name: "OPERATOR_ROLE",
    text: "Roles, separated by `;`; who has one of them may list and end the sessions of all people at /api/operator/sessions. \
           Without it, these endpoints don't exist.",
    example: "Chat Operators",
    value: Parsed { expected: ROLES, default: None, parse: roles },
};

pub static ALLOW_BEARER_TOKENS: Setting<Flag> = Setting {
    name: "ALLOW_BEARER_TOKENS",
    text: "Whether the chat accepts access tokens without a proof with the DPoP key, for API clients that are no browsers. \
           Each start is logged.",
    example: "false",
    value: Flag { default: false },
};

pub fn settings(variables: &Variables, models: &[ListedModel]) -> Result<GuardSettings, ConfigError> {
    Ok(GuardSettings {
        check: check(variables)?,
        bearer_tokens_allowed: ALLOW_BEARER_TOKENS.read(variables)?,
        required: RequiredPermissions {
            scope: REQUIRED_SCOPE.get(variables)?.unwrap_or_default(),
            roles: REQUIRED_ROLE.get(variables)?.unwrap_or_default(),
        },
        operator_roles: OPERATOR_ROLE.get(variables)?.unwrap_or_default(),
        export_roles: EXPORT_ROLE.get(variables)?.unwrap_or_default(),
        step_up: step_up::settings(variables, models)?,
    })
}

/// Settings of another check are refused: an operator who sets one relies on a check that would not be made.
fn check(variables: &Variables) -> Result<AccessTokenCheck, ConfigError> {
    const ONLY_JWT: &str = "it belongs to ACCESS_TOKEN_CHECK=jwt, which is not set";
    const ONLY_INTROSPECTION: &str =
        "it belongs to ACCESS_TOKEN_CHECK=introspection or PERMISSIONS_FROM=introspection, and neither is set";
    const ONLY_ISSUED: &str = "it belongs to ACCESS_TOKEN_CHECK=issued: the others read roles with each call";
    const NOT_ISSUED: &str = "it belongs to ACCESS_TOKEN_CHECK=jwt or introspection, and neither is set";
    match ACCESS_TOKEN_CHECK.read(variables)? {
        Check::Issued => {
            refuse(variables, &[&API_AUDIENCE], NOT_ISSUED)?;
            refuse(variables, &[&ACCESS_TOKEN_ISSUER, &ACCESS_TOKEN_TYP], ONLY_JWT)?;
            if PERMISSIONS_FROM.read(variables)? != PermissionsSource::Introspection {
                refuse(variables, &[&INTROSPECTION_ENDPOINT], ONLY_INTROSPECTION)?;
            }
            Ok(AccessTokenCheck::Issued)
        }
        Check::Jwt => {
            refuse(variables, &[&PERMISSIONS_FROM], ONLY_ISSUED)?;
            refuse(variables, &[&INTROSPECTION_ENDPOINT], ONLY_INTROSPECTION)?;
            let reason = "ACCESS_TOKEN_CHECK=jwt accepts only tokens whose `aud` names this API";
            let audience = API_AUDIENCE.required(variables, reason)?;
            let typ = ACCESS_TOKEN_TYP.read(variables)?;
            if typ != AccessTokenTyp::AtJwt {
                refuse_audience_of_id_tokens(variables, &audience)?;
            }
            Ok(AccessTokenCheck::Jwt(JwtProfile { audience, issuer: ACCESS_TOKEN_ISSUER.get(variables)?, typ }))
        }
        Check::Introspection => {
            refuse(variables, &[&PERMISSIONS_FROM], ONLY_ISSUED)?;
            refuse(variables, &[&ACCESS_TOKEN_ISSUER, &ACCESS_TOKEN_TYP], ONLY_JWT)?;
            let audience = API_AUDIENCE.get(variables)?;
            audience.as_deref().map_or(Ok(()), |audience| refuse_audience_of_id_tokens(variables, audience))?;
            Ok(AccessTokenCheck::Introspection { audience })
        }
    }
}

/// ID tokens have the client in `aud`, so they would be valid access tokens where only `aud` distinguishes the two (T36;
/// RFC 8725 §3.12).
fn refuse_audience_of_id_tokens(variables: &Variables, audience: &str) -> Result<(), ConfigError> {
    match provider::client_id(variables)?.is_some_and(|client_id| client_id.as_str() == audience) {
        true => Err(API_AUDIENCE.wrong(
            "another name than CLIENT_ID, which ID tokens are for: they would pass for access tokens (with \
             ACCESS_TOKEN_CHECK=jwt and access tokens of the type at+jwt, leave ACCESS_TOKEN_TYP unset instead)",
        )),
        false => Ok(()),
    }
}

fn typ(text: &str) -> Option<AccessTokenTyp> {
    // RFC 6838 §4.2: the characters of media types.
    let is_media_type = text.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$&-^_.+/".contains(&b));
    match text {
        "any" => Some(AccessTokenTyp::Any),
        text => is_media_type.then(|| AccessTokenTyp::named(text)),
    }
}

/// Spaces beside a separator are no part of a role.
fn roles(text: &str) -> Option<Vec<String>> {
    let roles: Vec<String> = text.split(';').map(|role| role.trim().to_owned()).collect();
    let is_list =
        text.trim() == text && !text.chars().any(char::is_control) && roles.iter().all(|role| !role.is_empty());
    is_list.then_some(roles)
}

#[cfg(test)]
mod tests {
    use super::super::tests::{CLIENT_ID, config, error, provider_settings};
    use super::*;

    const JWT: (&str, &str) = ("ACCESS_TOKEN_CHECK", "jwt");
    const INTROSPECTION: (&str, &str) = ("ACCESS_TOKEN_CHECK", "introspection");
    const AUDIENCE: (&str, &str) = ("API_AUDIENCE", "api://chat");

    #[test]
    fn each_way_to_check_access_tokens_takes_its_own_variables() {
        let check = |more: &[(&'static str, &'static str)]| config(more).unwrap().guard.check;
        assert!(matches!(check(&[]), AccessTokenCheck::Issued));
        assert!(matches!(check(&[("ACCESS_TOKEN_CHECK", "issued")]), AccessTokenCheck::Issued));
        let AccessTokenCheck::Jwt(profile) = check(&[JWT, AUDIENCE]) else { panic!("not JWTs") };
        assert_eq!(
            (profile.audience.as_str(), profile.issuer, profile.typ),
            ("api://chat", None, AccessTokenTyp::AtJwt)
        );
        let adfs = "http://adfs.example.com/adfs/services/trust";
        let differing = [("ACCESS_TOKEN_ISSUER", adfs), ("ACCESS_TOKEN_TYP", "JWT"), JWT, AUDIENCE];
        let AccessTokenCheck::Jwt(profile) = check(&differing) else { panic!("not JWTs") };
        assert_eq!((profile.issuer.as_deref(), profile.typ), (Some(adfs), AccessTokenTyp::Or("JWT".into())));
        assert!(matches!(check(&[INTROSPECTION]), AccessTokenCheck::Introspection { audience: None }));
        assert!(matches!(check(&[INTROSPECTION, AUDIENCE]), AccessTokenCheck::Introspection { audience: Some(_) }));
        let endpoint = ("INTROSPECTION_ENDPOINT", "https://sso.example.com/ask?a=b");
        assert!(
            provider_settings(&[INTROSPECTION, endpoint]).metadata.endpoints.contains_key("introspection_endpoint")
        );
        assert!(
            provider_settings(&[INTROSPECTION]).metadata.introspection
                && !provider_settings(&[]).metadata.introspection
        );
    }

    #[test]
    fn each_way_to_check_access_tokens_refuses_the_rest_by_name() {
        // T70: an operator who sets these relies on them.
        for (check, variable, value) in [
            (JWT, "INTROSPECTION_ENDPOINT", "https://sso.example.com/introspect"),
            (JWT, "ACCESS_TOKEN_ISSUER", "adfs"),
            (JWT, "ACCESS_TOKEN_TYP", "at jwt"),
            (INTROSPECTION, "ACCESS_TOKEN_TYP", "JWT"),
            (INTROSPECTION, "ACCESS_TOKEN_ISSUER", "https://sso.example.com"),
            (INTROSPECTION, "API_AUDIENCE", "my api"),
            (INTROSPECTION, "INTROSPECTION_ENDPOINT", "http://sso.example.com/introspect"),
            (INTROSPECTION, "INTROSPECTION_ENDPOINT", "https://me:secret@sso.example.com/"),
            (INTROSPECTION, "INTROSPECTION_ENDPOINT", "introspect"),
        ] {
            let mut settings = vec![check, (variable, value)];
            if check == JWT {
                settings.push(AUDIENCE);
            }
            let error = error(&settings);
            assert!(error.starts_with(variable), "{variable}={value}: {error}");
        }
        assert!(error(&[JWT]).starts_with("API_AUDIENCE must be set"));
    }

    #[test]
    fn the_client_is_no_audience_of_access_tokens_where_nothing_else_tells_id_tokens_apart() {
        // T36: the ID token of a refresh has no `nonce`, and passed for an access token.
        let client = ("API_AUDIENCE", CLIENT_ID);
        for wrong in [
            &[JWT, client, ("ACCESS_TOKEN_TYP", "JWT")][..],
            &[JWT, client, ("ACCESS_TOKEN_TYP", "any")],
            &[INTROSPECTION, client],
        ] {
            let error = error(wrong);
            assert!(error.starts_with("API_AUDIENCE") && error.contains("CLIENT_ID"), "{error}");
        }
        for typ in [None, Some("at+jwt"), Some("application/AT+JWT")] {
            let typ: Vec<_> = typ.map(|typ| ("ACCESS_TOKEN_TYP", typ)).into_iter().collect();
            assert!(config(&[&[JWT, client][..], &typ].concat()).is_ok(), "{typ:?}");
        }
        assert!(config(&[JWT, ("API_AUDIENCE", "api"), ("ACCESS_TOKEN_TYP", "any")]).is_ok());
    }

    #[test]
    fn required_scopes_are_several_and_a_required_role_is_one() {
        let required = config(&[("REQUIRED_SCOPE", " chat.read  chat.write"), ("REQUIRED_ROLE", "Chat Users")]);
        let required = required.unwrap().guard.required;
        assert_eq!(required.scope, ["chat.read", "chat.write"]);
        assert_eq!(required.roles, ["Chat Users"]);
        let several = config(&[("REQUIRED_ROLE", "Chat Users; cn=chat,ou=groups")]).unwrap().guard.required.roles;
        assert_eq!(several, ["Chat Users", "cn=chat,ou=groups"]);
    }
}
