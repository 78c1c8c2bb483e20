//! One audit event with all that is known about it.

use std::net::IpAddr;

use serde_json::{Map, Value};

use super::{Event, SCHEMA_VERSION, subject::Fields};

/// An event before it is written in a format.
pub(super) struct Entry<'a> {
    pub event: Event,
    pub fields: Fields,
    pub reason: Option<&'a str>,
    /// How many such events were not written since the last line.
    pub repeated: Option<u64>,
    pub request: Option<&'a RequestInfo>,
    /// For a line without a request, the address that repeated events came from.
    pub source: Option<IpAddr>,
}

/// The request that caused an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestInfo {
    pub id: String,
    /// The client's address.
    pub client: Option<String>,
    pub method: String,
    /// Without the query.
    pub path: String,
}

impl RequestInfo {
    pub(super) fn operation(&self) -> String {
        format!("{} {}", self.method, self.path)
    }
}

impl Entry<'_> {
    pub fn client(&self) -> Option<String> {
        let of_request = self.request.and_then(|request| request.client.clone());
        of_request.or_else(|| self.source.map(|source| source.to_string()))
    }

    /// As one object, for `AUDIT_FORMAT=json`. `time` is in milliseconds since 1970.
    pub fn object(&self, time: u64, host: Option<&str>) -> Map<String, Value> {
        let mut object = Map::new();
        let Fields { user, session, key, bound_key, conversation, operator } = &self.fields;
        let mut set = |name: &str, value: Value| {
            if !value.is_null() {
                object.insert(name.to_owned(), value);
            }
        };
        set("time", time.into());
        set("schema", SCHEMA_VERSION.into());
        set("host", host.into());
        set("event", self.event.name().into());
        set("outcome", self.event.outcome().name().into());
        set("user", user.as_deref().into());
        set("session", session.as_deref().into());
        set("key", key.as_deref().into());
        set("bound_key", bound_key.as_deref().into());
        set("conversation", conversation.as_deref().into());
        set("operator", operator.as_deref().into());
        set("reason", self.reason.into());
        set("repeated", self.repeated.into());
        set("client", self.client().into());
        if let Some(RequestInfo { id, method, path, .. }) = self.request {
            set("request_id", id.as_str().into());
            set("method", method.as_str().into());
            set("path", path.as_str().into());
        }
        object
    }
}
