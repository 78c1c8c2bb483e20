//! The certificate authorities that are trusted for a service.

use std::{
    collections::BTreeSet,
    fmt,
    sync::{Arc, LazyLock},
};

use base64::{Engine, prelude::BASE64_STANDARD};
use rustls::RootCertStore;
use rustls_pki_types::CertificateDer;
use webpki_root_certs::TLS_SERVER_ROOT_CERTS;

use super::pem_file::{PemFile, PemFileError};

/// Of a line in PEM (RFC 7468 §2).
const PEM_LINE: usize = 64;

/// The authorities of these sources, and no others.
#[derive(Clone, PartialEq, Eq)]
pub struct TrustedAuthorities(Vec<Source>);

/// Where authorities come from.
#[derive(Clone, PartialEq, Eq)]
enum Source {
    /// Mozilla's list, as it was when this program was built.
    Public,
    /// The store of the operating system, or the files that `SSL_CERT_FILE` and `SSL_CERT_DIR` name.
    System,
    File(Arc<AuthorityFile>),
}

#[derive(PartialEq, Eq)]
struct AuthorityFile {
    path: String,
    certificates: Vec<CertificateDer<'static>>,
}

/// Why a list of authorities can't be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AuthoritiesError {
    #[error("one of its names is empty")]
    EmptyName,
    #[error(transparent)]
    File(#[from] PemFileError),
    #[error("the operating system has none{0}")]
    NoSystemStore(String),
}

/// What the operating system has, read once.
struct SystemStore {
    certificates: Vec<CertificateDer<'static>>,
    /// The first error.
    error: Option<String>,
}

static SYSTEM: LazyLock<SystemStore> = LazyLock::new(|| {
    let loaded = rustls_native_certs::load_native_certs();
    SystemStore {
        // Such stores have ancient certificates, too.
        certificates: loaded.certs.into_iter().filter(can_be_authority).collect(),
        error: loaded.errors.first().map(ToString::to_string),
    }
});

impl TrustedAuthorities {
    /// What is trusted unless configured.
    pub const DEFAULT: &str = "public,system";

    /// Parses a list of `public`, `system` and paths of PEM files, separated by commas, and reads the files.
    ///
    /// # Errors
    ///
    /// If a file can't be used, or if the system's authorities are the only ones and there are none.
    pub fn read(list: &str) -> Result<Self, AuthoritiesError> {
        let sources = list.split(',').map(|name| match name.trim() {
            "" => Err(AuthoritiesError::EmptyName),
            "public" => Ok(Source::Public),
            "system" => Ok(Source::System),
            path => Ok(Source::File(Arc::new(AuthorityFile::read(path)?))),
        });
        let authorities = Self(sources.collect::<Result<_, _>>()?);
        let are_none = authorities.certificates().next().is_none();
        if are_none {
            let cause = SYSTEM.error.as_ref().map(|cause| format!(": {cause}"));
            return Err(AuthoritiesError::NoSystemStore(cause.unwrap_or_default()));
        }
        Ok(authorities)
    }

    /// Mozilla's list alone.
    pub fn public() -> Self {
        Self(vec![Source::Public])
    }

    pub fn certificates(&self) -> impl Iterator<Item = &CertificateDer<'static>> {
        self.0.iter().flat_map(Source::certificates)
    }

    pub fn pem(&self) -> String {
        self.certificates().map(pem).collect()
    }

    /// All but the public ones; `None` if there are no others.
    pub fn pem_without_public(&self) -> Option<String> {
        static PUBLIC: LazyLock<BTreeSet<&[u8]>> =
            LazyLock::new(|| TLS_SERVER_ROOT_CERTS.iter().map(AsRef::as_ref).collect());
        let others: String = self.certificates().filter(|it| !PUBLIC.contains(it.as_ref())).map(pem).collect();
        (!others.is_empty()).then_some(others)
    }
}

impl Source {
    fn certificates(&self) -> &[CertificateDer<'static>] {
        match self {
            Self::Public => TLS_SERVER_ROOT_CERTS,
            Self::System => &SYSTEM.certificates,
            Self::File(file) => &file.certificates,
        }
    }
}

impl AuthorityFile {
    fn read(path: &str) -> Result<Self, PemFileError> {
        let file = PemFile::read(path)?;
        let certificates = file.certificates()?;
        match certificates.iter().position(|certificate| !can_be_authority(certificate)) {
            Some(index) => Err(file.damaged("certificate", index + 1)),
            None => Ok(Self { path: file.path, certificates }),
        }
    }
}

impl Default for TrustedAuthorities {
    fn default() -> Self {
        Self::public()
    }
}

/// Such as "the public authorities, the system's (3), /etc/ssl/house-ca.pem (1)".
impl fmt::Display for TrustedAuthorities {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, source) in self.0.iter().enumerate() {
            let separator = if index == 0 { "" } else { ", " };
            let count = source.certificates().len();
            match source {
                Source::Public => write!(f, "{separator}the public authorities")?,
                Source::System => write!(f, "{separator}the system's ({count})")?,
                Source::File(file) => write!(f, "{separator}{} ({count})", file.path)?,
            }
        }
        Ok(())
    }
}

impl fmt::Debug for TrustedAuthorities {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TrustedAuthorities({self})")
    }
}

fn can_be_authority(certificate: &CertificateDer<'static>) -> bool {
    RootCertStore::empty().add(certificate.clone()).is_ok()
}

fn pem(certificate: &CertificateDer<'_>) -> String {
    let text = BASE64_STANDARD.encode(certificate);
    let mut lines = String::from("-----BEGIN CERTIFICATE-----\n");
    let mut rest = text.as_str();
    while !rest.is_empty() {
        let (line, more) = rest.split_at(rest.len().min(PEM_LINE));
        lines.push_str(line);
        lines.push('\n');
        rest = more;
    }
    lines + "-----END CERTIFICATE-----\n"
}

#[cfg(test)]
mod tests {
    use rustls_pki_types::pem::PemObject;

    use super::*;

    #[test]
    fn only_the_authorities_of_a_list_are_in_it() {
        let public = TrustedAuthorities::public();
        assert!(public.certificates().count() > 50);
        assert_eq!(TrustedAuthorities::read("public").unwrap(), public);
        assert_eq!(TrustedAuthorities::read(" public , system ").unwrap().0.len(), 2);
        for (list, error) in
            [("", "empty"), ("public,", "empty"), ("public,,system", "empty"), ("/nowhere/ca", "/nowhere/ca")]
        {
            let refused = TrustedAuthorities::read(list).unwrap_err().to_string();
            assert!(refused.contains(error), "{list}: {refused}");
        }
    }

    #[test]
    fn authorities_are_written_as_they_are_read() {
        let public = TrustedAuthorities::public();
        let pem = public.pem();
        let read = CertificateDer::pem_slice_iter(pem.as_bytes()).collect::<Result<Vec<_>, _>>().unwrap();
        assert!(read.iter().eq(public.certificates()));
        assert!(pem.lines().all(|line| line.len() <= PEM_LINE));
        assert_eq!(public.pem_without_public(), None);
    }
}
