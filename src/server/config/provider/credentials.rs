//! How we prove at the provider who we are, and whose word we take for who the provider is.

use std::{path::Path, sync::Arc};

use super::super::{ConfigError, Variables, pem_file};
use crate::server::auth::oidc::{ClientAuthentication, ClientKey, ClientSecret, Credentials};

const WAYS: &str = "client_secret_basic, client_secret_post or private_key_jwt";

/// `CLIENT_AUTH`, and `CLIENT_SECRET`, `CLIENT_SECRET_FILE` or the key that belongs to it.
pub(super) fn client_authentication(variables: &Variables) -> Result<ClientAuthentication, ConfigError> {
    match variables.get("CLIENT_AUTH") {
        None | Some("client_secret_basic") => secrets(variables).map(ClientAuthentication::ClientSecretBasic),
        Some("client_secret_post") => secrets(variables).map(ClientAuthentication::ClientSecretPost),
        Some("private_key_jwt") => private_key_jwt(variables),
        Some(_) => Err(variables.wrong("CLIENT_AUTH", WAYS)),
    }
}

/// `OIDC_CA_FILE`: certificates in PEM.
pub(super) fn authorities(variables: &Variables) -> Result<Option<Vec<u8>>, ConfigError> {
    variables.get("OIDC_CA_FILE").map(|file| pem_file(variables, "OIDC_CA_FILE", file)).transpose()
}

fn secrets(variables: &Variables) -> Result<Arc<Credentials<ClientSecret>>, ConfigError> {
    const FILE: &str = "CLIENT_SECRET_FILE";
    const BELONGS: &str = "it belongs to CLIENT_AUTH=private_key_jwt, which is not set";
    for variable in ["CLIENT_KEY_FILE", "CLIENT_KEY_ID", "CLIENT_ASSERTION_AUDIENCE"] {
        if variables.get(variable).is_some() {
            return Err(ConfigError::Unexpected { variable, reason: BELONGS });
        }
    }
    let credentials = match (variables.get("CLIENT_SECRET"), variables.get(FILE)) {
        (Some(_), Some(_)) => {
            let reason = "CLIENT_SECRET is, too: remove one of the two";
            return Err(ConfigError::Unexpected { variable: FILE, reason });
        }
        (Some(secret), None) => Credentials::fixed(ClientSecret::new(secret)),
        (None, Some(file)) => Credentials::in_file(Path::new(file), secrets_of)
            .map_err(|error| variables.wrong(FILE, &format!("a readable file with a secret: {error}")))?,
        (None, None) => {
            let reason = "it, or CLIENT_SECRET_FILE, belongs to OIDC_ISSUER";
            return Err(ConfigError::Missing { variable: "CLIENT_SECRET", reason });
        }
    };
    Ok(Arc::new(credentials))
}

/// One on each line.
fn secrets_of(text: &[u8]) -> Result<Vec<ClientSecret>, String> {
    let text = std::str::from_utf8(text).map_err(|_| "it is no text".to_owned())?;
    Ok(text.lines().map(str::trim_end).filter(|line| !line.is_empty()).map(ClientSecret::new).collect())
}

fn private_key_jwt(variables: &Variables) -> Result<ClientAuthentication, ConfigError> {
    const FILE: &str = "CLIENT_KEY_FILE";
    for variable in ["CLIENT_SECRET", "CLIENT_SECRET_FILE"] {
        if variables.get(variable).is_some() {
            let reason = "CLIENT_AUTH=private_key_jwt has a key in place of a secret: remove one of the two";
            return Err(ConfigError::Unexpected { variable, reason });
        }
    }
    let reason = "CLIENT_AUTH=private_key_jwt signs with it";
    let file = variables.get(FILE).ok_or(ConfigError::Missing { variable: FILE, reason })?;
    let id = printable(variables, "CLIENT_KEY_ID", "what the provider calls the key: the `kid` of its public half")?;
    let parse = move |pem: &[u8]| ClientKey::all_from_pem(pem, id.as_deref()).map_err(|error| error.to_string());
    let keys = Credentials::in_file(Path::new(file), parse)
        .map_err(|error| variables.wrong(FILE, &format!("a readable file with a private key: {error}")))?;
    let audience = printable(
        variables,
        "CLIENT_ASSERTION_AUDIENCE",
        "the `aud` that the provider wants where that is not its issuer, such as its token endpoint",
    )?;
    Ok(ClientAuthentication::PrivateKeyJwt { keys: Arc::new(keys), audience })
}

fn printable(variables: &Variables, variable: &'static str, expected: &str) -> Result<Option<String>, ConfigError> {
    match variables.get(variable) {
        Some(text) if !text.bytes().all(|byte| byte.is_ascii_graphic()) => Err(variables.wrong(variable, expected)),
        text => Ok(text.map(str::to_owned)),
    }
}
