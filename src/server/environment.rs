//! Time and randomness, passed in so that tests can hold them.

use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};

/// The time.
pub trait Clock: Send + Sync {
    fn now(&self) -> SystemTime;
}

/// Random bytes fit for secrets.
pub trait Randomness: Send + Sync {
    /// 256 bits for each, or an error where the operating system has none to give. Asked for at once: each question is a
    /// call of the system.
    fn fill(&self, each: &mut [[u8; 32]]) -> Result<(), RandomnessError>;

    /// 256 bits.
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
        // Such a duration is beyond what a time can express.
        now.checked_add(duration).unwrap_or(now)
    }

    /// 256 random bits in unpadded base64url: 43 characters that survive any URL, header and double decoding (T64).
    pub fn random_text(&self) -> Result<String, RandomnessError> {
        let [text] = self.random_texts()?;
        Ok(text)
    }

    /// As many of them.
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
