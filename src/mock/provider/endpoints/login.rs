//! `POST /login`: the target of the login page's forms.

use std::sync::Arc;

use axum::{Extension, body::Bytes, extract::State, response::Response};

use super::authorize::{self, LoginChoice};
use crate::mock::provider::{
    params::Params,
    shared::Shared,
    state::{calls::PendingCall, user_name::UserName},
};

pub async fn login(
    State(shared): State<Arc<Shared>>,
    Extension(call): Extension<Arc<PendingCall>>,
    body: Bytes,
) -> Response {
    let form = Params::parse(&body);
    let typed = form.get("user").unwrap_or_default();
    let choice = match UserName::parse(&typed.trim().to_ascii_lowercase()) {
        _ if form.get("deny").is_some() => LoginChoice::Deny,
        Some(user) => LoginChoice::User(user),
        None => LoginChoice::InvalidName(typed.to_owned()),
    };
    let request = form.get("request").unwrap_or_default();
    authorize::respond(&shared, &call, request, Some(choice))
}
