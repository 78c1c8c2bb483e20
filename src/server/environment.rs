//! Time and randomness, passed in so that tests can hold them.

use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};

/// Tells the time.
pub trait Clock: Send + Sync {
    fn now(&self) -> SystemTime;
}

/// Gives random bytes fit for secrets.
pub trait Randomness: Send + Sync {
    /// 256 bits, or an error where the operating system has none to give.
    fn bytes(&self) -> Result<[u8; 32], RandomnessError>;
}

/// The operating system gave no random bytes.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("the operating system gave no random bytes")]
pub struct RandomnessError;

/// What services take from outside.
#[derive(Clone)]
pub struct Environment {
    pub clock: Arc<dyn Clock>,
    pub randomness: Arc<dyn Randomness>,
}

impl Environment {
    /// The machine's clock and the operating system's randomness.
    pub fn system() -> Self {
        Self { clock: Arc::new(SystemClock), randomness: Arc::new(SystemRandomness) }
    }

    pub fn now(&self) -> SystemTime {
        self.clock.now()
    }

    pub fn after(&self, duration: Duration) -> SystemTime {
        let now = self.clock.now();
        // Beyond the calendar's end there is no time to name; such a duration is nobody's honest word.
        now.checked_add(duration).unwrap_or(now)
    }

    /// 256 random bits in unpadded base64url: 43 characters that survive any URL, header and double decoding (T64).
    pub fn random_text(&self) -> Result<String, RandomnessError> {
        Ok(BASE64_URL_SAFE_NO_PAD.encode(self.randomness.bytes()?))
    }
}

struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> SystemTime {
        SystemTime::now()
    }
}

struct SystemRandomness;

impl Randomness for SystemRandomness {
    fn bytes(&self) -> Result<[u8; 32], RandomnessError> {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes).map_err(|_| RandomnessError)?;
        Ok(bytes)
    }
}
