//! The authorization endpoint: `GET` and `POST /authorize` (RFC 6749 §4.1.1,
//! OpenID Connect Core §3.1.2).

use std::{borrow::Cow, sync::Arc, time::Instant};

use axum::{
    Extension,
    body::Bytes,
    extract::{RawQuery, State},
    response::{IntoResponse, Redirect, Response},
};
use url::Url;

use crate::mock::provider::{
    params::Params,
    shared::Shared,
    state::{
        calls::OpenCall,
        client::Client,
        codes::Code,
        grants::SignIn,
        response_fault::ResponseFault,
        secret::Secret,
        users::{Settings, UserName},
    },
    ui::{login_page::LoginPage, page::ErrorPage},
};

/// What a person chose on the login page.
pub enum Choice {
    User(UserName),
    Deny,
    /// What was typed is no name.
    Misspelt(String),
}

/// Where the answer goes. As long as it is not known, nobody is redirected (RFC 6749 §4.1.2.1).
struct ReturnAddress {
    /// As the relying party spells it: the token request must do the same.
    redirect_uri: String,
    url: Url,
    state: Option<String>,
}

struct AuthorizationRequest {
    scope: String,
    nonce: Option<String>,
    /// The S256 challenge (RFC 7636 §4.2).
    code_challenge: String,
    prompt: Prompt,
    /// Seconds.
    max_age: Option<u32>,
    /// The first of `acr_values`, which come in order of preference.
    acr: Option<String>,
    login_hint: Option<UserName>,
    /// `access_type=offline` (Google).
    is_offline: bool,
}

/// OpenID Connect Core §3.1.2.1.
#[derive(PartialEq, Eq)]
enum Prompt {
    /// `none`: answer without a page.
    Never,
    /// Nothing, or `consent`: everybody consents here.
    AsNeeded,
    /// `login` or `select_account`.
    Always,
}

/// RFC 6749 §4.1.2.1, OpenID Connect Core §3.1.2.6.
struct AuthorizationError {
    code: Cow<'static, str>,
    description: &'static str,
}

pub async fn by_get(
    State(shared): State<Arc<Shared>>,
    Extension(call): Extension<Arc<OpenCall>>,
    RawQuery(query): RawQuery,
) -> Response {
    begin(&shared, &call, &query.unwrap_or_default())
}

pub async fn by_post(
    State(shared): State<Arc<Shared>>,
    Extension(call): Extension<Arc<OpenCall>>,
    body: Bytes,
) -> Response {
    begin(&shared, &call, &String::from_utf8_lossy(&body))
}

/// Why this request can't be answered with a code, if it can't (RFC 9126 §2.1).
pub fn check(shared: &Shared, params: &Params) -> Result<(), &'static str> {
    ReturnAddress::read(params, &shared.client).map_err(|ErrorPage(words)| words)?;
    AuthorizationRequest::read(params).map(|_| ()).map_err(|error| error.description)
}

/// A request as it comes, or the one that was pushed before (RFC 9126 §4). Of what comes along with that, only the hint
/// counts, which takes the place of the session that the mock doesn't keep.
fn begin(shared: &Shared, call: &OpenCall, request: &str) -> Response {
    let params = Params::parse(request.as_bytes());
    let refuse = |words| {
        call.outcome("invalid_request");
        ErrorPage(words).into_response()
    };
    match params.get("request_uri") {
        None if shared.client.pushes_requests => refuse("Authorization requests of this client must be pushed."),
        None => answer(shared, call, request, None),
        Some(_) if params.get("client_id") != Some(&shared.client.client_id) => {
            refuse("client_id is not the one that is registered.")
        }
        Some(request_uri) => {
            let Some(mut request) = shared.pushed_requests().take(request_uri, Instant::now()) else {
                return refuse("request_uri is unknown, was used before, or has expired.");
            };
            if let Some(hint) = params.get("login_hint") {
                request = format!("{request}&login_hint={hint}");
            }
            answer(shared, call, &request, None)
        }
    }
}

/// Answers the request, or shows the login page, which carries the request along and comes
/// back with a choice. So nothing is kept in between, and the request is checked twice.
pub fn answer(shared: &Shared, call: &OpenCall, request: &str, choice: Option<Choice>) -> Response {
    let params = Params::parse(request.as_bytes());
    let address = match ReturnAddress::read(&params, &shared.client) {
        Ok(address) => address,
        Err(page) => {
            call.outcome("invalid_request");
            return page.into_response();
        }
    };
    let mut typed = params.get("login_hint").unwrap_or_default().to_owned();
    let is_misspelt = matches!(choice, Some(Choice::Misspelt(_)));
    let answered = AuthorizationRequest::read(&params).and_then(|request| {
        let user = match choice {
            Some(Choice::User(user)) => Some(user),
            Some(Choice::Deny) => return Err(AuthorizationError::ACCESS_DENIED),
            Some(Choice::Misspelt(text)) => {
                typed = text;
                None
            }
            None => request.user_without_page()?,
        };
        user.map(|user| issue_code(shared, call, &address, request, user)).transpose()
    });
    match answered {
        Ok(Some((code, extras, fault))) => {
            let extras = extras.iter().map(|(name, value)| (*name, value.as_str()));
            let members: Vec<_> = [("code", code.expose())].into_iter().chain(extras).collect();
            address.answer(shared, &members, fault)
        }
        Ok(None) => LoginPage {
            path: shared.profile.path(),
            client_id: &shared.client.client_id,
            returns_to: &address.url,
            request,
            typed: &typed,
            is_misspelt,
        }
        .into_response(),
        Err(error) => {
            call.outcome(error.code.clone());
            let error = [("error", &*error.code), ("error_description", error.description)];
            address.answer(shared, &error, None)
        }
    }
}

/// A code, what goes along with it, and what becomes of the answer.
type Issued = (Secret, Vec<(&'static str, String)>, Option<ResponseFault>);

fn issue_code(
    shared: &Shared,
    call: &OpenCall,
    address: &ReturnAddress,
    request: AuthorizationRequest,
    user: UserName,
) -> Result<Issued, AuthorizationError> {
    call.user(&user);
    let settings = shared.users().settings(&user);
    if settings.deny {
        return Err(AuthorizationError::ACCESS_DENIED);
    }
    if let Some(code) = settings.authorize_error.clone() {
        let description = "as this user's settings ask";
        let code = code.into();
        return Err(AuthorizationError { code, description });
    }
    let code = Code {
        sign_in: request.sign_in(user, &settings),
        redirect_uri: address.redirect_uri.clone(),
        code_challenge: request.code_challenge,
    };
    let extras = shared.profile.response_extras(&code.sign_in);
    Ok((shared.grants().issue_code(code, Instant::now()), extras, settings.authorize_response_fault))
}

impl ReturnAddress {
    fn read(params: &Params, client: &Client) -> Result<ReturnAddress, ErrorPage> {
        if params.get("client_id") != Some(&client.client_id) {
            return Err(ErrorPage("client_id is not the one that is registered."));
        }
        let is_ambiguous = matches!(params.repeated(), Some("client_id" | "redirect_uri"));
        let redirect_uri = params.get("redirect_uri").filter(|uri| {
            // RFC 9700 §4.1.3: exactly as registered.
            !is_ambiguous && client.redirect_uris.iter().any(|ours| ours == uri)
        });
        let unregistered = ErrorPage("redirect_uri is not one that is registered.");
        let redirect_uri = redirect_uri.ok_or(unregistered)?;
        Ok(ReturnAddress {
            redirect_uri: redirect_uri.to_owned(),
            url: Url::parse(redirect_uri).map_err(|_| unregistered)?,
            state: params.get("state").map(str::to_owned),
        })
    }

    /// RFC 6749 §4.1.2; `iss` is RFC 9207 §2. 303, so that a POST isn't repeated there
    /// (RFC 9700 §4.12).
    fn answer(mut self, shared: &Shared, members: &[(&str, &str)], fault: Option<ResponseFault>) -> Response {
        let mut answer: Vec<(&str, Cow<str>)> = members.iter().map(|(name, value)| (*name, (*value).into())).collect();
        answer.extend(self.state.map(|state| ("state", state.into())));
        if shared.profile.sends_iss() {
            answer.push(("iss", shared.issuer.as_str().into()));
        }
        if let Some(fault) = fault {
            answer = fault.spoil(answer);
        }
        self.url.query_pairs_mut().extend_pairs(answer);
        Redirect::to(self.url.as_str()).into_response()
    }
}

impl AuthorizationRequest {
    fn read(params: &Params) -> Result<AuthorizationRequest, AuthorizationError> {
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
            prompt: Prompt::read(params.get("prompt").unwrap_or_default())?,
            max_age: read_max_age(params)?,
            acr: params.get("acr_values").and_then(|values| values.split(' ').next()).map(str::to_owned),
            login_hint: params.get("login_hint").and_then(UserName::parse),
            is_offline: params.get("access_type") == Some("offline"),
        })
    }

    /// OpenID Connect Core §3.1.2.1: with `max_age`, an older sign-in is not enough.
    fn sign_in(&self, user: UserName, settings: &Settings) -> SignIn {
        let is_too_old = self.max_age.is_some_and(|max_age| settings.signed_in_ago > max_age);
        let is_again = self.prompt == Prompt::Always || (is_too_old && !settings.ignores_max_age);
        let scope = settings.granted_scope.clone().unwrap_or_else(|| self.scope.clone());
        let mut sign_in = SignIn { scope, nonce: self.nonce.clone(), ..SignIn::of(user) };
        if !is_again {
            sign_in.auth_time -= u64::from(settings.signed_in_ago);
        }
        sign_in.is_offline = self.is_offline;
        sign_in.acr = settings.acr.clone().or_else(|| self.acr.clone());
        sign_in
    }

    /// The hint takes the place of the session that the mock doesn't keep.
    fn user_without_page(&self) -> Result<Option<UserName>, AuthorizationError> {
        match (&self.prompt, &self.login_hint) {
            (Prompt::Always, _) => Ok(None),
            (Prompt::Never, None) => {
                let description = "nobody is signed in here";
                Err(AuthorizationError::new("login_required", description))
            }
            (Prompt::Never | Prompt::AsNeeded, hint) => Ok(hint.clone()),
        }
    }
}

fn read_max_age(params: &Params) -> Result<Option<u32>, AuthorizationError> {
    let invalid = |_| AuthorizationError::invalid_request("max_age is no number of seconds");
    params.get("max_age").map(str::parse).transpose().map_err(invalid)
}

/// RFC 7636 §4.3; RFC 9700 §2.1.1 asks for S256.
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
    const ACCESS_DENIED: AuthorizationError =
        AuthorizationError { code: Cow::Borrowed("access_denied"), description: "the sign-in was denied" };

    fn new(code: &'static str, description: &'static str) -> AuthorizationError {
        let code = code.into();
        AuthorizationError { code, description }
    }

    fn invalid_request(description: &'static str) -> AuthorizationError {
        AuthorizationError::new("invalid_request", description)
    }
}
