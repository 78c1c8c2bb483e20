//! Secrets are compared in constant time.

use oracle_ai::{
    server::{
        auth::oidc::{ClientSecret, CodeVerifier, IdToken, Nonce, RefreshToken},
        chat::upstream::ApiKey,
    },
    wire::auth::{AccessToken, AuthorizationCode, DraftKey, SessionId, State},
};
use subtle::ConstantTimeEq;

use crate::layers::source_files;

/// Comparisons of texts that stop at the first byte that differs.
const COMPARISONS: [&str; 8] =
    [" == ", " != ", ".eq(", ".ne(", ".cmp(", ".eq_ignore_ascii_case(", ".starts_with(", ".contains("];

/// The statements in this code that compare the text of a secret. A text that is first bound to a variable is not found.
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
fn secrets_are_compared_in_constant_time_everywhere() {
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

    // Nor is the text of a secret compared directly.
    let code = files.iter().filter(|(file, _)| file.starts_with("server/") && !file.contains("tests"));
    let compared: Vec<_> = code
        .flat_map(|(file, text)| {
            compared_texts(before_tests(text)).into_iter().map(move |found| format!("src/{file}: {found}"))
        })
        .collect();
    assert!(compared.is_empty(), "\n{}\n", compared.join("\n"));
}

#[test]
fn every_form_of_text_comparison_is_detected() {
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
