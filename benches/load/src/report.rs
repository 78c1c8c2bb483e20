//! What was measured: a table for people, and the same as JSON.

use std::{fmt::Write, fs, path::Path, time::Duration};

use serde_json::{Map, Value, json};

/// Several runs of one measurement.
#[derive(Clone, Debug, Default)]
pub struct Runs(Vec<f64>);

/// One line: what was measured, and the figures.
pub struct Line {
    pub what: String,
    pub figures: Vec<(&'static str, Runs)>,
}

#[derive(Default)]
pub struct Report {
    sections: Vec<(&'static str, Vec<Line>)>,
}

impl Runs {
    pub fn of(value: f64) -> Self {
        Self(vec![value])
    }

    pub fn add(&mut self, value: f64) {
        self.0.push(value);
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn median(&self) -> f64 {
        let mut sorted = self.0.clone();
        sorted.sort_by(f64::total_cmp);
        sorted[sorted.len() / 2]
    }

    fn least(&self) -> f64 {
        self.0.iter().copied().fold(f64::INFINITY, f64::min)
    }

    fn most(&self) -> f64 {
        self.0.iter().copied().fold(f64::NEG_INFINITY, f64::max)
    }

    fn json(&self) -> Value {
        json!({ "median": self.median(), "least": self.least(), "most": self.most(), "runs": self.0 })
    }

    /// `12.3 (11.9–14.0)`
    fn text(&self) -> String {
        match self.0.len() {
            1 => rounded(self.median()),
            _ => format!("{} ({}–{})", rounded(self.median()), rounded(self.least()), rounded(self.most())),
        }
    }
}

impl FromIterator<f64> for Runs {
    fn from_iter<I: IntoIterator<Item = f64>>(runs: I) -> Self {
        Self(runs.into_iter().collect())
    }
}

impl Line {
    pub fn new(what: impl Into<String>) -> Self {
        Self { what: what.into(), figures: vec![] }
    }

    pub fn with(mut self, name: &'static str, runs: Runs) -> Self {
        self.figures.push((name, runs));
        self
    }
}

impl Report {
    /// Adds a section, and prints it.
    pub fn add(&mut self, title: &'static str, lines: Vec<Line>) {
        say(&table(title, &lines));
        self.sections.push((title, lines));
    }

    pub fn write(&self, file: &Path) {
        let of_line = |line: &Line| {
            let figures: Map<_, _> =
                line.figures.iter().map(|(name, runs)| ((*name).to_owned(), runs.json())).collect();
            (line.what.clone(), Value::Object(figures))
        };
        let sections: Map<_, _> = self
            .sections
            .iter()
            .map(|(title, lines)| ((*title).to_owned(), Value::Object(lines.iter().map(of_line).collect())))
            .collect();
        fs::write(file, serde_json::to_vec_pretty(&sections).unwrap()).unwrap();
        say(&format!("\nthe same as JSON: {}", file.display()));
    }
}

/// Tells whoever waits.
#[allow(clippy::print_stdout)]
pub fn say(text: &str) {
    println!("{text}");
}

pub fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

pub fn microseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}

/// In Markdown, with a column for every figure that any line has.
fn table(title: &str, lines: &[Line]) -> String {
    let mut names: Vec<&str> = vec![];
    for (name, _) in lines.iter().flat_map(|line| &line.figures) {
        if !names.contains(name) {
            names.push(name);
        }
    }
    let mut text =
        format!("\n{title}\n\n| |{}\n|---|{}\n", cells(names.iter().copied()), cells(names.iter().map(|_| "---")));
    for line in lines {
        let figure = |name: &&str| line.figures.iter().find(|(of, _)| of == name).map(|(_, runs)| runs.text());
        let row = names.iter().map(|name| figure(name).unwrap_or_default()).collect::<Vec<_>>();
        let _ = writeln!(text, "| {} |{}", line.what, cells(row.iter().map(String::as_str)));
    }
    text
}

fn cells<'a>(texts: impl Iterator<Item = &'a str>) -> String {
    texts.map(|text| format!(" {text} |")).collect()
}

fn rounded(value: f64) -> String {
    match value.abs() {
        0.0..10.0 => format!("{value:.2}"),
        10.0..1000.0 => format!("{value:.1}"),
        _ => format!("{value:.0}"),
    }
}
