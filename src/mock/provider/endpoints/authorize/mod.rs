//! The authorization endpoint: `GET` and `POST /authorize` (RFC 6749 §4.1.1, OpenID Connect Core §3.1.2).

mod redirect;
mod request;

use std::{borrow::Cow, sync::Arc};

use axum::{
    Extension,
    body::Bytes,
    extract::{RawQuery, State},
    response::{IntoResponse, Response},
};

use self::{
    redirect::RedirectTarget,
    request::{AuthorizationError, AuthorizationRequest},
};
use crate::mock::provider::{
    params::Params,
    shared::Shared,
    state::{calls::PendingCall, codes::Code, response_fault::ResponseFault, secret::Secret, user_name::UserName},
    ui::{login_page::LoginPage, page::ErrorPage},
};

/// What a person chose on the login page.
pub enum LoginChoice {
    User(UserName),
    Deny,
    /// What they typed, which is no user name.
    InvalidName(String),
}

/// The content of a successful authorization response.
struct Success {
    code: Secret,
    /// Further parameters.
    params: Vec<(&'static str, String)>,
    fault: Option<ResponseFault>,
}

pub async fn by_get(
    State(shared): State<Arc<Shared>>,
    Extension(call): Extension<Arc<PendingCall>>,
    RawQuery(query): RawQuery,
) -> Response {
    begin(&shared, &call, &query.unwrap_or_default())
}

pub async fn by_post(
    State(shared): State<Arc<Shared>>,
    Extension(call): Extension<Arc<PendingCall>>,
    body: Bytes,
) -> Response {
    begin(&shared, &call, &String::from_utf8_lossy(&body))
}

/// Checks a request that is pushed (RFC 9126 §2.1). The error is a description.
pub fn check(shared: &Shared, params: &Params) -> Result<(), Cow<'static, str>> {
    RedirectTarget::read(params, &shared.clients).map_err(|ErrorPage(reason)| reason)?;
    AuthorizationRequest::read(params).map(|_| ()).map_err(|error| error.description)
}

/// Answers the request, or the login page. The page's forms carry the request along and send it back with a choice, so
/// that nothing is stored in between; the request is then read again.
pub fn respond(shared: &Shared, call: &PendingCall, request: &str, choice: Option<LoginChoice>) -> Response {
    let params = Params::parse(request.as_bytes());
    let target = match RedirectTarget::read(&params, &shared.clients) {
        Ok(target) => target,
        Err(page) => {
            call.set_outcome("invalid_request");
            return page.into_response();
        }
    };
    let is_invalid_name = matches!(choice, Some(LoginChoice::InvalidName(_)));
    let typed = match &choice {
        Some(LoginChoice::InvalidName(text)) => text.clone(),
        _ => params.get("login_hint").unwrap_or_default().to_owned(),
    };
    let outcome = AuthorizationRequest::read(&params).and_then(|request| {
        let user = match choice {
            Some(LoginChoice::User(user)) => Some(user),
            Some(LoginChoice::Deny) => return Err(AuthorizationError::ACCESS_DENIED),
            Some(LoginChoice::InvalidName(_)) => None,
            None => request.user_without_page(&shared.users())?,
        };
        user.map(|user| issue_code(shared, call, &target, request, user)).transpose()
    });
    match outcome {
        Ok(Some(Success { code, params, fault })) => {
            let further = params.iter().map(|(name, value)| (*name, value.as_str()));
            let params: Vec<_> = [("code", code.expose())].into_iter().chain(further).collect();
            target.redirect(shared, &params, fault)
        }
        Ok(None) => LoginPage {
            path: &shared.endpoints_path(),
            people: shared.users().people().cloned().collect(),
            client_id: &target.client_id,
            returns_to: &target.url,
            request,
            typed: &typed,
            is_invalid_name,
        }
        .into_response(),
        Err(error) => {
            call.set_outcome(error.code.clone());
            let params = [("error", &*error.code), ("error_description", &*error.description)];
            target.redirect(shared, &params, error.fault)
        }
    }
}

/// Takes the request from the parameters, or the one that was pushed before (RFC 9126 §4). Of the parameters beside a
/// `request_uri`, only `login_hint` counts: it stands for the user's session, which the mock doesn't have.
fn begin(shared: &Shared, call: &PendingCall, request: &str) -> Response {
    let params = Params::parse(request.as_bytes());
    let refuse = |reason| {
        call.set_outcome("invalid_request");
        ErrorPage(reason).into_response()
    };
    let Some(request_uri) = params.get("request_uri") else {
        let client = params.get("client_id").and_then(|id| shared.clients.get(id));
        return match client.is_some_and(|client| client.pushes_requests) {
            true => refuse("Authorization requests of this client must be pushed."),
            false => respond(shared, call, request, None),
        };
    };
    let Some(mut request) = shared.pushed_requests().take(request_uri, shared.now()) else {
        return refuse("request_uri is unknown, was used before, or has expired.");
    };
    if params.get("client_id").is_none_or(|id| Params::parse(request.as_bytes()).get("client_id") != Some(id)) {
        return refuse("client_id is not that of the pushed request.");
    }
    if let Some(hint) = params.get("login_hint") {
        request = format!("{request}&login_hint={hint}");
    }
    respond(shared, call, &request, None)
}

fn issue_code(
    shared: &Shared,
    call: &PendingCall,
    target: &RedirectTarget,
    request: AuthorizationRequest,
    user: UserName,
) -> Result<Success, AuthorizationError> {
    call.set_user(&user);
    let settings = shared.users().settings(&user);
    if settings.deny {
        return Err(AuthorizationError::ACCESS_DENIED);
    }
    if let Some(code) = settings.authorize_error.clone() {
        let description = settings.authorize_error_description.clone();
        let description = description.unwrap_or_else(|| "as this user's settings ask".to_owned());
        let fault = settings.authorize_response_fault;
        return Err(AuthorizationError { code: code.into(), description: description.into(), fault });
    }
    let now = shared.now();
    let code = Code {
        sign_in: request.sign_in(user, &target.client_id, &settings, now),
        redirect_uri: target.redirect_uri.clone(),
        code_challenge: request.code_challenge,
        dpop_jkt: request.dpop_jkt.filter(|_| shared.dpop().support.reads_proofs()),
    };
    let params = shared.profile.response_params(&code.sign_in);
    let code = shared.grants().issue_code(code, now);
    Ok(Success { code, params, fault: settings.authorize_response_fault })
}
