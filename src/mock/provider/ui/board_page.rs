//! The fault board: `GET /__control/`, where people switch on by hand what tests switch on by HTTP.

use std::{collections::BTreeSet, sync::Arc, time::Instant};

use axum::{
    Router,
    body::Bytes,
    extract::{RawQuery, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Redirect, Response},
    routing::{get, post},
};
use serde_json::{Map, Value};

use crate::mock::provider::{
    endpoint::Endpoint,
    endpoints::backchannel,
    params::Params,
    shared::Shared,
    state::users::{Settings, UserName},
    ui::{
        page::{Page, escape},
        switches::{self, GROUPS},
    },
};

/// Where the board is.
pub const BOARD_PATH: &str = "/__control/";

/// The users of the login page; others are listed once they have settings.
const PEOPLE: [&str; 3] = ["alice", "bob", "carol"];
const CALLS_SHOWN: usize = 12;

/// Below `/__control`.
pub fn router() -> Router<Arc<Shared>> {
    Router::new().route("/", get(Redirect::permanent(BOARD_PATH))).route("/board", post(change))
}

pub async fn show(State(shared): State<Arc<Shared>>, RawQuery(query): RawQuery) -> Response {
    let params = Params::parse(query.unwrap_or_default().as_bytes());
    match user_of(&params) {
        Some(user) => page(&shared, &user, None),
        None => page(&shared, &people()[0], Some("That is no user name.")),
    }
}

/// One button was pressed.
async fn change(State(shared): State<Arc<Shared>>, headers: HeaderMap, body: Bytes) -> Response {
    // A form of another site may not do what the board does.
    if headers.get("sec-fetch-site").is_some_and(|site| site != "same-origin") {
        return StatusCode::FORBIDDEN.into_response();
    }
    let form = Params::parse(&body);
    let Some(user) = user_of(&form) else { return page(&shared, &people()[0], Some("That is no user name.")) };
    if let Some(order) = form.get("logout") {
        return match log_out(&shared, &user, order).await {
            Ok(()) => Redirect::to(&format!("{BOARD_PATH}?user={user}")).into_response(),
            Err(problem) => page(&shared, &user, Some(&problem)),
        };
    }
    match press(&shared, &user, &form) {
        Ok(()) => Redirect::to(&format!("{BOARD_PATH}?user={user}")).into_response(),
        Err(problem) => page(&shared, &user, Some(&problem)),
    }
}

async fn log_out(shared: &Shared, user: &UserName, order: &str) -> Result<(), String> {
    let order = serde_json::from_str(order).map_err(|_| "There is no such logout.")?;
    let sent = backchannel::log_out(shared, user, order).await.map_err(|error| error.to_string())?;
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
        return change(switch.turned(&settings));
    }
    if let Some(name) = form.get("outage") {
        let endpoint = Endpoint::named(name).ok_or("There is no such endpoint.")?;
        let mut outage = shared.outage();
        if !outage.remove(&endpoint) {
            outage.insert(endpoint);
        }
        return Ok(());
    }
    match form.get("action") {
        Some("end everything") => shared.grants().revoke_user(user),
        Some("steal") => {
            let replayed = shared.grants().replay_superseded(user, Instant::now());
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
    let settings = shared.users().settings(user);
    let outage = shared.outage().clone();
    let body = [
        "<p class=\"lead board\">The fault board: what is switched on here goes wrong until it is switched off.</p>\n"
            .into(),
        problem
            .map(|problem| format!("<p class=\"error\" role=\"alert\">{}</p>\n", escape(problem)))
            .unwrap_or_default(),
        whom(shared, user),
        format!(
            "<form method=\"post\" action=\"/__control/board\">\n<input type=\"hidden\" name=\"user\" value=\"{user}\">\n"
        ),
        switches(&settings),
        ACTIONS.into(),
        raw(&settings),
        outages(&outage),
        "</form>\n".into(),
        calls(shared, user),
    ];
    let status = if problem.is_some() { StatusCode::BAD_REQUEST } else { StatusCode::OK };
    Page { status, title: "Fault board", body: body.concat() }.into_response()
}

const ACTIONS: &str = r#"<fieldset class="switches"><legend>At once</legend>
<button name="action" value="end everything">Sign out elsewhere: end all grants</button>
<button name="action" value="steal">A thief uses an old refresh token</button>
<button name="action" value="reset">Switch all of this off</button>
</fieldset>
<fieldset class="switches"><legend>End the sessions here, and tell the app (back-channel logout)</legend>
<button name="logout" value='{"by":"sid"}'>Each by its sid</button>
<button name="logout" value='{"by":"sub"}'>All by the sub</button>
<button name="logout" value='{"by":"sub","fault":"wrong_aud"}'>Wrong aud in the logout token</button>
<button name="logout" value='{"by":"sub","fault":"wrong_iss"}'>Wrong iss in the logout token</button>
<button name="logout" value='{"by":"sub","fault":"nonce"}'>With a nonce</button>
<button name="logout" value='{"by":"sub","fault":"no_events"}'>Without events</button>
<button name="logout" value='{"by":"sub","fault":"no_jti"}'>Without jti</button>
<button name="logout" value='{"by":"sub","fault":"no_typ"}'>Without typ</button>
<button name="logout" value='{"by":"sub","fault":"expired"}'>An expired logout token</button>
<button name="logout" value='{"by":"sub","fault":"bad_signature"}'>Signed with another key</button>
<button name="logout" value='{"by":"sub","fault":"alg_none"}'>Not signed: alg none</button>
<button name="logout" value='{"by":"sub","fault":"replayed"}'>The same logout token twice</button>
</fieldset>
"#;

fn whom(shared: &Shared, user: &UserName) -> String {
    let names: BTreeSet<UserName> = people().into_iter().chain(shared.users().names().cloned()).collect();
    let link = |name: UserName| {
        let current = if name == *user { " aria-current=\"page\"" } else { "" };
        format!("<a href=\"{BOARD_PATH}?user={name}\"{current}>{name}</a>\n")
    };
    let links: String = names.into_iter().map(link).collect();
    format!(
        r#"<nav aria-label="Users">
{links}</nav>
<form action="{BOARD_PATH}"><label for="user">Another user</label>
<div class="row"><input id="user" name="user" maxlength="64" required autocapitalize="none" spellcheck="false"><button>Show</button></div>
</form>
<h2>{user}</h2>
"#
    )
}

fn switches(settings: &Settings) -> String {
    let button = |switch: &switches::Switch| toggle("switch", switch.title, switch.title, switch.is_on(settings));
    let group = |group: &switches::Group| {
        let buttons: String = group.switches.iter().map(button).collect();
        format!("<fieldset class=\"switches\"><legend>{}</legend>\n{buttons}</fieldset>\n", group.title)
    };
    GROUPS.iter().map(group).collect()
}

fn outages(outage: &BTreeSet<Endpoint>) -> String {
    let button = |endpoint: Endpoint| toggle("outage", endpoint.name(), endpoint.path(), outage.contains(&endpoint));
    let buttons: String = Endpoint::ALL.into_iter().map(button).collect();
    format!(
        "<fieldset class=\"switches\"><legend>For everyone: endpoints that answer 503</legend>\n{buttons}</fieldset>\n"
    )
}

fn toggle(name: &str, value: &str, title: &str, is_on: bool) -> String {
    format!("<button name=\"{name}\" value=\"{value}\" aria-pressed=\"{is_on}\">{title}</button>\n")
}

fn raw(settings: &Settings) -> String {
    let json = serde_json::to_string_pretty(settings).unwrap_or_default();
    format!(
        "<details><summary>All settings</summary>\n<label for=\"settings\">As JSON</label>\n\
         <textarea id=\"settings\" name=\"settings\" rows=\"18\" spellcheck=\"false\">{}</textarea>\n\
         <button name=\"action\" value=\"save\">Save</button></details>\n",
        escape(&json)
    )
}

fn calls(shared: &Shared, user: &UserName) -> String {
    let calls = shared.calls.list(Some(user));
    let row = |call| {
        let call = serde_json::to_value(call).unwrap_or_default();
        let cell = |name: &str| format!("<td>{}</td>", escape(call[name].as_str().unwrap_or_default()));
        format!("<tr>{}</tr>\n", ["endpoint", "grant_type", "outcome"].map(cell).concat())
    };
    let rows: String = calls.iter().rev().take(CALLS_SHOWN).map(row).collect();
    format!(
        "<table><caption>Last calls, newest first</caption>\n\
         <tr><th scope=\"col\">Endpoint</th><th scope=\"col\">Grant type</th><th scope=\"col\">Outcome</th></tr>\n\
         {rows}</table>\n"
    )
}

/// The user asked for, or the first; `None` for what is no name.
fn user_of(params: &Params) -> Option<UserName> {
    match params.get("user") {
        Some(name) => UserName::parse(&name.trim().to_ascii_lowercase()),
        None => people().into_iter().next(),
    }
}

fn people() -> Vec<UserName> {
    PEOPLE.into_iter().filter_map(UserName::parse).collect()
}
