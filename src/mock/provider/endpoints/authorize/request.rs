//! The parameters of an authorization request (OpenID Connect Core §3.1.2.1), and the errors that answer it.

use std::{borrow::Cow, time::SystemTime};

use crate::mock::provider::{
    params::Params,
    state::{response_fault::ResponseFault, settings::Settings, sign_in::SignIn, user_name::UserName, users::Users},
};

pub struct AuthorizationRequest {
    scope: String,
    nonce: Option<String>,
    /// The S256 challenge (RFC 7636 §4.2).
    pub code_challenge: String,
    /// The thumbprint of the key that the code is bound to (RFC 9449 §10).
    pub dpop_jkt: Option<String>,
    prompt: Prompt,
    /// Seconds.
    max_age: Option<u32>,
    /// The first of `acr_values`, which are in order of preference.
    acr: Option<String>,
    login_hint: Option<UserName>,
    /// `access_type=offline` (Google).
    is_offline: bool,
}

/// When the login page is shown (OpenID Connect Core §3.1.2.1).
#[derive(PartialEq, Eq)]
enum Prompt {
    /// `none`.
    Never,
    /// No prompt, or `consent`, which every user is taken to have given.
    AsNeeded,
    /// `login` or `select_account`.
    Always,
}

/// RFC 6749 §4.1.2.1, OpenID Connect Core §3.1.2.6.
pub struct AuthorizationError {
    pub code: Cow<'static, str>,
    pub description: Cow<'static, str>,
    /// What is wrong with the response that carries it.
    pub fault: Option<ResponseFault>,
}

impl AuthorizationRequest {
    pub fn read(params: &Params) -> Result<AuthorizationRequest, AuthorizationError> {
        let invalid = AuthorizationError::invalid_request;
        if params.repeated().is_some() {
            return Err(invalid("a parameter came more than once"));
        }
        for (name, code) in [("request", "request_not_supported"), ("request_uri", "request_uri_not_supported")] {
            if params.get(name).is_some() {
                return Err(AuthorizationError::new(code, "send the parameters instead"));
            }
        }
        match params.get("response_type") {
            Some("code") => {}
            None => return Err(invalid("response_type is missing")),
            Some(_) => {
                let description = "response_type must be code";
                let code = "unsupported_response_type";
                return Err(AuthorizationError::new(code, description));
            }
        }
        if params.get("response_mode").is_some_and(|m| m != "query") {
            return Err(invalid("response_mode must be query"));
        }
        let scope = params.get("scope").unwrap_or_default();
        if !scope.split(' ').any(|token| token == "openid") {
            let description = "scope must contain openid";
            return Err(AuthorizationError::new("invalid_scope", description));
        }
        Ok(AuthorizationRequest {
            scope: scope.to_owned(),
            nonce: params.get("nonce").map(str::to_owned),
            code_challenge: read_code_challenge(params)?,
            dpop_jkt: params.get("dpop_jkt").map(str::to_owned),
            prompt: Prompt::read(params.get("prompt").unwrap_or_default())?,
            max_age: read_max_age(params)?,
            acr: params.get("acr_values").and_then(|values| values.split(' ').next()).map(str::to_owned),
            login_hint: params.get("login_hint").and_then(UserName::parse),
            is_offline: params.get("access_type") == Some("offline"),
        })
    }

    /// A sign-in that is older than `max_age` is replaced by a new one (OpenID Connect Core §3.1.2.1).
    pub fn sign_in(&self, user: UserName, client_id: &str, settings: &Settings, now: SystemTime) -> SignIn {
        let is_too_old = self.max_age.is_some_and(|max_age| settings.signed_in_ago > max_age);
        let signs_in_again = self.prompt == Prompt::Always || (is_too_old && !settings.ignores_max_age);
        let scope = settings.granted_scope.clone().unwrap_or_else(|| self.scope.clone());
        let mut sign_in = SignIn { scope, nonce: self.nonce.clone(), ..SignIn::of(user, client_id, now) };
        if !signs_in_again {
            sign_in.auth_time -= u64::from(settings.signed_in_ago);
        }
        sign_in.is_offline = self.is_offline;
        sign_in.acr = settings.acr.clone().or_else(|| self.acr.clone());
        sign_in
    }

    /// The user to sign in without a page; `None` if the page must be shown. The `login_hint` of a known user stands
    /// for the user's session, which the mock doesn't have.
    pub fn user_without_page(&self, users: &Users) -> Result<Option<UserName>, AuthorizationError> {
        match (&self.prompt, self.login_hint.as_ref().filter(|user| users.knows(user))) {
            (Prompt::Always, _) => Ok(None),
            (Prompt::Never, None) => {
                let description = "nobody is signed in here";
                Err(AuthorizationError::new("login_required", description))
            }
            (Prompt::Never | Prompt::AsNeeded, hint) => Ok(hint.cloned()),
        }
    }
}

impl Prompt {
    fn read(prompt: &str) -> Result<Prompt, AuthorizationError> {
        if prompt == "none" {
            return Ok(Prompt::Never);
        }
        let mut needs_page = false;
        for value in prompt.split_ascii_whitespace() {
            match value {
                "login" | "select_account" => needs_page = true,
                "consent" => {}
                _ => return Err(AuthorizationError::invalid_request("prompt is not valid")),
            }
        }
        Ok(match needs_page {
            true => Prompt::Always,
            false => Prompt::AsNeeded,
        })
    }
}

impl AuthorizationError {
    pub const ACCESS_DENIED: AuthorizationError = AuthorizationError {
        code: Cow::Borrowed("access_denied"),
        description: Cow::Borrowed("the sign-in was denied"),
        fault: None,
    };

    fn new(code: &'static str, description: &'static str) -> AuthorizationError {
        AuthorizationError { code: code.into(), description: description.into(), fault: None }
    }

    fn invalid_request(description: &'static str) -> AuthorizationError {
        AuthorizationError::new("invalid_request", description)
    }
}

fn read_max_age(params: &Params) -> Result<Option<u32>, AuthorizationError> {
    let invalid = |_| AuthorizationError::invalid_request("max_age is no number of seconds");
    params.get("max_age").map(str::parse).transpose().map_err(invalid)
}

/// RFC 7636 §4.3. S256 is required, as RFC 9700 §2.1.1 recommends.
fn read_code_challenge(params: &Params) -> Result<String, AuthorizationError> {
    let invalid = AuthorizationError::invalid_request;
    let challenge = params.get("code_challenge");
    let challenge = challenge.ok_or_else(|| invalid("code_challenge is missing"))?;
    if params.get("code_challenge_method") != Some("S256") {
        return Err(invalid("code_challenge_method must be S256"));
    }
    let is_base64url = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    if challenge.len() != 43 || !challenge.bytes().all(is_base64url) {
        return Err(invalid("code_challenge is no S256 challenge"));
    }
    Ok(challenge.to_owned())
}
