use super::*;

fn metadata(discovery: bool, endpoints: &[(&'static str, &str)], document: Value) -> Result<Metadata, String> {
    let endpoints = endpoints.iter().map(|(member, url)| (*member, (*url).to_owned())).collect();
    let issuer = IssuerUrl::new("https://sso.example.com/oidc/Chat".into()).unwrap();
    let source = MetadataSource { issuer, settings: MetadataSettings { discovery, endpoints, ..Default::default() } };
    source.metadata(document.as_object().unwrap().clone()).map_err(|error| error.to_string())
}

#[test]
fn configured_endpoints_replace_those_of_the_document() {
    // T21
    let document = json!({
        "issuer": "https://sso.example.com/oidc/Chat",
        "authorization_endpoint": "https://sso.example.com/oidc/authorize",
        "token_endpoint": "https://sso.example.com/oidc/token",
        "jwks_uri": "https://sso.example.com/oidc/jwks",
    });
    let set = [("token_endpoint", "https://sso.example.com//own/token")];
    let metadata = metadata(true, &set, document).unwrap();
    assert_eq!(metadata.token_endpoint().unwrap().as_str(), "https://sso.example.com//own/token");
    assert_eq!(metadata.authorization_endpoint().as_str(), "https://sso.example.com/oidc/authorize");
}

#[test]
fn without_a_document_configured_endpoints_suffice_and_a_missing_one_is_named() {
    let set = [("authorization_endpoint", "https://sso.example.com/a"), ("jwks_uri", "https://sso.example.com/k")];
    assert!(metadata(false, &set, json!({})).is_ok());
    assert!(metadata(false, &set[..1], json!({})).unwrap_err().contains("jwks_uri"));
}

#[test]
fn the_error_for_another_issuer_shows_both_issuers() {
    // T20
    let error = metadata(true, &[], json!({ "issuer": "https://sso.example.com/oidc/chat" })).unwrap_err();
    assert!(error.contains("/oidc/chat`") && error.contains("/oidc/Chat`"), "{error}");
    assert!(metadata(true, &[], json!({})).is_err());
    // T101: a very long one is cut.
    let error = metadata(true, &[], json!({ "issuer": "x".repeat(100_000) })).unwrap_err();
    assert!(error.len() < 500, "{error}");
}

/// The error for a document with this value of this member; `None` if it is accepted.
fn refusal(issuer: &str, settings: MetadataSettings, member: &str, value: Value) -> Option<ProviderError> {
    let at = |path: &str| format!("{issuer}{path}");
    let mut document = json!({
        "issuer": issuer,
        "authorization_endpoint": at("/authorize"),
        "token_endpoint": at("/token"),
        "jwks_uri": at("/jwks"),
    });
    document[member] = value;
    let source = MetadataSource { issuer: IssuerUrl::new(issuer.into()).unwrap(), settings };
    source.metadata(document.as_object().unwrap().clone()).err()
}

const ISSUER: &str = "https://sso.example.com";

#[test]
fn a_document_with_an_endpoint_that_must_not_receive_secrets_is_refused_and_the_endpoint_named() {
    // T22. Once only two of the eight were checked, so credentials could be sent over `http://`.
    for member in ENDPOINTS {
        for wrong in [
            "http://sso.example.com/x",
            "http://0.0.0.0:9400/x",
            // Loopback is this machine, not the provider's.
            "http://127.0.0.1:9400/x",
            "http://localhost/x",
            "javascript:alert(document.domain)",
            "data:text/html,hello",
            "https://me:secret@sso.example.com/x",
            "https://sso.example.com/x#y",
        ] {
            let refusal = refusal(ISSUER, MetadataSettings::default(), member, wrong.into());
            let words = refusal.unwrap_or_else(|| panic!("{member} at {wrong}")).to_string();
            assert!(words.contains(member) && !words.contains("secret"), "{words}");
        }
        let elsewhere = json!("https://login.example.net/x?a=b");
        assert!(refusal(ISSUER, MetadataSettings::default(), member, elsewhere).is_none(), "{member}");
    }
}

#[test]
fn a_provider_on_loopback_may_use_http_on_loopback_only() {
    // T22
    let refusal = |value: &str| refusal("http://127.0.0.1:9400", <_>::default(), "token_endpoint", value.into());
    assert!(refusal("http://localhost:9401/token").is_none());
    assert!(refusal("http://192.0.2.1/token").is_some());
}

#[test]
fn with_configured_hosts_endpoints_of_other_hosts_are_refused() {
    // T22
    let hosts = || MetadataSettings { hosts: Some(["api.example.com".into()].into()), ..Default::default() };
    for (url, is_taken) in [
        ("https://sso.example.com:8443/x", true),
        ("https://api.example.com/x", true),
        ("https://evil.example/x", false),
        ("https://api.example.com.evil.example/x", false),
        ("https://x.api.example.com/x", false),
    ] {
        let refusal = refusal(ISSUER, hosts(), "userinfo_endpoint", url.into());
        assert_eq!(refusal.is_none(), is_taken, "{url}: {refusal:?}");
    }
    let endpoints = [("token_endpoint", "https://other.example.com/token".to_owned())].into();
    let set_here = MetadataSettings { endpoints, ..hosts() };
    assert!(refusal(ISSUER, set_here, "userinfo_endpoint", Value::Null).is_none());
}

#[test]
fn endpoints_that_are_not_used_may_be_wrong_or_empty() {
    let refusal = |member: &str, value: &str| {
        refusal(ISSUER, MetadataSettings { introspection: false, ..Default::default() }, member, value.into())
    };
    assert!(refusal("check_session_iframe", "http://sso.example.com/check").is_none());
    assert!(refusal("introspection_endpoint", "http://sso.example.com/introspect").is_none());
    assert!(refusal("end_session_endpoint", "").is_none());
    assert!(refusal("revocation_endpoint", "http://sso.example.com/revoke").is_some());
    assert!(matches!(refusal("jwks_uri", ""), Some(ProviderError::MissingEndpoint("jwks_uri"))));
}

/// The metadata from a document with this value of this member.
fn with_member(member: &str, value: Value) -> Result<Metadata, ProviderError> {
    let at = |path: &str| format!("{ISSUER}{path}");
    let mut document = json!({
        "issuer": ISSUER,
        "authorization_endpoint": at("/authorize"),
        "token_endpoint": at("/token"),
        "jwks_uri": at("/jwks"),
        "userinfo_endpoint": at("/userinfo"),
    });
    document[member] = value;
    let (issuer, settings) = (IssuerUrl::new(ISSUER.into()).unwrap(), MetadataSettings::default());
    MetadataSource { issuer, settings }.metadata(document.as_object().unwrap().clone())
}

/// Values of every JSON type.
fn of_every_type() -> [Value; 9] {
    [
        Value::Null,
        json!(true),
        json!(7),
        json!(""),
        json!("TBD"),
        json!("openid profile email"),
        json!([]),
        json!([7, null, "a"]),
        json!({ "a": [1] }),
    ]
}

#[test]
fn a_member_that_is_not_needed_may_have_any_type() {
    for member in [
        "service_documentation",
        "scopes_supported",
        "registration_endpoint",
        "response_types_supported",
        "response_modes_supported",
        "grant_types_supported",
        "acr_values_supported",
        "subject_types_supported",
        "id_token_signing_alg_values_supported",
        "id_token_encryption_alg_values_supported",
        "id_token_encryption_enc_values_supported",
        "userinfo_signing_alg_values_supported",
        "userinfo_encryption_alg_values_supported",
        "userinfo_encryption_enc_values_supported",
        "request_object_signing_alg_values_supported",
        "request_object_encryption_alg_values_supported",
        "request_object_encryption_enc_values_supported",
        "token_endpoint_auth_methods_supported",
        "token_endpoint_auth_signing_alg_values_supported",
        "display_values_supported",
        "claim_types_supported",
        "claims_supported",
        "claims_locales_supported",
        "ui_locales_supported",
        "claims_parameter_supported",
        "request_parameter_supported",
        "request_uri_parameter_supported",
        "require_request_uri_registration",
        "op_policy_uri",
        "op_tos_uri",
        "check_session_iframe",
        "code_challenge_methods_supported",
        "authorization_response_iss_parameter_supported",
        "require_pushed_authorization_requests",
        "backchannel_logout_supported",
        "mtls_endpoint_aliases",
        "jwks",
        "made_up",
        // Endpoints that a provider need not have.
        "userinfo_endpoint",
        "introspection_endpoint",
        "revocation_endpoint",
        "end_session_endpoint",
        "pushed_authorization_request_endpoint",
    ] {
        for value in of_every_type() {
            with_member(member, value.clone()).unwrap_or_else(|error| panic!("{member}: {value}: {error}"));
        }
    }
}

#[test]
fn a_needed_member_of_another_type_is_named() {
    for member in ["authorization_endpoint", "token_endpoint", "jwks_uri", "issuer"] {
        for value in of_every_type() {
            // `fetch` checks that there is a token endpoint.
            if member == "token_endpoint" && (value.is_null() || value == "") {
                continue;
            }
            let words = with_member(member, value.clone()).map(|_| ()).unwrap_err().to_string();
            assert!(words.contains(member), "{member}: {value}: {words}");
        }
    }
}

#[test]
fn members_that_are_read_may_be_text() {
    let is_announced = |value: Value| {
        let metadata = with_member("authorization_response_iss_parameter_supported", value).unwrap();
        metadata.additional_metadata().announces_iss()
    };
    assert!(is_announced(json!(true)) && is_announced(json!("true")) && is_announced(json!("True")));
    assert!(!is_announced(json!(false)) && !is_announced(json!("false")) && !is_announced(json!("TBD")));

    let s256 = |value: Value| {
        with_member("code_challenge_methods_supported", value).unwrap().additional_metadata().supports_s256()
    };
    assert_eq!(s256(json!(["plain", "S256"])), Some(true));
    assert_eq!(s256(json!("plain S256")), Some(true));
    assert_eq!(s256(json!(["S256", 7])), Some(true));
    assert_eq!(s256(json!("plain")), Some(false));
    assert_eq!(s256(json!(7)), None);

    let without = with_member("userinfo_endpoint", json!("TBD")).unwrap();
    assert!(without.userinfo_endpoint().is_none());
}
