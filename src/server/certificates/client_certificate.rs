//! The certificate with which this server authenticates at another over TLS.

use std::fmt;

use rustls_pki_types::{
    PrivateKeyDer,
    pem::{self, PemObject},
};

use super::pem_file::{PemFile, PemFileError};

/// A certificate with the ones between it and its authority, and its private key. The key can't be printed.
#[derive(Clone)]
pub struct ClientCertificate(reqwest::Identity);

/// Which of the two files can't be used, and why.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ClientCertificateError {
    #[error(transparent)]
    Certificate(PemFileError),
    #[error(transparent)]
    Key(PemFileError),
    #[error("it is not the key of that certificate")]
    OtherKey,
}

impl ClientCertificate {
    /// From these two files, which may be the same one.
    pub fn read(certificate: &str, key: &str) -> Result<Self, ClientCertificateError> {
        let is_one_file = certificate == key;
        let certificate = PemFile::read(certificate).map_err(ClientCertificateError::Certificate)?;
        certificate.certificates().map_err(ClientCertificateError::Certificate)?;
        let key = PemFile::read(key).map_err(ClientCertificateError::Key)?;
        PrivateKeyDer::from_pem_slice(key.text.as_bytes()).map_err(|error| {
            ClientCertificateError::Key(match error {
                pem::Error::NoItemsFound => key.lacks("private key (unencrypted)"),
                _ => key.damaged("private key", 1),
            })
        })?;
        let both = if is_one_file { key.text } else { [key.text, certificate.text].join("\n") };
        let identity = reqwest::Identity::from_pem(both.as_bytes()).map_err(|_| ClientCertificateError::OtherKey)?;
        // The library compares the key with the certificate when a client is built.
        let client = reqwest::Client::builder().use_rustls_tls().identity(identity.clone()).build();
        client.map(|_| Self(identity)).map_err(|_| ClientCertificateError::OtherKey)
    }

    pub fn identity(&self) -> reqwest::Identity {
        self.0.clone()
    }
}

impl fmt::Debug for ClientCertificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ClientCertificate")
    }
}
