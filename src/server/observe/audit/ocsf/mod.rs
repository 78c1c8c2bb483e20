//! Audit events in the Open Cybersecurity Schema Framework, for `AUDIT_FORMAT=ocsf`. The table of events in
//! [`super::event`] has the activity and the severity of each; tests check all of them against the schema.

#[cfg(test)]
mod tests;

use serde_json::{Map, Value, json};

use super::{
    SCHEMA_VERSION,
    entry::{Entry, RequestInfo},
    event::{Event, Outcome},
};

/// The version of the schema.
pub const VERSION: &str = "1.8.0";

const PRODUCT: &str = "oracle-ai";

/// `activity_id` of activities that the class does not list.
const OTHER: u16 = 99;

/// `auth_protocol_id`: OpenID.
const OPENID: u16 = 4;

/// `device.type_id`: a server.
const SERVER: u16 = 1;

/// What happened, as a class and an activity of the schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Activity {
    Logon,
    Refresh,
    Logoff,
    /// A session has ended, also where the request that ended it failed.
    SessionEnd,
    /// The call of an endpoint.
    Access,
    ListSessions,
    Read,
    Export,
    Delete,
    Error,
    Start,
    Head,
    Stop,
}

/// `severity_id`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    Informational = 1,
    Low = 2,
    Medium = 3,
    High = 4,
}

/// An event class of the schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    Authentication = 3002,
    WebResourcesActivity = 6001,
    ApplicationLifecycle = 6002,
    ApiActivity = 6003,
    ApplicationError = 6008,
}

impl Activity {
    pub const fn class(self) -> Class {
        match self {
            Self::Logon | Self::Refresh | Self::Logoff | Self::SessionEnd => Class::Authentication,
            Self::Access | Self::ListSessions => Class::ApiActivity,
            Self::Read | Self::Export | Self::Delete => Class::WebResourcesActivity,
            Self::Error => Class::ApplicationError,
            Self::Start | Self::Head | Self::Stop => Class::ApplicationLifecycle,
        }
    }

    /// `activity_id`
    pub const fn id(self) -> u16 {
        match self {
            Self::Logon | Self::Error => 1,
            Self::Logoff | Self::SessionEnd | Self::ListSessions | Self::Read => 2,
            Self::Start => 3,
            Self::Delete | Self::Stop => 4,
            Self::Export => 7,
            Self::Refresh | Self::Access | Self::Head => OTHER,
        }
    }

    /// `activity_name`
    pub const fn name(self) -> &'static str {
        match self {
            Self::Logon => "Logon",
            Self::Refresh => "Refresh",
            Self::Logoff | Self::SessionEnd => "Logoff",
            Self::Access => "Access",
            Self::ListSessions | Self::Read => "Read",
            Self::Export => "Export",
            Self::Delete => "Delete",
            Self::Error => "General Error",
            Self::Start => "Start",
            Self::Head => "Signed Head",
            Self::Stop => "Stop",
        }
    }
}

impl Class {
    /// `class_uid`
    pub const fn uid(self) -> u16 {
        self as u16
    }

    /// `category_uid`
    pub const fn category(self) -> u16 {
        self.uid() / 1000
    }

    pub const fn name(self) -> &'static str {
        match self {
            Self::Authentication => "Authentication",
            Self::WebResourcesActivity => "Web Resources Activity",
            Self::ApplicationLifecycle => "Application Lifecycle",
            Self::ApiActivity => "API Activity",
            Self::ApplicationError => "Application Error",
        }
    }
}

impl Event {
    /// `type_uid`
    pub const fn type_uid(self) -> u32 {
        let activity = self.activity();
        activity.class().uid() as u32 * 100 + activity.id() as u32
    }

    /// `status_id` and `status`: whether what the activity names has happened.
    pub const fn status(self) -> (u16, &'static str) {
        match (self.activity(), self.outcome()) {
            (Activity::SessionEnd, _) | (_, Outcome::Success | Outcome::Unchanged) => (1, "Success"),
            (_, Outcome::Refused | Outcome::Failed) => (2, "Failure"),
        }
    }
}

/// The event as one object. `time` is in milliseconds since 1970.
pub(super) fn object(entry: &Entry, time: u64, host: Option<&str>) -> Map<String, Value> {
    let (event, fields) = (entry.event, &entry.fields);
    let (activity, class) = (event.activity(), event.activity().class());
    let (status_id, status) = event.status();
    let mut object = Map::new();
    let mut set = |name: &str, value: Value| {
        if !value.is_null() {
            object.insert(name.to_owned(), value);
        }
    };
    set("metadata", metadata(event, host.is_some()));
    set("time", time.into());
    set("class_uid", class.uid().into());
    set("class_name", class.name().into());
    set("category_uid", class.category().into());
    set("activity_id", activity.id().into());
    set("activity_name", activity.name().into());
    set("type_uid", event.type_uid().into());
    set("severity_id", (event.severity() as u16).into());
    set("status_id", status_id.into());
    set("status", status.into());
    set("status_code", event.outcome().name().into());
    set("status_detail", entry.reason.into());
    set("message", event.meaning().into());
    set("device", host.map(|host| json!({ "hostname": host, "type_id": SERVER })).into());
    set("unmapped", entry.repeated.map(|repeated| json!({ "repeated": repeated })).into());

    let actor = actor(entry);
    match class {
        Class::Authentication => {
            set("user", user(fields.user.as_deref()));
            set("session", session(entry));
            set("service", json!({ "name": PRODUCT }));
            set("auth_protocol_id", OPENID.into());
            set("is_remote", true.into());
            set("actor", actor);
            set("src_endpoint", source(entry));
            set("http_request", http_request(entry.request));
        }
        Class::ApiActivity => {
            let operation = entry.request.map_or_else(|| event.name().to_owned(), RequestInfo::operation);
            set("api", json!({ "operation": operation, "service": { "name": PRODUCT } }));
            set("actor", actor_or_unknown(actor));
            set("resources", user_as_resource(entry));
            set("src_endpoint", Some(source(entry)).filter(|source| !source.is_null()).unwrap_or(unknown()));
            set("http_request", http_request(entry.request));
        }
        Class::WebResourcesActivity => {
            let id = fields.conversation.as_deref().unwrap_or("unknown");
            set("web_resources", json!([{ "uid": id, "type": "conversation" }]));
            set("actor", actor);
            set("src_endpoint", source(entry));
            set("http_request", http_request(entry.request));
        }
        Class::ApplicationLifecycle => set("app", product()),
        Class::ApplicationError => {}
    }
    object
}

fn metadata(event: Event, has_device: bool) -> Value {
    let profiles = if has_device { &["host"][..] } else { &[] };
    json!({
        "version": VERSION,
        "product": product(),
        "event_code": event.name(),
        "log_name": "audit",
        "log_version": SCHEMA_VERSION.to_string(),
        "profiles": profiles,
    })
}

fn product() -> Value {
    json!({ "name": PRODUCT, "vendor_name": PRODUCT, "version": env!("CARGO_PKG_VERSION") })
}

/// Who acted: an operator, or the person with the DPoP key of their session. The person who presents a credential with
/// another key is unknown.
fn actor(entry: &Entry) -> Value {
    let fields = &entry.fields;
    match (&fields.operator, &fields.user) {
        (Some(operator), _) => json!({ "user": { "uid": operator, "type_id": 2 } }),
        (None, Some(_)) if fields.bound_key.is_none() => {
            let mut actor = json!({ "user": user(fields.user.as_deref()) });
            if fields.session.is_some() {
                actor["session"] = session(entry);
            }
            actor
        }
        (None, _) => Value::Null,
    }
}

fn actor_or_unknown(actor: Value) -> Value {
    if actor.is_null() { json!({ "user": user(None) }) } else { actor }
}

/// The person whom the event is about.
fn user(pseudonym: Option<&str>) -> Value {
    match pseudonym {
        Some(pseudonym) => json!({ "uid": pseudonym, "type_id": 1 }),
        None => json!({ "name": "unknown", "type_id": 0 }),
    }
}

/// For an operator's act, the person whom it is about.
fn user_as_resource(entry: &Entry) -> Value {
    match (&entry.fields.operator, &entry.fields.user) {
        (Some(_), Some(user)) => json!([{ "uid": user, "type": "user" }]),
        _ => Value::Null,
    }
}

/// With the key that it is bound to.
fn session(entry: &Entry) -> Value {
    let fields = &entry.fields;
    let Some(session) = &fields.session else { return Value::Null };
    let mut object = json!({ "uid": session, "is_remote": true });
    if let Some(key) = fields.bound_key.as_ref().or(fields.key.as_ref()) {
        object["credential_uid"] = key.as_str().into();
    }
    object
}

/// The client's address, and the key that made the request's proof.
fn source(entry: &Entry) -> Value {
    let mut source = Map::new();
    source.extend(entry.client().map(|ip| ("ip".to_owned(), ip.into())));
    source.extend(entry.fields.key.clone().map(|key| ("uid".to_owned(), key.into())));
    if source.is_empty() { Value::Null } else { source.into() }
}

fn unknown() -> Value {
    json!({ "name": "unknown" })
}

fn http_request(request: Option<&RequestInfo>) -> Value {
    let Some(request) = request else { return Value::Null };
    json!({ "uid": request.id, "http_method": request.method, "url": { "path": request.path } })
}
