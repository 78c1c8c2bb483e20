//! Back-Channel Logout: what the provider sends to the relying party when a user's session here has ended (OpenID
//! Connect Back-Channel Logout §2.4, §2.5), right or spoiled.

use std::time::Duration;

use axum::http::header;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::mock::provider::{
    shared::{Shared, unix_seconds},
    state::{
        keys::{self, KeyRing, NoKey},
        secret::Secret,
        users::UserName,
    },
};

const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";
const LIFETIME: u64 = 120;
const PATIENCE: Duration = Duration::from_secs(15);

/// What to do, as a test writes it: `{"by": "sub", "fault": "wrong_aud"}`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LogoutOrder {
    pub by: By,
    pub fault: Option<LogoutFault>,
    /// Put in the place of members of the header; `null` takes one out.
    pub header: Map<String, Value>,
    /// The same for the claims.
    pub claims: Map<String, Value>,
    /// The tokens are only made, for the test to send.
    pub keep: bool,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum By {
    /// A token for each of the user's sessions, with `sid` and `sub`.
    #[default]
    Sid,
    /// One for all of them.
    Sub,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogoutFault {
    WrongAud,
    WrongIss,
    Nonce,
    NoEvents,
    NoJti,
    NoTyp,
    Expired,
    BadSignature,
    AlgNone,
    /// It is sent twice.
    Replayed,
}

/// A token, and how the relying party answered it; 0: not at all.
#[derive(Debug, Serialize)]
pub struct Sent {
    pub logout_token: String,
    pub statuses: Vec<u16>,
}

/// Ends the user's sessions here, and tells the relying party.
pub async fn log_out(shared: &Shared, user: &UserName, order: LogoutOrder) -> Result<Vec<Sent>, NoKey> {
    let sids = shared.grants().end_sessions_of(user);
    let keys = shared.keys.ring().await?;
    let named = match order.by {
        By::Sub => vec![json!({ "sub": user.sub() })],
        By::Sid => sids.into_iter().map(|sid| json!({ "sub": user.sub(), "sid": sid })).collect(),
    };
    let mut sent = vec![];
    for whom in named {
        let logout_token = made(shared, &keys, whom, &order).map_err(|_| NoKey)?;
        let times = match order.fault {
            _ if order.keep => 0,
            Some(LogoutFault::Replayed) => 2,
            _ => 1,
        };
        let mut statuses = vec![];
        for _ in 0..times {
            statuses.push(send(shared, &logout_token).await);
        }
        sent.push(Sent { logout_token, statuses });
    }
    Ok(sent)
}

fn made(shared: &Shared, keys: &KeyRing, whom: Value, order: &LogoutOrder) -> serde_json::Result<String> {
    let now = unix_seconds();
    let mut claims = json!({
        "iss": shared.issuer, "aud": shared.client.client_id, "iat": now, "exp": now + LIFETIME,
        "jti": Secret::random().expose(), "events": { EVENT: {} },
    });
    let mut header = Map::from_iter([("typ".to_owned(), json!("logout+jwt"))]);
    let faulty = match order.fault {
        Some(LogoutFault::WrongAud) => json!({ "aud": "another-client" }),
        Some(LogoutFault::WrongIss) => json!({ "iss": format!("{}/another", shared.issuer) }),
        Some(LogoutFault::Nonce) => json!({ "nonce": "a nonce" }),
        Some(LogoutFault::NoEvents) => json!({ "events": null }),
        Some(LogoutFault::NoJti) => json!({ "jti": null }),
        Some(LogoutFault::Expired) => json!({ "iat": now - 300, "exp": now - 180 }),
        Some(LogoutFault::NoTyp) => {
            header.clear();
            json!({})
        }
        _ => json!({}),
    };
    if let Value::Object(claims) = &mut claims {
        for changes in [whom, faulty, Value::Object(order.claims.clone())] {
            change(claims, changes);
        }
    }
    change(&mut header, Value::Object(order.header.clone()));
    match order.fault {
        Some(LogoutFault::BadSignature) => keys.current.sign_badly(&claims),
        Some(LogoutFault::AlgNone) => keys::unsigned(&claims),
        _ => keys.current.sign_with(header, &claims),
    }
}

fn change(members: &mut Map<String, Value>, changes: Value) {
    let Value::Object(changes) = changes else { return };
    for (name, value) in changes {
        match value {
            Value::Null => drop(members.remove(&name)),
            value => drop(members.insert(name, value)),
        }
    }
}

async fn send(shared: &Shared, logout_token: &str) -> u16 {
    let Some(uri) = &shared.client.backchannel_logout_uri else { return 0 };
    let body = form_urlencoded::Serializer::new(String::new()).append_pair("logout_token", logout_token).finish();
    let request = reqwest::Client::new()
        .post(uri)
        .timeout(PATIENCE)
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(body);
    request.send().await.map_or(0, |answer| answer.status().as_u16())
}
