//! The buttons of the fault board.

use std::sync::Arc;

use axum::{
    body::Bytes,
    extract::{RawQuery, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Redirect, Response},
};
use serde_json::{Map, Value};

use crate::mock::provider::{
    endpoint::Endpoint,
    endpoints::backchannel,
    params::Params,
    shared::Shared,
    state::{
        dpop::{Dpop, DpopSupport},
        user_name::UserName,
    },
    ui::{
        board_page::{BOARD_PATH, BoardPage},
        switches,
    },
};

/// From the path without a slash at its end.
pub async fn redirect(State(shared): State<Arc<Shared>>) -> Redirect {
    Redirect::permanent(&format!("{}{BOARD_PATH}", shared.path))
}

pub async fn show(State(shared): State<Arc<Shared>>, RawQuery(query): RawQuery) -> Response {
    let params = Params::parse(query.unwrap_or_default().as_bytes());
    match requested_user(&shared, &params) {
        Some(user) => page(&shared, &user, None),
        None => no_user(&shared),
    }
}

/// The form of the board: one button was pressed.
pub async fn change(State(shared): State<Arc<Shared>>, headers: HeaderMap, body: Bytes) -> Response {
    // Forms of other sites are refused.
    if headers.get("sec-fetch-site").is_some_and(|site| site != "same-origin") {
        return StatusCode::FORBIDDEN.into_response();
    }
    let form = Params::parse(&body);
    let Some(user) = requested_user(&shared, &form) else { return no_user(&shared) };
    let outcome = match form.get("logout") {
        Some(options) => log_out(&shared, &user, options).await,
        None => press(&shared, &user, &form),
    };
    match outcome {
        Ok(()) => Redirect::to(&format!("{}{BOARD_PATH}?user={user}", shared.path)).into_response(),
        Err(problem) => page(&shared, &user, Some(&problem)),
    }
}

async fn log_out(shared: &Shared, user: &UserName, options: &str) -> Result<(), String> {
    let options = serde_json::from_str(options).map_err(|_| "There is no such logout.")?;
    let sent = backchannel::log_out(shared, user, options).await.map_err(|error| error.to_string())?;
    let refused: Vec<u16> = sent.into_iter().flat_map(|sent| sent.statuses).filter(|status| *status != 200).collect();
    match refused.as_slice() {
        [] => Ok(()),
        refused => Err(format!("The app answered {refused:?}.")),
    }
}

fn press(shared: &Shared, user: &UserName, form: &Params) -> Result<(), String> {
    let change = |changes: Map<String, Value>| {
        let changed = shared.users().change(user, changes);
        changed.map(drop).map_err(|error| format!("{}: {}", error.field, error.message))
    };
    if let Some(title) = form.get("switch") {
        let switch = switches::find(title).ok_or("There is no such switch.")?;
        let settings = shared.users().settings(user);
        return change(switch.toggled(&settings));
    }
    if let Some(name) = form.get("outage") {
        let endpoint = Endpoint::named(name).ok_or("There is no such endpoint.")?;
        let mut outage = shared.outage();
        if !outage.remove(&endpoint) {
            outage.insert(endpoint);
        }
        return Ok(());
    }
    if let Some(name) = form.get("dpop") {
        let support = DpopSupport::named(name).ok_or("There is no such support of DPoP.")?;
        *shared.dpop() = Dpop::of(support);
        return Ok(());
    }
    match form.get("action") {
        Some("end everything") => shared.grants().revoke_user(user),
        Some("steal") => {
            let replayed = shared.grants().replay_superseded(user, shared.now());
            replayed.ok_or("No refresh token of this user was superseded yet: let one refresh happen first.")?;
        }
        Some("reset") => shared.users().reset(user),
        Some("save") => {
            let settings = form.get("settings").unwrap_or_default();
            return change(serde_json::from_str(settings).map_err(|error| format!("That is no JSON object: {error}"))?);
        }
        _ => return Err("No button was pressed.".into()),
    }
    Ok(())
}

fn page(shared: &Shared, user: &UserName, problem: Option<&str>) -> Response {
    let users = shared.users().all().keys().cloned().collect();
    BoardPage {
        path: &shared.path,
        user,
        users,
        settings: shared.users().settings(user),
        outage: shared.outage().clone(),
        dpop: shared.dpop().support,
        calls: shared.calls.list(Some(user)),
        problem,
    }
    .into_response()
}

fn no_user(shared: &Shared) -> Response {
    match first_user(shared) {
        Some(user) => page(shared, &user, Some("That is no user name.")),
        None => (StatusCode::BAD_REQUEST, "That is no user name.\n").into_response(),
    }
}

/// The user in the parameters, by default the first; `None` if it is no user name.
fn requested_user(shared: &Shared, params: &Params) -> Option<UserName> {
    match params.get("user") {
        Some(name) => UserName::parse(&name.trim().to_ascii_lowercase()),
        None => first_user(shared),
    }
}

/// Of the people at the start, or else Alice.
fn first_user(shared: &Shared) -> Option<UserName> {
    shared.users().people().next().cloned().or_else(|| UserName::parse("alice"))
}
