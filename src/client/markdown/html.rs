//! An answer as HTML, for programs into which it is pasted. Nothing of it is inserted into the page.

use super::{
    parse,
    split::split,
    tree::{Align, Block, Cell, Inline, Table},
};

/// The HTML of a Markdown text.
pub fn of(text: &str) -> String {
    let mut html = String::new();
    for block in split(text) {
        push_blocks(&mut html, &parse(&block));
    }
    html
}

// Without `format!`, which would add to the download.

const HEADINGS: [&str; 6] = ["h1", "h2", "h3", "h4", "h5", "h6"];

fn push_block(html: &mut String, block: &Block) {
    match block {
        Block::Paragraph(content) => push_element(html, "p", content),
        Block::Plain(content) => push_inlines(html, content),
        Block::Heading { level, content } => {
            let name = HEADINGS.get(usize::from(*level).saturating_sub(1)).unwrap_or(&"h6");
            push_element(html, name, content);
        }
        Block::List { start, items } => push_list(html, *start, items),
        Block::Quote(blocks) => {
            html.push_str("<blockquote>");
            push_blocks(html, blocks);
            html.push_str("</blockquote>");
        }
        Block::Code { text, .. } => {
            html.push_str("<pre><code>");
            push_text(html, text);
            html.push_str("</code></pre>");
        }
        Block::Table(table) => push_table(html, table),
        Block::Rule => html.push_str("<hr>"),
    }
}

fn push_blocks(html: &mut String, blocks: &[Block]) {
    for block in blocks {
        push_block(html, block);
    }
}

fn push_list(html: &mut String, start: Option<u64>, items: &[Vec<Block>]) {
    match start {
        None => html.push_str("<ul>"),
        Some(start) => {
            html.push_str("<ol start=\"");
            html.push_str(&start.to_string());
            html.push_str("\">");
        }
    }
    for item in items {
        html.push_str("<li>");
        push_blocks(html, item);
        html.push_str("</li>");
    }
    html.push_str(if start.is_some() { "</ol>" } else { "</ul>" });
}

/// With its borders in attributes: mail programs ignore style sheets, and browsers parse what is copied under the page's policy,
/// which allows no inline style.
fn push_table(html: &mut String, table: &Table) {
    html.push_str("<table border=\"1\" cellspacing=\"0\" cellpadding=\"4\">");
    push_row(html, table, "th", &table.head);
    for row in &table.rows {
        push_row(html, table, "td", row);
    }
    html.push_str("</table>");
}

fn push_row(html: &mut String, table: &Table, name: &str, row: &[Cell]) {
    html.push_str("<tr>");
    for (column, cell) in row.iter().enumerate() {
        html.push('<');
        html.push_str(name);
        html.push_str(match table.align(column) {
            Align::Right => " align=\"right\">",
            Align::Center => " align=\"center\">",
            Align::Left | Align::Unset => ">",
        });
        push_inlines(html, cell);
        push_end(html, name);
    }
    html.push_str("</tr>");
}

fn push_element(html: &mut String, name: &str, content: &[Inline]) {
    html.push('<');
    html.push_str(name);
    html.push('>');
    push_inlines(html, content);
    push_end(html, name);
}

fn push_end(html: &mut String, name: &str) {
    html.push_str("</");
    html.push_str(name);
    html.push('>');
}

fn push_inlines(html: &mut String, content: &[Inline]) {
    for inline in content {
        match inline {
            Inline::Text(text) => push_text(html, text),
            Inline::Code(text) => {
                html.push_str("<code>");
                push_text(html, text);
                html.push_str("</code>");
            }
            Inline::Emphasis(content) => push_element(html, "em", content),
            Inline::Strong(content) => push_element(html, "strong", content),
            Inline::Strikethrough(content) => push_element(html, "s", content),
            // Only addresses that the page links to are here.
            Inline::Link { to, content } => {
                html.push_str("<a href=\"");
                push_text(html, to);
                html.push_str("\">");
                push_inlines(html, content);
                html.push_str("</a>");
            }
            Inline::Break => html.push_str("<br>"),
            Inline::Task(done) => html.push_str(if *done { "☑ " } else { "☐ " }),
        }
    }
}

fn push_text(html: &mut String, text: &str) {
    for c in text.chars() {
        match c {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            c => html.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_is_a_table_with_its_alignment_and_line_breaks() {
        let text = "| SQL_ID | Seconds |\n|---|---|\n| `a<b` | 12 |\n| c<br>d | 3 |\n";
        let expected = concat!(
            r#"<table border="1" cellspacing="0" cellpadding="4">"#,
            r#"<tr><th>SQL_ID</th><th align="right">Seconds</th></tr>"#,
            r#"<tr><td><code>a&lt;b</code></td><td align="right">12</td></tr>"#,
            r#"<tr><td>c<br>d</td><td align="right">3</td></tr></table>"#,
        );
        assert_eq!(of(text), expected);
    }

    #[test]
    fn markup_of_the_answer_is_text_and_unsafe_addresses_are_no_links() {
        let text = "# A <b>\n\n- x & \"y\"\n\n<script>alert(1)</script>\n\n[a](javascript:alert(1)) [b](https://x.example/?a=\"&b)";
        let html = of(text);
        assert!(html.starts_with("<h1>A &lt;b&gt;</h1><ul><li>x &amp; &quot;y&quot;</li></ul>"), "{html}");
        assert!(html.contains("&lt;script&gt;alert(1)&lt;/script&gt;"), "{html}");
        assert!(!html.contains("href=\"javascript"), "{html}");
        assert!(html.contains("href=\"https://x.example/?a=&quot;&amp;b\""), "{html}");
    }

    #[test]
    fn code_keeps_its_lines_and_lists_their_numbers() {
        assert_eq!(of("```sql\nselect 1\n  from dual;\n```\n"), "<pre><code>select 1\n  from dual;\n</code></pre>");
        assert_eq!(of("3. three\n4. four\n"), "<ol start=\"3\"><li>three</li><li>four</li></ol>");
    }
}
