//! The compose file for a trial: its settings are good, and agree with the provider that comes with it. No engine is started.

use oracle_ai::server::config::{Config, Provider, Variables, reference};
use serde_json::Value;

const COMPOSE: &str = include_str!("../../deploy/compose.yaml");
const REALM: &str = include_str!("../../deploy/trial/realm.json");

/// What `SESSION_KEYS` of the shell may be.
const KEY: &str = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";

fn services() -> Value {
    serde_saphyr::from_str::<Value>(COMPOSE).unwrap()["services"].take()
}

#[test]
fn the_settings_of_the_trial_are_good_and_those_of_its_provider() {
    let services = services();
    let settings = services["oracle-ai"]["environment"].as_object().unwrap();
    let value = |name: &str| settings[name].as_str().unwrap_or_else(|| panic!("{name} is no text"));
    assert!(settings.keys().all(|name| reference::names().any(|known| known == name)), "{settings:?}");
    let pairs = settings.keys().map(|name| (&**name, if name == "SESSION_KEYS" { KEY } else { value(name) }));
    let config = Config::from_variables(&Variables::from_pairs(pairs)).unwrap();
    assert!(config.plaintext.is_empty(), "everything is on loopback");

    let realm: Value = serde_json::from_str(REALM).unwrap();
    let (client, front_url) = (&realm["clients"][0], value("FRONT_URL"));
    let Provider::Configured(provider) = config.provider else { panic!("not the mock") };
    let issuer = format!(
        "{}/realms/{}",
        services["keycloak"]["environment"]["KC_HOSTNAME"].as_str().unwrap(),
        realm["realm"].as_str().unwrap()
    );
    assert_eq!(provider.issuer.as_str(), issuer);
    assert_eq!(
        (client["clientId"].as_str(), client["secret"].as_str()),
        (Some(value("CLIENT_ID")), Some(value("CLIENT_SECRET")))
    );
    assert_eq!(client["redirectUris"], serde_json::json!([format!("{front_url}/auth/callback")]));
    assert_eq!(client["attributes"]["post.logout.redirect.uris"], format!("{front_url}/signed-out"));
    assert_eq!(client["attributes"]["backchannel.logout.url"], format!("{front_url}/backchannel-logout"));
}

#[test]
fn only_this_machine_reaches_the_trial_and_its_containers_share_loopback() {
    let services = services();
    for (name, service) in services.as_object().unwrap() {
        match name.as_str() {
            "keycloak" => {
                let ports: Vec<_> =
                    service["ports"].as_array().unwrap().iter().map(|port| port.as_str().unwrap()).collect();
                assert_eq!(ports, ["127.0.0.1:8080:8080", "127.0.0.1:8081:8081"]);
            }
            _ => assert_eq!(service["network_mode"], "service:keycloak", "{name}"),
        }
    }
}
