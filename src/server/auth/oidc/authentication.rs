//! How and when a person has authenticated at the provider, and what is asked of that: by the authorization request (OpenID
//! Connect Core §3.1.2.1), and by the endpoints (RFC 9470).

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

/// By the claims `acr` and `auth_time` of a verified token.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Authentication {
    pub acr: Option<String>,
    /// In Unix seconds.
    pub time: Option<i64>,
}

/// What a person's authentication must be. With neither, anything is good.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AskedAuthentication {
    /// Its `acr` is one of these. Empty for no requirement.
    #[serde(rename = "a", default, skip_serializing_if = "Vec::is_empty")]
    pub acr_values: Vec<String>,
    /// How long ago it may have been.
    #[serde(rename = "m", default, skip_serializing_if = "Option::is_none")]
    pub max_age: Option<Duration>,
}

impl AskedAuthentication {
    /// Whether this authentication is strong and recent enough now. Fails for one of which that is not known.
    pub fn is_met_by(&self, authentication: &Authentication, now: SystemTime, clock_tolerance: Duration) -> bool {
        let is_strong =
            self.acr_values.is_empty() || authentication.acr.as_ref().is_some_and(|acr| self.acr_values.contains(acr));
        let is_recent = self.max_age.is_none_or(|max_age| {
            let is_within = |time: SystemTime| time <= now + clock_tolerance && now <= time + max_age + clock_tolerance;
            authentication.at().is_some_and(is_within)
        });
        is_strong && is_recent
    }
}

impl Authentication {
    fn at(&self) -> Option<SystemTime> {
        UNIX_EPOCH.checked_add(Duration::from_secs(self.time?.try_into().ok()?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_800_000_000;

    fn is_met(asked: (&[&str], Option<u64>), acr: Option<&str>, time: Option<i64>) -> bool {
        let acr_values = asked.0.iter().map(|acr| (*acr).to_owned()).collect();
        let asked = AskedAuthentication { acr_values, max_age: asked.1.map(Duration::from_secs) };
        let authentication = Authentication { acr: acr.map(str::to_owned), time };
        let now = UNIX_EPOCH + Duration::from_secs(NOW.unsigned_abs());
        asked.is_met_by(&authentication, now, Duration::from_secs(30))
    }

    #[test]
    fn an_authentication_is_good_if_it_is_as_recent_and_of_a_kind_as_asked_for() {
        // T73
        assert!(is_met((&[], None), None, None));
        for (acr, good) in
            [(Some("phr"), true), (Some("phrh"), true), (Some("PHR"), false), (Some(""), false), (None, false)]
        {
            assert_eq!(is_met((&["phr", "phrh"], None), acr, None), good, "{acr:?}");
        }
        for (age, good) in [(0, true), (329, true), (330, true), (331, false), (-30, true), (-31, false)] {
            assert_eq!(is_met((&[], Some(300)), None, Some(NOW - age)), good, "{age}");
        }
        for unknown in [None, Some(-1), Some(i64::MIN), Some(i64::MAX)] {
            assert!(!is_met((&[], Some(300)), None, unknown), "{unknown:?}");
        }
        assert!(!is_met((&["phr"], Some(300)), Some("phr"), Some(NOW - 1_000)));
        assert!(!is_met((&["phr"], Some(300)), Some("pwd"), Some(NOW)));
    }
}
