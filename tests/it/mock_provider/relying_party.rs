//! A small relying party.

use std::collections::HashMap;

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use oracle_ai::mock::provider::{Client, Provider, Setup};
use reqwest::{Method, RequestBuilder, Response, StatusCode, header, redirect};
use rsa::{BigUint, RsaPublicKey, pkcs1v15, signature::Verifier};
use serde_json::{Value, json};
use sha2::Sha256;
use url::Url;

pub const CLIENT_ID: &str = "oracle-ai";
/// Every letter of it needs encoding in `client_secret_basic`.
pub const CLIENT_SECRET: &str = "s:cr&t =%+é";
pub const CALLBACK: &str = "http://localhost:8080/auth/callback";
pub const SIGNED_OUT: &str = "http://localhost:8080/signed-out";
pub const STATE: &str = "st ate&1";
pub const NONCE: &str = "n0nce";
/// RFC 7636 appendix B.
pub const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
pub const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

pub struct RelyingParty {
    pub provider: Provider,
    /// By default the provider's first.
    pub issuer: String,
    pub http: reqwest::Client,
}

/// An answer, read.
#[derive(Debug)]
pub struct ProviderResponse {
    pub status: StatusCode,
    pub headers: header::HeaderMap,
    pub text: String,
}

pub async fn start() -> RelyingParty {
    RelyingParty::of(Provider::start("127.0.0.1:0".parse().unwrap(), client()).await.unwrap())
}

/// With these issuers.
pub async fn serve(issuers: Value) -> RelyingParty {
    let issuers = serde_json::from_value(issuers).unwrap();
    let setup = Setup { address: "127.0.0.1:0".parse().unwrap(), issuers, certificate: None };
    RelyingParty::of(Provider::serve(setup).await.unwrap())
}

/// Our registration.
fn client() -> Client {
    Client {
        client_id: CLIENT_ID.into(),
        client_secret: CLIENT_SECRET.into(),
        redirect_uris: vec![CALLBACK.into()],
        post_logout_redirect_uris: vec![SIGNED_OUT.into()],
        ..Client::default()
    }
}

/// The same, as a file writes it.
pub fn registration() -> Value {
    json!({
        "client_id": CLIENT_ID,
        "client_secret": CLIENT_SECRET,
        "redirect_uris": [CALLBACK],
        "post_logout_redirect_uris": [SIGNED_OUT],
    })
}

/// A good authorization request.
pub fn request() -> Vec<(&'static str, &'static str)> {
    vec![
        ("client_id", CLIENT_ID),
        ("redirect_uri", CALLBACK),
        ("response_type", "code"),
        ("scope", "openid profile email"),
        ("state", STATE),
        ("nonce", NONCE),
        ("code_challenge", CHALLENGE),
        ("code_challenge_method", "S256"),
    ]
}

/// The good request with one parameter changed, or left out if `value` is empty.
pub fn request_with(name: &'static str, value: &'static str) -> Vec<(&'static str, &'static str)> {
    let mut request = request();
    request.retain(|(other, _)| *other != name);
    if !value.is_empty() {
        request.push((name, value));
    }
    request
}

pub fn form(pairs: &[(&str, &str)]) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
}

impl RelyingParty {
    fn of(provider: Provider) -> RelyingParty {
        let http = reqwest::Client::builder().redirect(redirect::Policy::none()).build().unwrap();
        RelyingParty { issuer: provider.issuer().to_owned(), provider, http }
    }

    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.issuer)
    }

    pub async fn get(&self, path: &str) -> ProviderResponse {
        ProviderResponse::of(self.http.get(self.url(path))).await
    }

    pub async fn post(&self, path: &str, pairs: &[(&str, &str)]) -> ProviderResponse {
        ProviderResponse::of(self.post_form(path, form(pairs))).await
    }

    fn post_form(&self, path: &str, body: String) -> RequestBuilder {
        let content_type = "application/x-www-form-urlencoded";
        let post = self.http.post(self.url(path)).body(body);
        post.header(header::CONTENT_TYPE, content_type)
    }

    /// `client_secret_basic`.
    pub fn authenticated(&self, path: &str, pairs: &[(&str, &str)]) -> RequestBuilder {
        let [id, secret] = [CLIENT_ID, CLIENT_SECRET].map(|text| {
            let encoded = form(&[("", text)]);
            encoded.trim_start_matches('=').to_owned()
        });
        self.post_form(path, form(pairs)).basic_auth(id, Some(secret))
    }

    pub async fn authorize(&self, request: &[(&str, &str)]) -> ProviderResponse {
        self.get(&format!("/authorize?{}", form(request))).await
    }

    /// The login page's form for `request`, sent with what was chosen.
    pub async fn choose(&self, request: &[(&str, &str)], choice: (&str, &str)) -> ProviderResponse {
        self.post("/login", &[("request", &form(request)), choice]).await
    }

    pub async fn code(&self, user: &str) -> String {
        let answer = self.choose(&request(), ("user", user)).await;
        answer.redirect()["code"].clone()
    }

    pub async fn exchange(&self, code: &str) -> ProviderResponse {
        ProviderResponse::of(self.exchange_request(code, VERIFIER)).await
    }

    pub fn exchange_request(&self, code: &str, code_verifier: &str) -> RequestBuilder {
        let grant = [
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", CALLBACK),
            ("code_verifier", code_verifier),
        ];
        self.authenticated("/token", &grant)
    }

    /// The token response of a new sign-in.
    pub async fn sign_in(&self, user: &str) -> Value {
        let answer = self.exchange(&self.code(user).await).await;
        assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
        answer.json()
    }

    pub fn refresh_request(&self, tokens: &Value) -> RequestBuilder {
        let refresh_token = tokens["refresh_token"].as_str().unwrap();
        let grant = [("grant_type", "refresh_token"), ("refresh_token", refresh_token)];
        self.authenticated("/token", &grant)
    }

    pub async fn refresh(&self, tokens: &Value) -> ProviderResponse {
        ProviderResponse::of(self.refresh_request(tokens)).await
    }

    pub async fn userinfo(&self, tokens: &Value) -> ProviderResponse {
        let access_token = tokens["access_token"].as_str().unwrap();
        let get = self.http.get(self.url("/userinfo"));
        ProviderResponse::of(get.bearer_auth(access_token)).await
    }

    pub async fn control(&self, method: Method, path: &str, body: Value) -> ProviderResponse {
        let url = self.url(&format!("/__control{path}"));
        ProviderResponse::of(self.http.request(method, url).body(body.to_string())).await
    }

    pub async fn set(&self, user: &str, settings: Value) {
        let path = format!("/users/{user}");
        let answer = self.control(Method::PUT, &path, settings).await;
        assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
    }

    pub async fn calls(&self, user: &str) -> Vec<Value> {
        let path = format!("/calls?user={user}");
        let answer = self.control(Method::GET, &path, json!({})).await;
        answer.json().as_array().unwrap().clone()
    }

    /// The claims of an ID token, if its signature is good.
    pub async fn verify(&self, id_token: &Value) -> Option<Value> {
        let jwks = self.get("/jwks").await.json();
        let key = &jwks["keys"][0];
        let (signed, signature) = id_token.as_str()?.rsplit_once('.')?;
        let (jose_header, claims) = signed.split_once('.')?;
        let jose_header: Value = serde_json::from_slice(&decode(jose_header)).ok()?;
        if jose_header["alg"] != "RS256" || jose_header["kid"] != key["kid"] {
            return None;
        }
        let number = |name: &str| BigUint::from_bytes_be(&decode(key[name].as_str().unwrap()));
        let key = RsaPublicKey::new(number("n"), number("e")).unwrap();
        let signature = pkcs1v15::Signature::try_from(&*decode(signature)).ok()?;
        let key = pkcs1v15::VerifyingKey::<Sha256>::new(key);
        key.verify(signed.as_bytes(), &signature).ok()?;
        serde_json::from_slice(&decode(claims)).ok()
    }
}

pub fn decode(base64url: &str) -> Vec<u8> {
    BASE64_URL_SAFE_NO_PAD.decode(base64url).unwrap()
}

impl ProviderResponse {
    pub async fn of(request: RequestBuilder) -> ProviderResponse {
        ProviderResponse::read(request.send().await.unwrap()).await
    }

    async fn read(response: Response) -> ProviderResponse {
        ProviderResponse {
            status: response.status(),
            headers: response.headers().clone(),
            text: response.text().await.unwrap(),
        }
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap()
    }

    pub fn header(&self, name: header::HeaderName) -> &str {
        let value = self.headers.get(name);
        value.map_or("", |value| value.to_str().unwrap())
    }

    /// The members of an authorization response.
    pub fn redirect(&self) -> HashMap<String, String> {
        assert_eq!(self.status, StatusCode::SEE_OTHER, "{self:?}");
        let location = Url::parse(self.header(header::LOCATION)).unwrap();
        assert_eq!(location.as_str().split('?').next(), Some(CALLBACK));
        location.query_pairs().into_owned().collect()
    }

    /// Refused with this status and error code.
    #[track_caller]
    pub fn assert_error(&self, status: u16, error: &str) {
        assert_eq!(self.status, status, "{self:?}");
        assert_eq!(self.json()["error"], error);
    }
}
