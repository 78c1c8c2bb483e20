//! All fuzz targets in one program; `FUZZ_TARGET` names the one that runs. `scripts/fuzz` builds and starts it.

#![no_main]

use std::{env, process, sync::OnceLock};

use libfuzzer_sys::fuzz_target;
use oracle_ai::fuzzing;

type Target = fn(&[u8]);

const TARGETS: [(&str, Target); 9] = [
    ("callback_query", fuzzing::callback_query),
    ("forwarded", fuzzing::forwarded),
    ("id_token_claims", fuzzing::id_token_claims),
    ("jwt", fuzzing::jwt),
    ("metadata", fuzzing::metadata),
    ("model_events", fuzzing::model_events),
    ("proof", fuzzing::proof),
    ("session_records", fuzzing::session_records),
    ("token_answer", fuzzing::token_answer),
];

static CHOSEN: OnceLock<Target> = OnceLock::new();

fn chosen() -> Target {
    let name = env::var("FUZZ_TARGET").unwrap_or_default();
    match TARGETS.into_iter().find(|(known, _)| *known == name) {
        Some((_, target)) => target,
        None => {
            eprintln!("FUZZ_TARGET is one of {}", TARGETS.map(|(known, _)| known).join(", "));
            process::exit(64);
        }
    }
}

fuzz_target!(init: { CHOSEN.set(chosen()).ok(); }, |data: &[u8]| {
    if let Some(target) = CHOSEN.get() {
        target(data);
    }
});
