//! Who may import whom in `src/`: the table of `src/lib.rs`, checked.

mod paths;

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use oracle_ai::{
    server::{
        auth::oidc::{ClientSecret, CodeVerifier, IdToken, Nonce, RefreshToken},
        chat::upstream::ApiKey,
    },
    wire::auth::{AccessToken, AuthorizationCode, DraftKey, SessionId, State},
};
use paths::{Place, paths_to_rooms};
use subtle::ConstantTimeEq;

const ROOMS: [&str; 5] = ["wire", "api", "client", "server", "mock"];

/// They declare the rooms and start them.
const ABOVE_ALL_ROOMS: [&str; 2] = ["main.rs", "lib.rs"];

/// The only folder of the server room that knows of the mocks.
const KNOWS_THE_MOCK: &str = "server/embedded/";

fn is_allowed(file: &str, from: &str, to: &str, place: Place) -> bool {
    match (from, to) {
        (from, to) if from == to => true,
        ("api", "wire") | ("client", "wire" | "api") | ("server", "wire") => true,
        // Attributes and bodies of doors compile on the server only.
        ("api", "server") => matches!(place, Place::Attribute | Place::FunctionBody),
        ("server", "mock") => file.starts_with(KNOWS_THE_MOCK),
        _ => false,
    }
}

/// One line for each path in `text`, the content of `src/{file}`, that its room must not name.
fn wrong_arrows(file: &str, text: &str) -> Vec<String> {
    if ABOVE_ALL_ROOMS.contains(&file) {
        return vec![];
    }
    let modules: Vec<&str> = file.trim_end_matches(".rs").trim_end_matches("/mod").split('/').collect();
    let from = modules[0];
    if !ROOMS.contains(&from) {
        return vec![format!("src/{file} is in no room")];
    }
    paths_to_rooms(text, modules.len())
        .into_iter()
        .filter(|path| !is_allowed(file, from, &path.room, path.place))
        .map(|path| format!("src/{file}:{}: {from} → {}", path.line, path.room))
        .collect()
}

fn source_files() -> Vec<(String, String)> {
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
    files
        .into_iter()
        .map(|file| {
            let name = file.strip_prefix(&src).unwrap().to_str().unwrap().to_owned();
            (name, fs::read_to_string(file).unwrap())
        })
        .collect()
}

#[test]
fn no_room_imports_what_it_must_not_know() {
    let wrong: Vec<String> = source_files().iter().flat_map(|(file, text)| wrong_arrows(file, text)).collect();
    assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n"));
}

/// What compares texts, and stops at the first letter that differs.
const COMPARISONS: [&str; 8] =
    [" == ", " != ", ".eq(", ".ne(", ".cmp(", ".eq_ignore_ascii_case(", ".starts_with(", ".contains("];

/// The statements in this code that compare the text of a secret. A text that was given a name of its own before it is
/// compared is not seen.
fn compared_texts(code: &str) -> Vec<String> {
    let lines = code.lines().map(str::trim).filter(|line| !line.starts_with("//"));
    let code = lines.collect::<Vec<_>>().join(" ");
    let statements = code.split([';', '{', '}']).map(str::trim);
    let compared = statements.filter(|statement| {
        statement.contains(".secret()") && COMPARISONS.iter().any(|comparison| statement.contains(comparison))
    });
    compared.map(str::to_owned).collect()
}

/// Without the unit tests at its end.
fn before_tests(text: &str) -> &str {
    text.split("#[cfg(test)]").next().unwrap()
}

#[test]
fn secrets_are_compared_in_constant_time_wherever_they_are_compared() {
    // T39: `==` of two secrets, and of what holds some, is the constant-time one, as there is no other.
    fn compared_in_constant_time<T: ConstantTimeEq + PartialEq>() {}
    compared_in_constant_time::<AccessToken>();
    compared_in_constant_time::<AuthorizationCode>();
    compared_in_constant_time::<SessionId>();
    compared_in_constant_time::<State>();
    compared_in_constant_time::<ClientSecret>();
    compared_in_constant_time::<CodeVerifier>();
    compared_in_constant_time::<IdToken>();
    compared_in_constant_time::<Nonce>();
    compared_in_constant_time::<RefreshToken>();
    compared_in_constant_time::<ApiKey>();
    compared_in_constant_time::<DraftKey>();
    let files = source_files();
    let secrets: usize = files.iter().map(|(_, text)| text.matches("\nsecret! {").count()).sum();
    assert_eq!(secrets, 11, "a secret is not in the list above");
    let (_, text) = files.iter().find(|(file, _)| file == "wire/secret.rs").unwrap();
    let derived: String = before_tests(text).lines().filter(|line| line.contains("derive(")).collect();
    assert!(!derived.is_empty() && !derived.contains("PartialEq"), "{derived}");
    assert!(text.contains("subtle::ConstantTimeEq::ct_eq(self, other).into()"));

    // Nor is the text of one compared by itself.
    let code = files.iter().filter(|(file, _)| file.starts_with("server/") && !file.contains("tests"));
    let compared: Vec<_> = code
        .flat_map(|(file, text)| {
            compared_texts(before_tests(text)).into_iter().map(move |found| format!("src/{file}: {found}"))
        })
        .collect();
    assert!(compared.is_empty(), "\n{}\n", compared.join("\n"));
}

#[test]
fn a_comparison_of_a_secrets_text_is_seen_however_it_is_written() {
    for code in [
        "if token.secret() == other.secret() { return }",
        "let same = token.secret()\n    == other;",
        "token.secret().eq(other)",
        "other.ne(token.secret())",
        "assert!(token\n    .secret()\n    .starts_with(\"a\"));",
        "token.secret().eq_ignore_ascii_case(other)",
    ] {
        assert_eq!(compared_texts(code).len(), 1, "{code}");
    }
    for code in [
        "stored.refresh_token == session.refresh_token",
        "// token.secret() == other\nlet hash = SecretHash::of(token.secret());",
        "let text = token.secret(); if a == b { c() }",
        "token.secret().len() <= MAX",
        "token.secret().as_bytes().ct_eq(other)",
    ] {
        assert_eq!(compared_texts(code), [""; 0], "{code}");
    }
}

#[test]
fn every_room_is_read_and_the_arrows_that_should_be_there_are_seen() {
    let files = source_files();
    let mut seen = BTreeSet::new();
    for (file, text) in &files {
        let room = file.split('/').next().unwrap();
        for path in paths_to_rooms(text, 1) {
            seen.insert(format!("{room} → {}", path.room));
        }
    }
    for arrow in ["api → wire", "api → server", "client → wire", "client → api", "server → wire", "server → mock"]
    {
        assert!(seen.contains(arrow), "{arrow} not seen in {seen:?}");
    }
    for room in ROOMS {
        assert!(files.iter().any(|(file, _)| file.starts_with(&format!("{room}/"))), "nothing read of {room}");
    }
}

#[test]
fn wrong_arrows_are_caught() {
    for (file, text) in [
        ("wire/auth.rs", "use crate::server::http::Services;"),
        ("wire/auth.rs", "use crate::api;"),
        ("wire/auth.rs", "pub(crate) use crate::client::App;"),
        ("mock/provider/mod.rs", "use crate::wire::auth::State;"),
        ("mock/provider/mod.rs", "#[cfg(test)] mod tests { use crate::server::http::Services; }"),
        ("client/app.rs", "use crate::server::http::Services;"),
        ("client/app.rs", "use crate::{ wire::auth::State, mock::provider, };"),
        ("client/app.rs", "use crate::{api::{self, auth}, wire::{auth}, server};"),
        ("client/app.rs", "fn f() { let x = crate :: server :: Services; }"),
        ("client/pages/chat/mod.rs", "use super::super::super::server::Services;"),
        ("client/app.rs", "use {crate::wire::auth::State, crate::server::http::Services};"),
        ("client/app.rs", "macro_rules! m { () => { $crate::server::http::Services } }"),
        ("client/app.rs", "use crate::*;"),
        ("client/app.rs", "use crate::{self as ours};"),
        ("client/app.rs", "use ::oracle_ai::server::http::Services;"),
        ("client/app.rs", "use r#crate::x; use crate::r#server::Services;"),
        ("server/router.rs", "use crate::mock::provider::Provider;"),
        ("server/router.rs", "use crate::api::auth;"),
        ("server/embedded/upstream.rs", "use crate::client::App;"),
        ("server/embedded.rs", "use crate::mock::upstream::Upstream;"),
        ("server/chat/mod.rs", "fn app() -> crate::client::App { todo!() }"),
        ("api/auth.rs", "use crate::server::http::Services;"),
        ("api/auth.rs", "use crate::{wire::auth::State, server::Services};"),
        ("api/auth.rs", "pub async fn door(services: crate::server::http::Services) {}"),
        ("api/auth.rs", "fn f() -> Option<crate::server::http::Services> { None }"),
        ("api/auth.rs", "impl From<crate::server::http::Services> for Answer { fn from(x: X) -> Self {} }"),
        ("api/auth.rs", "struct Door { services: crate::server::http::Services }"),
        ("api/auth.rs", "fn f() { g() } use crate::server::http::Services;"),
        ("api/auth.rs", "fn f() { use crate::client::App; }"),
        ("api/auth.rs", "door! { get(\"/\") pub async fn f(x: crate::server::http::Services) -> R { } }"),
        ("api/auth.rs", "door! { use crate::server::http::Services; }"),
        ("api/auth.rs", "door! { post(\"/\", x: crate::mock::provider::Provider) pub async fn f() -> R { } }"),
        ("api/auth.rs", "fn f(x: X) { } get(crate::server::http::Services)"),
        ("api/auth.rs", "#[get(\"/\", x: crate::mock::provider::Provider)] fn f() {}"),
        ("stray.rs", ""),
        ("tools/mod.rs", ""),
    ] {
        assert_eq!(wrong_arrows(file, text).len(), 1, "{file}: {text}: {:?}", wrong_arrows(file, text));
    }
}

#[test]
fn good_arrows_and_what_only_looks_like_an_arrow_are_let_through() {
    for (file, text) in [
        ("wire/auth.rs", "use super::secret::secret; use crate::wire::error::ApiError;"),
        (
            "wire/auth.rs",
            "//! See [`crate::server::http::Services`].\n/* use crate::server; /* nested */ use crate::api; */",
        ),
        ("wire/auth.rs", "const TEXT: &str = \"use crate::server::http::Services; \\\" crate::api\";"),
        ("wire/auth.rs", "const TEXT: &str = r#\"\" use crate::server::http::Services;\"#; const C: char = '\"';"),
        ("wire/auth.rs", "fn f<'a>(x: &'a str) -> &'a str { x } // crate::server"),
        ("mock/provider/token.rs", "use super::{client::Client, server::Server}; use std::sync::Arc;"),
        ("client/pages/mod.rs", "use crate::{api::auth, client::app::Route, wire::{auth::State, error::ApiError}};"),
        ("client/pages/chat/mod.rs", "use super::super::app; use super::super::super::wire::auth::State;"),
        ("server/embedded/provider.rs", "use crate::mock::provider::Provider;"),
        ("server/oidc/client.rs", "use crate::{server::environment::Environment, wire::auth::State};"),
        (
            "api/chat.rs",
            "#[get(\"/api/chat\", caller: crate::server::auth::access_token::Caller)]\npub async fn check() {}",
        ),
        (
            "api/chat.rs",
            "door! { get(\"/\", x: crate::server::auth::access_token::Caller) pub async fn f(y: Y) -> R { crate::server::g() } }",
        ),
        (
            "api/chat.rs",
            "pub async fn f<T>() -> R<T> where T: Fn() { use crate::server::Chat; { crate::server::g() } }",
        ),
        ("main.rs", "use crate::server::http::Services; use oracle_ai::client;"),
        ("lib.rs", "pub use crate::server::http::Services;"),
    ] {
        assert_eq!(wrong_arrows(file, text), [""; 0], "{file}: {text}");
    }
}
