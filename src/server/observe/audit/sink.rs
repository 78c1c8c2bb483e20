//! Where audit lines go: with the log's other lines or, for the formats that have a chain, as lines of their own on standard
//! output.

use std::{
    fs,
    io::{self, Write},
    sync::{Mutex, OnceLock, PoisonError},
    time::SystemTime,
};

use serde_json::{Map, Value};

use super::{
    Event,
    chain::{AuditKey, Chain},
    entry::Entry,
    ocsf,
    subject::Fields,
};
use crate::server::environment::{Environment, RandomnessError};

/// Process-wide, as logs are. Without it, the format is [`AuditFormat::Log`].
static LINES: OnceLock<Lines<io::Stdout>> = OnceLock::new();

/// `AUDIT_FORMAT`
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AuditFormat {
    /// Lines of the log, in its format.
    #[default]
    Log,
    /// One JSON object per line, in a chain.
    Json,
    /// The same in the Open Cybersecurity Schema Framework.
    Ocsf,
}

#[derive(Clone, Debug, Default)]
pub struct AuditSettings {
    pub format: AuditFormat,
    /// For signed heads.
    pub key: Option<AuditKey>,
}

/// Writes audit lines in a chain.
pub(super) struct Lines<W> {
    is_ocsf: bool,
    host: Option<String>,
    environment: Environment,
    /// Locked until a line is written, so that lines are written in the chain's order.
    chain: Mutex<(Chain, W)>,
}

/// Begins to write audit lines in this format. Done once, before any event.
pub fn install(settings: AuditSettings, environment: Environment) -> Result<(), RandomnessError> {
    let is_ocsf = match settings.format {
        AuditFormat::Log => return Ok(()),
        AuditFormat::Json => false,
        AuditFormat::Ocsf => true,
    };
    let lines = Lines::new(is_ocsf, settings.key, host(), environment, io::stdout())?;
    let _ = LINES.set(lines);
    Ok(())
}

/// Writes a signed head, if one is due.
pub fn write_due_head() {
    if let Some(lines) = LINES.get() {
        lines.write_due_head();
    }
}

/// Ends the chain. No event may follow.
pub fn stop() {
    if let Some(lines) = LINES.get() {
        lines.write_head(Event::AuditStopped);
    }
}

/// Returns whether the event was written here. Else it goes to the log.
pub(super) fn write(entry: &Entry) -> bool {
    LINES.get().map(|lines| lines.write(entry)).is_some()
}

impl<W: Write> Lines<W> {
    pub fn new(
        is_ocsf: bool,
        key: Option<AuditKey>,
        host: Option<String>,
        environment: Environment,
        writer: W,
    ) -> Result<Self, RandomnessError> {
        let chain = Chain::new(environment.random_text()?, key, environment.now());
        let lines = Self { is_ocsf, host, environment, chain: Mutex::new((chain, writer)) };
        lines.write_head(Event::AuditStarted);
        Ok(lines)
    }

    pub fn write(&self, entry: &Entry) {
        self.with(|chain, now, writer| {
            print(writer, chain.line(self.object(entry, now), self.is_ocsf));
            self.head_if_due(chain, now, writer);
        });
    }

    pub fn write_due_head(&self) {
        self.with(|chain, now, writer| self.head_if_due(chain, now, writer));
    }

    pub fn write_head(&self, event: Event) {
        self.with(|chain, now, writer| self.head(chain, event, now, writer));
    }

    fn head_if_due(&self, chain: &mut Chain, now: SystemTime, writer: &mut W) {
        if chain.wants_head(now) {
            self.head(chain, Event::AuditHead, now, writer);
        }
    }

    fn head(&self, chain: &mut Chain, event: Event, now: SystemTime, writer: &mut W) {
        let entry =
            Entry { event, fields: Fields::default(), reason: None, repeated: None, request: None, source: None };
        print(writer, chain.head(self.object(&entry, now), self.is_ocsf, now));
    }

    fn object(&self, entry: &Entry, now: SystemTime) -> Map<String, Value> {
        let time = now.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_millis();
        let (time, host) = (u64::try_from(time).unwrap_or_default(), self.host.as_deref());
        if self.is_ocsf { ocsf::object(entry, time, host) } else { entry.object(time, host) }
    }

    fn with(&self, write: impl FnOnce(&mut Chain, SystemTime, &mut W)) {
        // A panic can't leave it half-changed, so a poisoned lock is ignored.
        let mut locked = self.chain.lock().unwrap_or_else(PoisonError::into_inner);
        let (chain, writer) = &mut *locked;
        write(chain, self.environment.now(), writer);
    }
}

/// With one call, so that no other line gets in between. Fails only where nobody reads standard output any more, as for all
/// lines of the log. The chain shows that a line is missing.
fn print(writer: &mut impl Write, mut line: String) {
    line.push('\n');
    let _ = writer.write_all(line.as_bytes()).and_then(|()| writer.flush());
}

/// The name of this machine, on Linux.
fn host() -> Option<String> {
    let name = fs::read_to_string("/proc/sys/kernel/hostname").ok()?;
    Some(name.trim().to_owned()).filter(|name| !name.is_empty())
}

#[cfg(test)]
mod tests;
