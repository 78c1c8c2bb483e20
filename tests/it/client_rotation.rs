//! Rotation of the client credentials without a restart: two may be valid at once.

use std::{
    fs,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::{Duration, SystemTime},
};

use oracle_ai::{
    mock::provider::{Client, Profile},
    server::auth::oidc::{ClientAuthentication, ClientKey, ClientSecret, Credentials},
};
use serde_json::Value;

use crate::{
    client_key::{KID, ec_key},
    introspection,
    support::{
        app::TestApp,
        browser::Browser,
        provider::{CLIENT_SECRET, MockProvider, client},
    },
};

/// A file of credentials, gone with the test.
struct Secrets(PathBuf);

impl Secrets {
    fn holding(text: &str) -> Self {
        static FILES: AtomicU32 = AtomicU32::new(0);
        let n = FILES.fetch_add(1, Ordering::Relaxed);
        let file = std::env::temp_dir().join(format!("oracle-ai-credentials-{}-{n}", std::process::id()));
        fs::write(&file, text).unwrap();
        Self(file)
    }

    /// Replaces the file atomically, as operators should.
    fn change(&self, text: &str) {
        let new = self.0.with_extension("new");
        fs::write(&new, text).unwrap();
        fs::rename(new, &self.0).unwrap();
    }

    /// The same, with a time that the file says it was changed at.
    fn change_at(&self, text: &str, moment: SystemTime) {
        let new = self.0.with_extension("new");
        fs::write(&new, text).unwrap();
        fs::File::options().write(true).open(&new).unwrap().set_modified(moment).unwrap();
        fs::rename(new, &self.0).unwrap();
    }

    fn as_secrets(&self) -> ClientAuthentication {
        let lines = |text: &[u8]| Ok(String::from_utf8_lossy(text).lines().map(ClientSecret::new).collect());
        ClientAuthentication::ClientSecretBasic(Arc::new(Credentials::in_file(&self.0, lines).unwrap()))
    }

    fn as_keys(&self) -> ClientAuthentication {
        let keys = |pem: &[u8]| ClientKey::all_from_pem(pem, Some(KID)).map_err(|error| error.to_string());
        let keys = Arc::new(Credentials::in_file(&self.0, keys).unwrap());
        ClientAuthentication::PrivateKeyJwt { keys, audience: None }
    }
}

impl Drop for Secrets {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

async fn at(client: Client, authentication: ClientAuthentication) -> Browser {
    let provider = MockProvider::with_profile(Profile::Plain, client).await;
    let mut settings = provider.settings();
    settings.client_authentication = authentication;
    Browser::at(TestApp::with_guard(settings, introspection::guard()), provider)
}

/// Every request that says who we are: code, introspection, refresh and revocation.
async fn a_day(browser: &Browser) {
    let signed_in = browser.sign_in().await;
    assert!(browser.is_accepted(&signed_in.access_token).await);
    let access_token = browser.refresh_access_token(&signed_in.session).await;
    assert!(browser.is_accepted(&access_token).await);
    browser.logout(&signed_in.session).await.assert_ok();
}

fn registered(jwks: Vec<Value>) -> Client {
    Client { jwks, pushes_requests: true, ..client() }
}

fn with_kid((pem, mut jwk): (String, Value), kid: &str) -> (String, Value) {
    jwk["kid"] = kid.into();
    (format!("kid: {kid}\n{pem}"), jwk)
}

#[tokio::test]
async fn of_two_secrets_the_one_that_the_provider_accepts_is_used() {
    // T61: before the change at the provider, and after it.
    for text in [format!("{CLIENT_SECRET}\nthe next"), format!("the last\n{CLIENT_SECRET}")] {
        let file = Secrets::holding(&text);
        let browser = at(client(), file.as_secrets()).await;
        a_day(&browser).await;
        a_day(&browser).await;
        let refused = browser.provider.outcomes_of("token").await;
        let refused = refused.iter().filter(|outcome| *outcome == "invalid_client").count();
        assert!(refused <= 1, "the one that was taken goes first: {refused}");
    }
}

#[tokio::test]
async fn of_two_keys_the_one_that_the_provider_knows_is_used() {
    // T61
    let ((old, old_jwk), (new, new_jwk)) = (with_kid(ec_key(), "old"), with_kid(ec_key(), "new"));
    let file = Secrets::holding(&format!("{old}{new}"));
    for jwks in [vec![old_jwk.clone()], vec![old_jwk, new_jwk.clone()], vec![new_jwk]] {
        let browser = at(registered(jwks), file.as_keys()).await;
        a_day(&browser).await;
    }
}

#[tokio::test]
async fn a_changed_credentials_file_takes_effect_without_a_restart() {
    // T61
    let file = Secrets::holding("not yet known there");
    let browser = at(client(), file.as_secrets()).await;
    browser.login().await.assert_refused(502, "provider_unavailable");
    file.change(&format!("not yet known there\n{CLIENT_SECRET}\n"));
    a_day(&browser).await;
    file.change(CLIENT_SECRET);
    a_day(&browser).await;

    let ((old, _), (new, jwk)) = (ec_key(), ec_key());
    let file = Secrets::holding(&old);
    let browser = at(registered(vec![jwk]), file.as_keys()).await;
    browser.request_authorize().await.assert_refused(502, "provider_unavailable");
    file.change(&new);
    a_day(&browser).await;
}

#[tokio::test]
async fn an_unusable_credentials_file_leaves_the_old_credentials_in_use() {
    // T61
    let (key, jwk) = ec_key();
    let file = Secrets::holding(&key);
    let browser = at(registered(vec![jwk]), file.as_keys()).await;
    for unusable in ["", "no key", &format!("{key}{key}{key}"), &key[..100]] {
        file.change(unusable);
        browser.sign_in().await;
    }
    fs::remove_file(&file.0).unwrap();
    browser.sign_in().await;
}

#[tokio::test]
async fn a_repaired_credentials_file_is_read_even_if_its_metadata_is_unchanged() {
    // T61. For example after the permissions of the file were corrected.
    let file = Secrets::holding("not yet known there");
    let browser = at(client(), file.as_secrets()).await;
    let moment = SystemTime::now() + Duration::from_secs(60);
    file.change_at(&"\n".repeat(CLIENT_SECRET.len()), moment);
    browser.login().await.assert_refused(502, "provider_unavailable");
    file.change_at(CLIENT_SECRET, moment);
    a_day(&browser).await;
}

#[test]
fn a_kid_line_before_a_key_sets_its_id() {
    // T61
    let (pem, _) = ec_key();
    let names = |text: &str| {
        let keys = ClientKey::all_from_pem(text.as_bytes(), Some("usual")).unwrap();
        keys.iter().map(|key| key.id().unwrap_or_default().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(names(&pem), ["usual"]);
    assert_eq!(names(&format!("made in March\nkid: 2026\n{pem}\n# the next\n{pem}\n")), ["2026", "usual"]);
    let certificate = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    assert_eq!(names(&format!("{pem}{certificate}")), ["usual"]);
    assert!(ClientKey::all_from_pem(certificate.as_bytes(), None).is_err());
    for wrong in ["kid:", "kid: two words", "kid: é"] {
        assert!(ClientKey::all_from_pem(format!("{wrong}\n{pem}").as_bytes(), None).is_err(), "{wrong}");
    }
}
