//! Logs: one line per event on standard output, readable alone, with its values in fields.

use std::io::IsTerminal;

use tracing_subscriber::{
    EnvFilter,
    filter::{Directive, LevelFilter},
};

use super::audit::TARGET;

/// The filter where `LOG` is not set: our own events, and what libraries find alarming.
const DEFAULT_FILTER: &str = "warn,oracle_ai=info";

/// Installs the log. `filter` is in the syntax of `tracing`'s `EnvFilter`, checked by the configuration.
pub fn install(filter: Option<&str>) {
    let filter = EnvFilter::new(filter.unwrap_or(DEFAULT_FILTER)).add_directive(audit_lines());
    // Fails only where a log is installed already: then that one stays.
    let colours = std::io::stdout().is_terminal();
    let _ = tracing_subscriber::fmt().with_env_filter(filter).with_ansi(colours).try_init();
}

/// What auditors ask for is no operator's to leave out.
fn audit_lines() -> Directive {
    format!("{TARGET}=info").parse().unwrap_or_else(|_| LevelFilter::INFO.into())
}
