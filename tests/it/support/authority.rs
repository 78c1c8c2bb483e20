//! A private certificate authority, as a company has one, and certificates by it.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::atomic::{AtomicU32, Ordering},
};

use oracle_ai::server::certificates::TrustedAuthorities;
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair, date_time_ymd,
};

/// An authority with its certificate in a file. The files go with it.
pub struct Authority {
    folder: PathBuf,
    issuer: CertifiedIssuer<'static, KeyPair>,
}

/// A certificate and its key, in files.
pub struct Certificate {
    pub file: PathBuf,
    pub key_file: PathBuf,
}

impl Authority {
    pub fn new() -> Self {
        let name = format!("Authority {}", next_number());
        let folder = std::env::temp_dir().join(format!("oracle-ai-authority-{}-{}", std::process::id(), next_number()));
        fs::create_dir_all(&folder).unwrap();
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        fs::write(folder.join("authority.pem"), issuer.pem()).unwrap();
        Self { folder, issuer }
    }

    /// The path of its certificate in PEM.
    pub fn file(&self) -> String {
        self.folder.join("authority.pem").display().to_string()
    }

    pub fn certificate_in_der(&self) -> Vec<u8> {
        self.issuer.der().to_vec()
    }

    /// It alone.
    pub fn trusted(&self) -> TrustedAuthorities {
        TrustedAuthorities::read(&self.file()).unwrap()
    }

    /// For a service with one of these names.
    pub fn issue(&self, names: &[&str]) -> Certificate {
        self.issue_with(names, |_| {})
    }

    /// One that was valid until the year 2000.
    pub fn issue_expired(&self, names: &[&str]) -> Certificate {
        self.issue_with(names, |params| params.not_after = date_time_ymd(2000, 1, 1))
    }

    /// For a client.
    pub fn issue_for_client(&self) -> Certificate {
        self.issue_with(&[], |params| params.extended_key_usages.push(ExtendedKeyUsagePurpose::ClientAuth))
    }

    /// A path in its folder.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    fn issue_with(&self, names: &[&str], change: impl FnOnce(&mut CertificateParams)) -> Certificate {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let mut params = CertificateParams::new(names).unwrap();
        change(&mut params);
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        let number = next_number();
        let (file, key_file) = (self.path(&format!("{number}.pem")), self.path(&format!("{number}.key")));
        fs::write(&file, certificate.pem()).unwrap();
        fs::write(&key_file, key.serialize_pem()).unwrap();
        Certificate { file, key_file }
    }
}

impl Certificate {
    pub fn paths(&self) -> (String, String) {
        let text = |path: &Path| path.display().to_string();
        (text(&self.file), text(&self.key_file))
    }
}

impl Drop for Authority {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}

fn next_number() -> u32 {
    static NUMBERS: AtomicU32 = AtomicU32::new(0);
    NUMBERS.fetch_add(1, Ordering::Relaxed)
}
