//! What a first visitor downloads: WebAssembly, JavaScript and CSS in brotli, beside an empty Dioxus app's.

use std::{fs, path::Path};

use crate::{
    process::Servers,
    report::{Aim, Line, Report, Runs},
};

/// By the kind of file, in bytes.
#[derive(Default)]
struct Sizes {
    wasm: u64,
    js: u64,
    css: u64,
}

pub fn measure(servers: &Servers, report: &mut Report) {
    let (ours, empty) = (Sizes::of(&servers.public()), Sizes::of(&servers.empty.join("public")));
    report.budget(
        "the page, times an empty Dioxus app's",
        Aim::AtMost(1.6),
        ours.total() as f64 / empty.total() as f64,
    );
    report.add("Page, bytes in brotli", vec![ours.line("oracle-ai"), empty.line("empty Dioxus app")]);
}

impl Sizes {
    /// Of the compressed copies that `scripts/lib/compress.mjs` writes beside the files.
    fn of(folder: &Path) -> Self {
        let mut sizes = Self::default();
        for entry in fs::read_dir(folder).unwrap() {
            let entry = entry.unwrap();
            if entry.file_type().unwrap().is_dir() {
                sizes.add(&Self::of(&entry.path()));
                continue;
            }
            let (name, bytes) = (entry.file_name(), entry.metadata().unwrap().len());
            match name.to_str().unwrap().strip_suffix(".br").and_then(|name| name.rsplit_once('.')) {
                Some((_, "wasm")) => sizes.wasm += bytes,
                Some((_, "js")) => sizes.js += bytes,
                Some((_, "css")) => sizes.css += bytes,
                _ => {}
            }
        }
        sizes
    }

    fn add(&mut self, others: &Self) {
        self.wasm += others.wasm;
        self.js += others.js;
        self.css += others.css;
    }

    fn total(&self) -> u64 {
        self.wasm + self.js + self.css
    }

    fn line(&self, what: &str) -> Line {
        let bytes = |bytes: u64| Runs::of(bytes as f64);
        Line::new(what)
            .with("WebAssembly", bytes(self.wasm))
            .with("JavaScript", bytes(self.js))
            .with("CSS", bytes(self.css))
            .with("together", bytes(self.total()))
    }
}
