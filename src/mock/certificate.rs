//! The certificate of a mock that speaks HTTPS: made at the start, or from files.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use rustls_pki_types::{
    CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer,
    pem::{self, PemObject},
};
use tokio_rustls::rustls::{self, ServerConfig, crypto::ring};

/// A certificate with its key.
#[derive(Debug, Clone)]
pub struct Certificate {
    config: Arc<ServerConfig>,
    authority: Option<String>,
}

#[derive(Debug, thiserror::Error)]
pub enum CertificateError {
    #[error("no certificate could be made: {0}")]
    NotMade(#[from] rcgen::Error),
    #[error("{path}: {source}")]
    NotRead { path: PathBuf, source: pem::Error },
    #[error("{0} contains no certificate")]
    Empty(PathBuf),
    #[error("the certificate and its key can't be used: {0}")]
    Unusable(#[from] rustls::Error),
}

const NAMES: [&str; 3] = ["localhost", "127.0.0.1", "::1"];

impl Certificate {
    /// One for the names of this machine, by an authority of its own.
    pub fn generate() -> Result<Certificate, CertificateError> {
        let mut authority = CertificateParams::default();
        authority.distinguished_name.push(DnType::CommonName, "oracle-ai mocks");
        authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let authority = CertifiedIssuer::self_signed(authority, KeyPair::generate()?)?;
        let key = KeyPair::generate()?;
        let certificate = CertificateParams::new(NAMES.map(str::to_owned))?.signed_by(&key, &authority)?;
        let key = PrivatePkcs8KeyDer::from(key.serialize_der());
        let config = config(vec![certificate.der().clone()], key.into())?;
        Ok(Certificate { config, authority: Some(authority.pem()) })
    }

    /// From files in PEM; the first may contain the whole chain.
    pub fn from_files(certificate: &Path, key: &Path) -> Result<Certificate, CertificateError> {
        let not_read = |path: &Path| {
            let path = path.to_owned();
            move |source| CertificateError::NotRead { path, source }
        };
        let chain = CertificateDer::pem_file_iter(certificate).and_then(Iterator::collect::<Result<Vec<_>, _>>);
        let chain = chain.map_err(not_read(certificate))?;
        if chain.is_empty() {
            return Err(CertificateError::Empty(certificate.to_owned()));
        }
        let key = PrivateKeyDer::from_pem_file(key).map_err(not_read(key))?;
        Ok(Certificate { config: config(chain, key)?, authority: None })
    }

    /// In PEM, what clients have to trust; `None` for a certificate from files.
    pub fn authority(&self) -> Option<&str> {
        self.authority.as_deref()
    }

    pub fn config(&self) -> Arc<ServerConfig> {
        self.config.clone()
    }
}

fn config(
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
) -> Result<Arc<ServerConfig>, rustls::Error> {
    let builder = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()));
    let builder = builder.with_safe_default_protocol_versions()?;
    Ok(Arc::new(builder.with_no_client_auth().with_single_cert(chain, key)?))
}
