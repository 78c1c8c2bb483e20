//! Every server function that Dioxus has registered: none is left without a guard by mistake.

use std::{
    convert::Infallible,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use axum::{
    body::{Body, Bytes},
    http::{Method, header, request},
};
use dioxus::server::ServerFunction;
use futures_util::stream;

use crate::support::{
    app::{TestResponse, request},
    browser::Browser,
};

/// Login, refresh, logout and session events, chat, conversations, sessions, operators. A new endpoint raises the number.
const ENDPOINTS: usize = 28;

/// The method and the URL of each, with what is in the query of a good call.
fn endpoints(browser: &Browser) -> Vec<(Method, String)> {
    let url = |path: &str| match path {
        "/api/authorize" => format!("{path}?dpop_jkt={}", browser.key.thumbprint()),
        _ => path.to_owned(),
    };
    ServerFunction::collect().into_iter().map(|function| (function.method(), url(function.path()))).collect()
}

/// Sends it with a body, and asserts that the body is not read.
async fn send_unread(browser: &Browser, request: request::Builder) -> TestResponse {
    let is_read = Arc::new(AtomicBool::new(false));
    let reads = is_read.clone();
    let body = Body::from_stream(stream::once(async move {
        reads.store(true, Ordering::SeqCst);
        Ok::<_, Infallible>(Bytes::from_static(b"{}"))
    }));
    let request = request.header(header::CONTENT_TYPE, "application/json").body(body).unwrap();
    let answer = browser.app.send(request).await;
    assert!(!is_read.load(Ordering::SeqCst), "the body was read: {answer:?}");
    answer
}

#[tokio::test]
async fn every_endpoint_is_below_api_and_there_are_no_more_than_we_know() {
    let browser = Browser::start();
    let endpoints = endpoints(&browser);
    assert_eq!(endpoints.len(), ENDPOINTS, "{endpoints:?}");
    assert!(endpoints.iter().all(|(_, url)| url.starts_with("/api/")), "{endpoints:?}");
}

#[tokio::test]
async fn every_endpoint_refuses_a_call_without_a_good_proof_and_does_not_read_its_body() {
    let browser = Browser::start();
    let of_another_endpoint = browser.key.sign(&browser.claims(&Method::POST, "/api/another", None));
    for (method, url) in endpoints(&browser) {
        let call = || request(method.clone(), &url);
        for (credentials, call) in [
            ("none", call()),
            ("a proof that is none", call().header("DPoP", "a.b.c")),
            ("a proof for another endpoint", call().header("DPoP", &of_another_endpoint)),
            ("a bearer token", call().header(header::AUTHORIZATION, "Bearer made-up")),
            ("a token without a proof", call().header(header::AUTHORIZATION, "DPoP made-up")),
            (
                "a token with a proof for another endpoint",
                call().header(header::AUTHORIZATION, "DPoP made-up").header("DPoP", &of_another_endpoint),
            ),
        ] {
            let answer = send_unread(&browser, call).await;
            assert_eq!(answer.status, 401, "{method} {url} with {credentials}: {answer:?}");
            assert!(answer.header(header::WWW_AUTHENTICATE).starts_with("DPoP "), "{answer:?}");
        }
    }
}

#[tokio::test]
async fn every_endpoint_for_the_signed_in_refuses_a_good_proof_with_an_unknown_token() {
    let browser = Browser::start();
    // The response has a nonce for the next proofs.
    browser.start_login().await;
    for (method, url) in endpoints(&browser) {
        if ["/api/authorize", "/api/token", "/api/refresh", "/api/logout"].iter().any(|path| url.starts_with(path)) {
            continue;
        }
        let answer = send_unread(&browser, browser.request(method.clone(), &url, Some("made-up"))).await;
        answer.assert_refused(401, "unauthenticated");
    }
}
