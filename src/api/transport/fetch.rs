//! Requests by the browser's `fetch` (Fetch Standard §5).
//!
//! Dioxus' own client can't set `keepalive`, without which the browser drops a logout when its page closes. It is also
//! larger, and every visitor downloads it.

use dioxus::fullstack::{RequestError, http::Method};
use js_sys::{Reflect, Uint8Array};
use url::Url;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Blob, Headers, ReadableStreamDefaultReader, ReadableStreamReadResult, RequestInit, Response};

/// The response, its body unread.
pub struct Reply(Response);

/// The body of a response, chunk by chunk. Dropping it cancels the request.
pub struct Chunks {
    reader: ReadableStreamDefaultReader,
    /// Kept when `next` is cancelled, so that no bytes are lost.
    reading: Option<JsFuture>,
}

/// Where a server function is called. The page's own origin is used, not the one in Dioxus' URL.
pub fn path_and_query(url: &Url) -> String {
    match url.query() {
        Some(query) => [url.path(), "?", query].concat(),
        None => url.path().to_owned(),
    }
}

/// Sends a request to the page's own origin; `body` is JSON. With `keepalive`, the request is made even when the page is
/// closed meanwhile (Fetch Standard §5.4).
pub async fn fetch(
    method: &Method,
    url: &str,
    headers: &[(&str, &str)],
    body: Option<&str>,
    keepalive: bool,
) -> Result<Reply, RequestError> {
    let sent = async {
        let fields = Headers::new()?;
        for (name, value) in headers {
            fields.set(name, value)?;
        }
        let request = RequestInit::new();
        request.set_method(method.as_str());
        if let Some(body) = body {
            fields.set("Content-Type", "application/json")?;
            request.set_body(&JsValue::from_str(body));
        }
        request.set_headers(&fields);
        if keepalive {
            // web-sys has no setter for it.
            Reflect::set(&request, &"keepalive".into(), &JsValue::TRUE)?;
        }
        let window = web_sys::window().ok_or(JsValue::UNDEFINED)?;
        JsFuture::from(window.fetch_with_str_and_init(url, &request)).await?.dyn_into()
    };
    sent.await.map(Reply).map_err(failed)
}

impl Reply {
    pub fn status(&self) -> u16 {
        self.0.status()
    }

    /// The value of a header field, if it is there once or more.
    pub fn header(&self, name: &str) -> Option<String> {
        self.0.headers().get(name).ok()?
    }

    /// The whole body.
    pub async fn text(self) -> Result<String, RequestError> {
        let text = JsFuture::from(self.0.text().map_err(failed)?).await.map_err(failed)?;
        text.as_string().ok_or_else(|| failed(text))
    }

    /// The whole body, kept by the browser.
    pub async fn blob(self) -> Result<Blob, RequestError> {
        let blob = JsFuture::from(self.0.blob().map_err(failed)?).await.map_err(failed)?;
        blob.dyn_into().map_err(failed)
    }

    pub fn chunks(self) -> Result<Chunks, RequestError> {
        let body = self.0.body().ok_or_else(|| failed(JsValue::UNDEFINED))?;
        let reader = body.get_reader().dyn_into().map_err(|reader| failed(reader.into()))?;
        Ok(Chunks { reader, reading: None })
    }
}

impl Chunks {
    /// `None` at the end of the body.
    pub async fn next(&mut self) -> Result<Option<Vec<u8>>, RequestError> {
        let Self { reader, reading } = self;
        let read = reading.get_or_insert_with(|| JsFuture::from(reader.read())).await;
        *reading = None;
        let read: ReadableStreamReadResult = read.map_err(failed)?.unchecked_into();
        if read.get_done() == Some(true) {
            return Ok(None);
        }
        Ok(Some(Uint8Array::new(&read.get_value()).to_vec()))
    }
}

impl Drop for Chunks {
    fn drop(&mut self) {
        // The future handles a rejection of the promise, which would be reported as an error of the page.
        drop(JsFuture::from(self.reader.cancel()));
    }
}

/// No response, or not all of it. The browser gives no reason.
fn failed(_: JsValue) -> RequestError {
    RequestError::Request("the request could not be made, or its answer did not arrive whole".into())
}

#[cfg(test)]
mod tests {
    use dioxus::fullstack::ClientRequest;
    use serde::Serialize;

    use super::*;

    #[derive(Serialize)]
    struct Query<'a> {
        search: Option<&'a str>,
        language: Option<&'a str>,
    }

    fn url(search: Option<&str>, language: Option<&str>) -> String {
        path_and_query(&ClientRequest::new(Method::GET, "/api/x".into(), &Query { search, language }).url)
    }

    #[test]
    fn query_arguments_are_percent_encoded() {
        let text = "a b&c=é/?#%+[0]";
        let url = url(Some(text), None);
        let query = url.strip_prefix("/api/x?search=").unwrap();
        assert!(!query.contains([' ', '&', '=', '?', '#', '[', 'é']), "{query}");
        let read: Vec<_> = url::form_urlencoded::parse(url.split_once('?').unwrap().1.as_bytes()).collect();
        assert_eq!(read, [("search".into(), text.into())]);
    }

    #[test]
    fn a_query_argument_that_is_not_given_is_not_in_the_url() {
        assert_eq!(url(None, Some("fr")), "/api/x?language=fr");
        assert_eq!(url(None, None), "/api/x");
    }
}
