//! The UserInfo endpoint: `GET` and `POST /userinfo` (OpenID Connect Core §5.3).

use std::sync::Arc;

use axum::{
    Extension, Json,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;
use serde_json::{Map, Value};

use super::{id_token::UserClaims, overrides};
use crate::mock::provider::{shared::Shared, state::calls::PendingCall};

#[derive(Serialize)]
struct UserInfo {
    sub: String,
    #[serde(flatten)]
    user: UserClaims,
}

pub async fn userinfo(
    State(shared): State<Arc<Shared>>,
    Extension(call): Extension<Arc<PendingCall>>,
    headers: HeaderMap,
) -> Response {
    // RFC 6750 §3.1: no error code if the request has no token.
    let Some(access_token) = bearer_token(&headers) else {
        call.set_outcome("unauthorized");
        return unauthorized("Bearer");
    };
    let user = shared.grants().user_of_access_token(access_token, shared.now());
    let Some(user) = user else {
        call.set_outcome("invalid_token");
        return unauthorized(r#"Bearer error="invalid_token""#);
    };
    call.set_user(&user);
    let standard = UserInfo { sub: shared.profile.subject(&user), user: UserClaims::of(&user) };
    let mut claims = match serde_json::to_value(&standard) {
        Ok(Value::Object(claims)) => claims,
        _ => Map::new(),
    };
    overrides::apply(&mut claims, &shared.users().settings(&user).userinfo_overrides());
    ([(header::CACHE_CONTROL, "no-store")], Json(claims)).into_response()
}

fn bearer_token(headers: &HeaderMap) -> Option<&str> {
    let authorization = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = authorization.split_once(' ')?;
    scheme.eq_ignore_ascii_case("Bearer").then(|| token.trim())
}

fn unauthorized(challenge: &'static str) -> Response {
    let challenge = [(header::WWW_AUTHENTICATE, challenge)];
    (StatusCode::UNAUTHORIZED, challenge).into_response()
}
