//! TLS failures, for the audit log. Unlike an unreachable service, they may mean that somebody is in between (T100).

use std::{error::Error, io, sync::Arc};

use super::{
    excerpt::excerpt,
    observe::audit::{self, Event},
};

/// Records the failure of a connection to this service, if TLS failed.
pub fn record_failure(service: &str, error: &(dyn Error + 'static)) {
    if let Some(failure) = failure(error) {
        // It quotes names from their certificate.
        let failure = excerpt(&failure.to_string());
        audit::record(Event::TlsFailed, None, Some(&format_args!("{service}: {failure}")));
    }
}

/// The failure of TLS among the causes of an error.
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

/// These two leave the error that they hold out of their `source()`.
fn wrapped<'e>(error: &'e (dyn Error + 'static)) -> Option<&'e (dyn Error + 'static)> {
    if let Some(shared) = error.downcast_ref::<Arc<dyn Error + Send + Sync>>() {
        return Some(&**shared);
    }
    let held = error.downcast_ref::<io::Error>()?.get_ref()?;
    Some(held)
}
