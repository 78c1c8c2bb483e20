//! Property tests: mutated and generated ID tokens. Few enough cases to run with every `cargo test`.

use proptest::{collection::vec, prelude::*};

use super::*;
use crate::server::auth::jose::mutation::Mutation;

/// A valid token.
static GOOD: LazyLock<String> = LazyLock::new(|| {
    let token = RSA.with_claims(json!({"azp": CLIENT, "auth_time": NOW, "name": "Ada"}));
    login(&token).unwrap();
    token
});
static KEYS: LazyLock<ProviderKeys> = LazyLock::new(both_keys);
static PROVIDER: LazyLock<ProviderSettings> = LazyLock::new(provider);
static OUR_NONCE: LazyLock<Nonce> = LazyLock::new(|| Nonce::new(NONCE));

fn outcome(token: &str) -> Outcome {
    check(token, Expected::Login(&OUR_NONCE), &PROVIDER, &KEYS)
}

/// JSON of any shape, with the names and some of the values that an ID token has.
fn any_json() -> impl Strategy<Value = Value> {
    let name =
        "iss|sub|aud|exp|iat|nbf|nonce|azp|acr|amr|auth_time|at_hash|events|name|typ|alg|kid|crit|cty|[a-z]{0,3}";
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
        "chat|JWT|RS256|none|rsa|ec|https://provider.example/oidc|2023-11-14T22:13:20Z".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 24, 6, move |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::from),
            vec((name, inner), 0..8).prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

/// The number of cases, unless `PROPTEST_CASES` is set.
fn cases(cases: u32) -> ProptestConfig {
    let cases = std::env::var("PROPTEST_CASES").map_or(cases, |cases| cases.parse().unwrap());
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(cases(10_000))]

    /// T24. An accepted one would be a second text for the same login.
    #[test]
    fn no_token_with_one_change_in_its_text_is_accepted(mutation in Mutation::any()) {
        let mutated = mutation.apply(GOOD.clone().into_bytes());
        let mutated = String::from_utf8_lossy(&mutated);
        prop_assert!(outcome(&mutated).is_err(), "{mutated:?}");
    }

    /// T24. The same for the decoded parts, so that JSON and signature are changed.
    #[test]
    fn no_token_with_one_change_in_a_decoded_part_is_accepted(part in 0..3_usize, mutation in Mutation::any()) {
        let mut parts: Vec<_> = GOOD.split('.').map(|part| BASE64_URL_SAFE_NO_PAD.decode(part).unwrap()).collect();
        parts[part] = mutation.apply(parts[part].clone());
        let mutated = parts.iter().map(base64url).collect::<Vec<_>>().join(".");
        prop_assert!(outcome(&mutated).is_err(), "{mutated}");
    }
}

proptest! {
    #![proptest_config(cases(1_000))]

    #[test]
    fn no_text_makes_the_parser_panic(text in any::<String>(), parts in vec(vec(any::<u8>(), 0..200), 3)) {
        prop_assert!(outcome(&text).is_err());
        prop_assert!(outcome(&parts.iter().map(base64url).collect::<Vec<_>>().join(".")).is_err());
    }

    /// With valid signatures, so that every step is reached.
    #[test]
    fn no_signed_claims_make_the_check_panic(changes in any_json(), header in any_json(), in_header in any::<bool>()) {
        let claims = if changes.is_object() { changed(claims(), changes) } else { changes };
        let header = if in_header { header } else { EC.header() };
        let _ = outcome(&EC.sign(header, claims));
    }
}
