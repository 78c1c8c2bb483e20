//! TLS to other services: which certificate authorities are trusted, the certificate that this server shows, and what went
//! wrong.
//!
//! | file | holds |
//! |---|---|
//! | `authorities` | the authorities that are trusted for a service |
//! | `client_certificate` | the certificate with which this server authenticates at a service |
//! | `pem_file` | files of certificates and keys |
//! | `failure` | why TLS failed, in words |

mod authorities;
mod client_certificate;
mod failure;
mod pem_file;

pub use authorities::{AuthoritiesError, TrustedAuthorities};
pub use client_certificate::{ClientCertificate, ClientCertificateError};
pub use failure::{in_words, tls_error};
pub use pem_file::PemFileError;

/// What a service's certificate is checked against, and the certificate that the service gets from this server.
#[derive(Clone, Debug, Default)]
pub struct TlsSettings {
    pub authorities: TrustedAuthorities,
    pub client_certificate: Option<ClientCertificate>,
}
