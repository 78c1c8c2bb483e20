//! How the provider treats one user. A test changes it through the control API.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::{fault::Fault, response_fault::ResponseFault};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// Seconds.
    pub access_token_ttl: u32,
    /// Seconds.
    pub id_token_ttl: u32,
    /// Claims of this person, wherever the provider sends claims: in ID tokens, at the userinfo endpoint, in JWT access
    /// tokens, and in introspection responses. They override the standard ones; `null` removes one.
    pub claims: Map<String, Value>,
    /// The same in ID tokens only, over `claims`.
    pub id_token_claims: Map<String, Value>,
    /// Overrides members of the ID token's header; `null` removes one.
    pub id_token_header: Map<String, Value>,
    /// Claims at the userinfo endpoint only, over `claims`.
    pub userinfo_claims: Map<String, Value>,
    /// The authorization endpoint answers `access_denied`.
    pub deny: bool,
    /// The authorization endpoint answers this error.
    pub authorize_error: Option<String>,
    /// The `error_description` with that error.
    pub authorize_error_description: Option<String>,
    /// How long ago the user signed in (`auth_time`), in seconds, unless the request's `max_age` forces a new sign-in.
    pub signed_in_ago: u32,
    /// Ignores `max_age`, against the specification.
    pub ignores_max_age: bool,
    /// The `acr` of sign-ins; by default the first of the requested `acr_values`.
    pub acr: Option<String>,
    /// What is wrong with the authorization response.
    pub authorize_response_fault: Option<ResponseFault>,
    /// How far the provider's clock is ahead, in seconds, when it issues ID tokens.
    pub clock_offset: i32,
    pub rotate_refresh_tokens: bool,
    /// If false, a refresh response has no refresh token, and the old one stays valid.
    pub refresh_token_in_refresh: bool,
    pub id_token_in_refresh: bool,
    pub expires_in: ExpiresIn,
    /// The `token_type` of token responses; by default what the access token is.
    pub token_type: Option<String>,
    pub access_token_format: AccessTokenFormat,
    /// Overrides members of a JWT access token's header; `null` removes one.
    pub access_token_header: Map<String, Value>,
    /// Claims of access tokens only, over `claims`: in a JWT and in the introspection response.
    pub access_token_claims: Map<String, Value>,
    /// The same for the introspection response only.
    pub introspection_members: Map<String, Value>,
    pub introspection_numbers_as_strings: bool,
    /// The scope that is granted; by default the requested one.
    pub granted_scope: Option<String>,
    pub scope_in_token_response: bool,
    /// The roles in ID tokens and access tokens.
    pub roles: Vec<String>,
    pub roles_form: RolesForm,
    /// Faults of the next introspections.
    pub introspection_faults: VecDeque<Fault>,
    /// Faults of the next code exchanges.
    pub token_faults: VecDeque<Fault>,
    /// Faults of the next refreshes.
    pub refresh_faults: VecDeque<Fault>,
    /// The revocation endpoint answers an error whose long description repeats the whole request.
    pub revocation_echo: bool,
}

/// How the token response writes `expires_in`. Real providers do all three.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ExpiresIn {
    Number,
    String,
    Absent,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AccessTokenFormat {
    /// 256 random bits.
    Opaque,
    /// RFC 9068.
    Jwt,
}

/// How roles are written. Real providers do all three.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RolesForm {
    /// The claim `roles`, an array.
    Array,
    /// The claim `roles`, one string with `^` between the roles.
    Carets,
    /// `resource_access.<client>.roles`
    OfClient,
}

/// A member that doesn't fit into [`Settings`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SettingsError {
    pub field: String,
    pub message: String,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            access_token_ttl: 300,
            id_token_ttl: 300,
            claims: Map::new(),
            id_token_claims: Map::new(),
            id_token_header: Map::new(),
            userinfo_claims: Map::new(),
            deny: false,
            authorize_error: None,
            authorize_error_description: None,
            signed_in_ago: 0,
            ignores_max_age: false,
            acr: None,
            authorize_response_fault: None,
            clock_offset: 0,
            rotate_refresh_tokens: true,
            refresh_token_in_refresh: true,
            id_token_in_refresh: true,
            expires_in: ExpiresIn::Number,
            token_type: None,
            access_token_format: AccessTokenFormat::Opaque,
            access_token_header: Map::new(),
            access_token_claims: Map::new(),
            introspection_members: Map::new(),
            introspection_numbers_as_strings: false,
            granted_scope: None,
            scope_in_token_response: true,
            roles: Vec::new(),
            roles_form: RolesForm::Array,
            introspection_faults: VecDeque::new(),
            token_faults: VecDeque::new(),
            refresh_faults: VecDeque::new(),
            revocation_echo: false,
        }
    }
}

impl Settings {
    /// These settings with `changes` applied, one member after the other, so that the error can name the one that
    /// doesn't fit.
    pub fn changed(&self, changes: Map<String, Value>) -> Result<Settings, SettingsError> {
        let mut settings = self.clone();
        for (field, value) in changes {
            settings =
                settings.with(&field, value).map_err(|error| SettingsError { message: error.to_string(), field })?;
        }
        Ok(settings)
    }

    /// What overrides the claims of ID tokens.
    pub fn id_token_overrides(&self) -> Map<String, Value> {
        self.claims_under(&self.id_token_claims)
    }

    /// What overrides the claims at the userinfo endpoint.
    pub fn userinfo_overrides(&self) -> Map<String, Value> {
        self.claims_under(&self.userinfo_claims)
    }

    /// What overrides the claims of access tokens.
    pub fn access_token_overrides(&self) -> Map<String, Value> {
        self.claims_under(&self.access_token_claims)
    }

    /// The person's claims with `special` ones over them.
    fn claims_under(&self, special: &Map<String, Value>) -> Map<String, Value> {
        self.claims.iter().chain(special).map(|(name, value)| (name.clone(), value.clone())).collect()
    }

    fn with(&self, field: &str, value: Value) -> serde_json::Result<Settings> {
        let mut members = serde_json::to_value(self)?;
        if let Value::Object(members) = &mut members {
            members.insert(field.to_owned(), value);
        }
        serde_json::from_value(members)
    }
}

impl RolesForm {
    /// The claims for these roles; none for a user without roles.
    pub fn claims(self, roles: &[String], client_id: &str) -> Map<String, Value> {
        let (name, value) = match self {
            _ if roles.is_empty() => return Map::new(),
            RolesForm::Array => ("roles", json!(roles)),
            RolesForm::Carets => ("roles", json!(roles.join("^"))),
            RolesForm::OfClient => ("resource_access", json!({ client_id: { "roles": roles } })),
        };
        Map::from_iter([(name.to_owned(), value)])
    }
}
