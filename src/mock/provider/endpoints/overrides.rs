//! How a test overrides members of JSON objects: claims, headers and responses.

use serde_json::{Map, Value};

/// Replaces members with those of `overrides`; `null` removes one.
pub fn apply(members: &mut Map<String, Value>, overrides: &Map<String, Value>) {
    members.extend(overrides.clone());
    members.retain(|_, value| !value.is_null());
}
