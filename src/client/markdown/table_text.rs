//! A table as a text of its own: CSV for spreadsheets, and Markdown.

use super::{
    hidden_characters::is_invisible,
    tree::{Align, Inline, Table, plain_text},
};

/// By which spreadsheets know that a file is in UTF-8.
const BYTE_ORDER_MARK: char = '\u{feff}';

/// A spreadsheet takes a cell that begins with one of these for a formula, which may call programs or send what is in
/// other cells elsewhere. The last four are their wide forms.
const FORMULA_MARKS: [char; 8] = ['=', '+', '-', '@', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}'];

impl Table {
    /// As in RFC 4180, with the separator that spreadsheets expect in the person's language. A cell that a spreadsheet
    /// would take for a formula begins with an apostrophe; numbers stay as they are.
    pub fn csv(&self, separator: char) -> String {
        let mut csv = String::from(BYTE_ORDER_MARK);
        for row in [&self.head].into_iter().chain(&self.rows) {
            for (column, cell) in row.iter().enumerate() {
                if column > 0 {
                    csv.push(separator);
                }
                push_field(&mut csv, plain_text(cell).trim(), separator);
            }
            csv.push_str("\r\n");
        }
        csv
    }

    pub fn markdown(&self) -> String {
        let mut markdown = String::new();
        push_row(&mut markdown, self.head.iter().map(|cell| cell_of(cell)));
        let rules = (0..self.head.len()).map(|column| match self.align(column) {
            Align::Right => "--:",
            Align::Center => ":-:",
            Align::Left | Align::Unset => "---",
        });
        push_row(&mut markdown, rules.map(str::to_owned));
        for row in &self.rows {
            push_row(&mut markdown, row.iter().map(|cell| cell_of(cell)));
        }
        markdown
    }
}

fn push_field(csv: &mut String, text: &str, separator: char) {
    let is_formula = looks_like_formula(text);
    let is_quoted = is_formula || text.contains([separator, '"', '\n', '\r']);
    if is_quoted {
        csv.push('"');
    }
    if is_formula {
        csv.push('\'');
    }
    for c in text.chars() {
        if c == '"' {
            csv.push('"');
        }
        csv.push(c);
    }
    if is_quoted {
        csv.push('"');
    }
}

fn looks_like_formula(text: &str) -> bool {
    let text = text.trim_start_matches(|c: char| c.is_whitespace() || c.is_control() || is_invisible(c));
    text.starts_with(FORMULA_MARKS) && !is_signed_number(text)
}

/// `-3.5` and `+1 234,5 %`: nothing else can follow.
fn is_signed_number(text: &str) -> bool {
    let digits = text.strip_prefix(['+', '-']).unwrap_or_default().trim_end_matches('%');
    digits.starts_with(|c: char| c.is_ascii_digit())
        && digits.chars().all(|c| c.is_ascii_digit() || ".,' \u{a0}\u{202f}".contains(c))
}

fn push_row(markdown: &mut String, cells: impl Iterator<Item = String>) {
    markdown.push('|');
    for cell in cells {
        markdown.push(' ');
        markdown.push_str(&cell);
        markdown.push_str(" |");
    }
    markdown.push('\n');
}

fn cell_of(content: &[Inline]) -> String {
    let mut cell = String::new();
    push_inlines(&mut cell, content);
    cell
}

fn push_inlines(cell: &mut String, content: &[Inline]) {
    for inline in content {
        match inline {
            Inline::Text(text) => push_escaped(cell, text, &['|', '\\', '`', '*', '_', '<', '[', ']', '~']),
            Inline::Code(text) => push_marked(cell, "`", |cell| push_escaped(cell, text, &['|'])),
            Inline::Emphasis(content) => push_marked(cell, "*", |cell| push_inlines(cell, content)),
            Inline::Strong(content) => push_marked(cell, "**", |cell| push_inlines(cell, content)),
            Inline::Strikethrough(content) => push_marked(cell, "~~", |cell| push_inlines(cell, content)),
            // An address that is its own text becomes a link without markup.
            Inline::Link { to, content } if plain_text(content) == *to => cell.push_str(to),
            Inline::Link { to, content } => {
                cell.push('[');
                push_inlines(cell, content);
                cell.push_str("](<");
                push_escaped(cell, to, &['|', '<', '>']);
                cell.push_str(">)");
            }
            Inline::Break => cell.push_str("<br>"),
            Inline::Task(done) => cell.push_str(if *done { "☑ " } else { "☐ " }),
        }
    }
}

fn push_marked(cell: &mut String, mark: &str, push: impl FnOnce(&mut String)) {
    cell.push_str(mark);
    push(cell);
    cell.push_str(mark);
}

fn push_escaped(cell: &mut String, text: &str, marks: &[char]) {
    for c in text.chars() {
        if marks.contains(&c) {
            cell.push('\\');
        }
        cell.push(if c == '\n' { ' ' } else { c });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::markdown::{Block, parse};

    fn table(markdown: &str) -> Table {
        match parse(markdown).pop() {
            Some(Block::Table(table)) => table,
            other => panic!("{other:?}"),
        }
    }

    fn csv_of(cell: &str) -> String {
        let head = vec![vec![Inline::Text(cell.to_owned())]];
        let csv = Table { head, ..Table::default() }.csv(',');
        csv.trim_start_matches(BYTE_ORDER_MARK).trim_end().to_owned()
    }

    #[test]
    fn csv_has_what_is_seen_with_the_separator_of_the_language() {
        let table = table("| Event | Time |\n|---|---|\n| `log file sync` | 1,5 |\n| a \"b\"; **c** | 2<br>3 |\n");
        assert_eq!(table.csv(','), "\u{feff}Event,Time\r\nlog file sync,\"1,5\"\r\n\"a \"\"b\"\"; c\",2 3\r\n");
        assert_eq!(table.csv(';'), "\u{feff}Event;Time\r\nlog file sync;1,5\r\n\"a \"\"b\"\"; c\";2 3\r\n");
    }

    #[test]
    fn a_cell_that_would_be_a_formula_begins_with_an_apostrophe() {
        for formula in [
            "=1+1",
            "=HYPERLINK(\"https://evil.example\")",
            "+cmd|' /C calc'!A0",
            "-2+3",
            "-A1",
            "@SUM(A1)",
            "\t=1",
            "\u{200b}=1",
            "＝1",
            "- none",
        ] {
            let expected = format!("\"'{}\"", formula.trim().replace('"', "\"\""));
            assert_eq!(csv_of(formula), expected, "{formula}");
        }
        for harmless in ["-3", "+1.5", "-12 %", "-1 234", "a=b", "1-2", "x@y.example", "", "'"] {
            assert_eq!(csv_of(harmless), harmless);
        }
    }

    #[test]
    fn the_markdown_of_a_table_is_the_same_table() {
        let source = "| a | b |\n| :-: | --: |\n| x \\| `y \\| z` | 1 |\n| **c** *d* ~~e~~ \\*f | 2<br>3 |\n\
                      | [g](<https://x.example/a\\|b>) https://y.example | \\[h\\] |\n";
        let parsed = table(source);
        assert_eq!(parsed.markdown(), source);
        assert_eq!(table(&parsed.markdown()), parsed);
    }
}
