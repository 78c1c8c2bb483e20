//! Clock and randomness, passed to the services so that tests can control them.

use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};

/// The current time.
pub trait Clock: Send + Sync {
    fn now(&self) -> SystemTime;
}

/// Cryptographically secure random bytes.
pub trait Randomness: Send + Sync {
    /// Fills all arrays with one system call.
    fn fill(&self, each: &mut [[u8; 32]]) -> Result<(), RandomnessError>;

    /// 256 random bits.
    fn bytes(&self) -> Result<[u8; 32], RandomnessError> {
        let mut bytes = [[0; 32]];
        self.fill(&mut bytes)?;
        let [bytes] = bytes;
        Ok(bytes)
    }
}

/// The operating system gave no random bytes.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("the operating system gave no random bytes")]
pub struct RandomnessError;

/// The clock and the randomness of a service.
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

    /// The time `duration` from now.
    pub fn after(&self, duration: Duration) -> SystemTime {
        let now = self.clock.now();
        // Overflows only for durations that are not used.
        now.checked_add(duration).unwrap_or(now)
    }

    /// 256 random bits in unpadded base64url: 43 characters that need no encoding in URLs and headers (T64).
    pub fn random_text(&self) -> Result<String, RandomnessError> {
        let [text] = self.random_texts()?;
        Ok(text)
    }

    /// Several of them, with one system call.
    pub fn random_texts<const COUNT: usize>(&self) -> Result<[String; COUNT], RandomnessError> {
        let mut random = [[0; 32]; COUNT];
        self.randomness.fill(&mut random)?;
        Ok(random.map(|bytes| BASE64_URL_SAFE_NO_PAD.encode(bytes)))
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
    fn fill(&self, each: &mut [[u8; 32]]) -> Result<(), RandomnessError> {
        getrandom::fill(each.as_flattened_mut()).map_err(|_| RandomnessError)
    }
}
