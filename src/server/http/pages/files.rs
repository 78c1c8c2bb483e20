//! The files beside the server: scripts, styles, WebAssembly, images. `scripts/bundle` lays compressed copies beside
//! them, which are sent to whoever takes them.
//!
//! All of them are read at the start and given out from memory, a few megabytes: docs/performance.md has what
//! reading them each time took. Under `dx serve`, which changes them, each is read when it is asked for.

use std::{
    collections::HashMap,
    env, fs, io,
    path::{Path, PathBuf},
    sync::Arc,
};

use axum::{
    Router,
    body::Bytes,
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};

use super::etag;

/// The name that the framework's build gives to a folder's page without a person in it, which pages are made of.
const TEMPLATE: &str = "index.html";

/// Marks the hash in a file's name that `dx` puts there.
const HASH_MARK: &str = "-dxh";

/// How a file may be compressed, the best first: its word, and how the copy's name ends.
const ENCODINGS: [(&str, &str); 2] = [("br", ".br"), ("gzip", ".gz")];

/// What is given out.
enum Files {
    InMemory(HashMap<String, File>),
    AsTheyAre(PathBuf),
}

/// A file, as it is and compressed.
struct File {
    kind: HeaderValue,
    /// A file with a hash in its name is never another; any other may be tomorrow.
    cache: HeaderValue,
    plain: Version,
    compressed: Vec<(&'static str, Version)>,
}

struct Version {
    bytes: Bytes,
    etag: HeaderValue,
}

/// Every folder and file of `public/`, where nothing else may lie: all that is there is read, and given to anybody. A
/// SQLite file that is read so would lose its locks, too (<https://www.sqlite.org/howtocorrupt.html> §2.2). Without the
/// folder, as in tests, there are none.
pub fn routes(dev_server: bool) -> Router {
    let Some(public) = public_folder() else { return Router::new() };
    match served(&public, dev_server) {
        Ok(router) => router,
        Err(error) => {
            tracing::warn!(folder = %public.display(), %error, "there are no files to serve");
            Router::new()
        }
    }
}

fn served(public: &Path, dev_server: bool) -> io::Result<Router> {
    let found = found(public)?;
    let mut router = Router::new();
    for entry in fs::read_dir(public)? {
        let path = entry?.path();
        let Some(name) = path.file_name().and_then(|name| name.to_str()) else { continue };
        if path.is_dir() {
            for route in [format!("/{name}"), format!("/{name}/"), format!("/{name}/{{*file}}")] {
                router = router.route(&route, get(give));
            }
        } else if found.contains_key(&format!("/{name}")) {
            router = router.route(&format!("/{name}"), get(give));
        }
    }
    let files = match dev_server {
        true => Files::AsTheyAre(public.to_owned()),
        false => {
            let read = found.into_iter().filter_map(|(route, path)| match File::read(&route, &path) {
                Ok(file) => Some((route, file)),
                Err(error) => {
                    tracing::error!(file = %path.display(), %error, "a file can't be read, and is not served");
                    None
                }
            });
            Files::InMemory(read.collect())
        }
    };
    Ok(router.with_state(Arc::new(files)))
}

/// Where the framework looks for its template, too.
fn public_folder() -> Option<PathBuf> {
    if let Some(path) = env::var_os("DIOXUS_PUBLIC_PATH") {
        return Some(path.into());
    }
    let public = env::current_exe().ok()?.parent()?.join("public");
    public.is_dir().then_some(public)
}

/// All files, by the path at which they are asked for. What is not among them is not given out, whatever its name.
fn found(public: &Path) -> io::Result<HashMap<String, PathBuf>> {
    let (mut found, mut folders) = (HashMap::new(), vec![(String::new(), public.to_owned())]);
    while let Some((above, folder)) = folders.pop() {
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            let path = entry.path();
            let Some(name) = path.file_name().and_then(|name| name.to_str()) else { continue };
            let route = format!("{above}/{name}");
            let is_copy = ENCODINGS.iter().any(|(_, ending)| name.ends_with(ending));
            // A link to a file is that file; one to a folder may lead back to where it is.
            if entry.file_type()?.is_dir() {
                folders.push((route, path));
            } else if path.is_file() && !is_copy && route != format!("/{TEMPLATE}") {
                found.insert(route, path);
            }
        }
    }
    Ok(found)
}

async fn give(State(files): State<Arc<Files>>, request: Request) -> Response {
    let (path, asked) = (request.uri().path(), request.headers());
    match &*files {
        Files::InMemory(files) => files.get(path).map(|file| file.answer(asked)),
        Files::AsTheyAre(public) => {
            let file = found(public).ok().and_then(|mut found| found.remove(path));
            file.and_then(|file| File::read(path, &file).ok()).map(|file| file.answer(asked))
        }
    }
    .unwrap_or_else(|| StatusCode::NOT_FOUND.into_response())
}

impl File {
    fn read(route: &str, path: &Path) -> io::Result<Self> {
        let kind = mime_guess::from_path(path).first_or_octet_stream();
        let cache = if has_hash(route) { "public, max-age=31536000, immutable" } else { "no-cache" };
        let mut compressed = vec![];
        for (encoding, ending) in ENCODINGS {
            let mut copy = path.as_os_str().to_owned();
            copy.push(ending);
            match fs::read(copy) {
                Ok(bytes) => compressed.push((encoding, Version::of(bytes))),
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(error),
            }
        }
        Ok(Self {
            kind: HeaderValue::try_from(kind.as_ref()).unwrap_or(HeaderValue::from_static("application/octet-stream")),
            cache: HeaderValue::from_static(cache),
            plain: Version::of(fs::read(path)?),
            compressed,
        })
    }

    fn answer(&self, asked: &HeaderMap) -> Response {
        let compressed = self.compressed.iter().find(|(encoding, _)| takes(asked, encoding));
        let version = compressed.map_or(&self.plain, |(_, version)| version);
        let mut response = match etag::is_known(asked, &version.etag) {
            true => StatusCode::NOT_MODIFIED.into_response(),
            false => version.bytes.clone().into_response(),
        };
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, self.kind.clone());
        headers.insert(header::CACHE_CONTROL, self.cache.clone());
        headers.insert(header::ETAG, version.etag.clone());
        headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
        if let Some((encoding, _)) = compressed {
            headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(encoding));
        }
        response
    }
}

impl Version {
    fn of(bytes: Vec<u8>) -> Self {
        Self { etag: etag::of(&bytes), bytes: bytes.into() }
    }
}

/// RFC 9110 §12.5.3. Weights only refuse: whoever takes both has the smaller copy. Whoever takes anything (`*`) takes it as it is.
fn takes(asked: &HeaderMap, encoding: &str) -> bool {
    let values = asked.get_all(header::ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).any(|one| {
        let (name, weight) = one.split_once(';').unwrap_or((one, ""));
        let weight = weight.trim().strip_prefix("q=").map_or(Ok(1.0), str::parse::<f32>);
        name.trim().eq_ignore_ascii_case(encoding) && weight.is_ok_and(|weight| weight > 0.0)
    })
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
        http::Method,
    };
    use tower::ServiceExt;

    use super::*;

    const WASM: &str = "/assets/a-dxh12345678.wasm";

    /// Goes with its files.
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
    fn only_a_name_with_a_hash_is_kept_for_ever() {
        assert!(has_hash("/assets/main-dxh1234567890abcdef.css"));
        assert!(has_hash("/assets/oracle-ai_bg-dxh12345678.wasm"));
        assert!(!has_hash("/assets/main.css"));
        assert!(!has_hash("/assets/main-dxh1.css"));
        assert!(!has_hash("/assets/main-dxh1234567x.css"));
    }

    #[test]
    fn who_refuses_an_encoding_does_not_take_it() {
        let takes = |accepts: &str| {
            let asked = HeaderMap::from_iter([(header::ACCEPT_ENCODING, accepts.parse().unwrap())]);
            takes(&asked, "br")
        };
        for accepts in ["br", "gzip, br", "gzip;q=1.0, BR;q=0.1", "gzip , br ; q=1"] {
            assert!(takes(accepts), "{accepts}");
        }
        for refused in ["", "*", "gzip", "br;q=0", "gzip, br; q=0.000", "br;q=x", "bre", "x-br"] {
            assert!(!takes(refused), "{refused}");
        }
    }

    #[tokio::test]
    async fn what_can_not_be_read_is_left_out_and_takes_nothing_else_with_it() {
        let public = Public::with(&[("assets/a.css", "plain")]);
        std::os::unix::fs::symlink("nowhere", public.0.join("assets/gone.css")).unwrap();
        std::os::unix::fs::symlink("..", public.0.join("assets/above")).unwrap();
        std::os::unix::fs::symlink("a.css", public.0.join("assets/b.css")).unwrap();
        let router = served(&public.0, false).unwrap();
        assert_eq!(get(&router, "/assets/a.css", "").await.2, "plain");
        assert_eq!(get(&router, "/assets/b.css", "").await.2, "plain");
        for path in ["/assets/gone.css", "/assets/above/assets/a.css"] {
            assert_eq!(get(&router, path, "").await.0, StatusCode::NOT_FOUND, "{path}");
        }
    }

    #[tokio::test]
    async fn files_come_compressed_to_whoever_takes_that_and_the_template_never() {
        let public = Public::with(&[
            ("assets/a-dxh12345678.wasm", "plain"),
            ("assets/a-dxh12345678.wasm.br", "brotli"),
            ("index.html", "plain"),
            ("index.html.br", "plain"),
            ("robots.txt", "plain"),
            ("robots.txt.gz", "plain"),
        ]);
        for dev_server in [false, true] {
            let router = served(&public.0, dev_server).unwrap();
            let (status, headers, text) = get(&router, WASM, "gzip, br").await;
            assert_eq!((status, &*text), (StatusCode::OK, "brotli"));
            assert_eq!(headers[header::CONTENT_TYPE], "application/wasm");
            assert_eq!(headers[header::CONTENT_ENCODING], "br");
            assert_eq!(headers[header::CACHE_CONTROL], "public, max-age=31536000, immutable");
            assert_eq!(headers[header::VARY], "accept-encoding");
            let (_, headers, text) = get(&router, WASM, "identity").await;
            assert_eq!((headers.get(header::CONTENT_ENCODING), &*text), (None, "plain"));
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
            ] {
                let (status, headers, _) = get(&router, path, "br").await;
                assert_eq!(status, StatusCode::NOT_FOUND, "{path}");
                assert!(!headers.contains_key(header::CACHE_CONTROL), "{path}");
            }
        }
    }

    #[tokio::test]
    async fn who_has_a_version_is_told_so_and_each_encoding_is_a_version() {
        let public =
            Public::with(&[("assets/a-dxh12345678.wasm", "plain"), ("assets/a-dxh12345678.wasm.br", "brotli")]);
        let router = served(&public.0, false).unwrap();
        let (_, headers, _) = get(&router, WASM, "br").await;
        let again = |accepts: &str| {
            let request = Request::get(WASM).header(header::ACCEPT_ENCODING, accepts);
            request.header(header::IF_NONE_MATCH, &headers[header::ETAG])
        };
        let (status, known, text) = ask(&router, again("br")).await;
        assert_eq!((status, &*text), (StatusCode::NOT_MODIFIED, ""));
        assert_eq!(known[header::ETAG], headers[header::ETAG]);
        assert_eq!(known[header::CACHE_CONTROL], headers[header::CACHE_CONTROL]);
        assert_eq!(ask(&router, again("identity")).await.0, StatusCode::OK);

        let (status, head, text) = ask(&router, Request::builder().method(Method::HEAD).uri(WASM)).await;
        assert_eq!((status, &*text), (StatusCode::OK, ""));
        assert_eq!(head[header::CONTENT_LENGTH], "5");
        assert_eq!(ask(&router, Request::post(WASM)).await.0, StatusCode::METHOD_NOT_ALLOWED);
    }

    #[tokio::test]
    async fn under_the_development_server_a_file_that_was_changed_is_another() {
        let public = Public::with(&[("assets/main.css", "first")]);
        let (changing, kept) = (served(&public.0, true).unwrap(), served(&public.0, false).unwrap());
        public.write("assets/main.css", "second");
        public.write("assets/new.css", "new");
        assert_eq!(get(&changing, "/assets/main.css", "").await.2, "second");
        assert_eq!(get(&changing, "/assets/new.css", "").await.2, "new");
        assert_eq!(get(&kept, "/assets/main.css", "").await.2, "first");
    }
}
