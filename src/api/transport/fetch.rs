//! How a call leaves the browser: `fetch` (Fetch Standard §5), with no more around it than our doors need. The
//! framework's own client takes any answer for anything, and every visitor would download that.

use dioxus::fullstack::{RequestError, http::Method};
use js_sys::{Reflect, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Headers, ReadableStreamDefaultReader, ReadableStreamReadResult, RequestInit, Response};

/// What a door answered; its body is yet to be read.
pub struct Reply(Response);

/// The bytes of an answer as they come. When it is dropped, the connection is given up.
pub struct Chunks {
    reader: ReadableStreamDefaultReader,
    /// A wait that was given up goes on with the next, so that no bytes are lost.
    reading: Option<JsFuture>,
}

/// Sends a request to where the page came from; `url` is path and query, `body` JSON. With `keepalive`, the request is
/// made even where the page is closed meanwhile (Fetch Standard §5.4).
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

    pub fn chunks(self) -> Result<Chunks, RequestError> {
        let body = self.0.body().ok_or_else(|| failed(JsValue::UNDEFINED))?;
        let reader = body.get_reader().dyn_into().map_err(|reader| failed(reader.into()))?;
        Ok(Chunks { reader, reading: None })
    }
}

impl Chunks {
    /// `None` when the answer has ended.
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
        // A future takes the promise's refusal with it, which would be reported as an error of the page.
        drop(JsFuture::from(self.reader.cancel()));
    }
}

/// No answer, or not all of it: the browser does not say why.
fn failed(_: JsValue) -> RequestError {
    RequestError::Request("the request could not be made, or its answer did not arrive whole".into())
}
