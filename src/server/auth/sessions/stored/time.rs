//! A time, as nanoseconds since 1970: as exact as the clock.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de, ser};

pub fn serialize<S: Serializer>(time: &SystemTime, serializer: S) -> Result<S::Ok, S::Error> {
    let since = time.duration_since(UNIX_EPOCH).map_err(ser::Error::custom)?;
    u64::try_from(since.as_nanos()).map_err(ser::Error::custom)?.serialize(serializer)
}

pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<SystemTime, D::Error> {
    let since = Duration::from_nanos(u64::deserialize(deserializer)?);
    UNIX_EPOCH.checked_add(since).ok_or_else(|| de::Error::custom("a time that this system can't represent"))
}
