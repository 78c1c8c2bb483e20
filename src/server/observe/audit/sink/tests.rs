//! Lines as a server writes them, checked as an auditor does.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use base64::{Engine, prelude::BASE64_STANDARD};
use ring::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair},
};
use serde_json::json;

use super::{
    super::chain::{
        AuditPublicKeys, Link, SIGNED_EVERY, SIGNED_LINES,
        verify::{FaultKind, Report, Verifier},
    },
    *,
};
use crate::server::environment::Clock;

/// A clock that the test sets, in seconds.
#[derive(Clone, Default)]
struct Seconds(Arc<AtomicU64>);

impl Clock for Seconds {
    fn now(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(self.0.load(Ordering::SeqCst))
    }
}

/// A process that writes audit lines.
struct Process {
    lines: Lines<Vec<u8>>,
    clock: Seconds,
}

impl Process {
    fn start(is_ocsf: bool, key: Option<&AuditKey>) -> Self {
        let clock = Seconds::default();
        let environment = Environment { clock: Arc::new(clock.clone()), ..Environment::system() };
        let lines = Lines::new(is_ocsf, key.cloned(), Some("host".into()), environment, vec![]).unwrap();
        Self { lines, clock }
    }

    fn record(&self, reason: &str) {
        self.lines.write(&Entry {
            event: Event::LoginSucceeded,
            fields: Fields::default(),
            reason: Some(reason),
            repeated: None,
            request: None,
            source: None,
        });
    }

    fn later(&self, time: Duration) {
        self.clock.0.fetch_add(time.as_secs(), Ordering::SeqCst);
    }

    /// What was written so far.
    fn written(&self) -> Vec<String> {
        let locked = self.lines.chain.lock().unwrap();
        String::from_utf8(locked.1.clone()).unwrap().lines().map(str::to_owned).collect()
    }

    /// What was written by a process that has ended: a start, four events with a head in their middle, and a stop.
    fn run(is_ocsf: bool, key: Option<&AuditKey>) -> Vec<String> {
        let process = Self::start(is_ocsf, key);
        process.record("one");
        process.record("two");
        process.later(SIGNED_EVERY);
        process.lines.write_due_head();
        process.record("three");
        process.record("four");
        process.lines.write_head(Event::AuditStopped);
        process.written()
    }
}

fn key() -> AuditKey {
    let der = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new()).unwrap();
    let body = BASE64_STANDARD.encode(der.as_ref());
    AuditKey::from_pem(format!("-----BEGIN PRIVATE KEY-----\n{body}\n-----END PRIVATE KEY-----\n").as_bytes()).unwrap()
}

fn verified(lines: &[String], keys: Option<AuditPublicKeys>) -> Report {
    let mut verifier = Verifier::new(keys);
    verifier.read((lines.join("\n") + "\n").as_bytes()).unwrap();
    verifier.report()
}

fn faults(lines: &[String], key: &AuditKey) -> Vec<FaultKind> {
    verified(lines, Some(key.public())).faults.into_iter().map(|fault| fault.kind).collect()
}

fn link(line: &str) -> Link {
    let line: Value = serde_json::from_str(line).unwrap();
    let link = line.get("chain").unwrap_or_else(|| &line["unmapped"]["chain"]);
    serde_json::from_value(link.clone()).unwrap()
}

#[test]
fn the_lines_of_a_process_are_a_chain_from_its_start_to_its_stop() {
    // T99
    let key = key();
    for is_ocsf in [false, true] {
        let lines = Process::run(is_ocsf, Some(&key));
        let report = verified(&lines, Some(key.public()));
        assert!(report.is_good(), "{report}");
        let [chain] = &report.chains.values().collect::<Vec<_>>()[..] else { panic!("{report}") };
        assert_eq!((chain.lines, chain.signed, chain.is_stopped), (7, 7, true), "{report}");
        assert!(lines.iter().all(|line| line.contains("\"host\"")), "{lines:?}");
        // As it is documented: SHA-256 of the line before, without its line break.
        assert_eq!(link(&lines[3]).previous, Some(super::super::chain::hash(lines[2].as_bytes())));
        assert_eq!(link(&lines[0]).previous, None);
    }
}

#[test]
fn without_a_key_the_chain_has_no_signed_heads() {
    let lines = Process::run(false, None);
    assert_eq!(lines.len(), 6);
    assert!(lines.iter().all(|line| link(line).signature.is_none()));
    assert!(verified(&lines, None).is_good());
    assert_eq!(faults(&lines, &key()), [FaultKind::NotSigned]);
}

#[test]
fn a_missing_line_is_found() {
    let key = key();
    for is_ocsf in [false, true] {
        let lines = Process::run(is_ocsf, Some(&key));
        for missing in 0..lines.len() - 1 {
            let mut lines = lines.clone();
            lines.remove(missing);
            let missing = missing as u64;
            let found = faults(&lines, &key);
            assert_eq!(found, [FaultKind::Missing { first: missing, last: missing }], "{missing}");
        }
        let lines = [&lines[..2], &lines[5..]].concat();
        assert_eq!(faults(&lines, &key), [FaultKind::Missing { first: 2, last: 4 }]);
    }
}

#[test]
fn a_changed_line_is_found_unless_nothing_follows_it() {
    let key = key();
    let lines = Process::run(false, Some(&key));
    for (changed, word) in [(1, "one"), (2, "two"), (4, "three"), (5, "four")] {
        let mut lines = lines.clone();
        lines[changed] = lines[changed].replace(word, "another");
        assert_eq!(faults(&lines, &key), [FaultKind::Changed { line: changed as u64 }]);
        // As one object, it is the same.
        lines[changed] = lines[changed].replace("another", word).replace(',', ", ");
        assert_eq!(faults(&lines, &key), [FaultKind::Changed { line: changed as u64 }]);
    }
    let mut last = lines[..3].to_vec();
    last[2] = last[2].replace("two", "another");
    assert_eq!(faults(&last, &key), []);
}

#[test]
fn a_chain_that_is_rewritten_without_the_key_is_found() {
    let (key, other) = (key(), key());
    let ours = Process::run(false, Some(&key));
    let forged = Process::run(false, Some(&other));
    let wrong = [0, 3, 6].map(|line| FaultKind::WrongSignature { line });
    assert_eq!(faults(&forged, &key), wrong);
    // A signature of another line.
    let (mut lines, signature) = (ours.clone(), link(&ours[3]).signature.unwrap());
    lines[6] = lines[6].replace(&link(&ours[6]).signature.unwrap(), &signature);
    assert_eq!(faults(&lines, &key), [FaultKind::WrongSignature { line: 6 }]);
    // During a change of keys, both are good.
    let pem = |key: &AuditKey| key.clone();
    let both = [pem(&key), pem(&other)].map(|key| Process::run(true, Some(&key))).concat();
    assert!(!verified(&both, Some(key.public())).is_good());
}

#[test]
fn a_cut_tail_is_found_where_a_head_was_kept_elsewhere() {
    let key = key();
    for is_ocsf in [false, true] {
        let lines = Process::run(is_ocsf, Some(&key));
        let cut = &lines[..2];
        assert_eq!(faults(cut, &key), [], "nothing in the file shows it");
        let with_heads = |heads: &[String], lines: &[String]| {
            let mut verifier = Verifier::new(Some(key.public()));
            assert_eq!(verifier.read_heads(heads.join("\n").as_bytes()).unwrap(), 3);
            verifier.read(lines.join("\n").as_bytes()).unwrap();
            verifier.report().faults.into_iter().map(|fault| fault.kind).collect::<Vec<_>>()
        };
        assert_eq!(with_heads(&lines, &lines), []);
        assert_eq!(with_heads(&lines, cut), [FaultKind::CutOff { lines: 2, expected: 7 }]);
        assert_eq!(with_heads(&lines, &[]), [FaultKind::CutOff { lines: 0, expected: 7 }]);
        // The end was written anew, and has as many lines.
        let mut rewritten = lines[..3].to_vec();
        rewritten[2] = rewritten[2].replace("two", "another");
        let found = with_heads(&lines, &rewritten);
        assert!(found.contains(&FaultKind::Changed { line: 2 }), "{found:?}");
    }
}

#[test]
fn the_chains_of_several_servers_in_one_file_are_checked_each_for_itself() {
    let key = key();
    let [first, second] = [false, true].map(|is_ocsf| Process::run(is_ocsf, Some(&key)));
    let mut mixed: Vec<String> =
        first.iter().zip(&second).flat_map(|(one, other)| [one.clone(), other.clone()]).collect();
    mixed.insert(3, "2026-01-01T00:00:00Z  INFO serving".into());
    mixed.insert(5, "{\"another\": \"log\"}".into());
    let report = verified(&mixed, Some(key.public()));
    assert!(report.is_good(), "{report}");
    assert_eq!((report.chains.len(), report.other_lines), (2, 2));
    mixed.retain(|line| !line.contains("\"three\""));
    let found = faults(&mixed, &key);
    assert_eq!(found, [FaultKind::Missing { first: 4, last: 4 }; 2]);
}

#[test]
fn lines_that_come_twice_or_after_the_stop_are_found() {
    let key = key();
    let lines = Process::run(false, Some(&key));
    let twice = [&lines[..3], &lines[2..]].concat();
    assert_eq!(faults(&twice, &key), [FaultKind::OutOfOrder { line: 2 }]);
    let mut after = lines.clone();
    after.push(lines[4].replace("\"seq\":4", "\"seq\":7"));
    let found = faults(&after, &key);
    assert!(found.contains(&FaultKind::AfterStop { line: 7 }), "{found:?}");
}

#[test]
fn a_file_without_an_audit_line_is_not_good() {
    assert!(!verified(&["{}".to_owned(), String::new()], None).is_good());
}

#[test]
fn a_head_follows_after_a_minute_or_a_thousand_lines_but_not_where_nothing_happens() {
    let key = key();
    let process = Process::start(true, Some(&key));
    let heads = || process.written().iter().filter(|line| line.contains("audit.head")).count();
    process.later(SIGNED_EVERY * 10);
    process.lines.write_due_head();
    assert_eq!(heads(), 0, "nothing to sign");
    process.record("after a pause");
    assert_eq!(heads(), 1, "it was due");
    process.record("at once");
    process.lines.write_due_head();
    assert_eq!(heads(), 1);
    process.later(SIGNED_EVERY);
    process.lines.write_due_head();
    assert_eq!(heads(), 2);
    for _ in 0..SIGNED_LINES {
        process.record("a flood");
    }
    assert_eq!(heads(), 3);
    assert!(verified(&process.written(), Some(key.public())).is_good());
}

#[test]
fn our_own_format_has_the_fields_of_the_log() {
    let process = Process::start(false, None);
    process.record("why");
    let line: Value = serde_json::from_str(&process.written()[1]).unwrap();
    let expected = json!({
        "time": 0,
        "schema": 1,
        "host": "host",
        "event": "login.succeeded",
        "outcome": "success",
        "reason": "why",
        "chain": link(&process.written()[1]),
    });
    assert_eq!(line, expected);
}
