//! How this server authenticates at the provider, and which certificate authorities it trusts there.

use std::{path::Path, sync::Arc};

use super::super::{
    certificates::{self, ca_file},
    setting::{AnySetting, Setting, refuse},
    values::{OneOf, Parsed, Text},
    variables::{ConfigError, Variables},
};
use crate::server::{
    auth::oidc::{ClientAuthentication, ClientKey, ClientSecret, Credentials, SecurityProfile},
    certificates::TrustedAuthorities,
};

#[derive(Clone, Copy, PartialEq)]
pub enum Method {
    SecretBasic,
    SecretPost,
    PrivateKeyJwt,
}

pub static CLIENT_SECRET: Setting<Text> = Setting {
    name: "CLIENT_SECRET",
    text: "Its secret. Needed with OIDC_ISSUER, unless CLIENT_SECRET_FILE is set, or a key takes its place (CLIENT_AUTH=private_key_jwt).",
    example: "",
    value: Text { default: None },
};

/// Not the file of a [`Secret`](super::super::values::Secret): it may hold two secrets, and is read again when it has
/// changed.
pub static CLIENT_SECRET_FILE: Setting<Text> = Setting {
    name: "CLIENT_SECRET_FILE",
    text: "In place of CLIENT_SECRET: a file with the secret on a line, or with the old and the new one on two lines while \
           it is being changed; if the provider refuses one, the other is tried. It is read again when it has changed.",
    example: "/etc/oracle-ai/client-secret",
    value: Text { default: None },
};

pub static CLIENT_AUTH: Setting<OneOf<Method>> = Setting {
    name: "CLIENT_AUTH",
    text: "How this server authenticates at the provider.",
    example: "client_secret_post",
    value: OneOf {
        values: &[
            ("client_secret_basic", Method::SecretBasic),
            ("client_secret_post", Method::SecretPost),
            ("private_key_jwt", Method::PrivateKeyJwt),
        ],
        default: Some(Method::SecretBasic),
    },
};

pub static CLIENT_KEY_FILE: Setting<Text> = Setting {
    name: "CLIENT_KEY_FILE",
    text: "For private_key_jwt: the private key, PEM and PKCS#8; EC on P-256, Ed25519, or RSA of 2048 bits or more. Make one: \
           openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256. It may hold the old and the new key, one after \
           the other, while the key is being changed, and is read again when it has changed.",
    example: "/etc/oracle-ai/client.pem",
    value: Text { default: None },
};

pub static CLIENT_KEY_ID: Setting<Parsed<String>> = Setting {
    name: "CLIENT_KEY_ID",
    text: "For private_key_jwt: the `kid` of the key's public half, where the provider knows several. A line `kid: NAME` \
           before a key in the file takes precedence.",
    example: "oracle-ai-2026",
    value: Parsed {
        expected: "the `kid` under which the provider knows the public half of the key",
        default: None,
        parse: printable,
    },
};

pub static CLIENT_ASSERTION_AUDIENCE: Setting<Parsed<String>> = Setting {
    name: "CLIENT_ASSERTION_AUDIENCE",
    text: "For private_key_jwt: the `aud` that the provider wants where that is not its issuer. Default: OIDC_ISSUER.",
    example: "https://sso.example.com/token",
    value: Parsed {
        expected: "the `aud` that the provider wants where that is not its issuer, such as its token endpoint",
        default: None,
        parse: printable,
    },
};

pub static OIDC_CA_FILE: Setting<Text> = ca_file!("OIDC_CA_FILE", "the provider");

pub fn client_authentication(
    variables: &Variables,
    profile: SecurityProfile,
) -> Result<ClientAuthentication, ConfigError> {
    let method = match (CLIENT_AUTH.get(variables)?, profile) {
        (None, SecurityProfile::Fapi2) => Method::PrivateKeyJwt,
        _ => CLIENT_AUTH.read(variables)?,
    };
    match method {
        Method::SecretBasic => secrets(variables).map(ClientAuthentication::ClientSecretBasic),
        Method::SecretPost => secrets(variables).map(ClientAuthentication::ClientSecretPost),
        Method::PrivateKeyJwt => private_key_jwt(variables),
    }
}

pub fn authorities(variables: &Variables) -> Result<TrustedAuthorities, ConfigError> {
    certificates::authorities(&OIDC_CA_FILE, variables)
}

fn secrets(variables: &Variables) -> Result<Arc<Credentials<ClientSecret>>, ConfigError> {
    let reason = "it belongs to CLIENT_AUTH=private_key_jwt, which is not set";
    refuse(variables, &[&CLIENT_KEY_FILE, &CLIENT_KEY_ID, &CLIENT_ASSERTION_AUDIENCE], reason)?;
    let credentials = match (CLIENT_SECRET.get(variables)?, CLIENT_SECRET_FILE.get(variables)?) {
        (Some(_), Some(_)) => {
            return Err(CLIENT_SECRET_FILE.unexpected("CLIENT_SECRET is, too: remove one of the two"));
        }
        (Some(secret), None) => Credentials::fixed(ClientSecret::new(&secret)),
        (None, Some(file)) => Credentials::in_file(Path::new(&file), secrets_of)
            .map_err(|error| CLIENT_SECRET_FILE.wrong(&format!("a readable file with a secret: {error}")))?,
        (None, None) => return Err(CLIENT_SECRET.missing("it, or CLIENT_SECRET_FILE, belongs to OIDC_ISSUER")),
    };
    Ok(Arc::new(credentials))
}

/// One on each line.
fn secrets_of(text: &[u8]) -> Result<Vec<ClientSecret>, String> {
    let text = std::str::from_utf8(text).map_err(|_| "it is no text".to_owned())?;
    Ok(text.lines().map(str::trim_end).filter(|line| !line.is_empty()).map(ClientSecret::new).collect())
}

fn private_key_jwt(variables: &Variables) -> Result<ClientAuthentication, ConfigError> {
    let reason = "CLIENT_AUTH=private_key_jwt has a key in place of a secret: remove one of the two";
    refuse(variables, &[&CLIENT_SECRET, &CLIENT_SECRET_FILE], reason)?;
    let file = CLIENT_KEY_FILE.required(variables, "CLIENT_AUTH=private_key_jwt signs with it")?;
    let id = CLIENT_KEY_ID.get(variables)?;
    let parse = move |pem: &[u8]| ClientKey::all_from_pem(pem, id.as_deref()).map_err(|error| error.to_string());
    let keys = Credentials::in_file(Path::new(&file), parse)
        .map_err(|error| CLIENT_KEY_FILE.wrong(&format!("a readable file with a private key: {error}")))?;
    let audience = CLIENT_ASSERTION_AUDIENCE.get(variables)?;
    Ok(ClientAuthentication::PrivateKeyJwt { keys: Arc::new(keys), audience })
}

fn printable(text: &str) -> Option<String> {
    text.bytes().all(|byte| byte.is_ascii_graphic()).then(|| text.to_owned())
}
