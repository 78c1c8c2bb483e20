//! Client authentication, as all endpoints with a back channel require it (RFC 6749 §2.3).

use axum::http::{HeaderMap, header};
use base64::{Engine, prelude::BASE64_STANDARD};
use subtle::ConstantTimeEq;

use super::{private_key_jwt, token_error::TokenError};
use crate::mock::provider::{
    params::Params,
    shared::Shared,
    state::client::{Client, ClientAuthentication, Clients},
};

/// Checks the form of the request, and returns the registered client that it comes from.
pub fn authenticate<'a>(shared: &'a Shared, headers: &HeaderMap, params: &Params) -> Result<&'a Client, TokenError> {
    let content_type = headers.get(header::CONTENT_TYPE);
    let content_type = content_type.map_or(&b""[..], |value| value.as_bytes());
    if !content_type.starts_with(b"application/x-www-form-urlencoded") {
        let message = "the body must be application/x-www-form-urlencoded";
        return Err(TokenError::InvalidRequest(message.into()));
    }
    if let Some(name) = params.repeated() {
        let message = format!("{name} came more than once");
        return Err(TokenError::InvalidRequest(message));
    }
    match params.get("client_assertion") {
        None => check_secret(&shared.clients, headers, params),
        Some(_) if headers.contains_key(header::AUTHORIZATION) || params.get("client_secret").is_some() => {
            Err(two_methods())
        }
        Some(_) => private_key_jwt::verify(shared, params),
    }
}

/// The client ID and secret of `client_secret_basic`.
pub fn basic_credentials(authorization: &[u8]) -> Option<(String, String)> {
    let authorization = std::str::from_utf8(authorization).ok()?;
    let (scheme, credentials) = authorization.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("Basic") {
        return None;
    }
    let credentials = BASE64_STANDARD.decode(credentials.trim()).ok()?;
    let credentials = String::from_utf8(credentials).ok()?;
    let (id, secret) = credentials.split_once(':')?;
    Some((form_decode(id), form_decode(secret)))
}

/// `client_secret_basic` and `client_secret_post` (RFC 6749 §2.3.1); or a public client's ID (§3.2.1).
fn check_secret<'a>(clients: &'a Clients, headers: &HeaderMap, params: &Params) -> Result<&'a Client, TokenError> {
    let basic = headers.get(header::AUTHORIZATION);
    let posted_id = params.get("client_id");
    let (id, secret) = match (basic, params.get("client_secret")) {
        (Some(_), Some(_)) => return Err(two_methods()),
        (None, posted_secret) => (posted_id.map(str::to_owned), posted_secret.map(str::to_owned)),
        (Some(header), None) => basic_credentials(header.as_bytes()).unzip(),
    };
    let client = id.and_then(|id| clients.get(&id)).ok_or(TokenError::InvalidClient)?;
    let is_secret = |secret: String| bool::from(secret.as_bytes().ct_eq(client.client_secret.as_bytes()));
    let is_authentic = match client.authentication() {
        ClientAuthentication::Secret => secret.is_some_and(is_secret),
        // Some libraries send an empty secret.
        ClientAuthentication::None => secret.is_none_or(|secret| secret.is_empty()),
        ClientAuthentication::Key => false,
    };
    match is_authentic && posted_id.is_none_or(|id| id == client.client_id) {
        true => Ok(client),
        false => Err(TokenError::InvalidClient),
    }
}

/// RFC 6749 §2.3: one method for each request.
fn two_methods() -> TokenError {
    TokenError::InvalidRequest("two methods of client authentication".into())
}

/// ID and secret are form-encoded before they are joined (RFC 6749 §2.3.1).
fn form_decode(text: &str) -> String {
    let pair = format!("value={}", text.replace('&', "%26"));
    let value = form_urlencoded::parse(pair.as_bytes()).next();
    value.map_or_else(String::new, |(_, value)| value.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clients() -> Clients {
        Clients::new(vec![
            Client { client_id: "the app:1".into(), client_secret: "s%cr+t=&é".into(), ..Client::default() },
            Client { client_id: "public".into(), ..Client::default() },
        ])
    }

    /// The ID of the client that is authenticated.
    fn authenticated(headers: &HeaderMap, params: &Params) -> Result<String, TokenError> {
        check_secret(&clients(), headers, params).map(|client| client.client_id.clone())
    }

    fn basic(credentials: &str) -> HeaderMap {
        let value = format!("basic {}", BASE64_STANDARD.encode(credentials));
        HeaderMap::from_iter([(header::AUTHORIZATION, value.parse().unwrap())])
    }

    #[test]
    fn basic_credentials_are_form_decoded() {
        let nothing = Params::parse(b"");
        let encoded = basic("the+app%3A1:s%25cr%2Bt%3D%26%C3%A9");
        assert_eq!(authenticated(&encoded, &nothing).as_deref(), Ok("the app:1"));
        let raw = basic("the app:1:s%cr+t=&é");
        assert_eq!(authenticated(&raw, &nothing), Err(TokenError::InvalidClient));
    }

    #[test]
    fn one_method_per_request() {
        let both = Params::parse(b"client_id=the+app%3A1&client_secret=s%25cr%2Bt%3D%26%C3%A9");
        assert_eq!(authenticated(&HeaderMap::new(), &both).as_deref(), Ok("the app:1"));
        assert_eq!(authenticated(&basic("a:b"), &both), Err(two_methods()));
    }

    #[test]
    fn a_public_client_has_no_secret_and_another_needs_its_own() {
        let posted = |form: &str| authenticated(&HeaderMap::new(), &Params::parse(form.as_bytes()));
        assert_eq!(posted("client_id=public").as_deref(), Ok("public"));
        for form in ["client_id=public&client_secret=guess", "client_id=the+app%3A1", "client_id=unknown", ""] {
            assert_eq!(posted(form), Err(TokenError::InvalidClient), "{form}");
        }
    }
}
