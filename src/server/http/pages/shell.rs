//! The pages as the server sends them: without a user in them, so the same for everybody.
//!
//! Each is rendered at its first visit and then served from memory. There is one page for each of a few routes, so no
//! visitor can make the memory grow.

use std::{
    collections::HashMap,
    sync::{Arc, RwLock},
};

use axum::{
    body::{Body, Bytes, to_bytes},
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use dioxus::server::FullstackState;
use sha2::{Digest, Sha256};

use super::App;
use crate::{
    server::http::headers::{HeaderSettings, PagePolicy},
    wire::error::ApiError,
};

/// Largest page, in bytes: hundreds of times what they are.
const MAX_PAGE: usize = 4 * 1024 * 1024;

#[derive(Clone)]
struct Shell {
    status: StatusCode,
    html: Bytes,
    policy: PagePolicy,
    etag: HeaderValue,
}

pub struct Shells {
    app: App,
    renderer: FullstackState,
    settings: HeaderSettings,
    rendered: RwLock<HashMap<&'static str, Shell>>,
}

/// Why a page could not be rendered.
#[derive(Debug, thiserror::Error)]
enum RenderError {
    #[error("the framework answered {0}")]
    Refused(StatusCode),
    #[error("the page broke off: {0}")]
    BrokeOff(#[from] axum::Error),
    #[error("the page is no text")]
    NoText,
}

impl Shells {
    pub fn new(app: App, renderer: FullstackState, settings: HeaderSettings) -> Self {
        Self { app, renderer, settings, rendered: RwLock::default() }
    }

    async fn at(&self, path: &str) -> Result<Shell, RenderError> {
        let route = (self.app.shell_route)(path);
        let rendered = self.rendered.read().unwrap_or_else(|poisoned| poisoned.into_inner()).get(route).cloned();
        if let Some(shell) = rendered {
            return Ok(shell);
        }
        let shell = self.render(route).await?;
        // `dx serve` may change the page.
        if !self.settings.dev_server {
            let mut rendered = self.rendered.write().unwrap_or_else(|poisoned| poisoned.into_inner());
            rendered.insert(route, shell.clone());
        }
        Ok(shell)
    }

    /// The page contains nothing of a visitor's request, not even its path.
    async fn render(&self, route: &'static str) -> Result<Shell, RenderError> {
        let mut request = Request::new(Body::empty());
        *request.uri_mut() = axum::http::Uri::from_static(route);
        let response = FullstackState::render_handler(State(self.renderer.clone()), request).await;
        let status = response.status();
        if status != StatusCode::OK && status != StatusCode::NOT_FOUND {
            return Err(RenderError::Refused(status));
        }
        let html = to_bytes(response.into_body(), MAX_PAGE).await?;
        let text = std::str::from_utf8(&html).map_err(|_| RenderError::NoText)?;
        let policy = PagePolicy::of(text, self.settings);
        Ok(Shell { status, policy, etag: etag_of(&html), html })
    }
}

impl Shell {
    fn answer(self, asked: &HeaderMap) -> Response {
        let known = self.status == StatusCode::OK && has_version(asked, &self.etag);
        let (status, body) =
            if known { (StatusCode::NOT_MODIFIED, Body::empty()) } else { (self.status, self.html.into()) };
        let mut response = Response::new(body);
        *response.status_mut() = status;
        let headers = response.headers_mut();
        if !known {
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
        }
        self.policy.insert_into(headers);
        headers.insert(header::ETAG, self.etag);
        // Asked for each time: a page names the files of its version.
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
        response
    }
}

/// Names a version of a page (RFC 9110 §8.8.3).
fn etag_of(bytes: &[u8]) -> HeaderValue {
    let etag = format!("\"{}\"", BASE64_URL_SAFE_NO_PAD.encode(&Sha256::digest(bytes)[..18]));
    // Base64 is always a header value.
    HeaderValue::try_from(etag).unwrap_or(HeaderValue::from_static("\"\""))
}

/// RFC 9110 §13.1.2: compared weakly, since a proxy that compresses makes weak ETags of ours.
fn has_version(request: &HeaderMap, etag: &HeaderValue) -> bool {
    request
        .get_all(header::IF_NONE_MATCH)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|known| known.trim().trim_start_matches("W/").as_bytes() == etag.as_bytes())
}

/// Answers with the page at this path.
pub async fn show(State(shells): State<Arc<Shells>>, request: Request) -> Response {
    match shells.at(request.uri().path()).await {
        Ok(shell) => shell.answer(request.headers()),
        Err(error) => {
            tracing::error!(%error, "a page could not be rendered");
            ApiError::Internal.into_response()
        }
    }
}
