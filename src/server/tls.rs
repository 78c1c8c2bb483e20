//! Records TLS failures in the audit log. Unlike an unreachable service, they may be an attack (T100).

use std::error::Error;

use super::{
    certificates::tls_error,
    excerpt::excerpt,
    observe::audit::{self, Event},
};

/// Records the error of a connection to this service, if TLS caused it.
pub fn record_failure(service: &str, error: &(dyn Error + 'static)) {
    if let Some(failure) = tls_error(error) {
        // An excerpt, as it quotes names from the other side's certificate.
        let failure = excerpt(&failure.to_string());
        audit::record(Event::TlsFailed, None, Some(&format_args!("{service}: {failure}")));
    }
}
