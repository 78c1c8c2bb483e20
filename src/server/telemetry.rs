//! Logs: one line per event on standard output, readable alone, with its values in fields.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;

/// The filter where `LOG` is not set: our own events, and what libraries find alarming.
const DEFAULT_FILTER: &str = "warn,oracle_ai=info";

/// Installs the log. `filter` is in the syntax of `tracing`'s `EnvFilter`, checked by the configuration.
pub fn install(filter: Option<&str>) {
    let filter = EnvFilter::new(filter.unwrap_or(DEFAULT_FILTER));
    // Fails only where a log is installed already: then that one stays.
    let colours = std::io::stdout().is_terminal();
    let _ = tracing_subscriber::fmt().with_env_filter(filter).with_ansi(colours).try_init();
}
