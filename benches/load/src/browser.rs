//! A browser that signs in, and sends requests.

use std::collections::HashMap;

use reqwest::{Client, Method, RequestBuilder, Response, Url};
use serde_json::{Value, json};

use crate::external::{dpop_key::DpopKey, provider, random_text};

pub struct Browser {
    pub key: DpopKey,
    http: Client,
    server: String,
}

/// The result of a login.
#[derive(Clone)]
pub struct SignedIn {
    pub access_token: String,
    pub session: String,
}

impl Browser {
    pub fn at(port: u16) -> Self {
        Self { key: DpopKey::new(), http: Client::new(), server: format!("http://127.0.0.1:{port}") }
    }

    /// One with a key of its own: a key has one session at a time.
    pub fn another(&self) -> Self {
        Self { key: DpopKey::new(), http: self.http.clone(), server: self.server.clone() }
    }

    /// Access tokens live for as many seconds.
    pub async fn sign_in(&self, user: &str, lifetime: u64) -> SignedIn {
        let path = format!("/api/authorize?dpop_jkt={}", self.key.thumbprint());
        let request = json(self.call(Method::GET, &path, None, None).await).await;
        let url: Url = text(&request, "authorize_url").parse().unwrap();
        let query: HashMap<String, String> = url.query_pairs().into_owned().collect();
        let code = provider::code(user, &query["nonce"], lifetime);
        let answer = json!({ "code": code, "state": query["state"] });
        let answer = json(self.call(Method::POST, "/api/token", None, Some(&answer)).await).await;
        SignedIn { access_token: text(&answer, "access_token"), session: text(&answer, "session") }
    }

    /// A new access token.
    pub async fn refresh(&self, session: &str) -> String {
        let answer = self.call(Method::POST, "/api/refresh", None, Some(&json!({ "session": session }))).await;
        text(&json(answer).await, "access_token")
    }

    pub async fn sign_out(&self, session: &str) {
        json(self.call(Method::POST, "/api/logout", None, Some(&json!({ "session": session }))).await).await;
    }

    /// The answer to a guarded `GET`.
    pub async fn get(&self, path: &str, access_token: &str) -> Value {
        json(self.call(Method::GET, path, Some(access_token), None).await).await
    }

    /// Sends a message; returns the stream of the answer.
    pub async fn ask(&self, access_token: &str, conversation: &str, question: &str) -> Response {
        let message = json!({ "conversation": conversation, "message": question, "idempotency_key": random_text() });
        let response = self.call(Method::POST, "/api/chat", Some(access_token), Some(&message)).await;
        assert_eq!(response.status(), 200, "{}", response.text().await.unwrap());
        response
    }

    /// The stream of events that is at this path.
    pub async fn open(&self, path: &str, access_token: &str) -> Response {
        let response = self.call(Method::GET, path, Some(access_token), None).await;
        assert_eq!(response.status(), 200, "{}", response.text().await.unwrap());
        response
    }

    /// Gets a nonce for the next proofs: a proof with an invalid one is refused, and the refusal has a new one.
    pub async fn renew_nonce(&self) {
        self.key.set_nonce("invalid");
        let body = json!({ "session": "none" });
        let response = self.try_call(Method::POST, "/api/refresh", None, Some(&body)).await;
        assert!(response.headers().contains_key("DPoP-Nonce"), "{} without a nonce", response.status());
    }

    /// Retries once with the server's nonce (RFC 9449 §8).
    async fn call(&self, method: Method, path: &str, access_token: Option<&str>, body: Option<&Value>) -> Response {
        let response = self.try_call(method.clone(), path, access_token, body).await;
        let challenge = response.headers().get("WWW-Authenticate").and_then(|value| value.to_str().ok());
        if challenge.is_some_and(|challenge| challenge.contains("use_dpop_nonce")) {
            return self.try_call(method, path, access_token, body).await;
        }
        response
    }

    async fn try_call(&self, method: Method, path: &str, access_token: Option<&str>, body: Option<&Value>) -> Response {
        let signed = path.split('?').next().unwrap();
        let proof = self.key.proof(method.as_str(), signed, access_token);
        let mut request: RequestBuilder = self.http.request(method, format!("{}{path}", self.server));
        request = request.header("DPoP", proof);
        if let Some(token) = access_token {
            request = request.header("Authorization", format!("DPoP {token}"));
        }
        if let Some(body) = body {
            request = request.header("Content-Type", "application/json").body(body.to_string());
        }
        let response = request.send().await.unwrap();
        if let Some(nonce) = response.headers().get("DPoP-Nonce") {
            self.key.set_nonce(nonce.to_str().unwrap());
        }
        response
    }
}

async fn json(response: Response) -> Value {
    let (status, text) = (response.status(), response.text().await.unwrap());
    assert!(status.is_success(), "{status}: {text}");
    serde_json::from_str(&text).unwrap()
}

fn text(json: &Value, member: &str) -> String {
    json[member].as_str().unwrap().to_owned()
}
