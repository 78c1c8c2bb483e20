//! Property tests: mutated and generated proofs. Few enough cases to run with every `cargo test`.

use std::sync::LazyLock;

use proptest::{collection::vec, prelude::*};

use super::*;
use crate::server::auth::jose::mutation::Mutation;

/// A valid proof.
static GOOD: LazyLock<String> = LazyLock::new(|| {
    let proof = BROWSER.proof();
    assert!(check_one(&proof).is_ok());
    proof
});
static BROWSER: LazyLock<Browser> = LazyLock::new(Browser::new);

fn check_bytes(value: &[u8]) -> Result<Proof, ProofError> {
    check([value], &TOKEN_REQUEST, at(NOW), &nonces())
}

/// The compact serialisation of decoded parts.
fn compact(parts: &[Vec<u8>]) -> String {
    parts.iter().map(base64url).collect::<Vec<_>>().join(".")
}

/// JSON of any shape, with the names and some of the values that a proof has.
fn any_json() -> impl Strategy<Value = Value> {
    let name = "jti|htm|htu|iat|ath|nonce|typ|alg|jwk|kty|crv|x|y|d|crit|[a-z]{0,3}";
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
        "POST|dpop\\+jwt|ES256|EC|P-256|https?://chat.example[:/?#@a-z0-9.%\\[\\]]{0,12}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 24, 6, move |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::from),
            vec((name, inner), 0..8).prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

fn cases(cases: u32) -> ProptestConfig {
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(cases(50_000))]

    /// T65, T69. An accepted one would be a second text for the same request.
    #[test]
    fn no_proof_with_one_change_in_its_text_is_accepted(mutation in Mutation::any()) {
        let mutated = mutation.apply(GOOD.clone().into_bytes());
        prop_assert!(check_bytes(&mutated).is_err(), "{:?}", String::from_utf8_lossy(&mutated));
    }

    /// T65, T69. The same for the decoded parts, so that JSON and signature are changed.
    #[test]
    fn no_proof_with_one_change_in_a_decoded_part_is_accepted(part in 0..3_usize, mutation in Mutation::any()) {
        let mut parts: Vec<_> = GOOD.split('.').map(|part| BASE64_URL_SAFE_NO_PAD.decode(part).unwrap()).collect();
        parts[part] = mutation.apply(parts[part].clone());
        let mutated = compact(&parts);
        prop_assert!(check_bytes(mutated.as_bytes()).is_err(), "{}", mutated);
    }
}

proptest! {
    #![proptest_config(cases(2_000))]

    #[test]
    fn no_bytes_make_the_parser_panic(bytes in vec(any::<u8>(), 0..600)) {
        prop_assert!(check_bytes(&bytes).is_err());
    }

    #[test]
    fn no_three_parts_make_the_parser_panic(parts in vec(vec(any::<u8>(), 0..200), 3)) {
        prop_assert!(check_bytes(compact(&parts).as_bytes()).is_err());
    }

    /// With valid signatures, so that every step is reached.
    #[test]
    fn no_signed_claims_make_the_check_panic(changes in any_json(), header in any_json(), in_header in any::<bool>()) {
        let claims = if changes.is_object() { changed(BROWSER.claims(), changes) } else { changes };
        let header = if in_header { header } else { BROWSER.header() };
        let _ = check_one(&BROWSER.sign(header, claims));
    }

    #[test]
    fn no_url_makes_the_comparison_panic(htu in any::<String>(), tail in "[:/?#@a-z0-9.%\\[\\]\\\\]{0,20}") {
        let _ = check_one(&BROWSER.proof_with_claims(json!({ "htu": htu })));
        let _ = check_one(&BROWSER.proof_with_claims(json!({ "htu": format!("https://chat.example{tail}") })));
    }
}
