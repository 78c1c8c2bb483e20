//! The UserInfo endpoint: `GET` and `POST /userinfo` (OpenID Connect Core §5.3).

use std::{sync::Arc, time::Instant};

use axum::{
    Extension, Json,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;

use crate::mock::provider::{endpoints::id_token::Profile, shared::Shared, state::calls::OpenCall};

#[derive(Serialize)]
struct UserInfo {
    sub: String,
    #[serde(flatten)]
    profile: Profile,
}

pub async fn userinfo(
    State(shared): State<Arc<Shared>>,
    Extension(call): Extension<Arc<OpenCall>>,
    headers: HeaderMap,
) -> Response {
    // RFC 6750 §3.1: without a token there is no error code.
    let Some(access_token) = bearer_token(&headers) else {
        call.outcome("unauthorized");
        return unauthorized("Bearer");
    };
    let user = shared.grants().user_of_access_token(access_token, Instant::now());
    let Some(user) = user else {
        call.outcome("invalid_token");
        return unauthorized(r#"Bearer error="invalid_token""#);
    };
    call.user(&user);
    let claims = Json(UserInfo { sub: shared.profile.subject(&user), profile: Profile::of(&user) });
    ([(header::CACHE_CONTROL, "no-store")], claims).into_response()
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
