//! Where authorization responses go, and how they are sent.

use std::borrow::Cow;

use axum::response::{IntoResponse, Redirect, Response};
use url::Url;

use crate::mock::provider::{
    params::Params,
    shared::Shared,
    state::{client::Clients, response_fault::ResponseFault},
    ui::page::ErrorPage,
};

/// Without it, an error is shown as a page and never redirected (RFC 6749 §4.1.2.1).
pub struct RedirectTarget {
    pub client_id: String,
    /// As the client wrote it: its token request must have the same text.
    pub redirect_uri: String,
    pub url: Url,
    state: Option<String>,
}

impl RedirectTarget {
    pub fn read(params: &Params, clients: &Clients) -> Result<RedirectTarget, ErrorPage> {
        let client = params.get("client_id").and_then(|id| clients.get(id));
        let client = client.ok_or(ErrorPage("client_id is not one that is registered."))?;
        let is_ambiguous = matches!(params.repeated(), Some("client_id" | "redirect_uri"));
        let redirect_uri = params.get("redirect_uri").filter(|uri| {
            // RFC 9700 §4.1.3: exactly as registered.
            !is_ambiguous && client.redirect_uris.iter().any(|registered| registered == uri)
        });
        let unregistered = ErrorPage("redirect_uri is not one that is registered.");
        let redirect_uri = redirect_uri.ok_or(unregistered)?;
        Ok(RedirectTarget {
            client_id: client.client_id.clone(),
            redirect_uri: redirect_uri.to_owned(),
            url: Url::parse(redirect_uri).map_err(|_| unregistered)?,
            state: params.get("state").map(str::to_owned),
        })
    }

    /// RFC 6749 §4.1.2; `iss` is RFC 9207 §2. The status is 303, so that the browser doesn't repeat a POST
    /// (RFC 9700 §4.12).
    pub fn redirect(mut self, shared: &Shared, params: &[(&str, &str)], fault: Option<ResponseFault>) -> Response {
        let mut response: Vec<(&str, Cow<str>)> = params.iter().map(|(name, value)| (*name, (*value).into())).collect();
        response.extend(self.state.map(|state| ("state", state.into())));
        if shared.profile.sends_iss() {
            response.push(("iss", shared.issuer.as_str().into()));
        }
        if let Some(fault) = fault {
            response = fault.apply(response);
        }
        self.url.query_pairs_mut().extend_pairs(response);
        Redirect::to(self.url.as_str()).into_response()
    }
}
