//! Who may import whom in `src/`: the table of `src/lib.rs`, checked.

mod paths;
mod rules;
mod texts;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
    sync::LazyLock,
};

use paths::{Found, Root};
use rules::{Imports, circle, wrong_imports};

/// Each layer, and the others that it may import.
const LAYERS: [(&str, &[&str]); 5] =
    [("wire", &[]), ("api", &["wire"]), ("client", &["wire", "api"]), ("server", &["wire"]), ("mock", &[])];

/// The server's floors from the ground up, with their folders and files: each imports its own floor and those below.
const FLOORS: [&[&str]; 4] = [
    &["certificates", "environment", "excerpt", "outbound", "observe", "secret_hash", "store", "tls", "version"],
    &["auth", "chat", "conversations"],
    &["http"],
    &[
        "app",
        "audit_user",
        "audit_verify",
        "command",
        "config",
        "doctor",
        "embedded",
        "feedback",
        "health_check",
        "user_data",
        "user_sessions",
    ],
];

/// The client's folders from the ground up: each imports only those before it.
const CLIENT_FOLDERS: [&str; 6] = ["platform", "language", "session", "markdown", "chat", "ui"];

/// The only folder of the server that knows the mocks.
const KNOWS_THE_MOCKS: &str = "server/embedded/";

/// The only folder of the client that sets `AuthState`.
const SETS_AUTH_STATE: &str = "client/session/";

/// Crates that only these folders name.
const CRATES: [(&[&str], &[&str]); 2] = [
    (&["axum", "hyper", "hyper_util", "tower", "tower_http"], &["server/http/", "api/transport/", "mock/"]),
    (&["web_sys", "js_sys"], &["client/platform/", "api/transport/"]),
];

/// Modules whose children must not import each other in a circle.
const WITHOUT_CIRCLES: [&str; 5] = ["server", "server/auth", "server/observe", "server/http", "client"];

/// They declare the layers and start them, or fuzz them.
const ABOVE_ALL_LAYERS: [&str; 3] = ["fuzzing.rs", "main.rs", "lib.rs"];

/// The paths that the files of `src/` name, read once for all tests.
static FILES: LazyLock<Vec<(String, Found)>> = LazyLock::new(|| found_in(source_files()));

fn found_in(files: Vec<(String, String)>) -> Vec<(String, Found)> {
    let read = |(file, text): (String, String)| {
        let found = paths::read(&file, &text).unwrap_or_else(|error| panic!("src/{file}: {error}"));
        (file, found)
    };
    files.into_iter().map(read).collect()
}

/// All files of `src/`, by their path in it, with their text.
pub fn source_files() -> Vec<(String, String)> {
    fn visit(directory: &Path, files: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            match path.is_dir() {
                true => visit(&path, files),
                false if path.extension().is_some_and(|extension| extension == "rs") => files.push(path),
                false => {}
            }
        }
    }
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = vec![];
    visit(&src, &mut files);
    files.sort();
    files
        .into_iter()
        .map(|file| {
            let name = file.strip_prefix(&src).unwrap().to_str().unwrap().to_owned();
            (name, fs::read_to_string(file).unwrap())
        })
        .collect()
}

#[test]
fn no_layer_or_floor_imports_what_is_above_it() {
    let imports = Imports::of(&FILES);
    let wrong: Vec<String> = FILES.iter().flat_map(|(file, found)| wrong_imports(&imports, file, found)).collect();
    assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n"));
}

#[test]
fn no_folders_import_each_other_in_a_circle() {
    let imports = Imports::of(&FILES);
    let circles: Vec<String> = WITHOUT_CIRCLES
        .iter()
        .filter_map(|parent| Some(format!("in {parent}: {}", circle(&imports.between_children(parent))?.join(" → "))))
        .collect();
    assert!(circles.is_empty(), "\n{}\n", circles.join("\n"));
}

#[test]
fn every_layer_is_read_and_the_imports_that_should_be_there_are_found() {
    let mut seen = BTreeSet::new();
    for (file, found) in &*FILES {
        let layer = file.split('/').next().unwrap();
        let ours = found.paths.iter().filter(|path| path.root == Root::Ours);
        seen.extend(ours.map(|path| format!("{layer} → {}", path.segments[0])));
    }
    for import in ["api → wire", "api → server", "client → wire", "client → api", "server → wire", "server → mock"]
    {
        assert!(seen.contains(import), "{import} not found in {seen:?}");
    }
    let imports = Imports::of(&FILES);
    let server = imports.between_children("server");
    for (from, to) in [("app", "http"), ("http", "auth"), ("auth", "store"), ("store", "observe")] {
        assert!(server[from].contains(to), "{from} → {to} not found");
    }
    let client = imports.between_children("client");
    for (from, to) in [("ui", "chat"), ("chat", "session"), ("markdown", "language"), ("session", "platform")] {
        assert!(client[from].contains(to), "{from} → {to} not found");
    }
}

#[test]
fn every_folder_of_the_client_has_its_place_in_the_order() {
    let client = Imports::of(&FILES).between_children("client");
    assert_eq!(client.into_keys().collect::<BTreeSet<_>>(), CLIENT_FOLDERS.map(str::to_owned).into());
}

/// The errors for a file with this text, next to a server that re-exports some names.
fn wrong(file: &str, text: &str) -> Vec<String> {
    let server = ("server/mod.rs".to_owned(), "pub use http::Services; pub use app::StartError;".to_owned());
    let found = paths::read(file, text).unwrap();
    wrong_imports(&Imports::of(&found_in(vec![server])), file, &found)
}

#[test]
fn forbidden_imports_are_found() {
    for (file, text) in [
        ("wire/auth.rs", "use crate::server::Services;"),
        ("wire/auth.rs", "use crate::api;"),
        ("wire/auth.rs", "pub(crate) use crate::client::App;"),
        ("mock/provider/mod.rs", "use crate::wire::auth::State;"),
        ("mock/provider/mod.rs", "#[cfg(test)] mod tests { use crate::server::Services; }"),
        ("client/app.rs", "use crate::server::Services;"),
        ("client/app.rs", "use crate::{ wire::auth::State, mock::provider, };"),
        ("client/app.rs", "use crate::{api::{self, auth}, wire::{auth}, server};"),
        ("client/app.rs", "fn f() { let x = crate :: server :: Services; }"),
        ("client/ui/chat/mod.rs", "use super::super::super::server::Services;"),
        ("client/app.rs", "use {crate::wire::auth::State, crate::server::Services};"),
        ("client/app.rs", "macro_rules! m { () => { $crate::server::Services } }"),
        ("client/app.rs", "fn f() { rsx! { div { onclick: move |_| { crate::server::stop() } } } }"),
        ("client/app.rs", "fn f() { select! { _ = x => { use crate::{wire::auth, server::app}; } } }"),
        ("client/app.rs", "use crate::*;"),
        ("client/app.rs", "use crate::{self as ours};"),
        ("client/app.rs", "use ::oracle_ai::server::Services;"),
        ("client/app.rs", "use crate::r#server::Services;"),
        ("client/app.rs", "fn f() -> Vec<crate::server::Services> { vec![] }"),
        ("client/ui/app.rs", "use web_sys::Window;"),
        ("client/session/auth.rs", "fn f() { js_sys::eval(\"\"); }"),
        ("client/ui/app.rs", "fn f(mut state: S) { state.set(AuthState::SignedOut) }"),
        ("client/chat/mod.rs", "fn f() -> AuthState { AuthState::SignedIn { user } }"),
        ("client/platform/dom.rs", "use super::super::session::Auth;"),
        ("client/language/mod.rs", "use crate::client::session::SignInFailure;"),
        ("client/session/auth.rs", "use crate::client::App;"),
        ("client/markdown/parse.rs", "use crate::{client::{language::Language, chat::entry::Entry}, wire::error};"),
        ("client/chat/conversation/mod.rs", "fn f() { crate::client::ui::route::navigate() }"),
        ("api/auth.rs", "use crate::server::Services;"),
        ("api/auth.rs", "use crate::{wire::auth::State, server::Services};"),
        ("api/auth.rs", "#[post(\"/\")] pub async fn endpoint(services: crate::server::Services) {}"),
        ("api/auth.rs", "#[post(\"/\")] async fn f() -> Option<crate::server::Services> { None }"),
        ("api/auth.rs", "impl From<crate::server::Services> for Answer { fn from(x: X) -> Self {} }"),
        ("api/auth.rs", "struct Endpoint { services: crate::server::Services }"),
        ("api/auth.rs", "fn no_server_function() { crate::server::g() }"),
        ("api/auth.rs", "#[post(\"/\")] async fn f() { use crate::client::App; }"),
        ("api/auth.rs", "#[get(\"/\", x: crate::mock::provider::Provider)] async fn f() {}"),
        ("api/auth.rs", "use axum::Json;"),
        ("server/http/router.rs", "use crate::mock::provider::Provider;"),
        ("server/http/router.rs", "use crate::api::auth;"),
        ("server/embedded/upstream.rs", "use crate::client::App;"),
        ("server/chat/mod.rs", "fn app() -> crate::client::App { todo!() }"),
        ("server/http/router.rs", "use super::super::config::Config;"),
        ("server/http/router.rs", "use crate::server::StartError;"),
        ("server/auth/dpop/service.rs", "use crate::server::Services;"),
        ("server/auth/dpop/service.rs", "use crate::server::http::extract::Caller;"),
        ("server/auth/dpop/service.rs", "use axum::http::HeaderMap;"),
        ("server/auth/dpop/service.rs", "fn f(parts: &axum::http::request::Parts) {}"),
        ("server/conversations/mod.rs", "use {std::fmt, tower::BoxError};"),
        ("server/store/mod.rs", "use crate::server::{environment::Environment, auth::sessions::Sessions};"),
        ("server/observe/metrics.rs", "use super::super::auth::sessions::Sessions;"),
        ("server/stray.rs", ""),
        ("stray.rs", ""),
        ("tools/mod.rs", ""),
    ] {
        let found = wrong(file, text);
        assert_eq!(found.len(), 1, "{file}: {text}: {found:?}");
    }
}

#[test]
fn allowed_imports_and_what_only_looks_like_an_import_pass() {
    for (file, text) in [
        ("wire/auth.rs", "use super::secret::secret; use crate::wire::error::ApiError;"),
        ("wire/auth.rs", "//! See [`crate::server::Services`].\n/* use crate::server; /* nested */ use crate::api; */"),
        ("wire/auth.rs", "const TEXT: &str = \"use crate::server::Services; \\\" crate::api\";"),
        ("wire/auth.rs", "const TEXT: &str = r#\"\" use crate::server::Services;\"#; const C: char = '\"';"),
        ("wire/auth.rs", "pub(super) fn f<'a>(x: &'a str) -> &'a str { x } // crate::server"),
        ("wire/mod.rs", "pub(super) mod auth;"),
        ("mock/provider/token.rs", "use super::{client::Client, server::Server}; use axum::Router;"),
        ("client/ui/mod.rs", "use crate::{api::auth, client::app::Route, wire::{auth::State, error::ApiError}};"),
        ("client/ui/chat/mod.rs", "use super::super::app; use super::super::super::wire::auth::State;"),
        ("client/ui/app.rs", "fn f(s: AuthState) { match s { AuthState::SignedOut => {} _ => {} } }"),
        ("client/ui/app.rs", "fn f(s: AuthState) -> bool { s == AuthState::SignedOut }"),
        ("client/session/mod.rs", "fn f(mut state: S) { state.set(AuthState::SignedOut) }"),
        ("client/session/sign_in.rs", "use super::auth::Auth; use crate::client::platform::clock;"),
        ("client/chat/list.rs", "use crate::client::{language::Language, markdown, platform::dom, session::Auth};"),
        ("client/ui/pages/chat/mod.rs", "use crate::client::{Route, chat::draft::Draft};"),
        ("client/mod.rs", "pub use ui::app::App;"),
        ("client/platform/mod.rs", "use web_sys::Window;"),
        ("server/embedded/provider.rs", "use crate::mock::provider::Provider;"),
        ("server/auth/oidc/client.rs", "use crate::{server::environment::Environment, wire::auth::State};"),
        ("server/auth/sessions/mod.rs", "use crate::server::{auth::dpop::VerifiedKey, store::Store, observe::audit};"),
        ("server/chat/mod.rs", "use super::{auth::sessions::SessionEnd, conversations::Owner};"),
        ("server/http/router.rs", "use axum::Router; use crate::server::{Services, auth::sessions::Sessions};"),
        ("server/app.rs", "use super::{config::Config, embedded, http::Services, store::StoreError};"),
        ("api/chat.rs", "#[get(\"/api/chat\", caller: crate::server::http::extract::Caller)]\nasync fn check() {}"),
        ("api/chat.rs", "#[post(\"/\")] async fn f() -> R { use crate::server::Chat; { crate::server::g() } }"),
        ("api/transport/events.rs", "use axum::response::Sse; use web_sys::Response;"),
        ("main.rs", "use crate::server::Services; use oracle_ai::client;"),
        ("lib.rs", "pub use crate::server::Services;"),
    ] {
        assert_eq!(wrong(file, text), [""; 0], "{file}: {text}");
    }
}

#[test]
fn a_circle_is_found_however_long_it_is() {
    let graph = |edges: &[(&str, &str)]| {
        let mut graph = BTreeMap::<String, BTreeSet<String>>::new();
        for (from, to) in edges {
            graph.entry((*from).to_owned()).or_default().insert((*to).to_owned());
        }
        graph
    };
    assert_eq!(circle(&graph(&[("a", "b"), ("a", "c"), ("b", "c"), ("c", "d")])), None);
    let found = circle(&graph(&[("a", "b"), ("b", "c"), ("c", "d"), ("d", "b")])).unwrap();
    assert_eq!(found, ["b", "c", "d", "b"]);
}

#[test]
fn imports_between_folders_are_those_of_all_their_files() {
    let files = [
        ("server/a/mod.rs", "use super::b::B;"),
        ("server/a/deep/file.rs", "fn f() { crate::server::c::g() }"),
        ("server/b.rs", "use super::b::own; use crate::wire::auth;"),
        ("server/c/mod.rs", "mod tests { use super::super::a::A; }"),
    ];
    let files = files.iter().map(|(file, text)| ((*file).to_owned(), (*text).to_owned())).collect();
    let imports = Imports::of(&found_in(files)).between_children("server");
    assert_eq!(imports["a"].iter().collect::<Vec<_>>(), ["b", "c"]);
    assert!(imports["b"].is_empty(), "{imports:?}");
    assert_eq!(imports["c"].iter().collect::<Vec<_>>(), ["a"]);
    assert_eq!(circle(&imports).unwrap(), ["a", "c", "a"]);
}
