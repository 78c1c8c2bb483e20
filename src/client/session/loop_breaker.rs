//! Stops repeated automatic sign-ins: another redirect will not help.

use crate::client::platform::{clock, web_storage::SESSION_STORAGE};

/// So many automatic sign-ins are allowed …
const MAX: usize = 3;
/// … within so many seconds.
const WITHIN: u64 = 60;

/// In the session storage: when this tab signed in automatically, in Unix seconds, separated by spaces.
const NAME: &str = "oracle-ai.automatic_sign_ins";

/// Whether another automatic sign-in is allowed; counts it if so.
pub fn allows_sign_in() -> bool {
    let now = clock::unix_time();
    let mut recent = recent(&SESSION_STORAGE.get(NAME).unwrap_or_default(), now);
    if recent.len() >= MAX {
        return false;
    }
    recent.push(now);
    SESSION_STORAGE.set(NAME, &recent.iter().map(u64::to_string).collect::<Vec<_>>().join(" "));
    true
}

/// The person has asked to sign in: that is not automatic.
pub fn reset() {
    SESSION_STORAGE.remove(NAME);
}

fn recent(times: &str, now: u64) -> Vec<u64> {
    // A time in the future was written before the clock was set back: it is ignored.
    times
        .split(' ')
        .filter_map(|time| time.parse().ok())
        .filter(|time| (now.saturating_sub(WITHIN)..=now).contains(time))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_last_minute_counts() {
        assert_eq!(recent("100 139 140 199 200 201 x", 200), [140, 199, 200]);
        assert!(recent("", 200).is_empty());
    }
}
