//! Stops a page that signs in by itself again and again: something is wrong that one more redirect will not mend.

use crate::client::platform::browser;

/// So many automatic sign-ins …
const MOST: usize = 3;
/// … in so many seconds are no accident.
const WITHIN: u64 = 60;

/// When this tab signed in by itself, in seconds since 1970, separated by spaces.
const NAME: &str = "oracle-ai.automatic_sign_ins";

/// Counts an automatic sign-in, and tells whether it may be made.
pub fn allows_one_more() -> bool {
    let now = browser::unix_time();
    let mut recent = recent(&browser::kept(NAME).unwrap_or_default(), now);
    if recent.len() >= MOST {
        return false;
    }
    recent.push(now);
    browser::keep(NAME, &recent.iter().map(u64::to_string).collect::<Vec<_>>().join(" "));
    true
}

/// The person wants to go on.
pub fn reset() {
    browser::forget(NAME);
}

fn recent(kept: &str, now: u64) -> Vec<u64> {
    // A clock that was set back makes times of the future: they count for nothing.
    kept.split(' ')
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
