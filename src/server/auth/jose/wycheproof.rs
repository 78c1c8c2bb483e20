//! Reads the test vectors of Project Wycheproof.

use std::{env, fs, path::PathBuf};

use serde_json::Value;

/// The vectors in `WYCHEPROOF_DIR`, or in a folder beside the project. `None`, with a message, if there are none.
pub fn vectors(file: &str) -> Option<Value> {
    let beside = || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/vectors");
    let path = env::var_os("WYCHEPROOF_DIR").map_or_else(beside, PathBuf::from).join(file);
    let Ok(text) = fs::read_to_string(&path) else {
        eprintln!("skipped: no Wycheproof vectors at {}", path.display());
        return None;
    };
    Some(serde_json::from_str(&text).unwrap())
}

/// Every group with each of its tests.
pub fn tests(vectors: &Value) -> impl Iterator<Item = (&Value, &Value)> {
    let groups = vectors["testGroups"].as_array().unwrap();
    groups.iter().flat_map(|group| group["tests"].as_array().unwrap().iter().map(move |test| (group, test)))
}
