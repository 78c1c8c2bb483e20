//! The text of an HTML report: headings, lines and tables stay, scripts and styles go. The text is only read, and nothing of
//! it becomes an element of the page, which the Content Security Policy would not allow (`trusted-types 'none'`).

mod tokens;

use tokens::{Token, Tokens};

/// Columns up to this width are padded, so that a person reads them as columns. Wider ones would cost the model's room.
const MAX_PADDED: usize = 16;

/// The text of a document.
pub fn text_of(html: &str) -> String {
    let mut writer = Writer::default();
    for token in Tokens::new(html) {
        match token {
            Token::Text(text) => writer.text(&text),
            Token::Open { name, colspan } => writer.open(name, colspan),
            Token::Close(name) => writer.close(name),
        }
    }
    while let Some(table) = writer.tables.pop() {
        writer.write_table(table);
    }
    writer.text.trim().to_owned()
}

#[derive(Default)]
struct Writer {
    text: String,
    /// Those that are open, the innermost last.
    tables: Vec<Table>,
    /// How many `<pre>` are open.
    preformatted: usize,
}

#[derive(Default)]
struct Table {
    rows: Vec<Row>,
    is_in_cell: bool,
    /// It has another table in a cell, so it only arranges things.
    is_layout: bool,
}

#[derive(Default)]
struct Row {
    cells: Vec<String>,
    is_head: bool,
}

impl Writer {
    fn text(&mut self, text: &str) {
        let is_preformatted = self.preformatted > 0;
        let Some(out) = self.target() else { return };
        if is_preformatted {
            // HTML drops the line break after `<pre>`.
            let is_begun = !out.is_empty() && !out.ends_with('\n');
            out.push_str(if is_begun { text } else { text.strip_prefix('\n').unwrap_or(text) });
            return;
        }
        for c in text.chars() {
            match c.is_whitespace() {
                false => out.push(c),
                true if out.is_empty() || out.ends_with(char::is_whitespace) => {}
                true => out.push(' '),
            }
        }
    }

    /// Where text goes: a cell, or the document. `None` between cells.
    fn target(&mut self) -> Option<&mut String> {
        match self.tables.last_mut() {
            Some(table) if !table.is_layout => {
                let cell = table.rows.last_mut().and_then(|row| row.cells.last_mut());
                cell.filter(|_| table.is_in_cell)
            }
            _ => Some(&mut self.text),
        }
    }

    fn open(&mut self, name: &str, colspan: usize) {
        match name {
            "table" => self.open_table(),
            "tr" => match self.tables.last_mut() {
                Some(table) => {
                    table.is_in_cell = false;
                    table.rows.push(Row::default());
                }
                None => self.new_line(1),
            },
            "td" | "th" => self.open_cell(name == "th", colspan),
            "pre" => {
                self.new_line(2);
                self.preformatted += 1;
            }
            "br" => self.new_line_in_text(),
            "hr" => self.new_line(2),
            "li" => {
                self.new_line(1);
                self.text("- ");
            }
            _ => match heading_level(name) {
                Some(level) => {
                    self.new_line(2);
                    let marks = format!("{} ", "#".repeat(level));
                    self.text(&marks);
                }
                None => self.new_line(lines_around(name)),
            },
        }
    }

    fn close(&mut self, name: &str) {
        match name {
            "table" => {
                if let Some(table) = self.tables.pop() {
                    self.write_table(table);
                }
            }
            "td" | "th" => {
                if let Some(table) = self.tables.last_mut() {
                    table.is_in_cell = false;
                }
            }
            "pre" => {
                self.preformatted = self.preformatted.saturating_sub(1);
                self.new_line(2);
            }
            _ if heading_level(name).is_some() => self.new_line(2),
            _ => self.new_line(lines_around(name)),
        }
    }

    fn open_table(&mut self) {
        // What the outer table has so far is text around this one.
        if let Some(outer) = self.tables.last_mut() {
            outer.is_layout = true;
            let rows = std::mem::take(&mut outer.rows);
            for cell in rows.into_iter().flat_map(|row| row.cells).filter(|cell| !cell.trim().is_empty()) {
                self.new_line(1);
                self.text.push_str(cell.trim());
            }
        }
        self.new_line(2);
        self.tables.push(Table::default());
    }

    fn open_cell(&mut self, is_head: bool, colspan: usize) {
        let Some(table) = self.tables.last_mut() else { return };
        table.is_in_cell = true;
        if table.is_layout {
            return self.new_line(1);
        }
        if table.rows.is_empty() {
            table.rows.push(Row::default());
        }
        if let Some(row) = table.rows.last_mut() {
            row.is_head |= is_head;
            // The text goes into the last one.
            row.cells.extend((1..colspan).map(|_| String::new()));
            row.cells.push(String::new());
        }
    }

    fn write_table(&mut self, table: Table) {
        let rows: Vec<Row> = table.rows.into_iter().map(Row::trimmed).filter(|row| !row.cells.is_empty()).collect();
        if rows.is_empty() {
            return;
        }
        let columns = rows.iter().map(|row| row.cells.len()).max().unwrap_or(0);
        let width = |column: usize| {
            let widths = rows.iter().filter_map(|row| row.cells.get(column)).map(|cell| cell.chars().count());
            widths.max().filter(|width| *width <= MAX_PADDED && column + 1 < columns).unwrap_or(0)
        };
        let widths: Vec<usize> = (0..columns).map(width).collect();
        let mut lines = vec![];
        for (index, row) in rows.iter().enumerate() {
            let cells = row.cells.iter().zip(&widths).map(|(cell, width)| padded(cell, *width));
            lines.push(format!("| {} |", cells.collect::<Vec<_>>().join(" | ")));
            if index == 0 && row.is_head {
                lines.push(format!("|{}|", vec!["---"; columns].join("|")));
            }
        }
        self.new_line(2);
        self.text.push_str(&lines.join("\n"));
        self.new_line(2);
    }

    /// Ends the line, with so many line breaks in all. In a cell, a space.
    fn new_line(&mut self, breaks: usize) {
        if breaks == 0 {
            return;
        }
        if self.tables.last().is_some_and(|table| !table.is_layout) {
            return self.text(" ");
        }
        let text = &mut self.text;
        text.truncate(text.trim_end_matches([' ', '\t']).len());
        let present = text.len() - text.trim_end_matches('\n').len();
        if !text.is_empty() {
            text.extend((present..breaks).map(|_| '\n'));
        }
    }

    fn new_line_in_text(&mut self) {
        match self.preformatted {
            0 => self.new_line(1),
            _ => self.text("\n"),
        }
    }
}

impl Row {
    fn trimmed(self) -> Self {
        let cells: Vec<String> = self
            .cells
            .iter()
            .map(|cell| cell.split_whitespace().collect::<Vec<_>>().join(" ").replace('|', "\\|"))
            .collect();
        let is_empty = cells.iter().all(String::is_empty);
        Self { cells: if is_empty { vec![] } else { cells }, ..self }
    }
}

/// Numbers to the right, as in the report.
fn padded(cell: &str, width: usize) -> String {
    let is_number = cell.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '-' | '.' | '+'))
        && cell.chars().all(|c| c.is_ascii_digit() || matches!(c, '-' | '.' | ',' | '+' | '%' | ' '));
    if is_number { format!("{cell:>width$}") } else { format!("{cell:<width$}") }
}

fn heading_level(name: &str) -> Option<usize> {
    let level = name.strip_prefix('h')?.parse().ok()?;
    (1..=6).contains(&level).then_some(level)
}

/// How many line breaks there are at least before and after such an element.
fn lines_around(name: &str) -> usize {
    match name {
        "p" | "ul" | "ol" | "dl" | "blockquote" | "caption" => 2,
        "div" | "li" | "tr" | "dt" | "dd" | "section" | "article" | "header" | "footer" | "main" | "nav" | "form"
        | "center" | "body" | "address" | "figure" | "fieldset" | "summary" | "details" => 1,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_stay_tables() {
        let html = "<table border='1'><tr><th>Event</th><th>Waits</th><th>% DB time</th></tr>\n\
                    <tr><td>db file sequential read</td><td align=\"right\">1,234</td><td>61.2</td></tr>\
                    <TR><TD>log file sync<TD>9<TD>&nbsp;</TR></table>";
        assert_eq!(
            text_of(html),
            "| Event | Waits | % DB time |\n|---|---|---|\n\
             | db file sequential read | 1,234 | 61.2 |\n| log file sync |     9 |  |"
        );
    }

    #[test]
    fn headings_and_lines_stay_and_scripts_and_styles_go() {
        let html = "<!DOCTYPE html><html><head><title>AWR</title><style>p > a { color: red }</style></head>\
                    <body><!-- <p>no</p> --><h1>WORKLOAD  REPOSITORY</h1><p>One<br/>two &lt;3 &amp; &eacute;&#233;&#xe9;</p>\
                    <script>document.write('<p>no</p>')</script>\
                    <ul><li><a href=\"#x\">Top</a></li><li>SQL</li></ul><h3 class='x'>Load Profile</h3>a < b && c &unknown; d\
                    </body></html>";
        assert_eq!(
            text_of(html),
            "# WORKLOAD REPOSITORY\n\nOne\ntwo <3 & ééé\n\n- Top\n- SQL\n\n### Load Profile\n\na < b && c &unknown; d"
        );
    }

    #[test]
    fn preformatted_text_keeps_its_spaces() {
        assert_eq!(
            text_of("<p>Plan</p><pre>\n| Id |  Op\n|  0 |  SELECT</pre>after"),
            "Plan\n\n| Id |  Op\n|  0 |  SELECT\n\nafter"
        );
    }

    #[test]
    fn a_table_that_arranges_others_is_text_around_them() {
        let html =
            "<table><tr><td>Left <table><tr><td>a</td><td>b|c</td></tr></table></td><td>right</td></tr></table>end";
        assert_eq!(text_of(html), "Left\n\n| a | b\\|c |\n\nright\nend");
    }

    #[test]
    fn a_cell_over_several_columns_keeps_the_others_in_theirs() {
        let html = "<table><tr><td colspan=2>both</td><td>c</td></tr><tr><td>a</td><td>b</td><td>c</td></tr></table>";
        assert_eq!(text_of(html), "|   | both | c |\n| a | b    | c |");
    }

    #[test]
    fn whatever_is_broken_is_read_as_far_as_it_goes() {
        for (html, text) in [
            ("", ""),
            ("<", "<"),
            ("a <b", "a"),
            ("<p title=\"a > b\">x", "x"),
            ("<script>never ends", ""),
            ("<!-- never ends", ""),
            ("<table><tr><td>open", "| open |"),
            ("</table></td></pre>x", "x"),
            ("&", "&"),
            ("&#0;&#xFFFFFFFF;", "\u{fffd}\u{fffd}"),
        ] {
            assert_eq!(text_of(html), text, "{html}");
        }
    }
}
