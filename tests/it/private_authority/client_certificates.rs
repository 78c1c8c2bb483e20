//! A model that requires a client certificate (mutual TLS).

use crate::{
    doctor::{doctor, line},
    private_authority::services::Service,
    support::{authority::Authority, provider::MockProvider, tls_front::TlsFront},
};

#[tokio::test(flavor = "multi_thread")]
async fn a_model_that_requires_a_client_certificate_gets_the_one_that_is_set() {
    let (house, stranger) = (Authority::new(), Authority::new());
    let front = TlsFront::with_client_certificates(&house.issue(&["localhost"]), &house).await;
    let model = Service::model_behind(front).await;
    let house_file = house.file();
    let authority = ("CHAT_CA_FILE", house_file.as_str());

    let line = model.examined("REFUSED", &[authority]).await;
    assert!(line.contains("requires a client certificate") && line.contains("CHAT_CLIENT_CERTIFICATE_FILE"), "{line}");

    let with = async |grade: &str, issuer: &Authority| {
        let (certificate, key) = issuer.issue_for_client().paths();
        let client = [authority, ("CHAT_CLIENT_CERTIFICATE_FILE", &certificate), ("CHAT_CLIENT_KEY_FILE", &key)];
        model.examined(grade, &client).await
    };
    with("proven", &house).await;
    let line = with("REFUSED", &stranger).await;
    assert!(line.contains("refuses the client certificate"), "{line}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_certificate_that_can_not_be_used_is_refused_by_the_name_of_its_setting() {
    const CERTIFICATE: &str = "CHAT_CLIENT_CERTIFICATE_FILE";
    const KEY: &str = "CHAT_CLIENT_KEY_FILE";
    let house = Authority::new();
    let (certificate, key) = house.issue_for_client().paths();
    let (_, other_key) = house.issue_for_client().paths();
    let encrypted = house.path("encrypted.key");
    let text = "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n";
    std::fs::write(&encrypted, text).unwrap();
    let encrypted = encrypted.display().to_string();
    for (certificate, key, setting, words) in [
        (&*key, &*key, CERTIFICATE, "has a private key, and no certificate"),
        (&*certificate, &*certificate, KEY, "has a certificate, and no private key"),
        (&*certificate, &*encrypted, KEY, "has an encrypted private key"),
        (&*certificate, &*other_key, KEY, "belongs to CHAT_CLIENT_CERTIFICATE_FILE"),
        (&*certificate, "", CERTIFICATE, "CHAT_CLIENT_KEY_FILE is not"),
        ("", &*key, KEY, "CHAT_CLIENT_CERTIFICATE_FILE is not"),
        (&*certificate, "/nowhere/client.key", KEY, "/nowhere/client.key"),
    ] {
        let variables = [
            ("CHAT_BASE_URL", "https://model.example.com/v1"),
            ("CHAT_MODEL", "m"),
            (CERTIFICATE, certificate),
            (KEY, key),
        ];
        let output = doctor(&MockProvider::shared().issuer, &variables).await;
        assert_eq!(output.status.code(), Some(78), "{output:?}");
        let line = line(&output, "REFUSED", "configuration");
        assert!(line.contains(&format!(" {setting} ")) && line.contains(words), "{line}");
    }
}
