//! Profiles of well-known providers: how they differ from the specifications and from each other.

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{
    settings::{AccessTokenFormat, ExpiresIn, RolesForm, Settings},
    sign_in::SignIn,
    user_name::UserName,
};
use crate::mock::provider::endpoint::Endpoint;

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Profile {
    /// As the specifications say.
    #[default]
    Plain,
    /// Broadcom SiteMinder: an issuer for each client, opaque tokens, an LDAP name as `sub`, `^` between roles.
    SiteMinder,
    /// Microsoft Entra ID, one tenant: numbers as strings, many keys without `alg`, no introspection, no revocation.
    Entra,
    /// Keycloak: JWT access tokens, nested roles, `session_state` in the authorization response.
    Keycloak,
    /// Google: a refresh token only with `access_type=offline`, and none in refreshes; no end session endpoint.
    Google,
}

impl Profile {
    pub const ALL: [(&str, Profile); 4] = [
        ("entra", Profile::Entra),
        ("google", Profile::Google),
        ("keycloak", Profile::Keycloak),
        ("siteminder", Profile::SiteMinder),
    ];

    pub fn named(name: &str) -> Option<Profile> {
        Profile::ALL.into_iter().find(|(known, _)| *known == name).map(|(_, profile)| profile)
    }

    /// The path of the issuer, and the prefix of every endpoint's path.
    pub fn path(self) -> &'static str {
        match self {
            Profile::Plain | Profile::Google => "",
            Profile::SiteMinder => "/affwebservices/CASSO/oidc/Chat",
            Profile::Entra => "/8d2f4b1e-5c07-4e2a-9a30-6f1b2c3d4e5f/v2.0",
            Profile::Keycloak => "/realms/chat",
        }
    }

    /// The settings of users that a test has not changed.
    pub fn default_settings(self) -> Settings {
        let standard = Settings::default();
        match self {
            Profile::Plain => standard,
            Profile::SiteMinder => Settings {
                refresh_token_in_refresh: false,
                id_token_in_refresh: false,
                expires_in: ExpiresIn::String,
                introspection_numbers_as_strings: true,
                roles_form: RolesForm::Carets,
                scope_in_token_response: false,
                ..standard
            },
            Profile::Entra => {
                Settings { expires_in: ExpiresIn::String, access_token_format: AccessTokenFormat::Jwt, ..standard }
            }
            Profile::Keycloak => Settings {
                access_token_format: AccessTokenFormat::Jwt,
                access_token_header: Map::from_iter([("typ".to_owned(), "JWT".into())]),
                roles_form: RolesForm::OfClient,
                ..standard
            },
            Profile::Google => Settings { refresh_token_in_refresh: false, ..standard },
        }
    }

    pub fn supports(self, endpoint: Endpoint) -> bool {
        match endpoint {
            Endpoint::EndSession => !matches!(self, Profile::SiteMinder | Profile::Google),
            Endpoint::Introspect => !matches!(self, Profile::Entra | Profile::Google),
            Endpoint::Revoke => self != Profile::Entra,
            Endpoint::PushedAuthorization => matches!(self, Profile::Plain | Profile::Keycloak),
            _ => true,
        }
    }

    /// Whether authorization responses have `iss` (RFC 9207).
    pub fn sends_iss(self) -> bool {
        matches!(self, Profile::Plain | Profile::Keycloak)
    }

    /// Further parameters of authorization responses.
    pub fn response_params(self, sign_in: &SignIn) -> Vec<(&'static str, String)> {
        match self {
            Profile::Plain | Profile::SiteMinder => vec![],
            Profile::Entra | Profile::Keycloak => vec![("session_state", sign_in.sid.clone())],
            Profile::Google => {
                vec![("scope", sign_in.scope.clone()), ("authuser", "0".into()), ("prompt", "consent".into())]
            }
        }
    }

    pub fn issues_refresh_token(self, sign_in: &SignIn) -> bool {
        match self {
            Profile::Plain | Profile::SiteMinder | Profile::Keycloak => true,
            Profile::Entra => sign_in.has_scope("offline_access"),
            Profile::Google => sign_in.is_offline,
        }
    }

    pub fn subject(self, user: &UserName) -> String {
        match self {
            Profile::SiteMinder => format!("uid={user},ou=people,o=example.com"),
            _ => user.sub(),
        }
    }

    pub fn adapt_id_token(self, claims: &mut Map<String, Value>) {
        if self == Profile::SiteMinder {
            // A secret of the user's session at the provider, which a client must not pass on.
            claims.insert("SessionToken".into(), "siteminder-session-secret".into());
            claims.remove("preferred_username");
            claims.remove("sid");
        }
    }

    /// Whether the header of ID tokens has a `typ`.
    pub fn sends_typ_in_id_tokens(self) -> bool {
        self != Profile::SiteMinder
    }

    pub fn adapt_metadata(self, metadata: &mut Map<String, Value>) {
        let omitted: &[&str] = match self {
            Profile::Plain | Profile::Keycloak => &[],
            Profile::SiteMinder => &["code_challenge_methods_supported", "prompt_values_supported"],
            Profile::Entra => &["code_challenge_methods_supported", "grant_types_supported"],
            Profile::Google => &["prompt_values_supported"],
        };
        omitted.iter().for_each(|member| drop(metadata.remove(*member)));
        if !self.sends_iss() {
            metadata.remove("authorization_response_iss_parameter_supported");
        }
    }

    pub fn adapt_jwks(self, keys: &mut Vec<Value>) {
        if matches!(self, Profile::SiteMinder | Profile::Entra) {
            for key in keys.iter_mut().filter_map(Value::as_object_mut) {
                key.remove("alg");
            }
        }
        if self == Profile::Entra {
            // Keys of other tenants, of key types that a client may not know.
            keys.insert(0, json!({ "kty": "AKP", "use": "sig", "kid": "of-tomorrow", "pub": "AA" }));
            keys.insert(0, json!({ "kty": "oct", "use": "enc", "kid": "not-ours", "k": "AA" }));
            for n in 0..6 {
                let point = "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU";
                let y = "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0";
                keys.push(json!({ "kty": "EC", "crv": "P-256", "use": "sig", "kid": format!("tenant-{n}"), "x": point, "y": y }));
            }
        }
    }
}
