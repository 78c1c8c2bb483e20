//! The response headers of a server process.

use base64::{Engine, prelude::BASE64_STANDARD};
use reqwest::{Client, Response};
use sha2::{Digest, Sha256};

use crate::support::server_process::ServerProcess;

const PAGES: [&str; 6] = ["/", "/chat", "/c/8f2", "/auth/callback", "/signed-out", "/no/such/page"];

/// No request is sent to it.
const ISSUER: &str = "https://sso.example";

struct Site {
    server: ServerProcess,
    http: Client,
}

impl Site {
    async fn start() -> Self {
        Self::start_at("https://chat.example.com").await
    }

    async fn start_at(front_url: &str) -> Self {
        Self { server: ServerProcess::start(ISSUER, &[("FRONT_URL", front_url)]).await, http: Client::new() }
    }

    async fn get(&self, path: &str) -> Response {
        self.http.get(self.url(path)).send().await.unwrap()
    }

    async fn report(&self, kind: &str, body: &str) -> Response {
        let request = self.http.post(self.url("/csp-report")).header("content-type", kind);
        request.body(body.to_owned()).send().await.unwrap()
    }

    fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.server.port)
    }
}

#[track_caller]
fn header<'a>(answer: &'a Response, name: &str) -> &'a str {
    answer.headers().get(name).map_or("", |value| value.to_str().unwrap())
}

#[tokio::test]
async fn every_page_names_the_link_hosts_that_need_no_confirmation() {
    // T96
    let of_page = async |variables: &[(&str, &str)]| {
        let site = Site { server: ServerProcess::start(ISSUER, variables).await, http: Client::new() };
        let mut found = Vec::new();
        for path in PAGES {
            let html = site.get(path).await.text().await.unwrap();
            let meta = html.split("<meta ").find(|meta| meta.contains(r#"name="link-hosts""#)).map(str::to_owned);
            found.push(meta.map(|meta| meta.split('>').next().unwrap().to_owned()));
        }
        found
    };
    let named = of_page(&[("CHAT_LINK_HOSTS", "docs.oracle.com  *.bank.example")]).await;
    assert!(
        named
            .iter()
            .all(|meta| meta.as_ref().is_some_and(|meta| meta.contains(r#"content="docs.oracle.com *.bank.example""#))),
        "{named:?}"
    );
    assert!(of_page(&[]).await.iter().all(Option::is_none));
}

#[tokio::test]
async fn every_page_allows_its_own_scripts_and_no_others() {
    // T92
    let site = Site::start().await;
    for path in PAGES {
        let page = site.get(path).await;
        assert_eq!(page.status(), if path == "/no/such/page" { 404 } else { 200 }, "{path}");
        assert_eq!(header(&page, "content-type"), "text/html; charset=utf-8");
        let policy = header(&page, "content-security-policy").to_owned();
        let html = page.text().await.unwrap();
        assert!(html.contains("window.initial_dioxus_hydration_data"), "{path}: {html}");

        let mut scripts = 0;
        for script in html.split("<script>").skip(1).map(|rest| rest.split("</script>").next().unwrap()) {
            scripts += 1;
            let hash = format!("'sha256-{}'", BASE64_STANDARD.encode(Sha256::digest(script)));
            assert!(policy.contains(&hash), "{path}: {policy} lacks {script}");
        }
        assert_eq!(policy.matches("'sha256-").count(), scripts, "{path}: {policy}");
        assert!(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"), "{policy}");
        assert!(!policy.contains("unsafe-inline") && !policy.contains("'unsafe-eval'"), "{policy}");
    }
}

#[tokio::test]
async fn a_page_is_the_same_for_everyone_and_contains_nothing_of_its_url() {
    // T13
    let site = Site::start().await;
    for (one, other) in [
        ("/c/1", "/c/canary-2"),
        ("/auth/callback", "/auth/callback?code=canary-1&state=canary-2"),
        ("/no/such/page", "/canary-3/%3Cscript%3Ealert(1)%3C/script%3E"),
    ] {
        let (one, other) = (site.get(one).await, site.get(other).await);
        assert_eq!(one.status(), other.status());
        for name in ["etag", "content-security-policy"] {
            assert_eq!(header(&one, name), header(&other, name));
        }
        let (one, other) = (one.text().await.unwrap(), other.text().await.unwrap());
        assert!(!other.contains("canary") && !other.contains("alert(1)"), "{other}");
        assert_eq!(one, other);
    }
}

#[tokio::test]
async fn a_page_that_the_browser_has_cached_is_not_sent_again() {
    let site = Site::start().await;
    let page = site.get("/chat").await;
    assert_eq!(header(&page, "cache-control"), "no-cache");
    for known in [header(&page, "etag").to_owned(), format!("\"x\", W/{}", header(&page, "etag"))] {
        let again = site.http.get(site.url("/chat")).header("if-none-match", known).send().await.unwrap();
        assert_eq!(again.status(), 304);
        // Browsers take the stored page's policy from here.
        assert_eq!(header(&again, "content-security-policy"), header(&page, "content-security-policy"));
        assert!(again.bytes().await.unwrap().is_empty());
    }
    let changed = site.http.get(site.url("/chat")).header("if-none-match", "\"x\"").send().await.unwrap();
    assert_eq!(changed.status(), 200);
}

#[tokio::test]
async fn every_response_has_the_cross_origin_headers() {
    // T90, T93, T97
    let site = Site::start().await;
    let mut answers = vec![
        site.report("application/csp-report", "{").await,
        site.http.delete(site.url("/chat")).send().await.unwrap(),
        site.http.post(site.url("/api/token")).body("{").send().await.unwrap(),
    ];
    for path in PAGES.into_iter().chain(["/livez", "/readyz", "/api/chat", "/api/nothing", "/csp-report"]) {
        answers.push(site.get(path).await);
    }
    for answer in answers {
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "no-referrer"),
            ("cross-origin-opener-policy", "same-origin"),
            ("cross-origin-resource-policy", "same-origin"),
            ("x-frame-options", "DENY"),
            ("strict-transport-security", "max-age=63072000; includeSubDomains"),
        ] {
            assert_eq!(header(&answer, name), value, "{name} of {answer:?}");
        }
        assert!(header(&answer, "permissions-policy").contains("camera=()"), "{answer:?}");
        assert!(!answer.headers().contains_key("set-cookie"), "{answer:?}");
    }
}

#[tokio::test]
async fn a_plain_http_front_url_sends_no_hsts() {
    // T90
    let site = Site::start_at("http://localhost:8080").await;
    let page = site.get("/chat").await;
    assert_eq!(header(&page, "strict-transport-security"), "");
    assert!(!header(&page, "content-security-policy").contains("upgrade-insecure-requests"));
}

#[tokio::test]
async fn responses_other_than_pages_cannot_be_opened_as_documents() {
    // T94
    let site = Site::start().await;
    for path in ["/livez", "/readyz", "/api/chat", "/api/nothing", "/csp-report"] {
        let policy = site.get(path).await;
        assert_eq!(
            header(&policy, "content-security-policy"),
            "default-src 'none'; frame-ancestors 'none'; sandbox",
            "{path}"
        );
    }
}

#[tokio::test]
async fn csp_reports_are_accepted_and_other_bodies_refused() {
    // T92
    let site = Site::start().await;
    let report = r#"{"csp-report": {"document-uri": "https://chat.example/chat", "effective-directive": "img-src"}}"#;
    assert_eq!(site.report("application/csp-report", report).await.status(), 204);
    assert_eq!(site.report("application/reports+json", "[]").await.status(), 204);
    assert_eq!(site.report("application/csp-report", "{}").await.status(), 400);
    assert_eq!(site.report("text/plain", report).await.status(), 415);
    assert_eq!(site.report("application/csp-report", &"x".repeat(20_000)).await.status(), 413);
}
