//! The UserInfo endpoint: `GET` and `POST /userinfo` (OpenID Connect Core §5.3).

use std::sync::Arc;

use axum::{
    Extension, Json,
    extract::State,
    http::{HeaderMap, Method, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;
use serde_json::{Map, Value};

use super::{dpop, id_token::UserClaims, overrides};
use crate::mock::provider::{endpoint::Endpoint, shared::Shared, state::calls::PendingCall};

#[derive(Serialize)]
struct UserInfo {
    sub: String,
    #[serde(flatten)]
    user: UserClaims,
}

pub async fn userinfo(
    State(shared): State<Arc<Shared>>,
    Extension(call): Extension<Arc<PendingCall>>,
    method: Method,
    headers: HeaderMap,
) -> Response {
    // RFC 6750 §3.1: no error code if the request has no token.
    let Some((scheme, access_token)) = credentials(&headers) else {
        call.set_outcome("unauthorized");
        return unauthorized("Bearer".into());
    };
    let active = shared.grants().active_token(access_token, shared.now());
    // RFC 9449 §7.1: a bound token is good with a proof only.
    let Some(token) = active.filter(|token| scheme.eq_ignore_ascii_case(token.token_type())) else {
        call.set_outcome("invalid_token");
        return unauthorized(format!(r#"{scheme} error="invalid_token""#));
    };
    let user = token.sign_in.user;
    call.set_user(&user);
    if let Some(bound_to) = &token.dpop_jkt {
        let proven = dpop::verify(&shared, &headers, method.as_str(), Endpoint::Userinfo, Some(access_token));
        let refusal = match proven {
            Ok(key) if key.as_ref() == Some(bound_to) => None,
            Ok(_) => Some("invalid_dpop_proof"),
            Err(error) => Some(error.code()),
        };
        if let Some(code) = refusal {
            call.set_outcome(code);
            return unauthorized(format!(r#"DPoP error="{code}", algs="ES256""#));
        }
    }
    let standard = UserInfo { sub: shared.profile.subject(&user), user: UserClaims::of(&user) };
    let mut claims = match serde_json::to_value(&standard) {
        Ok(Value::Object(claims)) => claims,
        _ => Map::new(),
    };
    overrides::apply(&mut claims, &shared.users().settings(&user).userinfo_overrides());
    ([(header::CACHE_CONTROL, "no-store")], Json(claims)).into_response()
}

/// The scheme and the access token.
fn credentials(headers: &HeaderMap) -> Option<(&str, &str)> {
    let authorization = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = authorization.split_once(' ')?;
    let is_known = ["Bearer", "DPoP"].iter().any(|known| scheme.eq_ignore_ascii_case(known));
    is_known.then(|| (scheme, token.trim()))
}

fn unauthorized(challenge: String) -> Response {
    let challenge = [(header::WWW_AUTHENTICATE, challenge)];
    (StatusCode::UNAUTHORIZED, challenge).into_response()
}
