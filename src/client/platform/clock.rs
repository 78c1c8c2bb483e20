//! The browser's clocks, and sleeping.

use std::time::Duration;

use js_sys::{Date, Object, Reflect};
use web_sys::window;

/// Time since the page was opened, by a clock that nobody can set.
pub fn monotonic() -> Duration {
    let milliseconds = window().and_then(|window| window.performance()).map_or(0.0, |clock| clock.now());
    Duration::from_secs_f64(milliseconds / 1000.0)
}

/// Time since 1970 by the browser's clock, which may be wrong.
pub fn wall_clock() -> Duration {
    Duration::try_from_secs_f64(Date::now() / 1000.0).unwrap_or_default()
}

/// [`wall_clock`] in seconds.
pub fn unix_time() -> u64 {
    wall_clock().as_secs()
}

pub async fn sleep(duration: Duration) {
    // Timers count milliseconds in 31 bits; a longer time would end at once.
    const LONGEST: u32 = i32::MAX as u32;
    let milliseconds = u32::try_from(duration.as_millis()).unwrap_or(LONGEST).min(LONGEST);
    gloo_timers::future::TimeoutFuture::new(milliseconds).await;
}

/// Sleeps for once to twice the duration. After a restart of the server, thousands of pages must not reconnect at the same
/// moment.
pub async fn sleep_with_jitter(duration: Duration) {
    sleep(duration.mul_f64(1.0 + js_sys::Math::random())).await;
}

/// How many midnights of this browser's time zone have passed since.
pub fn days_since(unix_seconds: u64) -> i64 {
    local_day(Date::now()) - local_day(unix_seconds as f64 * 1000.0)
}

/// Days since 1970 in this browser's time zone.
fn local_day(milliseconds: f64) -> i64 {
    const MINUTE: f64 = 60_000.0;
    const DAY: f64 = 24.0 * 60.0 * MINUTE;
    let behind_utc = Date::new(&milliseconds.into()).get_timezone_offset() * MINUTE;
    ((milliseconds - behind_utc) / DAY).floor() as i64
}

/// Date and time in the format of `language` (BCP 47) and in this browser's time zone.
pub fn local_time(unix_seconds: u64, language: &str) -> String {
    let options = Object::new();
    for (part, style) in [("dateStyle", "medium"), ("timeStyle", "short")] {
        // Fails only where the target is not an object.
        let _ = Reflect::set(&options, &part.into(), &style.into());
    }
    let time = Date::new(&(unix_seconds as f64 * 1000.0).into());
    time.to_locale_string(language, &options).into()
}
