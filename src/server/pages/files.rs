//! The files beside the server: scripts, styles, WebAssembly, images. `scripts/bundle` lays compressed copies beside
//! them, which are sent to whoever takes them.

use std::{env, fs, io, path::PathBuf};

use axum::{
    Router,
    extract::Request,
    http::{HeaderValue, header},
    middleware::{Next, from_fn},
    response::Response,
};
use tower_http::services::{ServeDir, ServeFile};

/// The name that the framework's build gives to a folder's page without a person in it, which pages are made of.
const TEMPLATE: &str = "index.html";

/// Marks the hash in a file's name that `dx` puts there.
const HASH_MARK: &str = "-dxh";

/// Every folder and file of `public/`. Without it, as in tests, there are none.
pub fn routes() -> Router {
    let Some(public) = public_folder() else { return Router::new() };
    match served(&public) {
        Ok(router) => router.layer(from_fn(keep)),
        Err(error) => {
            tracing::warn!(folder = %public.display(), %error, "there are no files to serve");
            Router::new()
        }
    }
}

fn served(public: &PathBuf) -> io::Result<Router> {
    let mut router = Router::new();
    for entry in fs::read_dir(public)? {
        let path = entry?.path();
        let Some(name) = path.file_name().and_then(|name| name.to_str()) else { continue };
        let route = format!("/{name}");
        if path.is_dir() {
            let folder = ServeDir::new(&path).append_index_html_on_directories(false);
            router = router.nest_service(&route, folder.precompressed_br().precompressed_gzip());
        } else if !name.starts_with(TEMPLATE) && !name.ends_with(".br") && !name.ends_with(".gz") {
            router = router.route_service(&route, ServeFile::new(&path).precompressed_br().precompressed_gzip());
        }
    }
    Ok(router)
}

/// Where the framework looks for its template, too.
fn public_folder() -> Option<PathBuf> {
    if let Some(path) = env::var_os("DIOXUS_PUBLIC_PATH") {
        return Some(path.into());
    }
    let public = env::current_exe().ok()?.parent()?.join("public");
    public.is_dir().then_some(public)
}

/// A file with a hash in its name is never another; any other may be tomorrow.
async fn keep(request: Request, next: Next) -> Response {
    let is_hashed = has_hash(request.uri().path());
    let mut response = next.run(request).await;
    let (status, headers) = (response.status(), response.headers_mut());
    if status.is_success() || status == axum::http::StatusCode::NOT_MODIFIED {
        let cache = if is_hashed { "public, max-age=31536000, immutable" } else { "no-cache" };
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(cache));
        headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
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
        http::StatusCode,
    };
    use tower::ServiceExt;

    use super::*;

    #[test]
    fn only_a_name_with_a_hash_is_kept_for_ever() {
        assert!(has_hash("/assets/main-dxh1234567890abcdef.css"));
        assert!(has_hash("/assets/oracle-ai_bg-dxh12345678.wasm"));
        assert!(!has_hash("/assets/main.css"));
        assert!(!has_hash("/assets/main-dxh1.css"));
        assert!(!has_hash("/assets/main-dxh1234567x.css"));
    }

    #[tokio::test]
    async fn files_come_compressed_to_whoever_takes_that_and_the_template_never() {
        let public = env::temp_dir().join(format!("oracle-ai-files-{}", std::process::id()));
        let assets = public.join("assets");
        fs::create_dir_all(&assets).unwrap();
        for (name, content) in [("a-dxh12345678.wasm", "plain"), ("a-dxh12345678.wasm.br", "brotli")] {
            fs::write(assets.join(name), content).unwrap();
        }
        for name in ["index.html", "index.html.br", "robots.txt", "robots.txt.gz"] {
            fs::write(public.join(name), "plain").unwrap();
        }
        let router = served(&public).unwrap().layer(from_fn(keep));
        let get = async |path: &str, accepts: &str| {
            let request = Request::get(path).header(header::ACCEPT_ENCODING, accepts).body(Body::empty()).unwrap();
            let (head, body) = router.clone().oneshot(request).await.unwrap().into_parts();
            let text = String::from_utf8(to_bytes(body, 1000).await.unwrap().to_vec()).unwrap();
            (head.status, head.headers, text)
        };

        let (status, headers, text) = get("/assets/a-dxh12345678.wasm", "gzip, br").await;
        assert_eq!((status, &*text), (StatusCode::OK, "brotli"));
        assert_eq!(headers[header::CONTENT_TYPE], "application/wasm");
        assert_eq!(headers[header::CONTENT_ENCODING], "br");
        assert_eq!(headers[header::CACHE_CONTROL], "public, max-age=31536000, immutable");
        assert_eq!(headers[header::VARY], "accept-encoding");
        let (_, headers, text) = get("/assets/a-dxh12345678.wasm", "identity").await;
        assert_eq!((headers.get(header::CONTENT_ENCODING), &*text), (None, "plain"));
        assert_eq!(get("/robots.txt", "br").await.1[header::CACHE_CONTROL], "no-cache");
        for path in ["/index.html", "/index.html.br", "/robots.txt.gz", "/assets/", "/assets/none-dxh12345678.js"] {
            let (status, headers, _) = get(path, "br").await;
            assert_eq!(status, StatusCode::NOT_FOUND, "{path}");
            assert!(!headers.contains_key(header::CACHE_CONTROL), "{path}");
        }
        fs::remove_dir_all(public).unwrap();
    }
}
