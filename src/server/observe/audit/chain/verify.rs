//! Checks chains of audit lines in files.
//!
//! Lines that are no audit lines are skipped, as a log has others too. So an audit line that was made unreadable is missing in
//! its chain.

use std::{
    collections::{BTreeMap, HashMap},
    fmt,
    io::{self, BufRead},
};

use serde::Deserialize;
use serde_json::Value;

use super::{AuditPublicKeys, Head, Link, hash};
use crate::server::observe::audit::Event;

/// Reads files in order, and then reports.
#[derive(Default)]
pub struct Verifier {
    keys: Option<AuditPublicKeys>,
    /// Heads from elsewhere: what `previous` of the line with this number must be.
    expected: HashMap<String, BTreeMap<u64, Option<String>>>,
    chains: BTreeMap<String, Checked>,
    other_lines: u64,
    faults: Vec<Fault>,
}

/// A chain as far as it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checked {
    /// How many lines the chain has.
    pub lines: u64,
    /// How many of them the last signed head covers, with its own line.
    pub signed: u64,
    /// Whether its last line says that the process ended.
    pub is_stopped: bool,
    last_hash: String,
}

/// What is wrong with a chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    pub chain: String,
    pub kind: FaultKind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FaultKind {
    /// These lines are not there.
    Missing { first: u64, last: u64 },
    /// The line is not what it was when the next one, or a head, was written.
    Changed { line: u64 },
    /// The line is there a second time, or in another place.
    OutOfOrder { line: u64 },
    /// The line has a signature that is by none of the keys, or is of another line.
    WrongSignature { line: u64 },
    /// The first line has no signature.
    NotSigned,
    /// A head from elsewhere says that there are lines after the last.
    CutOff { lines: u64, expected: u64 },
    /// A line follows the one that says that the process ended.
    AfterStop { line: u64 },
}

/// What the check of all files has found.
pub struct Report {
    pub chains: BTreeMap<String, Checked>,
    pub other_lines: u64,
    pub faults: Vec<Fault>,
    pub are_signatures_checked: bool,
}

/// An audit line, as far as it is checked. In OCSF, `chain` is in `unmapped`, and the name of the event in `metadata`.
struct Line {
    link: Link,
    event: Option<String>,
}

impl Verifier {
    /// With keys, all signatures are checked, and each chain must begin with one.
    pub fn new(keys: Option<AuditPublicKeys>) -> Self {
        Self { keys, ..Self::default() }
    }

    /// Reads heads that were kept apart from the lines: lines with a signature in any format. Returns how many there were.
    pub fn read_heads(&mut self, file: impl BufRead) -> io::Result<u64> {
        let mut count = 0;
        for line in lines(file) {
            let Some(Line { link, .. }) = Line::parse(&line?) else { continue };
            let Some(signature) = &link.signature else { continue };
            count += 1;
            if !self.is_signed_by_us(&link, signature) {
                self.fault(&link.id, FaultKind::WrongSignature { line: link.seq });
                continue;
            }
            self.expected.entry(link.id).or_default().insert(link.seq, link.previous);
        }
        Ok(count)
    }

    /// Reads one file. A chain may go on in the next.
    pub fn read(&mut self, file: impl BufRead) -> io::Result<()> {
        for line in lines(file) {
            let line = line?;
            match Line::parse(&line) {
                Some(parsed) => self.check(parsed, hash(&line)),
                None => self.other_lines += 1,
            }
        }
        Ok(())
    }

    pub fn report(mut self) -> Report {
        for (chain, heads) in std::mem::take(&mut self.expected) {
            let lines = self.chains.get(&chain).map_or(0, |checked| checked.lines);
            if let Some((&seq, _)) = heads.last_key_value().filter(|(seq, _)| **seq >= lines) {
                self.fault(&chain, FaultKind::CutOff { lines, expected: seq + 1 });
            }
        }
        let Self { chains, other_lines, faults, keys, .. } = self;
        Report { chains, other_lines, faults, are_signatures_checked: keys.is_some() }
    }

    fn check(&mut self, Line { link, event }: Line, hash: String) {
        let Link { id, seq, previous, signature } = &link;
        let before = self.chains.get(id).cloned();
        let next = before.as_ref().map_or(0, |checked| checked.lines);
        if *seq < next {
            return self.fault(id, FaultKind::OutOfOrder { line: *seq });
        }
        if before.as_ref().is_some_and(|checked| checked.is_stopped) {
            self.fault(id, FaultKind::AfterStop { line: *seq });
        }
        if *seq > next {
            self.fault(id, FaultKind::Missing { first: next, last: seq - 1 });
        } else if *previous != before.as_ref().map(|checked| checked.last_hash.clone()) {
            self.fault(id, FaultKind::Changed { line: seq.saturating_sub(1) });
        }
        if self.heads_differ(id, *seq, previous.as_ref(), &hash) {
            self.fault(id, FaultKind::Changed { line: *seq });
        }
        let mut signed = before.map_or(0, |checked| checked.signed);
        match (signature, &self.keys) {
            (Some(signature), _) if self.is_signed_by_us(&link, signature) => signed = seq + 1,
            (Some(_), _) => self.fault(id, FaultKind::WrongSignature { line: *seq }),
            (None, Some(_)) if *seq == 0 => self.fault(id, FaultKind::NotSigned),
            (None, _) => {}
        }
        let is_stopped = event.as_deref() == Some(Event::AuditStopped.name());
        let checked = Checked { lines: seq + 1, signed, is_stopped, last_hash: hash };
        self.chains.insert(link.id, checked);
    }

    /// Whether heads from elsewhere say that this line, or the one before it, was another.
    fn heads_differ(&self, id: &str, seq: u64, previous: Option<&String>, hash: &str) -> bool {
        let Some(heads) = self.expected.get(id) else { return false };
        let is_other = |head: &Option<String>, line: Option<&String>| head.as_ref() != line;
        heads.get(&seq).is_some_and(|head| is_other(head, previous))
            || heads.get(&(seq + 1)).is_some_and(|head| is_other(head, Some(&hash.to_owned())))
    }

    /// Without keys, signatures are not checked.
    fn is_signed_by_us(&self, link: &Link, signature: &str) -> bool {
        let Some(keys) = &self.keys else { return true };
        keys.verify(signature).is_some_and(|Head { chain, seq, previous, .. }| {
            chain == link.id && seq == link.seq && previous == link.previous
        })
    }

    /// A line and a head may both show the same fault.
    fn fault(&mut self, chain: &str, kind: FaultKind) {
        let fault = Fault { chain: chain.to_owned(), kind };
        if !self.faults.contains(&fault) {
            self.faults.push(fault);
        }
    }
}

impl Line {
    fn parse(line: &[u8]) -> Option<Self> {
        let object: Value = serde_json::from_slice(line).ok()?;
        let link = object.get("chain").or_else(|| object.get("unmapped")?.get("chain"))?;
        let event = object.get("event").or_else(|| object.get("metadata")?.get("event_code"));
        Some(Self { link: Link::deserialize(link).ok()?, event: event.and_then(Value::as_str).map(str::to_owned) })
    }
}

/// The lines of a file, each without its line break. They need not be text.
fn lines(mut file: impl BufRead) -> impl Iterator<Item = io::Result<Vec<u8>>> {
    std::iter::from_fn(move || {
        let mut line = vec![];
        match file.read_until(b'\n', &mut line) {
            Ok(0) => None,
            Ok(_) => {
                line.pop_if(|byte| *byte == b'\n');
                Some(Ok(line))
            }
            Err(error) => Some(Err(error)),
        }
    })
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (id, Checked { lines, signed, is_stopped, .. }) in &self.chains {
            let end = if *is_stopped { "ended by a stop" } else { "without a stop: it goes on, or was killed" };
            let signed = match (self.are_signatures_checked, signed) {
                (false, _) => "signatures not checked".to_owned(),
                (true, 0) => "none of them signed".to_owned(),
                (true, signed) => format!("the first {signed} of them signed"),
            };
            writeln!(f, "chain {id}: {lines} lines, {signed}; {end}")?;
        }
        writeln!(f, "{} other lines", self.other_lines)?;
        for Fault { chain, kind } in &self.faults {
            writeln!(f, "FAULT in chain {chain}: {kind}")?;
        }
        match (self.chains.is_empty(), self.faults.len()) {
            (true, 0) => writeln!(f, "FAULT: there is no audit line"),
            (false, 0) => writeln!(f, "no fault"),
            (_, count) => writeln!(f, "{count} faults"),
        }
    }
}

impl Report {
    pub fn is_good(&self) -> bool {
        !self.chains.is_empty() && self.faults.is_empty()
    }
}

impl fmt::Display for FaultKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing { first, last } if first == last => write!(f, "line {first} is missing"),
            Self::Missing { first, last } => write!(f, "lines {first} to {last} are missing"),
            Self::Changed { line } => write!(f, "line {line} was changed"),
            Self::OutOfOrder { line } => write!(f, "line {line} comes again, or too late"),
            Self::WrongSignature { line } => write!(f, "line {line} has a signature that is not valid for it"),
            Self::NotSigned => write!(f, "its first line is not signed"),
            Self::CutOff { lines, expected } => {
                write!(f, "it has {lines} lines, and a signed head says that there are {expected} or more")
            }
            Self::AfterStop { line } => write!(f, "line {line} follows the line that ended it"),
        }
    }
}
