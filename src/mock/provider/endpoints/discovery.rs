//! The provider's metadata and keys.

use std::sync::Arc;

use axum::{Json, extract::State, http::StatusCode};
use serde_json::{Map, Value, json};

use crate::mock::provider::{
    endpoint::Endpoint,
    shared::Shared,
    state::{client::ClientAuthentication, signing_algorithm::SigningAlgorithm},
};

/// `GET /.well-known/openid-configuration` (OpenID Connect Discovery §4).
pub async fn discovery(State(shared): State<Arc<Shared>>) -> Json<Value> {
    let client_auth: Vec<&str> = [
        (ClientAuthentication::Secret, &["client_secret_basic", "client_secret_post"][..]),
        (ClientAuthentication::Key, &["private_key_jwt"]),
        (ClientAuthentication::None, &["none"]),
    ]
    .into_iter()
    .filter(|(authentication, _)| shared.clients.some_use(*authentication))
    .flat_map(|(_, names)| names.iter().copied())
    .collect();
    let signing = shared.clients.signing_algorithms().into_iter().map(SigningAlgorithm::name);
    let signing: Vec<&str> = signing.collect();
    let mut metadata = Map::from_iter(
        [
            (Endpoint::Authorize, "authorization_endpoint"),
            (Endpoint::Token, "token_endpoint"),
            (Endpoint::Userinfo, "userinfo_endpoint"),
            (Endpoint::Jwks, "jwks_uri"),
            (Endpoint::Introspect, "introspection_endpoint"),
            (Endpoint::Revoke, "revocation_endpoint"),
            (Endpoint::EndSession, "end_session_endpoint"),
            (Endpoint::PushedAuthorization, "pushed_authorization_request_endpoint"),
        ]
        .into_iter()
        .filter(|(endpoint, _)| shared.profile.supports(*endpoint))
        .map(|(endpoint, member)| (member.to_owned(), shared.url(endpoint).into())),
    );
    let Value::Object(more) = (json!({
        "issuer": shared.issuer,
        "scopes_supported": ["openid", "profile", "email", "offline_access"],
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code", "refresh_token"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": signing,
        "token_endpoint_auth_methods_supported": client_auth,
        "introspection_endpoint_auth_methods_supported": client_auth,
        "revocation_endpoint_auth_methods_supported": client_auth,
        "code_challenge_methods_supported": ["S256"],
        "prompt_values_supported": ["none", "login", "consent", "select_account"],
        "claims_supported": [
            "iss", "sub", "aud", "exp", "iat", "auth_time", "acr", "nonce", "at_hash", "sid",
            "name", "preferred_username", "email", "email_verified",
        ],
        // RFC 9207 §3
        "authorization_response_iss_parameter_supported": true,
        "claims_parameter_supported": false,
        "request_parameter_supported": false,
        "request_uri_parameter_supported": false,
        // RFC 9126 §5
        "require_pushed_authorization_requests": shared.clients.iter().all(|client| client.pushes_requests),
    })) else {
        return Json(Value::Null);
    };
    metadata.extend(more);
    if shared.clients.some_use(ClientAuthentication::Key) {
        metadata.insert("token_endpoint_auth_signing_alg_values_supported".into(), json!(["ES256", "PS256", "EdDSA"]));
    }
    if shared.dpop().support.is_announced() {
        // RFC 9449 §5.1
        metadata.insert("dpop_signing_alg_values_supported".into(), json!(["ES256"]));
    }
    shared.profile.adapt_metadata(&mut metadata);
    Json(Value::Object(metadata))
}

/// `GET /jwks`
pub async fn jwks(State(shared): State<Arc<Shared>>) -> Result<Json<Value>, StatusCode> {
    match shared.keys.ring().await {
        Ok(keys) => {
            // RS256 is there in any case, as the algorithm of a key that a client may not accept.
            let mut algorithms = shared.clients.signing_algorithms();
            if !algorithms.contains(&SigningAlgorithm::Rs256) {
                algorithms.push(SigningAlgorithm::Rs256);
            }
            let mut keys = keys.jwks(&algorithms);
            shared.profile.adapt_jwks(&mut keys);
            Ok(Json(json!({ "keys": keys })))
        }
        Err(_) => Err(StatusCode::INTERNAL_SERVER_ERROR),
    }
}
