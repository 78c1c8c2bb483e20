//! `oracle-ai doctor` at providers that differ from each other: how they refuse, and what they leave out.

use std::{collections::HashMap, process::Output, sync::Arc};

use axum::{
    Json, Router,
    extract::{Query, State},
    http::{HeaderMap, StatusCode, header},
    response::{Html, IntoResponse, Redirect, Response},
    routing::{get, post},
};
use base64::{Engine, prelude::BASE64_STANDARD, prelude::BASE64_URL_SAFE_NO_PAD};
use oracle_ai::mock::provider::Profile;
use rsa::{RsaPrivateKey, traits::PublicKeyParts};
use serde_json::{Value, json};

use crate::{
    doctor::{doctor, line},
    support::provider::{CALLBACK, CLIENT_ID, MockProvider, client},
};

type Params = HashMap<String, String>;

/// A provider of which a test says what it answers.
#[derive(Clone)]
struct Field {
    issuer: String,
    /// In place of members of the metadata; `null` removes one.
    metadata: Value,
    keys: Value,
    authorize: fn(&Params) -> Response,
    /// Whether the client's secret is the right one.
    token: fn(bool) -> Response,
    introspect: fn(bool) -> Response,
}

impl Field {
    /// It shows a sign-in page to all, and refuses wrong secrets and made-up codes as RFC 6749 says.
    fn new() -> Self {
        Self {
            issuer: String::new(),
            metadata: json!({}),
            keys: json!([rsa_key()]),
            authorize: |_| sign_in_page(),
            token: |is_right| match is_right {
                true => error(400, "invalid_grant"),
                false => error(401, "invalid_client"),
            },
            introspect: |_| Json(json!({ "active": false })).into_response(),
        }
    }

    async fn examined(self) -> Output {
        self.examined_with(&[]).await
    }

    async fn examined_with(mut self, variables: &[(&str, &str)]) -> Output {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        self.issuer = format!("http://{}", listener.local_addr().unwrap());
        let issuer = self.issuer.clone();
        let router = Router::new()
            .route(
                "/.well-known/openid-configuration",
                get(async |State(field): State<Arc<Field>>| Json(field.document())),
            )
            .route("/jwks", get(async |State(field): State<Arc<Field>>| Json(json!({ "keys": field.keys }))))
            .route(
                "/authorize",
                get(async |State(field): State<Arc<Field>>, Query(params): Query<Params>| (field.authorize)(&params)),
            )
            .route(
                "/token",
                post(async |State(field): State<Arc<Field>>, headers: HeaderMap| (field.token)(is_right(&headers))),
            )
            .route(
                "/introspect",
                post(async |State(field): State<Arc<Field>>, headers: HeaderMap| {
                    (field.introspect)(is_right(&headers))
                }),
            )
            .route("/revoke", post(async || StatusCode::OK))
            .route("/interaction", get(async || (StatusCode::BAD_REQUEST, "the cookie is missing")))
            .with_state(Arc::new(self));
        tokio::spawn(async { axum::serve(listener, router).await });
        let variables: Vec<_> = [("CLIENT_SECRET", "right")].iter().chain(variables).copied().collect();
        doctor(&issuer, &variables).await
    }

    fn document(&self) -> Value {
        let at = |path: &str| format!("{}{path}", self.issuer);
        let mut document = json!({
            "issuer": self.issuer,
            "authorization_endpoint": at("/authorize"),
            "token_endpoint": at("/token"),
            "jwks_uri": at("/jwks"),
            "userinfo_endpoint": at("/userinfo"),
            "introspection_endpoint": at("/introspect"),
            "revocation_endpoint": at("/revoke"),
            "end_session_endpoint": at("/end"),
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "code_challenge_methods_supported": ["S256"],
        });
        for (member, value) in self.metadata.as_object().unwrap() {
            document[member] = value.clone();
        }
        document.as_object_mut().unwrap().retain(|_, value| !value.is_null());
        document
    }
}

fn is_right(headers: &HeaderMap) -> bool {
    headers[header::AUTHORIZATION] == format!("Basic {}", BASE64_STANDARD.encode(format!("{CLIENT_ID}:right")))
}

fn error(status: u16, code: &str) -> Response {
    (StatusCode::from_u16(status).unwrap(), Json(json!({ "error": code, "error_description": "as it is" })))
        .into_response()
}

fn sign_in_page() -> Response {
    Html("<html><title>Sign in</title>").into_response()
}

/// A redirect to the request's own redirect URI.
fn back(params: &Params, response: &str) -> Response {
    Redirect::to(&format!("{}?{response}&state={}", params["redirect_uri"], params["state"])).into_response()
}

fn rsa_key() -> Value {
    let key = RsaPrivateKey::new(&mut rand::rngs::OsRng, 2048).unwrap();
    let [n, e] = [key.n(), key.e()].map(|number| BASE64_URL_SAFE_NO_PAD.encode(number.to_bytes_be()));
    json!({ "kty": "RSA", "use": "sig", "kid": "1", "n": n, "e": e })
}

#[track_caller]
fn says(output: &Output, grade: &str, part: &str, words: &str) {
    let line = line(output, grade, part);
    assert!(line.contains(words), "no {words:?} in {line}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_for_any_redirect_uri_proves_nothing() {
    let output = Field::new().examined().await;
    says(&output, "unproven", "authorization", "a page with the title `Sign in`");
    says(&output, "unproven", "redirect URI", "one that is not registered gets a page, too");
    says(&output, "unproven", "scopes", "not refused");
    assert!(output.status.success(), "{output:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redirect_uri_is_proven_where_another_is_refused_and_so_are_scopes() {
    let output = Field {
        authorize: |params| match (params["redirect_uri"] == CALLBACK, params["scope"].contains("doctor")) {
            (false, _) => (StatusCode::BAD_REQUEST, Html("<title>Unknown redirect_uri</title>")).into_response(),
            (true, true) => back(params, "error=invalid_scope&error_description=no+such+scope"),
            (true, false) => Redirect::to("/interaction").into_response(),
        },
        ..Field::new()
    }
    .examined()
    .await;
    says(&output, "proven", "redirect URI", "Unknown redirect_uri");
    says(&output, "proven", "scopes", "`invalid_scope`: no such scope");
    // The page behind a redirect may need a cookie.
    says(&output, "unproven", "authorization", "status 400: the cookie is missing, after a redirect");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unregistered_redirect_uri_is_refused_in_whichever_way_the_provider_refuses_it() {
    for (authorize, words) in [
        ((|_| StatusCode::BAD_REQUEST.into_response()) as fn(&Params) -> Response, "status 400"),
        (
            |_| (StatusCode::FORBIDDEN, Html("<title>Bad redirect</title>")).into_response(),
            "status 403, a page with the title `Bad redirect`",
        ),
        (
            |_| Redirect::to("/signin/error?authError=redirect_uri_mismatch").into_response(),
            "authError=redirect_uri_mismatch",
        ),
    ] {
        let output = Field { authorize, ..Field::new() }.examined().await;
        says(&output, "REFUSED", "authorization", words);
        assert_eq!(output.status.code(), Some(1));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_error_that_comes_to_our_redirect_uri_is_printed_in_the_providers_words() {
    for (authorize, words) in [
        (
            (|params| back(params, "error=invalid_request&error_description=Pushed+Authorization+Request+must+be+used"))
                as fn(&Params) -> Response,
            "`invalid_request`: Pushed Authorization Request must be used",
        ),
        (|params| back(params, "error=invalid_scope"), "`invalid_scope`"),
        (|params| back(params, "nothing=1"), "neither `code` nor `error`"),
        (|params| back(params, "code=a&iss=https%3A%2F%2Fanother.example"), "a code of another issuer"),
        (
            |params| Redirect::to(&format!("{}?code=a&state=another", params["redirect_uri"])).into_response(),
            "a code without the `state`",
        ),
    ] {
        let output = Field { authorize, ..Field::new() }.examined().await;
        says(&output, "REFUSED", "authorization", words);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_that_signs_in_at_once_passes() {
    let output = Field { authorize: |params| back(params, "code=a"), ..Field::new() }.examined().await;
    says(&output, "proven", "authorization", "with a code, without a page");
    assert!(output.status.success(), "{output:?}");
    // One that asks for a person has not refused anything.
    let output = Field { authorize: |params| back(params, "error=login_required"), ..Field::new() }.examined().await;
    says(&output, "unproven", "authorization", "`login_required`");
}

#[tokio::test(flavor = "multi_thread")]
async fn credentials_are_proven_where_wrong_ones_are_answered_otherwise_and_only_there() {
    for (token, grade, words) in [
        (
            (|is_right| if is_right { error(403, "invalid_code") } else { error(401, "invalid_client") })
                as fn(bool) -> Response,
            "proven",
            "status 403, `invalid_code`",
        ),
        (
            |is_right| match is_right {
                true => error(200, "bad_verification_code"),
                false => error(200, "incorrect_client_credentials"),
            },
            "proven",
            "status 200, `bad_verification_code`",
        ),
        // Neither is an error code of any table.
        (
            |is_right| if is_right { error(400, "of_its_own") } else { StatusCode::UNAUTHORIZED.into_response() },
            "proven",
            "`of_its_own`",
        ),
        // It looks at the code first.
        (|_| error(400, "invalid_grant"), "unproven", "with wrong credentials: status 400, `invalid_grant`"),
        (|_| StatusCode::BAD_REQUEST.into_response(), "unproven", "status 400, no error code"),
        (|_| error(401, "invalid_client"), "REFUSED", "`invalid_client`: as it is"),
        (|_| error(400, "unauthorized_client"), "REFUSED", "`unauthorized_client`"),
        (|_| error(400, "invalid_dpop_proof"), "REFUSED", "bound to a key of its own"),
        (|_| error(200, "redirect_uri_mismatch"), "REFUSED", "-> REDIRECT_URI"),
    ] {
        let output = Field { token, ..Field::new() }.examined().await;
        says(&output, grade, "credentials", words);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_endpoint_that_is_missing_is_named_with_its_consequence() {
    let missing = json!({
        "revocation_endpoint": null, "end_session_endpoint": "none", "userinfo_endpoint": "",
        "introspection_endpoint": null,
    });
    let output = Field { metadata: missing.clone(), ..Field::new() }.examined().await;
    let text = String::from_utf8(output.stdout.clone()).unwrap();
    for words in [
        "revocation_endpoint is not in the metadata: refresh tokens of sessions that have ended stay valid",
        "userinfo_endpoint is not in the metadata: names and roles are those of the ID token alone",
        "end_session_endpoint is \"none\": ",
    ] {
        assert!(text.lines().any(|line| line.starts_with("missing") && line.contains(words)), "no {words}: {text}");
    }
    assert!(!text.contains("introspection"), "it is not used: {text}");
    // With the setting that uses it, no call could be answered.
    let introspection = [("ACCESS_TOKEN_CHECK", "introspection")];
    let output = Field { metadata: json!({ "introspection_endpoint": null }), ..Field::new() }
        .examined_with(&introspection)
        .await;
    says(&output, "MISSING", "endpoint", "every call is refused");
    assert_eq!(output.status.code(), Some(1));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_endpoint_that_is_set_here_is_shown_as_such() {
    // T21
    let output = Field::new().examined_with(&[("REVOCATION_ENDPOINT", "https://sso.example.com/revoke")]).await;
    let words = "revocation_endpoint is https://sso.example.com/revoke, set here in place of what the metadata says";
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.lines().any(|line| line.starts_with("unproven  endpoint") && line.contains(words)), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_end_of_the_providers_session_has_another_consequence_with_logout_url() {
    let without = || Field { metadata: json!({ "end_session_endpoint": null }), ..Field::new() };
    says(&without().examined().await, "missing", "endpoint", "stay signed in at the provider");
    let output = without().examined_with(&[("LOGOUT_URL", "https://sso.example.com/logoff")]).await;
    says(&output, "missing", "endpoint", "sent to LOGOUT_URL");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_keys_or_an_endpoint_that_a_login_needs_all_of_them_are_named() {
    let output =
        Field { metadata: json!({ "jwks_uri": null, "token_endpoint": null }), ..Field::new() }.examined().await;
    let text = String::from_utf8(output.stdout.clone()).unwrap();
    for words in
        ["jwks_uri is not in the metadata: no ID token can be verified", "token_endpoint is not in the metadata"]
    {
        assert!(text.lines().any(|line| line.starts_with("MISSING") && line.contains(words)), "no {words}: {text}");
    }
    assert_eq!(output.status.code(), Some(1));
    let output = Field { keys: json!([]), ..Field::new() }.examined().await;
    says(&output, "MISSING", "keys", "a key for RS256 among the provider's 0");
}

#[tokio::test(flavor = "multi_thread")]
async fn algorithms_that_are_not_accepted_are_no_promise() {
    let listing = |algorithms: Value| Field {
        metadata: json!({ "id_token_signing_alg_values_supported": algorithms }),
        ..Field::new()
    };
    let output = listing(json!(["ES512"])).examined().await;
    says(&output, "MISSING", "ID tokens", "the metadata lists ES512");
    let output = listing(json!(["RS256", "ES512", "none"])).examined().await;
    says(&output, "unproven", "ID tokens", "by RS256; ES512, none, which the metadata lists too, is refused here");
    let output = listing(json!(["RS256", "PS256"])).examined().await;
    says(&output, "missing", "ID tokens", "-> ID_TOKEN_ALGS");
    let output = listing(json!(["RS256", "PS256"])).examined_with(&[("ID_TOKEN_ALGS", "RS256")]).await;
    says(&output, "unproven", "ID tokens", "by RS256; PS256");
    // There is a key, but none for this.
    let output = listing(json!(["ES256"])).examined().await;
    says(&output, "MISSING", "keys", "a key for ES256 among the provider's 1");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_clients_registration_may_require_is_not_promised() {
    let metadata = json!({
        "pushed_authorization_request_endpoint": "http://127.0.0.1:1/par",
        "dpop_signing_alg_values_supported": ["ES256"],
    });
    let output = Field { metadata, ..Field::new() }.examined().await;
    says(&output, "unproven", "pushed requests", "-> PUSHED_AUTHORIZATION_REQUESTS=true");
    says(&output, "unproven", "access tokens", "-> OIDC_DPOP=required discards bearer tokens");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_provider_supports_of_dpop_is_compared_with_the_setting() {
    // T67
    let listing = |algorithms: Value| Field {
        metadata: json!({ "dpop_signing_alg_values_supported": algorithms }),
        ..Field::new()
    };
    for (algorithms, policy, grade, words) in [
        (json!(["RS256", "ES256"]), "auto", "unproven", "asked to bind them to a key of this server's"),
        (json!(["RS256", "ES256"]), "required", "unproven", "are discarded otherwise"),
        (json!(["RS256", "ES256"]), "off", "missing", "-> OIDC_DPOP=auto"),
        (json!(["RS256"]), "auto", "missing", "lists RS256 for DPoP, not ES256"),
        (json!(["RS256"]), "required", "MISSING", "nobody can sign in"),
        (Value::Null, "required", "missing", "does not name DPoP"),
    ] {
        let output = listing(algorithms).examined_with(&[("OIDC_DPOP", policy)]).await;
        says(&output, grade, "access tokens", words);
    }
    let output = Field::new().examined().await;
    assert!(!String::from_utf8(output.stdout).unwrap().contains("DPoP"));
}

#[tokio::test(flavor = "multi_thread")]
async fn pushed_requests_are_proven_by_one_that_was_taken() {
    let registration = oracle_ai::mock::provider::Client { pushes_requests: true, ..client() };
    let provider = MockProvider::with_profile(Profile::Plain, registration).await;
    let output = doctor(&provider.issuer, &[]).await;
    says(&output, "proven", "pushed requests", "request_uri");
    let output = doctor(&provider.issuer, &[("FRONT_URL", "https://elsewhere.example.com")]).await;
    says(&output, "REFUSED", "authorization", "redirect_uri is not one that is registered");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_introspection_endpoint_is_called_where_it_is_used() {
    let introspection = [("ACCESS_TOKEN_CHECK", "introspection")];
    for (introspect, grade, words) in [
        (
            (|is_right| {
                assert!(is_right);
                Json(json!({ "active": false })).into_response()
            }) as fn(bool) -> Response,
            "proven",
            "not active",
        ),
        (|_| error(403, "insufficient_scope"), "REFUSED", "`insufficient_scope`"),
        (|_| error(401, "invalid_client"), "REFUSED", "`invalid_client`"),
        (|_| Json(json!({ "active": true })).into_response(), "REFUSED", "is called active"),
        (|_| Json(json!({})).into_response(), "REFUSED", "without `active`"),
        (|_| error(400, "invalid_token"), "unproven", "`invalid_token`"),
    ] {
        let output = Field { introspect, ..Field::new() }.examined_with(&introspection).await;
        says(&output, grade, "introspection", words);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_line_repeats_a_secret_that_the_provider_quotes() {
    // T101
    let output = Field {
        authorize: |params| back(params, &format!("error=a&error_description=state+{}", params["state"])),
        token: |_| error(401, "right"),
        ..Field::new()
    }
    .examined_with(&[("CLIENT_SECRET", "hunter2-hunter2")])
    .await;
    let line = line(&output, "REFUSED", "authorization");
    assert!(line.contains("state [redacted]"), "{line}");
    assert!(!String::from_utf8(output.stdout).unwrap().contains("hunter2"));
}
