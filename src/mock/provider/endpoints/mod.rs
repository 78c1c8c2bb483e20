//! The endpoints of OAuth and OpenID Connect.
//!
//! | file | holds |
//! |---|---|
//! | `authorize`, `login`, `pushed` | the authorization request, and the form that answers it |
//! | `token`, `token_error` | the token endpoint |
//! | `id_token`, `access_token`, `overrides` | the tokens it issues |
//! | `client_auth`, `private_key_jwt` | how the client authenticates |
//! | `dpop` | the proofs of the key that access tokens are bound to |
//! | `userinfo`, `introspect`, `revoke`, `end_session`, `discovery` | the other endpoints |
//! | `backchannel` | the logout tokens that the provider sends |
//! | `fault_responses` | the responses that faults put in place of the normal ones |
//! | `record_calls` | the middleware that logs the calls |

mod access_token;
mod authorize;
pub mod backchannel;
mod client_auth;
mod discovery;
mod dpop;
mod end_session;
mod fault_responses;
mod id_token;
mod introspect;
mod login;
mod overrides;
mod private_key_jwt;
mod pushed;
mod record_calls;
mod revoke;
mod token;
pub mod token_error;
mod userinfo;

use std::sync::Arc;

use axum::{
    Router, middleware,
    routing::{get, post},
};

use super::{
    endpoint::{Endpoint, LOGIN_PATH},
    shared::Shared,
    ui::page,
};

/// Below the path of the issuer.
pub fn router(shared: &Arc<Shared>) -> Router<Arc<Shared>> {
    let authorize = get(authorize::by_get).post(authorize::by_post);
    let userinfo = get(userinfo::userinfo).post(userinfo::userinfo);
    let end_session = get(end_session::by_get).post(end_session::by_post);
    Router::new()
        .route(Endpoint::Discovery.path(), get(discovery::discovery))
        .route(Endpoint::Jwks.path(), get(discovery::jwks))
        .route(Endpoint::Authorize.path(), authorize)
        .route(LOGIN_PATH, post(login::login))
        .route(Endpoint::Token.path(), post(token::token))
        .route(Endpoint::Userinfo.path(), userinfo)
        .route(Endpoint::Introspect.path(), post(introspect::introspect))
        .route(Endpoint::Revoke.path(), post(revoke::revoke))
        .route(Endpoint::EndSession.path(), end_session)
        .route(Endpoint::PushedAuthorization.path(), post(pushed::push))
        .fallback(page::not_found)
        .layer(middleware::from_fn_with_state(shared.clone(), dpop::add_nonce))
        .layer(middleware::from_fn_with_state(shared.clone(), record_calls::record_calls))
}
