//! Files of authorities that can't be used.

use std::fs;

use crate::{
    doctor::{doctor, line},
    private_authority::services::SESSION_KEYS,
    support::authority::Authority,
};

/// All services over TLS.
const SERVICES: [(&str, &str); 6] = [
    ("REDIS_URL", "rediss://cache.example.com"),
    SESSION_KEYS,
    ("DATABASE_URL", "postgres://db.example.com/chat"),
    ("CHAT_BASE_URL", "https://model.example.com/v1"),
    ("CHAT_MODEL", "m"),
    ("OTEL_EXPORTER_OTLP_ENDPOINT", "https://collector.example.com"),
];

const SETTINGS: [&str; 6] =
    ["CA_FILE", "CHAT_CA_FILE", "DATABASE_CA_FILE", "OIDC_CA_FILE", "OTEL_EXPORTER_OTLP_CERTIFICATE", "REDIS_CA_FILE"];

#[tokio::test(flavor = "multi_thread")]
async fn a_file_without_usable_certificates_stops_the_start_with_its_setting_its_path_and_what_is_wrong() {
    let house = Authority::new();
    let good = fs::read(house.file()).unwrap();
    let key = fs::read(house.issue_for_client().key_file).unwrap();
    let der = house.certificate_in_der();
    let damaged = b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n".to_vec();
    let not_base64 = b"-----BEGIN CERTIFICATE-----\n****\n-----END CERTIFICATE-----\n".to_vec();
    let file = |name: &str, content: &[u8]| {
        let path = house.path(name);
        fs::write(&path, content).unwrap();
        path.display().to_string()
    };
    let folder = house.path("a-folder");
    fs::create_dir(&folder).unwrap();
    for (path, words) in [
        (file("empty.pem", b""), "is empty"),
        (file("blank.pem", b" \n\n"), "is empty"),
        (file("text.pem", b"the house's authority"), "is not PEM"),
        (file("authority.der", &der), "is not PEM"),
        (file("authority.key", &key), "has a private key, and no certificate"),
        (file("damaged.pem", &damaged), "certificate 1 in it can't be read"),
        (file("second-damaged.pem", &[&good[..], &damaged].concat()), "certificate 2 in it can't be read"),
        (file("not-base64.pem", &[&good[..], &not_base64].concat()), "certificate 2 in it can't be read"),
        (file("cut.pem", &good[..good.len() / 2]), "certificate 1 in it can't be read"),
        (folder.display().to_string(), "directory"),
        (house.path("absent.pem").display().to_string(), "No such file"),
    ] {
        refused("CA_FILE", &path, words, &path).await;
    }
    let absent = house.path("absent.pem").display().to_string();
    for setting in SETTINGS {
        refused(setting, &format!("public,{absent}"), "No such file", &absent).await;
    }
}

async fn refused(setting: &str, value: &str, words: &str, path: &str) {
    let output = doctor("https://sso.example.com", &[&SERVICES[..], &[(setting, value)]].concat()).await;
    assert_eq!(output.status.code(), Some(78), "{setting}={value}: {output:?}");
    let line = line(&output, "REFUSED", "configuration");
    assert!(line.contains(&format!(" {setting} must be")), "{line}");
    assert!(line.contains(words) && line.contains(path), "{line}");
}

#[tokio::test(flavor = "multi_thread")]
async fn authorities_of_a_service_without_tls_stop_the_start() {
    let house = Authority::new();
    let house_file = house.file();
    for (variables, setting) in [
        (&[("REDIS_URL", "redis://localhost:1"), SESSION_KEYS][..], "REDIS_CA_FILE"),
        (&[("DATABASE_URL", "sqlite::memory:")], "DATABASE_CA_FILE"),
        (&[("DATABASE_URL", "postgres://localhost/chat?sslmode=disable")], "DATABASE_CA_FILE"),
        (&[("CHAT_BASE_URL", "http://localhost:1/v1"), ("CHAT_MODEL", "m")], "CHAT_CA_FILE"),
    ] {
        let output = doctor("https://sso.example.com", &[variables, &[(setting, &house_file)]].concat()).await;
        let line = line(&output, "REFUSED", "configuration");
        assert!(line.contains(&format!(" {setting} is set, but")), "{line}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_systems_authorities_alone_must_exist() {
    let none = [("SSL_CERT_FILE", "/nowhere/ca.pem"), ("SSL_CERT_DIR", "/nowhere"), ("CA_FILE", "system")];
    let output = doctor("https://sso.example.com", &none).await;
    let line = line(&output, "REFUSED", "configuration");
    assert!(line.contains(" CA_FILE must be") && line.contains("operating system has none"), "{line}");
}
