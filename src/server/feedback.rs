//! `oracle-ai feedback`: prints what people said of answers, one JSON object a line, oldest first. It reads the configured
//! database.

use std::{
    io::{self, BufWriter, Write},
    process::ExitCode,
};

use chrono::{DateTime, NaiveDate};

use super::{
    app::load_config,
    config::Config,
    conversations::{feedback::Place, sql::FeedbackReader},
};

/// How many are read at once.
const PAGE: usize = 500;

const IN_MEMORY: &str = "conversations are kept in the memory of the server that runs, where this command can't reach them: \
                         keep them in a database (DATABASE_URL)";

/// From when on, in milliseconds since 1970-01-01 UTC.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Since(i64);

impl Since {
    /// A date in UTC, or a date with a time, as in RFC 3339.
    pub fn parse(text: &str) -> Option<Self> {
        if let Ok(time) = DateTime::parse_from_rfc3339(text) {
            return Some(Self(time.timestamp_millis()));
        }
        let day = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?.and_hms_opt(0, 0, 0)?;
        Some(Self(day.and_utc().timestamp_millis()))
    }
}

pub fn run(since: Since) -> ExitCode {
    let config = match load_config() {
        Ok(config) => config,
        Err(code) => return code,
    };
    if config.database_url.is_in_memory() {
        eprintln!("oracle-ai: {IN_MEMORY}");
        return ExitCode::FAILURE;
    }
    match tokio::runtime::Runtime::new().and_then(|runtime| runtime.block_on(print(config, since))) {
        // The reader has closed the pipe, as `head` does.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("oracle-ai: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn print(config: Config, Since(since): Since) -> io::Result<()> {
    let mut reader = FeedbackReader::open(&config.database_url).await.map_err(io::Error::other)?;
    let mut out = BufWriter::new(io::stdout());
    let mut place = Place { at: since, answer: String::new() };
    loop {
        let page = reader.after(&place, PAGE).await.map_err(io::Error::other)?;
        for given in &page {
            writeln!(out, "{}", given.line())?;
        }
        match page.last() {
            Some(last) => place = last.place(),
            None => return out.flush(),
        }
    }
}
