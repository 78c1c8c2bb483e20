//! The browser's clocks, and sleeping.

use std::{cell::RefCell, time::Duration};

use js_sys::{Array, Date, Function, Intl::DateTimeFormat, Object, Reflect};
use wasm_bindgen::JsValue;
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

/// Date and time as people write them in `locale` (BCP 47), in this browser's time zone.
pub fn local_time(unix_seconds: u64, locale: &str) -> String {
    format_time(unix_seconds, locale, |formats| &formats.date_and_time)
}

/// The same without the date, for a time of today.
pub fn local_time_of_day(unix_seconds: u64, locale: &str) -> String {
    format_time(unix_seconds, locale, |formats| &formats.time)
}

/// In UTC, for programs (ISO 8601). Empty for a time that the browser does not know.
pub fn iso_time(unix_seconds: u64) -> String {
    let date = date(unix_seconds);
    if date.get_time().is_nan() { String::new() } else { date.to_iso_string().into() }
}

/// Made once for all messages of a conversation, as the browser takes long for it.
struct TimeFormats {
    locale: String,
    date_and_time: Function,
    time: Function,
}

thread_local! {
    static FORMATS: RefCell<Option<TimeFormats>> = const { RefCell::new(None) };
}

fn format_time(unix_seconds: u64, locale: &str, which: fn(&TimeFormats) -> &Function) -> String {
    FORMATS.with_borrow_mut(|cached| {
        let formats = match cached.take_if(|formats| formats.locale == locale) {
            Some(formats) => formats,
            None => TimeFormats::of(locale),
        };
        // Fails only for an invalid date.
        let text = which(&formats).call1(&JsValue::UNDEFINED, &date(unix_seconds));
        *cached = Some(formats);
        text.ok().and_then(|text| text.as_string()).unwrap_or_default()
    })
}

impl TimeFormats {
    fn of(locale: &str) -> Self {
        let format = |styles: &[(&str, &str)]| {
            let options = Object::new();
            for (part, style) in styles {
                // Fails only where the target is not an object.
                let _ = Reflect::set(&options, &(*part).into(), &(*style).into());
            }
            DateTimeFormat::new(&Array::of1(&locale.into()), &options).format()
        };
        let time = ("timeStyle", "short");
        Self {
            locale: locale.to_owned(),
            date_and_time: format(&[("dateStyle", "medium"), time]),
            time: format(&[time]),
        }
    }
}

fn date(unix_seconds: u64) -> Date {
    Date::new(&(unix_seconds as f64 * 1000.0).into())
}
