//! Files of certificates and private keys in PEM (RFC 7468).

use std::fs;

use rustls_pki_types::{CertificateDer, pem::PemObject};

use crate::server::excerpt::excerpt;

const BEGIN: &str = "-----BEGIN ";

/// Why a file can't be used. The texts have its path, and nothing of what is in it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PemFileError {
    #[error("what is set is PEM itself, and must be the path of a file")]
    Content,
    #[error("{path}: {cause}")]
    Unreadable { path: String, cause: String },
    #[error("{path} is empty")]
    Empty { path: String },
    #[error("{path} is not PEM; if it is DER: openssl x509 -inform der -in FILE -out FILE.pem")]
    NotPem { path: String },
    #[error("{path} has {found}, and no {expected}")]
    OtherContent { path: String, found: &'static str, expected: &'static str },
    #[error("{path}: {kind} {number} in it can't be read")]
    Damaged { path: String, kind: &'static str, number: usize },
}

/// A file's text and its path, as errors show it.
pub struct PemFile {
    pub path: String,
    pub text: String,
}

impl PemFile {
    pub fn read(path: &str) -> Result<Self, PemFileError> {
        // The content in place of the path may be a private key, which no error may repeat.
        if path.contains(BEGIN) || path.contains('\n') {
            return Err(PemFileError::Content);
        }
        let bytes = fs::read(path);
        let path = excerpt(path).to_string();
        let bytes = match bytes {
            Ok(bytes) => bytes,
            Err(error) => return Err(PemFileError::Unreadable { path, cause: error.to_string() }),
        };
        match String::from_utf8(bytes) {
            Ok(text) if text.trim().is_empty() => Err(PemFileError::Empty { path }),
            Ok(text) if text.contains(BEGIN) => Ok(Self { path, text: text.trim_start_matches('\u{feff}').to_owned() }),
            Ok(_) | Err(_) => Err(PemFileError::NotPem { path }),
        }
    }

    /// All certificates in it, of which there is at least one.
    pub fn certificates(&self) -> Result<Vec<CertificateDer<'static>>, PemFileError> {
        const KIND: &str = "certificate";
        let mut certificates = vec![];
        for certificate in CertificateDer::pem_slice_iter(self.text.as_bytes()) {
            certificates.push(certificate.map_err(|_| self.damaged(KIND, certificates.len() + 1))?);
        }
        match certificates.is_empty() {
            true => Err(self.lacks(KIND)),
            false => Ok(certificates),
        }
    }

    pub fn damaged(&self, kind: &'static str, number: usize) -> PemFileError {
        PemFileError::Damaged { path: self.path.clone(), kind, number }
    }

    pub fn lacks(&self, expected: &'static str) -> PemFileError {
        let found = [
            ("ENCRYPTED", "an encrypted private key"),
            ("PRIVATE KEY", "a private key"),
            ("CERTIFICATE REQUEST", "a certificate request"),
            ("PUBLIC KEY", "a public key"),
            ("TRUSTED CERTIFICATE", "a certificate in OpenSSL's own form"),
            ("CERTIFICATE", "a certificate"),
        ];
        let found = found.into_iter().find(|(label, _)| self.text.contains(label));
        let found = found.map_or("other PEM", |(_, found)| found);
        PemFileError::OtherContent { path: self.path.clone(), found, expected }
    }
}
