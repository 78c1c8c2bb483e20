//! Which certificate authorities are trusted for the services that are called over TLS, and the certificates that this
//! server shows them.

use super::{
    setting::{AnySetting, Setting},
    values::Text,
    variables::{ConfigError, Variables},
};
use crate::server::certificates::{ClientCertificate, ClientCertificateError, TrustedAuthorities};

/// What a list of authorities must be.
pub const EXPECTED: &str = "a list of PEM files of certificates, public and system, separated by commas";

/// For every service without a setting of its own.
pub static CA_FILE: Setting<Text> = Setting {
    name: "CA_FILE",
    text: "The certificate authorities that are trusted for the provider, the model, PostgreSQL, Redis and the collector: \
           PEM files, public for Mozilla's list as it was built into this program, and system for those of the operating \
           system, separated by commas. No others are trusted. Files are read at the start.",
    example: "public,/etc/ssl/house-ca.pem",
    value: Text { default: Some(TrustedAuthorities::DEFAULT) },
};

/// The setting for one service: its name, what it is for, and, for some, what else there is to know.
macro_rules! ca_file {
    ($name:literal, $service:literal $(, $more:literal)?) => {
        $crate::server::config::setting::Setting {
            name: $name,
            text: concat!(
                "The certificate authorities that are trusted for ",
                $service,
                ", in place of CA_FILE and in the same form."
                $(, " ", $more)?
            ),
            example: "/etc/ssl/house-ca.pem",
            value: $crate::server::config::values::Text { default: None },
        }
    };
}
pub(super) use ca_file;

/// The authorities for the service with this setting.
pub fn authorities(own: &Setting<Text>, variables: &Variables) -> Result<TrustedAuthorities, ConfigError> {
    let setting = if own.is_set(variables) { own } else { &CA_FILE };
    let list = setting.read(variables)?;
    TrustedAuthorities::read(&list).map_err(|error| setting.wrong(&format!("{EXPECTED}: {error}")))
}

/// The certificate in these two files, if they are set.
pub fn client_certificate(
    certificate: &Setting<Text>,
    key: &Setting<Text>,
    variables: &Variables,
) -> Result<Option<ClientCertificate>, ConfigError> {
    let alone = |set: &Setting<Text>, other: &Setting<Text>| {
        set.unexpected(&format!("{} is not: set that too, or remove this one", other.name))
    };
    let (certificate_file, key_file) = match (certificate.get(variables)?, key.get(variables)?) {
        (Some(certificate_file), Some(key_file)) => (certificate_file, key_file),
        (None, None) => return Ok(None),
        (Some(_), None) => return Err(alone(certificate, key)),
        (None, Some(_)) => return Err(alone(key, certificate)),
    };
    ClientCertificate::read(&certificate_file, &key_file).map(Some).map_err(|error| match error {
        ClientCertificateError::Certificate(_) => certificate.wrong(&format!("a PEM file of a certificate: {error}")),
        ClientCertificateError::Key(_) => key.wrong(&format!("a PEM file of a private key: {error}")),
        ClientCertificateError::OtherKey => {
            key.wrong(&format!("a PEM file of the private key that belongs to {}: {error}", certificate.name))
        }
    })
}
