//! Login, access, refresh and logout at four providers, each with the settings that `docs/providers.md` recommends.

use oracle_ai::{
    mock::provider::{Client, Profile},
    server::{
        auth::{access_token::GuardSettings, oidc::ProviderSettings},
        config::{Config, Provider, Variables},
    },
};
use serde_json::json;

use crate::support::{
    app::TestApp,
    browser::Browser,
    provider::{CLIENT_ID, CLIENT_SECRET, FRONT_URL, MockProvider, client},
};

struct Expected {
    title: &'static str,
    profile: Profile,
    /// The user id.
    sub: fn(&str) -> Option<String>,
    has_roles: bool,
    sends_next_refresh_token: bool,
}

const PROVIDERS: [Expected; 4] = [
    Expected {
        title: "Broadcom SiteMinder",
        profile: Profile::SiteMinder,
        sub: |user| Some(format!("uid={user},ou=people,o=example.com")),
        has_roles: true,
        sends_next_refresh_token: false,
    },
    Expected {
        title: "Microsoft Entra ID",
        profile: Profile::Entra,
        sub: |_| None,
        has_roles: true,
        sends_next_refresh_token: true,
    },
    Expected {
        title: "Keycloak",
        profile: Profile::Keycloak,
        sub: |_| None,
        has_roles: true,
        sends_next_refresh_token: true,
    },
    Expected {
        title: "Google",
        profile: Profile::Google,
        sub: |_| None,
        has_roles: false,
        sends_next_refresh_token: false,
    },
];

/// The settings in the page, with the host of the mock and values for its placeholders.
fn documented(title: &str, provider: &MockProvider) -> (Box<ProviderSettings>, GuardSettings) {
    let page = include_str!("../../docs/providers.md");
    let section = page.split("\n## ").find(|section| section.starts_with(title)).unwrap();
    let block = section.split("```ini\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    let lines = block.replace("https://sso.example.com", &provider.origin());
    let settings = lines.lines().map(|line| line.split_once('=').unwrap());
    let registered = [("FRONT_URL", FRONT_URL), ("CLIENT_ID", CLIENT_ID), ("CLIENT_SECRET", CLIENT_SECRET)];
    let config = Config::from_variables(&Variables::from_pairs(settings.chain(registered))).unwrap();
    match config.provider {
        Provider::Configured(settings) => (settings, config.guard),
        Provider::Mock(_) => panic!("{title}: no issuer"),
    }
}

async fn at(expected: &Expected) -> Browser {
    let provider = MockProvider::with_profile(expected.profile, client()).await;
    let (settings, guard) = documented(expected.title, &provider);
    Browser::at(TestApp::with_guard(*settings, guard), provider)
}

#[tokio::test]
async fn login_access_refresh_and_logout_work_with_every_provider() {
    // T43, T71, T72, T78, T110
    for expected in PROVIDERS {
        let title = expected.title;
        let browser = at(&expected).await;
        browser.set(json!({ "roles": ["Chat Users", "cn=Other,ou=groups"] })).await;
        let login = browser.login().await;
        login.assert_ok();
        let login = login.json();
        if let Some(sub) = (expected.sub)(&browser.user) {
            assert_eq!(login["user"]["sub"], sub, "{title}");
        }
        assert_eq!(login["expires_in"], 300, "{title}");
        assert!(login["user"]["name"].is_string(), "{title}: {login}");
        assert!(browser.is_accepted(login["access_token"].as_str().unwrap()).await, "{title}");

        let session = login["session"].as_str().unwrap();
        for _ in 0..2 {
            let access_token = browser.refresh_access_token(session).await;
            assert!(browser.is_accepted(&access_token).await, "{title}");
        }
        browser.logout(session).await.assert_ok();
        browser.logout(session).await.assert_ok();
        browser.refresh(session).await.assert_refused(401, "session_ended");
        assert_eq!(browser.refreshes_seen().await, 2, "{title}: {}", expected.sends_next_refresh_token);
    }
}

#[tokio::test]
async fn a_missing_role_is_refused_with_every_providers_role_format() {
    // T70
    for expected in PROVIDERS.into_iter().filter(|expected| expected.has_roles) {
        let browser = at(&expected).await;
        browser.set(json!({ "roles": ["Chat Users Emeritus", "cn=Chat Users,ou=groups"] })).await;
        let access_token = browser.sign_in().await.access_token;
        let answer = browser.check_chat(&[&format!("DPoP {access_token}")]).await;
        answer.assert_refused(403, "forbidden");
    }
}

#[tokio::test]
async fn without_the_documented_offline_access_settings_there_is_no_refresh_token() {
    for (expected, parameters) in [(&PROVIDERS[3], "access_type"), (&PROVIDERS[1], "offline_access")] {
        let provider = MockProvider::with_profile(expected.profile, client()).await;
        let (mut settings, guard) = documented(expected.title, &provider);
        settings.requests.authorize_parameters.retain(|(name, _)| name != parameters);
        settings.scopes.retain(|scope| scope != parameters);
        let browser = Browser::at(TestApp::with_guard(*settings, guard), provider);
        let session = browser.sign_in().await.session;
        browser.app.clock.jump(oracle_ai::server::auth::sessions::REPLAY_WINDOW);
        browser.refresh(&session).await.assert_refused(401, "session_ended");
    }
}

#[tokio::test]
async fn the_configuration_knows_every_profile_of_the_mock() {
    let names: Vec<_> = Profile::ALL.iter().map(|(name, _)| *name).collect();
    assert_eq!(names, oracle_ai::server::config::mock_profiles().collect::<Vec<_>>());
}

#[tokio::test]
async fn a_provider_without_metadata_works_with_configured_endpoints() {
    // T21
    let provider = MockProvider::with_profile(Profile::SiteMinder, Client { ..client() }).await;
    provider.set_outage(&["discovery"]).await;
    let (mut settings, guard) = documented("Broadcom SiteMinder", &provider);
    settings.metadata.discovery = false;
    for (member, path) in [
        ("authorization_endpoint", "authorize"),
        ("token_endpoint", "token"),
        ("jwks_uri", "jwks"),
        ("introspection_endpoint", "introspect"),
    ] {
        settings.metadata.endpoints.insert(member, format!("{}/{path}", provider.issuer));
    }
    let browser = Browser::at(TestApp::with_guard(*settings, guard), provider);
    browser.set(json!({ "roles": ["Chat Users"] })).await;
    let access_token = browser.sign_in().await.access_token;
    assert!(browser.is_accepted(&access_token).await);
    assert_eq!(browser.provider.calls_of("discovery").await, 0);
}
