//! Times as claims write them.

use std::time::{SystemTime, UNIX_EPOCH};

/// As in `iat` (RFC 7519 §2, NumericDate).
pub fn unix_seconds(time: SystemTime) -> u64 {
    unix_millis(time) / 1000
}

pub fn unix_millis(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as u64)
}
