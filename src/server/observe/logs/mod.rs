//! Logs: one line per event on standard output, with its values in fields.

mod one_line;

use std::io::IsTerminal;

use tracing_subscriber::{
    EnvFilter, Layer, Registry,
    filter::{Directive, LevelFilter, Targets},
    fmt::{self, MakeWriter},
    layer::SubscriberExt,
};

use super::{
    audit::TARGET,
    traces::{self, TraceSettings, Traces, TracesSetupError},
};

pub use one_line::OneLine;

/// The default of `LOG`: this application's events, and warnings of libraries.
pub const DEFAULT_FILTER: &str = "warn,oracle_ai=info";

/// How events are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    #[default]
    Pretty,
    /// One JSON object per line.
    Json,
}

/// Installs the log. `filter` is in the syntax of `tracing`'s `EnvFilter`, checked by the configuration.
pub fn install(filter: &str, format: LogFormat) {
    // Fails only if a log is installed already, which then stays.
    let colours = std::io::stdout().is_terminal();
    let _ = tracing::subscriber::set_global_default(log(filter, format, colours, std::io::stdout));
}

/// The same, with spans for a collector. The log's filter does not apply to them.
pub fn install_with_traces(
    filter: &str,
    format: LogFormat,
    settings: &TraceSettings,
) -> Result<Traces, TracesSetupError> {
    let (tracer, traces) = traces::pipeline(settings)?;
    let colours = std::io::stdout().is_terminal();
    let lines = fmt::layer::<Registry>().with_ansi(colours);
    let lines = match format {
        LogFormat::Pretty => lines.with_writer(OneLine::new(std::io::stdout, colours)).boxed(),
        LogFormat::Json => lines.json().flatten_event(true).with_writer(std::io::stdout).boxed(),
    };
    // Spans contain only the fixed names and values in `traces`: no locations in the code, threads or log events.
    let spans = tracing_opentelemetry::layer()
        .with_tracer(tracer)
        .with_location(false)
        .with_threads(false)
        .with_target(false)
        .with_tracked_inactivity(false)
        .with_filter(Targets::new().with_target(traces::TARGET, LevelFilter::TRACE));
    let subscriber = Registry::default().with(lines.with_filter(env_filter(filter))).with(spans);
    let _ = tracing::subscriber::set_global_default(subscriber);
    Ok(traces)
}

/// A log that writes to `writer`. An event is one line, even if its values contain line breaks (T102).
pub fn log<W>(filter: &str, format: LogFormat, colours: bool, writer: W) -> Box<dyn tracing::Subscriber + Send + Sync>
where
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    let log = fmt::Subscriber::builder().with_env_filter(env_filter(filter)).with_ansi(colours);
    match format {
        // JSON escapes line breaks itself.
        LogFormat::Pretty => Box::new(log.with_writer(OneLine::new(writer, colours)).finish()),
        LogFormat::Json => Box::new(log.json().flatten_event(true).with_writer(writer).finish()),
    }
}

fn env_filter(filter: &str) -> EnvFilter {
    EnvFilter::new(filter).add_directive(audit_lines())
}

/// Audit events can't be filtered out.
fn audit_lines() -> Directive {
    format!("{TARGET}=info").parse().unwrap_or_else(|_| LevelFilter::INFO.into())
}
