//! The fault board: `GET /__control/`, where a person switches on by hand what tests set through the control API.

use std::collections::BTreeSet;

use axum::{
    http::StatusCode,
    response::{IntoResponse, Response},
};

use super::{
    page::{Page, escape},
    switches::{GROUPS, Group, Switch},
};
use crate::mock::provider::{
    endpoint::Endpoint,
    state::{calls::Call, dpop::DpopSupport, settings::Settings, user_name::UserName},
};

/// What the board shows.
pub struct BoardPage<'a> {
    /// Of the issuer: the prefix of the board's own path.
    pub path: &'a str,
    pub user: &'a UserName,
    /// All users that have a link.
    pub users: BTreeSet<UserName>,
    pub settings: Settings,
    pub outage: BTreeSet<Endpoint>,
    pub dpop: DpopSupport,
    /// The calls of the user, oldest first.
    pub calls: Vec<Call>,
    /// Why the last button had no effect.
    pub problem: Option<&'a str>,
}

pub const BOARD_PATH: &str = "/__control/";

const CALLS_SHOWN: usize = 12;

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

impl IntoResponse for BoardPage<'_> {
    fn into_response(self) -> Response {
        let problem =
            self.problem.map(|problem| format!("<p class=\"error\" role=\"alert\">{}</p>\n", escape(problem)));
        let body = [
            "<p class=\"lead board\">The fault board: what is switched on here goes wrong until it is switched off.</p>\n"
                .into(),
            problem.unwrap_or_default(),
            users(self.path, self.user, &self.users),
            format!(
                "<form method=\"post\" action=\"{}{BOARD_PATH}board\">\n\
                 <input type=\"hidden\" name=\"user\" value=\"{}\">\n",
                self.path, self.user
            ),
            switches(&self.settings),
            ACTIONS.into(),
            raw_settings(&self.settings),
            outages(&self.outage),
            dpop(self.dpop),
            "</form>\n".into(),
            calls(&self.calls),
        ];
        let status = if self.problem.is_some() { StatusCode::BAD_REQUEST } else { StatusCode::OK };
        Page { status, title: "Fault board", body: body.concat() }.into_response()
    }
}

fn users(path: &str, user: &UserName, users: &BTreeSet<UserName>) -> String {
    let link = |name: &UserName| {
        let current = if name == user { " aria-current=\"page\"" } else { "" };
        format!("<a href=\"{path}{BOARD_PATH}?user={name}\"{current}>{name}</a>\n")
    };
    let links: String = users.iter().map(link).collect();
    format!(
        r#"<nav aria-label="Users">
{links}</nav>
<form action="{path}{BOARD_PATH}"><label for="user">Another user</label>
<div class="row"><input id="user" name="user" maxlength="64" required autocapitalize="none" spellcheck="false"><button>Show</button></div>
</form>
<h2>{user}</h2>
"#
    )
}

fn switches(settings: &Settings) -> String {
    let button = |switch: &Switch| toggle("switch", switch.title, switch.title, switch.is_on(settings));
    let group = |group: &Group| {
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

fn dpop(support: DpopSupport) -> String {
    let title = |support| match support {
        DpopSupport::None => "Not supported",
        DpopSupport::Ignored => "Announced, and ignored",
        DpopSupport::Bound => "Tokens are bound",
        DpopSupport::Nonce => "Tokens are bound, and proofs need a nonce",
    };
    let button = |(name, named)| toggle("dpop", name, title(named), named == support);
    let buttons: String = DpopSupport::ALL.into_iter().map(button).collect();
    format!("<fieldset class=\"switches\"><legend>For everyone: DPoP (RFC 9449)</legend>\n{buttons}</fieldset>\n")
}

fn toggle(name: &str, value: &str, title: &str, is_on: bool) -> String {
    format!("<button name=\"{name}\" value=\"{value}\" aria-pressed=\"{is_on}\">{title}</button>\n")
}

fn raw_settings(settings: &Settings) -> String {
    let json = serde_json::to_string_pretty(settings).unwrap_or_default();
    format!(
        "<details><summary>All settings</summary>\n<label for=\"settings\">As JSON</label>\n\
         <textarea id=\"settings\" name=\"settings\" rows=\"18\" spellcheck=\"false\">{}</textarea>\n\
         <button name=\"action\" value=\"save\">Save</button></details>\n",
        escape(&json)
    )
}

fn calls(calls: &[Call]) -> String {
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
