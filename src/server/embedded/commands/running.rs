//! What both commands do: choose a certificate, print what was started, and run until a signal comes.

use std::{
    fs,
    io::{self, Write},
    path::Path,
};

use tokio::signal::unix::{SignalKind, signal};

use super::{CommandError, options::Options};
use crate::{
    mock::certificate::Certificate,
    server::observe::logs::{self, LogFormat},
};

/// The options of [`certificate`] that have a value.
pub const CERTIFICATE_OPTIONS: [&str; 3] = ["--certificate", "--certificate-key", "--write-authority"];

/// The flag of [`certificate`].
pub const HTTPS: &str = "--https";

pub fn print(text: &str) -> Result<(), CommandError> {
    let mut stdout = io::stdout();
    stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()).map_err(failed)
}

pub fn failed(error: impl std::fmt::Display) -> CommandError {
    CommandError::Failed(error.to_string())
}

/// The certificate to serve with; `None` for HTTP.
pub fn certificate(options: &Options<'_>) -> Result<Option<Certificate>, CommandError> {
    let write_to = options.value("--write-authority")?;
    match (options.value("--certificate")?, options.value("--certificate-key")?, write_to) {
        (Some(certificate), Some(key), None) => {
            Certificate::from_files(Path::new(certificate), Path::new(key)).map(Some).map_err(failed)
        }
        (None, None, None) if !options.has(HTTPS) => Ok(None),
        (None, None, _) if options.has(HTTPS) => {
            let made = Certificate::generate().map_err(failed)?;
            if let Some(path) = write_to {
                let written = fs::write(path, made.authority().unwrap_or_default());
                written.map_err(|error| CommandError::Failed(format!("--write-authority {path}: {error}")))?;
            }
            Ok(Some(made))
        }
        (None, None, Some(_)) => Err(CommandError::Usage("--write-authority needs --https".into())),
        (Some(_), Some(_), Some(_)) => {
            Err(CommandError::Usage("--write-authority has no effect with --certificate".into()))
        }
        _ => Err(CommandError::Usage("--certificate and --certificate-key are given together".into())),
    }
}

/// Runs what `start` returns until the process is interrupted or terminated.
pub fn run<T>(start: impl AsyncFnOnce() -> Result<T, CommandError>) -> Result<(), CommandError> {
    logs::install("warn", LogFormat::Pretty);
    let runtime = tokio::runtime::Runtime::new().map_err(failed)?;
    runtime.block_on(async {
        // Before anything is printed: a signal may follow at once.
        let mut terminated = signal(SignalKind::terminate()).map_err(failed)?;
        let mut interrupted = signal(SignalKind::interrupt()).map_err(failed)?;
        let _running = start().await?;
        tokio::select! {
            _ = terminated.recv() => {}
            _ = interrupted.recv() => {}
        }
        Ok::<(), CommandError>(())
    })?;
    // Responses that never end do not hold up the end of the process.
    runtime.shutdown_background();
    Ok(())
}
