//! The login page: whoever comes picks a name. `POST /login` is where its forms go.

use std::sync::Arc;

use axum::{
    Extension,
    body::Bytes,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use url::Url;

use crate::mock::provider::{
    endpoint::LOGIN_PATH,
    endpoints::authorize::{self, Choice},
    params::Params,
    shared::Shared,
    state::{calls::OpenCall, users::UserName},
    ui::page::{Page, escape},
};

pub struct LoginPage<'a> {
    /// Of all endpoints.
    pub path: &'a str,
    pub client_id: &'a str,
    pub returns_to: &'a Url,
    /// The authorization request, which the forms bring back.
    pub request: &'a str,
    /// What stands in the field for another name.
    pub typed: &'a str,
    pub is_misspelt: bool,
}

/// A button each.
const PEOPLE: [(&str, &str); 3] = [("alice", "Alice"), ("bob", "Bob"), ("carol", "Carol")];

pub async fn login(
    State(shared): State<Arc<Shared>>,
    Extension(call): Extension<Arc<OpenCall>>,
    body: Bytes,
) -> Response {
    let form = Params::parse(&body);
    let typed = form.get("user").unwrap_or_default();
    let choice = match UserName::parse(&typed.trim().to_ascii_lowercase()) {
        _ if form.get("deny").is_some() => Choice::Deny,
        Some(user) => Choice::User(user),
        None => Choice::Misspelt(typed.to_owned()),
    };
    let request = form.get("request").unwrap_or_default();
    authorize::answer(&shared, &call, request, Some(choice))
}

impl IntoResponse for LoginPage<'_> {
    fn into_response(self) -> Response {
        let status = match self.is_misspelt {
            true => StatusCode::BAD_REQUEST,
            false => StatusCode::OK,
        };
        Page { status, title: "Sign in", body: self.body() }.into_response()
    }
}

impl LoginPage<'_> {
    fn body(&self) -> String {
        let client_id = escape(self.client_id);
        let returns_to = escape(&self.returns_to.origin().ascii_serialization());
        let open_form = format!(
            "<form method=\"post\" action=\"{}{LOGIN_PATH}\">\n\
             <input type=\"hidden\" name=\"request\" value=\"{}\">",
            self.path,
            escape(self.request)
        );
        let people = PEOPLE.map(person_button).concat();
        let another_user = self.another_user();
        format!(
            r#"<p class="lead">A stand-in for development: no password, everybody is let in.</p>
<p>Who wants to sign in to <strong>{client_id}</strong> at {returns_to}?</p>
{open_form}
{people}</form>
{open_form}
{another_user}</form>
{open_form}
<button class="quiet" name="deny" value="yes">Deny</button>
</form>"#
        )
    }

    fn another_user(&self) -> String {
        let typed = escape(self.typed);
        let hint = "1 to 64 of a–z, 0–9, dot, dash and underscore.";
        let (invalid, hint) = match self.is_misspelt {
            false => ("", format!("<p class=\"hint\" id=\"hint\">{hint}</p>")),
            true => (
                "aria-invalid=\"true\" autofocus",
                format!("<p class=\"error\" id=\"hint\" role=\"alert\">That is no user name. {hint}</p>"),
            ),
        };
        format!(
            r#"<label for="user">Another user</label>
<div class="row">
<input id="user" name="user" value="{typed}" maxlength="64" required {invalid}
 autocomplete="username" autocapitalize="none" spellcheck="false" aria-describedby="hint">
<button>Continue</button>
</div>
{hint}
"#
        )
    }
}

fn person_button((user, name): (&str, &str)) -> String {
    let initial = name.get(..1).unwrap_or_default();
    format!(
        "<button class=\"person\" name=\"user\" value=\"{user}\">\
         <span aria-hidden=\"true\">{initial}</span>Sign in as {name}</button>\n"
    )
}
