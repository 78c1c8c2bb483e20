//! The results: tables for people, and the same as JSON.

use std::{fmt::Write, fs, path::Path, time::Duration};

use serde_json::{Map, Value, json};

/// Several runs of one measurement.
#[derive(Clone, Debug, Default)]
pub struct Runs(Vec<f64>);

/// One line of a table: what was measured, and its figures.
pub struct Line {
    what: String,
    figures: Vec<(&'static str, Runs)>,
}

/// A budget of docs/performance.md.
#[derive(Clone, Copy)]
pub enum Aim {
    AtLeast(f64),
    AtMost(f64),
    Below(f64),
}

struct Budget {
    what: &'static str,
    aim: Aim,
    measured: f64,
}

#[derive(Default)]
pub struct Report {
    sections: Vec<(&'static str, Vec<Line>)>,
    budgets: Vec<Budget>,
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

    fn json(&self) -> (String, Value) {
        let figures: Map<_, _> = self.figures.iter().map(|(name, runs)| ((*name).to_owned(), runs.json())).collect();
        (self.what.clone(), Value::Object(figures))
    }
}

impl Budget {
    fn is_met(&self) -> bool {
        match self.aim {
            Aim::AtLeast(least) => self.measured >= least,
            Aim::AtMost(most) => self.measured <= most,
            Aim::Below(limit) => self.measured < limit,
        }
    }

    fn aim(&self) -> String {
        match self.aim {
            Aim::AtLeast(least) => format!("≥ {}", rounded(least)),
            Aim::AtMost(most) => format!("≤ {}", rounded(most)),
            Aim::Below(limit) => format!("< {}", rounded(limit)),
        }
    }

    fn verdict(&self) -> &'static str {
        if self.is_met() { "met" } else { "MISSED" }
    }

    fn json(&self) -> (String, Value) {
        let value = json!({ "budget": self.aim(), "measured": self.measured, "met": self.is_met() });
        (self.what.to_owned(), value)
    }
}

impl Report {
    /// Adds a section, and prints it.
    pub fn add(&mut self, title: &'static str, lines: Vec<Line>) {
        print(&table(title, &lines));
        self.sections.push((title, lines));
    }

    /// Adds a budget with what was measured. All of them are printed at the end.
    pub fn budget(&mut self, what: &'static str, aim: Aim, measured: f64) {
        self.budgets.push(Budget { what, aim, measured });
    }

    /// Prints the budgets, and writes everything to a file.
    pub fn finish(&self, file: &Path) {
        let mut text = "\nBudgets\n\n| | budget | measured | |\n|---|---|---|---|\n".to_owned();
        for budget in &self.budgets {
            let (aim, measured) = (budget.aim(), rounded(budget.measured));
            let _ = writeln!(text, "| {} | {aim} | {measured} | {} |", budget.what, budget.verdict());
        }
        if !self.budgets.is_empty() {
            print(&text);
        }
        fs::write(file, serde_json::to_vec_pretty(&self.json()).unwrap()).unwrap();
        print(&format!("\nthe same as JSON: {}", file.display()));
    }

    fn json(&self) -> Value {
        let section = |lines: &[Line]| Value::Object(lines.iter().map(Line::json).collect());
        let mut sections: Map<_, _> =
            self.sections.iter().map(|(title, lines)| ((*title).to_owned(), section(lines))).collect();
        sections.insert("Budgets".to_owned(), Value::Object(self.budgets.iter().map(Budget::json).collect()));
        Value::Object(sections)
    }
}

#[allow(clippy::print_stdout)]
pub fn print(text: &str) {
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
