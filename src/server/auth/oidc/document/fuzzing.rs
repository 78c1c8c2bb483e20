//! Metadata that a fuzzer made up.

#![allow(clippy::unwrap_used)]

use super::*;

const ISSUER: &str = "https://sso.example.com/oidc";

/// A metadata document. Of what is accepted, the issuer is the configured one, and each endpoint is https at a host that the
/// operator lists.
pub fn metadata(data: &[u8]) {
    let Ok(document) = serde_json::from_slice::<Map<String, Value>>(data) else { return };
    let issuer = document.get("issuer").cloned();
    let hosts = Some(BTreeSet::from(["login.example.com".to_owned()]));
    let settings = MetadataSettings { hosts, ..Default::default() };
    let source = MetadataSource { issuer: IssuerUrl::new(ISSUER.into()).unwrap(), settings };
    let Ok(metadata) = source.metadata(document) else { return };
    assert_eq!(issuer, Some(ISSUER.into()));
    let read = serde_json::to_value(&metadata).unwrap();
    for endpoint in ENDPOINTS {
        let Some(url) = read.get(endpoint).filter(|url| !url.is_null()) else { continue };
        let url: Url = url.as_str().unwrap().parse().unwrap();
        assert_eq!(url.scheme(), "https", "{endpoint}");
        assert!(matches!(url.host_str(), Some("sso.example.com" | "login.example.com")), "{endpoint}");
    }
    for endpoint in REQUIRED_ENDPOINTS.iter().filter(|endpoint| **endpoint != "token_endpoint") {
        assert!(read.get(*endpoint).is_some_and(Value::is_string), "{endpoint}");
    }
}
