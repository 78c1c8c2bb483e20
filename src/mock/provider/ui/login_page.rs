//! The login page, where a person picks a user name.

use axum::{
    http::StatusCode,
    response::{IntoResponse, Response},
};
use url::Url;

use super::page::{Page, escape};
use crate::mock::provider::{endpoint::LOGIN_PATH, state::user_name::UserName};

pub struct LoginPage<'a> {
    /// The prefix of the endpoints' paths.
    pub path: &'a str,
    /// Each has a button.
    pub people: Vec<UserName>,
    pub client_id: &'a str,
    pub returns_to: &'a Url,
    /// The authorization request, which the forms send back.
    pub request: &'a str,
    /// The text in the field for another name.
    pub typed: &'a str,
    pub is_invalid_name: bool,
}

impl IntoResponse for LoginPage<'_> {
    fn into_response(self) -> Response {
        let status = match self.is_invalid_name {
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
        let people: String = self.people.iter().map(person_button).collect();
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
        let (invalid, hint) = match self.is_invalid_name {
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

/// Nothing in a user name needs escaping.
fn person_button(user: &UserName) -> String {
    let name = user.display_name();
    let initial = name.get(..1).unwrap_or_default();
    format!(
        "<button class=\"person\" name=\"user\" value=\"{user}\">\
         <span aria-hidden=\"true\">{initial}</span>Sign in as {name}</button>\n"
    )
}
