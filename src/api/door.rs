//! A door is written once, for both its sides.
//!
//! On the server it is one of the framework's server functions, with what [`door!`] is given before its name in the
//! function's attribute. In the browser it is a [`call`]: the framework's own half takes any answer for anything and
//! parses the address of each call as if it could lead anywhere, and every visitor would download that
//! (docs/performance.md).

use dioxus::fullstack::{ClientRequest, FromResponse, RequestError, ServerFnError, http::Method};
use futures_util::future::LocalBoxFuture;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::transport::fetch::Reply;
use crate::wire::error::ApiError;

/// All but letters, digits and marks that mean nothing in a URL (RFC 3986 §2.3).
const NOT_UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// What stands before the name is what the framework's attribute takes: the path, and what the server takes from the
/// request. A question mark stands before what travels in the query, where it has its name from the path; the last
/// argument is [`Sent`].
macro_rules! door {
    (
        $(#[$attribute:meta])*
        $method:ident($path:tt $($taken:tt)*)
        pub async fn $name:ident(
            $(?$query:ident: Option<String>,)* $argument:ident: $sent:ty $(,)?
        ) -> Result<$answer:ty, ApiError> $body:block
    ) => {
        // The attribute looks for the framework's crates here.
        #[cfg(feature = "server")]
        #[allow(unused_imports)]
        use dioxus::prelude::*;

        #[cfg(feature = "server")]
        #[$method($path $($taken)*)]
        $(#[$attribute])*
        pub async fn $name($($query: Option<String>,)* $argument: $sent) -> Result<$answer, ApiError> $body

        #[cfg(not(feature = "server"))]
        pub async fn $name($($query: Option<String>,)* $argument: $sent) -> Result<$answer, ApiError> {
            let query: &[(&str, Option<String>)] = &[$((stringify!($query), $query)),*];
            let request = $crate::api::door::Request::new(stringify!($method), $path, query);
            $crate::api::door::call(request, $argument).await
        }
    };
}

pub(super) use door;

/// Where a call goes: to the page's own origin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    pub method: Method,
    pub path: String,
    /// The path, and behind it the query, if there is one.
    pub url: String,
}

/// The argument of a door, on its way out of the browser.
pub trait Sent {
    fn send(self, request: Request) -> LocalBoxFuture<'static, Result<Reply, RequestError>>;
}

/// Makes the call, and reads what comes back.
pub async fn call<T: FromResponse<Reply>>(request: Request, argument: impl Sent) -> Result<T, ApiError> {
    match argument.send(request).await {
        Ok(reply) => T::from_response(reply).await.map_err(ApiError::told),
        Err(error) => Err(ApiError::told(error.into())),
    }
}

impl Request {
    /// `door` is the path as the door has it, with the names of its query behind a question mark.
    pub fn new(method: &str, door: &str, query: &[(&str, Option<String>)]) -> Self {
        let path = door.split('?').next().unwrap_or_default().to_owned();
        let mut url = path.clone();
        for (name, value) in query {
            let Some(value) = value else { continue };
            let separator = if url.contains('?') { "&" } else { "?" };
            url.extend([separator, name, "="]);
            url.extend(utf8_percent_encode(value, NOT_UNRESERVED));
        }
        Self { method: if method == "get" { Method::GET } else { Method::POST }, path, url }
    }
}

/// As the framework would have it.
impl From<ClientRequest> for Request {
    fn from(request: ClientRequest) -> Self {
        let path = request.url.path().to_owned();
        let url = match request.url.query() {
            Some(query) => [&path, "?", query].concat(),
            None => path.clone(),
        };
        Self { method: request.method, path, url }
    }
}

impl ApiError {
    /// What the door answered, if it is one of ours; else what its status says.
    fn told(error: ServerFnError) -> Self {
        match error {
            ServerFnError::ServerError { details: Some(details), .. } => {
                serde_json::from_value(details).unwrap_or(Self::Unreachable)
            }
            error => error.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_for_stands_in_the_url_and_not_in_the_path() {
        let request = Request::new("get", "/api/conversations?search", &[("search", Some("a b&c=é/?#%+".into()))]);
        assert_eq!(request.path, "/api/conversations");
        assert_eq!(request.url, "/api/conversations?search=a%20b%26c%3D%C3%A9%2F%3F%23%25%2B");
        assert_eq!(request.method, Method::GET);
    }

    #[test]
    fn what_is_not_asked_for_is_not_there() {
        let query = [("id", None), ("format", Some("json".to_owned())), ("language", Some("fr".to_owned()))];
        let request = Request::new("post", "/api/export?id&format&language", &query);
        assert_eq!(request.url, "/api/export?format=json&language=fr");
        assert_eq!(request.method, Method::POST);
        assert_eq!(Request::new("get", "/api/chat", &[]).url, "/api/chat");
    }

    #[test]
    fn what_a_door_answers_is_the_error_that_was_meant_or_what_its_status_says() {
        let answered = |code, details| ServerFnError::ServerError { message: "m".into(), code, details };
        let ours = serde_json::to_value(ApiError::SessionEnded).unwrap();
        let no_answer = ServerFnError::Request(RequestError::Request("no network".into()));
        for (error, told) in [
            (answered(401, Some(ours)), ApiError::SessionEnded),
            (answered(401, Some(serde_json::json!({ "kind": "of another version" }))), ApiError::Unreachable),
            (answered(401, None), ApiError::Unauthenticated),
            (answered(502, None), ApiError::Unavailable),
            (ServerFnError::Deserialization("half of it".into()), ApiError::Unreachable),
            (no_answer, ApiError::Unreachable),
        ] {
            assert_eq!(ApiError::told(error), told);
        }
    }
}
