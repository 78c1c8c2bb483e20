//! Proofs that a fuzzer made up.

#![allow(clippy::unwrap_used)]

use std::{
    sync::LazyLock,
    time::{Duration, UNIX_EPOCH},
};

use serde_json::Value;
use sha2::{Digest, Sha256};
use url::Url;

use super::{Expected, IAT_LEEWAY, IAT_WINDOW, NonceRule, Nonces, Proof, Thumbprint, check};
use crate::server::auth::jose::fuzzing::{Signer, base64url, header_and_payload};

const NOW: u64 = 1_700_000_000;
const URL: &str = "https://chat.example/api/token";
const ACCESS_TOKEN: &str = "jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y";

static BROWSER: LazyLock<Signer> = LazyLock::new(Signer::default);

/// A `DPoP` header: as it is, and, where it is two lines, as header and claims that the browser's key signs. In those,
/// `"@jwk"` stands for that key, `"@nonce"` for a nonce that was issued to it, and `"@ath"` for the hash of the request's
/// access token.
///
/// Nothing is accepted that the key did not sign, and of what it signed only what fits the request (RFC 9449 §4.3).
pub fn proof(data: &[u8]) {
    let nonces = Nonces::new([7; 32], []);
    let now = UNIX_EPOCH + Duration::from_secs(NOW);
    for request in requests() {
        assert!(check([data], &request, now, &nonces).is_err(), "not signed");
    }
    let Some((header, claims)) = header_and_payload(data) else { return };
    let (x, y) = BROWSER.coordinates();
    let thumbprint = Thumbprint::of_p256(&x, &y);
    let nonce = nonces.issue(&thumbprint, now);
    let header = header.replace("\"@jwk\"", &BROWSER.jwk().to_string());
    let hash = base64url(Sha256::digest(ACCESS_TOKEN));
    let claims = claims.replace("@nonce", &nonce).replace("@ath", &hash);
    let signed = BROWSER.sign(&header, &claims);
    for request in requests() {
        if let Ok(proof) = check([signed.as_bytes()], &request, now, &nonces) {
            assert!(proof.thumbprint == thumbprint);
            assert_fits(&header, &claims, &request, &proof, &nonce);
        }
    }
}

fn requests() -> impl Iterator<Item = Expected<'static>> {
    [NonceRule::Required, NonceRule::Optional].into_iter().flat_map(|nonce| {
        [None, Some(ACCESS_TOKEN)].into_iter().map(move |access_token| Expected {
            method: "POST",
            htu: URL,
            access_token,
            nonce,
        })
    })
}

fn assert_fits(header: &str, claims: &str, request: &Expected<'_>, proof: &Proof, nonce: &str) {
    let [header, claims] = [header, claims].map(|text| serde_json::from_str::<Value>(text).unwrap());
    assert!(header["typ"] == "dpop+jwt" && header["alg"] == "ES256");
    assert!(header.get("crit").is_none() && header["jwk"].get("d").is_none());
    assert_eq!(claims["htm"], "POST");
    let mut url: Url = claims["htu"].as_str().unwrap().parse().unwrap();
    url.set_query(None);
    url.set_fragment(None);
    assert_eq!(url.as_str(), URL);
    assert!(claims["jti"].as_str().is_some_and(|jti| !jti.is_empty()));
    match claims.get("nonce") {
        Some(claimed) => assert_eq!(claimed, nonce),
        None => {
            assert_eq!(request.nonce, NonceRule::Optional);
            let age = NOW as f64 - claims["iat"].as_f64().unwrap();
            // A float has not every nanosecond of the proof's time.
            let (oldest, newest) = (IAT_WINDOW.as_secs_f64() + 0.001, IAT_LEEWAY.as_secs_f64() + 0.001);
            assert!((-newest..=oldest).contains(&age), "{age}");
        }
    }
    if request.access_token.is_some() {
        assert_eq!(claims["ath"], base64url(Sha256::digest(ACCESS_TOKEN)));
    }
    assert!(proof.expires_at > UNIX_EPOCH + Duration::from_secs(NOW));
}
