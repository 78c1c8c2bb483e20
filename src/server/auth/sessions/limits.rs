//! The limits of a session's duration.

use std::time::Duration;

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(60 * 60);

/// When sessions end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionLimits {
    /// `SESSION_IDLE_TIMEOUT`: a session ends after this long without input of the person. At most `lifetime`.
    pub idle_timeout: Duration,
    /// `SESSION_LIFETIME`: a session ends after this long even if it is used.
    pub lifetime: Duration,
}

impl SessionLimits {
    /// A person who leaves is signed out after half an hour, and one who works all day signs in once. While the provider's
    /// own session lasts, signing in again takes one click.
    pub const DEFAULT: Self = Self {
        idle_timeout: Duration::from_secs(30 * MINUTE.as_secs()),
        lifetime: Duration::from_secs(12 * HOUR.as_secs()),
    };

    /// Whether they are within what NIST SP 800-63B-4 recommends (§2.2.3, AAL2): an hour without activity, and a day.
    pub fn are_strict(self) -> bool {
        self.idle_timeout <= HOUR && self.lifetime <= 24 * HOUR
    }
}

impl Default for SessionLimits {
    fn default() -> Self {
        Self::DEFAULT
    }
}
