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
use url::Url;

use crate::mock::provider::{
    params::Params,
    shared::Shared,
    state::{calls::PendingCall, user_name::UserName},
    ui::page::{ErrorPage, Page},
};

/// The claims of an `id_token_hint`.
#[derive(Deserialize)]
struct Hint {
    aud: String,
    sid: String,
    preferred_username: String,
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
    let client = &shared.client;
    let hint = read_hint(shared, params).await?;
    let client_id = params.get("client_id");
    let is_registered = |id: &str| id == client.client_id;
    if !client_id.is_none_or(is_registered) || !hint.as_ref().is_none_or(|hint| is_registered(&hint.aud)) {
        return Err(ErrorPage("client_id is not the one that is registered."));
    }
    let url = read_redirect_url(shared, params, client_id.is_some() || hint.is_some())?;
    if let Some(hint) = hint {
        if let Some(user) = UserName::parse(&hint.preferred_username) {
            call.set_user(&user);
        }
        shared.grants().end_session(&hint.sid);
    }
    Ok(url)
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
fn read_redirect_url(shared: &Shared, params: &Params, client_is_known: bool) -> Result<Option<Url>, ErrorPage> {
    let Some(uri) = params.get("post_logout_redirect_uri") else {
        return Ok(None);
    };
    let registered = &shared.client.post_logout_redirect_uris;
    let unregistered = ErrorPage("post_logout_redirect_uri is not one that is registered.");
    if !client_is_known || !registered.iter().any(|registered| registered == uri) {
        return Err(unregistered);
    }
    let mut url = Url::parse(uri).map_err(|_| unregistered)?;
    if let Some(state) = params.get("state") {
        url.query_pairs_mut().append_pair("state", state);
    }
    Ok(Some(url))
}
