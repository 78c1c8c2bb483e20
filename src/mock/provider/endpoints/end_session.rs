//! The end session endpoint: `GET` and `POST /end_session` (RP-Initiated Logout §2).

use std::sync::Arc;

use axum::{
    Extension,
    body::Bytes,
    extract::{RawQuery, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use serde::Deserialize;
use serde_json::Value;
use url::Url;

use crate::mock::provider::{
    params::Params,
    shared::Shared,
    state::{
        calls::PendingCall,
        client::{Client, Clients},
    },
    ui::page::{ErrorPage, Page},
};

/// The claims of an `id_token_hint`. A test may have removed any of them: without `sid`, no session can be ended.
#[derive(Deserialize)]
struct Hint {
    aud: Option<Value>,
    sid: Option<String>,
}

pub async fn by_get(
    State(shared): State<Arc<Shared>>,
    Extension(call): Extension<Arc<PendingCall>>,
    RawQuery(query): RawQuery,
) -> Response {
    let params = Params::parse(query.unwrap_or_default().as_bytes());
    answer(&shared, &call, &params).await
}

pub async fn by_post(
    State(shared): State<Arc<Shared>>,
    Extension(call): Extension<Arc<PendingCall>>,
    body: Bytes,
) -> Response {
    answer(&shared, &call, &Params::parse(&body)).await
}

async fn answer(shared: &Shared, call: &PendingCall, params: &Params) -> Response {
    match end_session(shared, call, params).await {
        Ok(Some(url)) => Redirect::to(url.as_str()).into_response(),
        Ok(None) => Page {
            status: StatusCode::OK,
            title: "Signed out",
            body: "<p class=\"lead\">You are signed out.</p>".into(),
        }
        .into_response(),
        Err(page) => {
            call.set_outcome("invalid_request");
            page.into_response()
        }
    }
}

/// Returns where to redirect to. Everything is checked before the session ends.
async fn end_session(shared: &Shared, call: &PendingCall, params: &Params) -> Result<Option<Url>, ErrorPage> {
    if params.repeated().is_some() {
        return Err(ErrorPage("A parameter came more than once."));
    }
    let hint = read_hint(shared, params).await?;
    let named = [params.get("client_id"), hint.as_ref().and_then(|hint| hint.aud.as_ref()?.as_str())];
    let url = read_redirect_url(params, named_client(&shared.clients, named)?)?;
    if let Some(sid) = hint.and_then(|hint| hint.sid) {
        let mut grants = shared.grants();
        if let Some(user) = grants.user_of_session(&sid) {
            call.set_user(&user);
        }
        grants.end_session(&sid);
    }
    Ok(url)
}

/// The client that the request names, by its parameter, by its hint, or by both alike.
fn named_client<'a>(clients: &'a Clients, named: [Option<&str>; 2]) -> Result<Option<&'a Client>, ErrorPage> {
    let unregistered = ErrorPage("client_id is not one that is registered.");
    if let [Some(parameter), Some(hint)] = named
        && parameter != hint
    {
        return Err(ErrorPage("client_id is not that of the hint."));
    }
    let named = named.into_iter().flatten().next();
    named.map(|id| clients.get(id).ok_or(unregistered)).transpose()
}

/// An expired ID token is accepted as a hint (RP-Initiated Logout §4).
async fn read_hint(shared: &Shared, params: &Params) -> Result<Option<Hint>, ErrorPage> {
    let Some(id_token) = params.get("id_token_hint") else {
        return Ok(None);
    };
    let not_issued = ErrorPage("id_token_hint is no ID token of this provider.");
    let keys = shared.keys.ring().await.map_err(|_| not_issued)?;
    let claims = keys.verify(id_token).ok_or(not_issued)?;
    let hint = serde_json::from_value(claims).map_err(|_| not_issued)?;
    Ok(Some(hint))
}

/// Exactly as registered (RP-Initiated Logout §3), and only if the request names the client.
fn read_redirect_url(params: &Params, client: Option<&Client>) -> Result<Option<Url>, ErrorPage> {
    let Some(uri) = params.get("post_logout_redirect_uri") else {
        return Ok(None);
    };
    let mut registered = client.into_iter().flat_map(|client| &client.post_logout_redirect_uris);
    let unregistered = ErrorPage("post_logout_redirect_uri is not one that is registered.");
    if !registered.any(|registered| registered == uri) {
        return Err(unregistered);
    }
    let mut url = Url::parse(uri).map_err(|_| unregistered)?;
    if let Some(state) = params.get("state") {
        url.query_pairs_mut().append_pair("state", state);
    }
    Ok(Some(url))
}
