//! Why TLS to a service failed.

use std::{error::Error, io, sync::Arc};

use rustls::{AlertDescription, CertificateError};

/// The TLS error among the causes of an error.
pub fn tls_error<'e>(error: &'e (dyn Error + 'static)) -> Option<&'e rustls::Error> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(failure) = error.downcast_ref() {
            return Some(failure);
        }
        next = wrapped(error).or_else(|| error.source());
    }
    None
}

/// What is wrong with the service, as an operator would say it, and the library's text. Names from a certificate are in it:
/// log an excerpt.
pub fn in_words(error: &rustls::Error) -> String {
    let words = match error {
        rustls::Error::InvalidCertificate(error) => of_certificate(error),
        rustls::Error::AlertReceived(alert) => of_alert(*alert),
        rustls::Error::InvalidMessage(_) => "what it sends is not TLS",
        rustls::Error::PeerIncompatible(_) => "it accepts neither TLS 1.2 nor TLS 1.3 in a way that this server does",
        rustls::Error::NoCertificatesPresented => "it has no certificate",
        _ => return error.to_string(),
    };
    format!("{words} ({error})")
}

fn of_certificate(error: &CertificateError) -> &'static str {
    match error {
        CertificateError::UnknownIssuer => {
            "its certificate is by an unknown authority, or comes without those between it and its authority"
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            "its certificate is for another name"
        }
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => "its certificate has expired",
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            "its certificate is not valid yet, or the clock of this machine is slow"
        }
        CertificateError::BadSignature => {
            "its certificate is by an unknown authority, with the name of a trusted one and another key"
        }
        CertificateError::InvalidPurpose | CertificateError::InvalidPurposeContext { .. } => {
            "its certificate is not one for servers"
        }
        CertificateError::Other(other) if format!("{other:?}").contains("CaUsedAsEndEntity") => {
            "its certificate is that of an authority (CA:TRUE), which can't be a server's"
        }
        _ => "its certificate is not accepted",
    }
}

fn of_alert(alert: AlertDescription) -> &'static str {
    match alert {
        AlertDescription::CertificateRequired => "it requires a client certificate",
        AlertDescription::BadCertificate
        | AlertDescription::UnsupportedCertificate
        | AlertDescription::CertificateRevoked
        | AlertDescription::CertificateExpired
        | AlertDescription::CertificateUnknown
        | AlertDescription::UnknownCA
        | AlertDescription::AccessDenied
        | AlertDescription::DecryptError => "it refuses the client certificate of this server",
        AlertDescription::HandshakeFailure => "it accepts nothing that is offered, or requires a client certificate",
        AlertDescription::ProtocolVersion => "it accepts neither TLS 1.2 nor TLS 1.3",
        AlertDescription::UnrecognisedName => "it does not know the name that it is called by",
        _ => "it ended the handshake",
    }
}

/// The error inside an `Arc` or an `io::Error`, whose `source()` skips it.
fn wrapped<'e>(error: &'e (dyn Error + 'static)) -> Option<&'e (dyn Error + 'static)> {
    if let Some(shared) = error.downcast_ref::<Arc<dyn Error + Send + Sync>>() {
        return Some(&**shared);
    }
    let inner = error.downcast_ref::<io::Error>()?.get_ref()?;
    Some(inner)
}
