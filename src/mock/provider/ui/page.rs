//! The frame of all pages: self-contained, without scripts, for light and dark and small screens.

use std::sync::LazyLock;

use axum::{
    http::{HeaderName, StatusCode, header},
    response::{Html, IntoResponse, Response},
};
use base64::{Engine, prelude::BASE64_STANDARD};
use sha2::{Digest, Sha256};

/// `body` is markup: text from outside must be [`escape`]d in it.
pub struct Page {
    pub status: StatusCode,
    pub title: &'static str,
    pub body: String,
}

/// Tells a person why a request is refused that must not be answered by a redirect.
#[derive(Debug, Clone, Copy)]
pub struct ErrorPage(pub &'static str);

const STYLE: &str = include_str!("page.css");

/// There is no `form-action`, because Chromium applies it to redirects after a form as well, and so would block the way
/// back to the client.
static CONTENT_SECURITY_POLICY: LazyLock<String> = LazyLock::new(|| {
    let style_hash = BASE64_STANDARD.encode(Sha256::digest(STYLE));
    format!(
        "default-src 'none'; style-src 'sha256-{style_hash}'; img-src data:; \
         base-uri 'none'; frame-ancestors 'none'"
    )
});

impl IntoResponse for Page {
    fn into_response(self) -> Response {
        let Page { status, title, body } = self;
        let html = format!(
            r#"<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{title} · Mock identity provider</title>
<link rel="icon" href="data:,">
<style>{STYLE}</style>
</head>
<body>
<main>
<h1>Mock identity provider</h1>
{body}
</main>
</body>
</html>
"#
        );
        let headers: [(HeaderName, &str); 4] = [
            (header::CONTENT_SECURITY_POLICY, &CONTENT_SECURITY_POLICY),
            (header::CACHE_CONTROL, "no-store"),
            (header::REFERRER_POLICY, "no-referrer"),
            (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        ];
        (status, headers, Html(html)).into_response()
    }
}

impl IntoResponse for ErrorPage {
    fn into_response(self) -> Response {
        Page {
            status: StatusCode::BAD_REQUEST,
            title: "Request refused",
            body: format!(
                "<p class=\"lead\">This request can’t be answered.</p>\n\
                 <p class=\"error\" role=\"alert\">{}</p>",
                escape(self.0)
            ),
        }
        .into_response()
    }
}

pub async fn not_found() -> Page {
    Page {
        status: StatusCode::NOT_FOUND,
        title: "Not found",
        body: "<p class=\"lead\">There is nothing here.</p>".into(),
    }
}

/// For text between tags and in quoted attributes.
pub fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_escaped_can_open_a_tag_or_end_an_attribute() {
        assert_eq!(escape(r#"<a b="c" d='e'>&amp;"#), "&lt;a b=&quot;c&quot; d=&#39;e&#39;&gt;&amp;amp;");
    }
}
