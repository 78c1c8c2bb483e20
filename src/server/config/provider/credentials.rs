//! How we prove at the provider who we are, and whose word we take for who the provider is.

use std::{fs, sync::Arc};

use super::super::{ConfigError, Variables, pem_file};
use crate::server::oidc::{ClientAuthentication, ClientKey, ClientSecret};

const WAYS: &str = "client_secret_basic, client_secret_post or private_key_jwt";

/// `CLIENT_AUTH`, and `CLIENT_SECRET` or the key that belongs to it.
pub(super) fn client_authentication(variables: &Variables) -> Result<ClientAuthentication, ConfigError> {
    match variables.get("CLIENT_AUTH") {
        None | Some("client_secret_basic") => secret(variables).map(ClientAuthentication::ClientSecretBasic),
        Some("client_secret_post") => secret(variables).map(ClientAuthentication::ClientSecretPost),
        Some("private_key_jwt") => private_key_jwt(variables),
        Some(_) => Err(variables.wrong("CLIENT_AUTH", WAYS)),
    }
}

/// `OIDC_CA_FILE`: certificates in PEM.
pub(super) fn authorities(variables: &Variables) -> Result<Option<Vec<u8>>, ConfigError> {
    variables.get("OIDC_CA_FILE").map(|file| pem_file(variables, "OIDC_CA_FILE", file)).transpose()
}

fn secret(variables: &Variables) -> Result<ClientSecret, ConfigError> {
    const BELONGS: &str = "it belongs to CLIENT_AUTH=private_key_jwt, which is not set";
    for variable in ["CLIENT_KEY_FILE", "CLIENT_KEY_ID", "CLIENT_ASSERTION_AUDIENCE"] {
        if variables.get(variable).is_some() {
            return Err(ConfigError::Unexpected { variable, reason: BELONGS });
        }
    }
    let reason = "it belongs to OIDC_ISSUER";
    let secret = variables.get("CLIENT_SECRET").ok_or(ConfigError::Missing { variable: "CLIENT_SECRET", reason })?;
    Ok(ClientSecret::new(secret))
}

fn private_key_jwt(variables: &Variables) -> Result<ClientAuthentication, ConfigError> {
    const FILE: &str = "CLIENT_KEY_FILE";
    if variables.get("CLIENT_SECRET").is_some() {
        let reason = "CLIENT_AUTH=private_key_jwt has a key in place of a secret: remove one of the two";
        return Err(ConfigError::Unexpected { variable: "CLIENT_SECRET", reason });
    }
    let reason = "CLIENT_AUTH=private_key_jwt signs with it";
    let file = variables.get(FILE).ok_or(ConfigError::Missing { variable: FILE, reason })?;
    let wrong = |cause: String| variables.wrong(FILE, &format!("a readable file with a private key: {cause}"));
    let pem = fs::read(file).map_err(|error| wrong(error.to_string()))?;
    let id = printable(variables, "CLIENT_KEY_ID", "what the provider calls the key: the `kid` of its public half")?;
    let key = ClientKey::from_pem(&pem, id).map_err(|error| wrong(error.to_string()))?;
    let audience = printable(
        variables,
        "CLIENT_ASSERTION_AUDIENCE",
        "the `aud` that the provider wants where that is not its issuer, such as its token endpoint",
    )?;
    Ok(ClientAuthentication::PrivateKeyJwt { key: Arc::new(key), audience })
}

fn printable(variables: &Variables, variable: &'static str, expected: &str) -> Result<Option<String>, ConfigError> {
    match variables.get(variable) {
        Some(text) if !text.bytes().all(|byte| byte.is_ascii_graphic()) => Err(variables.wrong(variable, expected)),
        text => Ok(text.map(str::to_owned)),
    }
}
