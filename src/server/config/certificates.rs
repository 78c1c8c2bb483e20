//! Files of certificate authorities.

use rustls_pki_types::{CertificateDer, pem::PemObject};

use super::{
    setting::{AnySetting, Setting},
    values::Text,
    variables::{ConfigError, Variables},
};
use crate::server::outbound::{self, ClientSettings};

/// The content of the PEM file that the setting names. A file that can't be used stops the start, not the first call.
pub fn read(setting: &Setting<Text>, variables: &Variables) -> Result<Option<Vec<u8>>, ConfigError> {
    let Some(file) = setting.get(variables)? else { return Ok(None) };
    let wrong = |cause: &str| setting.wrong(&format!("a readable PEM file of certificates: {cause}"));
    let pem = std::fs::read(file).map_err(|error| wrong(&error.to_string()))?;
    let certificates = CertificateDer::pem_slice_iter(&pem).collect::<Result<Vec<_>, _>>();
    if certificates.map_err(|_| wrong("it is no PEM"))?.is_empty() {
        return Err(wrong("it has no certificate"));
    }
    match outbound::client(&ClientSettings { authorities: &pem, ..ClientSettings::default() }) {
        Ok(_) => Ok(Some(pem)),
        Err(_) => Err(wrong("one of its certificates can't be read")),
    }
}
