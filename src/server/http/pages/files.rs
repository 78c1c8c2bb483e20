//! The static files beside the server: scripts, styles, WebAssembly, images, each with the compressed copies that
//! `scripts/bundle` puts beside it.

use std::{
    env, fs, io,
    path::{Path, PathBuf},
};

use axum::{
    Router,
    extract::Request,
    http::{HeaderValue, StatusCode, header},
    middleware::{Next, from_fn},
    response::Response,
};
use tower_http::services::{ServeDir, ServeFile};

/// The page that `dx` builds, from which Dioxus renders all pages. It is none itself.
const TEMPLATE: &str = "index.html";

/// `dx` puts a hash behind this into a file's name.
const HASH_MARK: &str = "-dxh";

const COMPRESSED: [&str; 2] = [".br", ".gz"];

/// A file with a hash in its name never changes.
const IMMUTABLE: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
/// Any other is asked for again each time, with `If-Modified-Since`.
const REVALIDATED: HeaderValue = HeaderValue::from_static("no-cache");

/// Everything in `public/`, where no other files may be: all of it is served to anybody. Without the folder, as in tests,
/// there are no files.
pub fn routes() -> Router {
    let Some(public) = public_folder() else { return Router::new() };
    match served(&public) {
        Ok(router) => router,
        Err(error) => {
            tracing::warn!(folder = %public.display(), %error, "there are no files to serve");
            Router::new()
        }
    }
}

/// A route for each file and folder, so that every other path gets a page.
fn served(public: &Path) -> io::Result<Router> {
    let mut router = Router::new();
    for entry in fs::read_dir(public)? {
        let path = entry?.path();
        let Some(name) = path.file_name().and_then(|name| name.to_str()) else { continue };
        let route = format!("/{name}");
        if path.is_dir() {
            let folder = ServeDir::new(&path).append_index_html_on_directories(false);
            router = router.nest_service(&route, folder.precompressed_br().precompressed_gzip());
        } else if name != TEMPLATE && !COMPRESSED.iter().any(|ending| name.ends_with(ending)) {
            router = router.route_service(&route, ServeFile::new(&path).precompressed_br().precompressed_gzip());
        }
    }
    Ok(router.layer(from_fn(add_cache_headers)))
}

/// Where Dioxus looks for its template, too.
fn public_folder() -> Option<PathBuf> {
    if let Some(path) = env::var_os("DIOXUS_PUBLIC_PATH") {
        return Some(path.into());
    }
    let public = env::current_exe().ok()?.parent()?.join("public");
    public.is_dir().then_some(public)
}

async fn add_cache_headers(request: Request, next: Next) -> Response {
    let cache_control = if has_hash(request.uri().path()) { IMMUTABLE } else { REVALIDATED };
    let mut response = next.run(request).await;
    if response.status().is_success() || response.status() == StatusCode::NOT_MODIFIED {
        response.headers_mut().insert(header::CACHE_CONTROL, cache_control);
        response.headers_mut().insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    }
    response
}

fn has_hash(path: &str) -> bool {
    path.rsplit_once(HASH_MARK)
        .and_then(|(_, rest)| rest.split('.').next())
        .is_some_and(|hash| hash.len() >= 8 && hash.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

#[cfg(test)]
mod tests {
    use axum::{
        body::{Body, to_bytes},
        http::{HeaderMap, Method},
    };
    use tower::ServiceExt;

    use super::*;

    const WASM: &str = "/assets/a-dxh12345678.wasm";

    /// Removed with its files.
    struct Public(PathBuf);

    impl Public {
        fn with(files: &[(&str, &str)]) -> Self {
            static COUNT: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);
            let number = COUNT.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            let public = Self(env::temp_dir().join(format!("oracle-ai-files-{}-{number}", std::process::id())));
            files.iter().for_each(|(name, text)| public.write(name, text));
            public
        }

        fn write(&self, name: &str, text: &str) {
            let path = self.0.join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
    }

    impl Drop for Public {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    async fn ask(router: &Router, request: axum::http::request::Builder) -> (StatusCode, HeaderMap, String) {
        let response = router.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
        let (head, body) = response.into_parts();
        (head.status, head.headers, String::from_utf8(to_bytes(body, 1000).await.unwrap().to_vec()).unwrap())
    }

    async fn get(router: &Router, path: &str, accepts: &str) -> (StatusCode, HeaderMap, String) {
        ask(router, Request::get(path).header(header::ACCEPT_ENCODING, accepts)).await
    }

    #[test]
    fn only_a_file_with_a_hash_in_its_name_is_immutable() {
        assert!(has_hash("/assets/main-dxh1234567890abcdef.css"));
        assert!(has_hash("/assets/oracle-ai_bg-dxh12345678.wasm"));
        assert!(!has_hash("/assets/main.css"));
        assert!(!has_hash("/assets/main-dxh1.css"));
        assert!(!has_hash("/assets/main-dxh1234567x.css"));
    }

    #[tokio::test]
    async fn an_encoding_that_the_browser_refuses_is_not_sent() {
        let public = Public::with(&[("assets/a.css", "plain"), ("assets/a.css.br", "brotli")]);
        let router = served(&public.0).unwrap();
        for accepts in ["br", "gzip, br", "gzip;q=1.0, BR;q=0.1", "gzip , br ; q=1"] {
            assert_eq!(get(&router, "/assets/a.css", accepts).await.2, "brotli", "{accepts}");
        }
        for refused in ["", "gzip", "br;q=0", "gzip, br; q=0.000", "bre", "x-br"] {
            assert_eq!(get(&router, "/assets/a.css", refused).await.2, "plain", "{refused}");
        }
    }

    #[tokio::test]
    async fn a_file_that_can_not_be_read_is_not_found_and_the_others_are_served() {
        let public = Public::with(&[("assets/a.css", "plain")]);
        std::os::unix::fs::symlink("nowhere", public.0.join("assets/gone.css")).unwrap();
        std::os::unix::fs::symlink("a.css", public.0.join("assets/b.css")).unwrap();
        let router = served(&public.0).unwrap();
        assert_eq!(get(&router, "/assets/a.css", "").await.2, "plain");
        assert_eq!(get(&router, "/assets/b.css", "").await.2, "plain");
        assert_eq!(get(&router, "/assets/gone.css", "").await.0, StatusCode::NOT_FOUND);
    }

    #[tokio::test]
    async fn files_are_sent_compressed_where_that_is_accepted_and_the_template_is_no_file() {
        let public = Public::with(&[
            ("assets/a-dxh12345678.wasm", "plain"),
            ("assets/a-dxh12345678.wasm.br", "brotli"),
            ("assets/b.js", "plain"),
            ("assets/c.css", "plain"),
            ("index.html", "plain"),
            ("index.html.br", "plain"),
            ("robots.txt", "plain"),
            ("robots.txt.gz", "plain"),
        ]);
        let router = served(&public.0).unwrap();
        let (status, headers, text) = get(&router, WASM, "gzip, br").await;
        assert_eq!((status, &*text), (StatusCode::OK, "brotli"));
        assert_eq!(headers[header::CONTENT_TYPE], "application/wasm");
        assert_eq!(headers[header::CONTENT_ENCODING], "br");
        assert_eq!(headers[header::CACHE_CONTROL], "public, max-age=31536000, immutable");
        assert_eq!(headers[header::VARY], "accept-encoding");
        let (_, headers, text) = get(&router, WASM, "identity").await;
        assert_eq!((headers.get(header::CONTENT_ENCODING), &*text), (None, "plain"));
        for (path, kind) in [("/assets/b.js", "text/javascript"), ("/assets/c.css", "text/css")] {
            assert_eq!(get(&router, path, "").await.1[header::CONTENT_TYPE], kind);
        }
        assert_eq!(get(&router, "/robots.txt", "br").await.1[header::CACHE_CONTROL], "no-cache");
        for path in [
            "/index.html",
            "/index.html.br",
            "/robots.txt.gz",
            "/assets",
            "/assets/",
            "/assets/none-dxh12345678.js",
            "/assets/../robots.txt",
            "/assets/%2e%2e/robots.txt",
            "/assets/%2e%2e%2frobots.txt",
        ] {
            let (status, headers, _) = get(&router, path, "br").await;
            assert_eq!(status, StatusCode::NOT_FOUND, "{path}");
            assert!(!headers.contains_key(header::CACHE_CONTROL), "{path}");
        }
    }

    #[tokio::test]
    async fn a_file_that_the_browser_has_is_not_sent_again() {
        let public = Public::with(&[("assets/a.css", "plain"), ("assets/a.css.br", "brotli")]);
        let router = served(&public.0).unwrap();
        let (_, headers, _) = get(&router, "/assets/a.css", "br").await;
        let since = |time: &HeaderValue| {
            let request = Request::get("/assets/a.css").header(header::ACCEPT_ENCODING, "br");
            request.header(header::IF_MODIFIED_SINCE, time)
        };
        let (status, known, text) = ask(&router, since(&headers[header::LAST_MODIFIED])).await;
        assert_eq!((status, &*text), (StatusCode::NOT_MODIFIED, ""));
        assert_eq!(known[header::CACHE_CONTROL], headers[header::CACHE_CONTROL]);
        let long_ago = HeaderValue::from_static("Thu, 01 Jan 1998 00:00:00 GMT");
        assert_eq!(ask(&router, since(&long_ago)).await.0, StatusCode::OK);
    }

    #[tokio::test]
    async fn files_are_read_only() {
        let public = Public::with(&[("assets/a-dxh12345678.wasm", "plain")]);
        let router = served(&public.0).unwrap();
        let (status, head, text) = ask(&router, Request::builder().method(Method::HEAD).uri(WASM)).await;
        assert_eq!((status, &*text), (StatusCode::OK, ""));
        assert_eq!(head[header::CONTENT_LENGTH], "5");
        assert_eq!(ask(&router, Request::post(WASM)).await.0, StatusCode::METHOD_NOT_ALLOWED);
    }

    #[tokio::test]
    async fn a_file_that_was_changed_is_served_as_it_is_now() {
        // Under `dx serve` they change while the server runs.
        let public = Public::with(&[("assets/main.css", "first")]);
        let router = served(&public.0).unwrap();
        public.write("assets/main.css", "second");
        public.write("assets/new.css", "new");
        assert_eq!(get(&router, "/assets/main.css", "").await.2, "second");
        assert_eq!(get(&router, "/assets/new.css", "").await.2, "new");
    }
}
