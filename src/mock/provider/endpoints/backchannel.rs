//! Back-Channel Logout: the provider ends a user's sessions and sends logout tokens to the client (OpenID Connect
//! Back-Channel Logout §2.4, §2.5), correct or with a fault.

use std::time::Duration;

use axum::http::header;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::overrides;
use crate::mock::provider::{
    shared::Shared,
    state::{
        client::Client,
        clock::unix_seconds,
        keys::{self, KeyRing, NoKey},
        secret::Secret,
        user_name::UserName,
    },
};

const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";
/// Of a logout token, in seconds.
const LIFETIME: u64 = 120;
const TIMEOUT: Duration = Duration::from_secs(15);

/// As a test writes it: `{"by": "sub", "fault": "wrong_aud"}`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LogoutOptions {
    pub by: By,
    pub fault: Option<LogoutFault>,
    /// Overrides members of the header; `null` removes one.
    pub header: Map<String, Value>,
    /// The same for the claims.
    pub claims: Map<String, Value>,
    /// Returns the tokens without sending them, so that the test can send them.
    pub keep: bool,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum By {
    /// A token for each of the user's sessions, with `sid` and `sub`.
    #[default]
    Sid,
    /// One token to each client, for all sessions.
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
    /// The same token is sent twice.
    Replayed,
}

/// A logout token, and the status of each response to it; 0 if there was no response.
#[derive(Debug, Serialize)]
pub struct SentToken {
    pub logout_token: String,
    pub statuses: Vec<u16>,
}

/// Ends the user's sessions at the provider, and sends logout tokens for them.
pub async fn log_out(shared: &Shared, user: &UserName, options: LogoutOptions) -> Result<Vec<SentToken>, NoKey> {
    let sids = shared.grants().end_sessions_of(user);
    let keys = shared.keys.ring().await?;
    let sub =
        shared.users().settings(user).claims.get("sub").cloned().unwrap_or_else(|| shared.profile.subject(user).into());
    let tokens: Vec<(&Client, Value)> = match options.by {
        By::Sub => shared.clients.iter().map(|client| (client, json!({ "sub": sub }))).collect(),
        By::Sid => sids
            .into_iter()
            .filter_map(|(sid, client)| Some((shared.clients.get(&client)?, json!({ "sub": sub, "sid": sid }))))
            .collect(),
    };
    let mut sent = vec![];
    for (client, subject) in tokens {
        let logout_token = logout_token(shared, &keys, client, subject, &options).map_err(|_| NoKey)?;
        let times = match options.fault {
            _ if options.keep => 0,
            Some(LogoutFault::Replayed) => 2,
            _ => 1,
        };
        let mut statuses = vec![];
        for _ in 0..times {
            statuses.push(send(client, &logout_token).await);
        }
        sent.push(SentToken { logout_token, statuses });
    }
    Ok(sent)
}

fn logout_token(
    shared: &Shared,
    keys: &KeyRing,
    client: &Client,
    subject: Value,
    options: &LogoutOptions,
) -> serde_json::Result<String> {
    let now = unix_seconds(shared.now());
    let claims = json!({
        "iss": shared.issuer, "aud": client.client_id, "iat": now, "exp": now + LIFETIME,
        "jti": Secret::random().expose(), "events": { EVENT: {} },
    });
    let faulty = match options.fault {
        Some(LogoutFault::WrongAud) => json!({ "aud": "another-client" }),
        Some(LogoutFault::WrongIss) => json!({ "iss": format!("{}/another", shared.issuer) }),
        Some(LogoutFault::Nonce) => json!({ "nonce": "a nonce" }),
        Some(LogoutFault::NoEvents) => json!({ "events": null }),
        Some(LogoutFault::NoJti) => json!({ "jti": null }),
        Some(LogoutFault::Expired) => json!({ "iat": now - 300, "exp": now - 180 }),
        _ => json!({}),
    };
    let mut members = Map::new();
    for claims in [claims, subject, faulty] {
        members.extend(claims.as_object().cloned().unwrap_or_default());
    }
    overrides::apply(&mut members, &options.claims);

    let mut header = match options.fault {
        Some(LogoutFault::NoTyp) => Map::new(),
        _ => Map::from_iter([("typ".to_owned(), json!("logout+jwt"))]),
    };
    overrides::apply(&mut header, &options.header);
    let algorithm = client.id_token_signed_response_alg;
    match options.fault {
        Some(LogoutFault::BadSignature) => keys.current.sign_wrongly(algorithm, header, &members),
        Some(LogoutFault::AlgNone) => keys::unsigned(&members),
        _ => keys.current.sign_with(algorithm, header, &members),
    }
}

async fn send(client: &Client, logout_token: &str) -> u16 {
    let Some(uri) = &client.backchannel_logout_uri else { return 0 };
    let body = form_urlencoded::Serializer::new(String::new()).append_pair("logout_token", logout_token).finish();
    let request = reqwest::Client::new()
        .post(uri)
        .timeout(TIMEOUT)
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(body);
    request.send().await.map_or(0, |response| response.status().as_u16())
}
