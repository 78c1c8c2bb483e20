//! Starting, discovery, the authorization request and the login page.

use oracle_ai::mock::provider::{Client, Provider, StartError};
use reqwest::{StatusCode, header};

use super::relying_party::*;

fn client(redirect_uri: &str) -> Client {
    Client {
        client_id: CLIENT_ID.into(),
        client_secret: CLIENT_SECRET.into(),
        redirect_uris: vec![redirect_uri.into()],
        ..Client::default()
    }
}

#[tokio::test]
async fn an_address_that_is_not_loopback_is_refused() {
    for addr in ["0.0.0.0:0", "[::]:0", "192.0.2.1:0"] {
        let started = Provider::start(addr.parse().unwrap(), client(CALLBACK)).await;
        assert!(matches!(started, Err(StartError::NotLoopback(_))), "{addr}");
    }
}

#[tokio::test]
async fn an_invalid_redirect_uri_stops_the_start() {
    let started = Provider::start("127.0.0.1:0".parse().unwrap(), client("/auth/callback")).await;
    assert!(matches!(started, Err(StartError::RedirectUri(uri)) if uri == "/auth/callback"));
}

#[tokio::test]
async fn a_port_that_is_taken_stops_the_start() {
    let party = start().await;
    let addr = party.provider.issuer().trim_start_matches("http://");
    let started = Provider::start(addr.parse().unwrap(), client(CALLBACK)).await;
    assert!(matches!(started, Err(StartError::Bind { .. })));
}

#[tokio::test]
async fn a_stopped_provider_frees_its_port() {
    let party = start().await;
    party.get("/jwks").await;
    let addr = party.provider.issuer().trim_start_matches("http://");
    let addr = addr.parse().unwrap();
    party.provider.stop().await;
    let again = Provider::start(addr, client(CALLBACK)).await;
    assert!(again.is_ok(), "{again:?}");
}

#[tokio::test]
async fn a_host_that_is_not_loopback_is_not_answered() {
    let party = start().await;
    let request = party.http.get(party.url("/jwks"));
    let answer = ProviderResponse::of(request.header(header::HOST, "rebound.example.com")).await;
    assert_eq!(answer.status, StatusCode::MISDIRECTED_REQUEST);
}

#[tokio::test]
async fn discovery_names_the_issuer_and_endpoints_that_answer() {
    let party = start().await;
    let metadata = party.get("/.well-known/openid-configuration").await.json();
    assert_eq!(metadata["issuer"], party.provider.issuer());
    assert_eq!(metadata["authorization_response_iss_parameter_supported"], true);
    for (name, value) in metadata.as_object().unwrap() {
        if name.ends_with("_endpoint") || name == "jwks_uri" {
            let answer = ProviderResponse::of(party.http.get(value.as_str().unwrap())).await;
            assert_ne!(answer.status, StatusCode::NOT_FOUND, "{name}");
        }
    }
}

#[tokio::test]
async fn the_login_page_offers_people_another_name_and_a_way_out() {
    let party = start().await;
    let page = party.authorize(&request()).await;
    assert_eq!(page.status, StatusCode::OK);
    for part in [
        "<h1>Mock identity provider</h1>",
        "Sign in as Alice</button>",
        "Sign in as Bob</button>",
        "Sign in as Carol</button>",
        "Another user</label>",
        ">Continue</button>",
        ">Deny</button>",
    ] {
        assert!(page.text.contains(part), "{part}");
    }
    assert_eq!(page.header(header::SET_COOKIE), "");
    assert_eq!(page.header(header::CACHE_CONTROL), "no-store");
    let policy = page.header(header::CONTENT_SECURITY_POLICY);
    assert!(policy.starts_with("default-src 'none'; style-src 'sha256-"));
}

#[tokio::test]
async fn the_login_page_submits_the_request_with_the_choice() {
    let party = start().await;
    let page = party.authorize(&request()).await.text;
    let (_, rest) = page.split_once(r#"name="request" value=""#).unwrap();
    let (carried, _) = rest.split_once('"').unwrap();
    let carried = carried.replace("&amp;", "&");
    let form = [("request", &*carried), ("user", "alice")];
    let response = party.post("/login", &form).await.redirect();
    assert_eq!(response["state"], STATE);
    assert_eq!(response["iss"], party.provider.issuer());
    assert!(party.exchange(&response["code"]).await.status.is_success());
}

#[tokio::test]
async fn the_request_is_escaped_in_the_page() {
    let party = start().await;
    let hostile = r#""><script>alert(1)</script>"#;
    for name in ["state", "login_hint", "scope"] {
        let mut request = request();
        request.push(("login_hint", hostile));
        request.retain(|(other, _)| *other != name);
        request.push((name, hostile));
        request.push(("scope", ""));
        let page = party.authorize(&request).await;
        assert!(!page.text.contains("<script"), "{name}");
    }
    let page = party.choose(&request(), ("user", hostile)).await;
    assert_eq!(page.status, StatusCode::BAD_REQUEST);
    assert!(page.text.contains("That is no user name."));
    assert!(page.text.contains("&lt;script&gt;"));
    assert!(!page.text.contains("<script"));
}

#[tokio::test]
async fn a_name_may_be_typed_with_capitals_and_spaces_around_it() {
    let party = start().await;
    let answer = party.choose(&request(), ("user", " Zoe.K ")).await;
    let tokens = party.exchange(&answer.redirect()["code"]).await.json();
    let claims = party.userinfo(&tokens).await.json();
    assert_eq!(claims["preferred_username"], "zoe.k");
}

#[tokio::test]
async fn denying_sends_access_denied_back() {
    let party = start().await;
    let answer = party.choose(&request(), ("deny", "yes")).await;
    let response = answer.redirect();
    assert_eq!(response["error"], "access_denied");
    assert_eq!(response["state"], STATE);
    assert_eq!(response["iss"], party.provider.issuer());
    assert!(!response.contains_key("code"));
}

#[tokio::test]
async fn a_login_hint_skips_the_page_unless_the_prompt_asks_for_it() {
    let party = start().await;
    let mut hinted = request_with("login_hint", "bob");
    assert!(party.authorize(&hinted).await.redirect().contains_key("code"));
    hinted.push(("prompt", "login"));
    let page = party.authorize(&hinted).await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.text.contains(r#"value="bob""#));
}

#[tokio::test]
async fn the_request_may_be_posted() {
    let party = start().await;
    let hinted = request_with("login_hint", "bob");
    let answer = party.post("/authorize", &hinted);
    assert!(answer.await.redirect().contains_key("code"));
}

#[tokio::test]
async fn prompt_none_without_a_hint_is_login_required() {
    let party = start().await;
    let answer = party.authorize(&request_with("prompt", "none")).await;
    assert_eq!(answer.redirect()["error"], "login_required");
}

#[tokio::test]
async fn an_unregistered_client_or_redirect_uri_gets_a_page_and_no_redirect() {
    let party = start().await;
    for (name, value) in [
        ("client_id", ""),
        ("client_id", "another"),
        ("redirect_uri", ""),
        ("redirect_uri", "http://localhost:8080/auth/callback/"),
        ("redirect_uri", "http://localhost:8080/auth/callback?a=b"),
        ("redirect_uri", "http://evil.example.com/auth/callback"),
    ] {
        let answer = party.authorize(&request_with(name, value)).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{name}={value}");
        assert_eq!(answer.header(header::LOCATION), "");
    }
    let mut twice = request();
    twice.push(("redirect_uri", "http://evil.example.com/"));
    let answer = party.choose(&twice, ("user", "alice")).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn a_faulty_request_is_answered_by_its_error_code() {
    let party = start().await;
    for (name, value, error) in [
        ("response_type", "", "invalid_request"),
        ("response_type", "token", "unsupported_response_type"),
        ("response_mode", "fragment", "invalid_request"),
        ("scope", "", "invalid_scope"),
        ("scope", "profile", "invalid_scope"),
        ("code_challenge", "", "invalid_request"),
        ("code_challenge", "short", "invalid_request"),
        ("code_challenge_method", "", "invalid_request"),
        ("code_challenge_method", "plain", "invalid_request"),
        ("prompt", "none login", "invalid_request"),
        ("request", "e30.e30.", "request_not_supported"),
    ] {
        let answer = party.authorize(&request_with(name, value)).await;
        let response = answer.redirect();
        assert_eq!(response["error"], error, "{name}={value}");
        assert_eq!(response["state"], STATE);
        assert_eq!(response["iss"], party.provider.issuer());
    }
}
