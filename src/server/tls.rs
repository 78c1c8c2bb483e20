//! Records TLS failures in the audit log. Unlike an unreachable service, they may be an attack (T100).

use std::{error::Error, io, sync::Arc};

use super::{
    excerpt::excerpt,
    observe::audit::{self, Event},
};

/// Records the error of a connection to this service, if TLS caused it.
pub fn record_failure(service: &str, error: &(dyn Error + 'static)) {
    if let Some(failure) = failure(error) {
        // An excerpt, as it quotes names from the other side's certificate.
        let failure = excerpt(&failure.to_string());
        audit::record(Event::TlsFailed, None, Some(&format_args!("{service}: {failure}")));
    }
}

/// The TLS error among the causes of an error.
fn failure<'e>(error: &'e (dyn Error + 'static)) -> Option<&'e rustls::Error> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(failure) = error.downcast_ref() {
            return Some(failure);
        }
        next = wrapped(error).or_else(|| error.source());
    }
    None
}

/// The error inside an `Arc` or an `io::Error`, whose `source()` skips it.
fn wrapped<'e>(error: &'e (dyn Error + 'static)) -> Option<&'e (dyn Error + 'static)> {
    if let Some(shared) = error.downcast_ref::<Arc<dyn Error + Send + Sync>>() {
        return Some(&**shared);
    }
    let inner = error.downcast_ref::<io::Error>()?.get_ref()?;
    Some(inner)
}
