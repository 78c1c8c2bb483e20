//! Markdown as a tree of what we show. Raw HTML is text, images are links, links lead only where links may.

use super::links;
use pulldown_cmark::{Alignment, CodeBlockKind, Event, Options, Parser, Tag, TagEnd};

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Block {
    Paragraph(Vec<Inline>),
    /// The text of an item in a list without blank lines.
    Plain(Vec<Inline>),
    Heading {
        level: u8,
        content: Vec<Inline>,
    },
    List {
        start: Option<u64>,
        items: Vec<Vec<Block>>,
    },
    Quote(Vec<Block>),
    /// `language` is what the fence says, often nothing.
    Code {
        language: String,
        text: String,
    },
    Table(Table),
    Rule,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Table {
    pub alignments: Vec<Align>,
    pub head: Vec<Cell>,
    pub rows: Vec<Vec<Cell>>,
}

pub type Cell = Vec<Inline>;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Align {
    /// Nothing was said.
    Unset,
    Left,
    Center,
    Right,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Inline {
    Text(String),
    Code(String),
    Emphasis(Vec<Inline>),
    Strong(Vec<Inline>),
    Struck(Vec<Inline>),
    Link {
        to: String,
        content: Vec<Inline>,
    },
    Break,
    /// The box of a task, done or not.
    Task(bool),
}

/// Deeper nesting is shown flat: nobody writes it, but somebody may try what it does to us.
const DEEPEST: usize = 24;

pub fn parse(text: &str) -> Vec<Block> {
    let options = Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_TASKLISTS;
    let mut builder = Builder { frames: vec![Frame::new(Container::Root)], too_deep: 0 };
    for event in Parser::new_ext(text, options) {
        builder.take(event);
    }
    builder.finish()
}

/// Everything that text says, without its marks.
pub fn plain(content: &[Inline]) -> String {
    content
        .iter()
        .map(|inline| match inline {
            Inline::Text(text) | Inline::Code(text) => text.clone(),
            Inline::Emphasis(content) | Inline::Strong(content) | Inline::Struck(content) => plain(content),
            Inline::Link { content, .. } => plain(content),
            Inline::Break => " ".into(),
            Inline::Task(_) => String::new(),
        })
        .collect()
}

enum Container {
    Root,
    Paragraph,
    Heading(u8),
    List(Option<u64>, Vec<Vec<Block>>),
    Item,
    Quote,
    Code(String, String),
    Html(String),
    Table(Table),
    Row,
    Cell,
    Emphasis,
    Strong,
    Struck,
    /// Without a place to lead to, its text alone is left.
    Link(Option<String>),
}

struct Frame {
    container: Container,
    blocks: Vec<Block>,
    inlines: Vec<Inline>,
    cells: Vec<Cell>,
}

impl Frame {
    fn new(container: Container) -> Self {
        Self { container, blocks: vec![], inlines: vec![], cells: vec![] }
    }

    /// Loose text among blocks becomes a block of its own.
    fn settle(&mut self) {
        if !self.inlines.is_empty() {
            self.blocks.push(Block::Plain(std::mem::take(&mut self.inlines)));
        }
    }
}

struct Builder {
    frames: Vec<Frame>,
    too_deep: usize,
}

impl Builder {
    fn take(&mut self, event: Event<'_>) {
        match event {
            Event::Start(tag) => self.start(tag),
            Event::End(tag) => self.end(tag),
            Event::Text(text) => self.text(&text),
            Event::Html(text) | Event::InlineHtml(text) => self.text(&text),
            Event::Code(text) => self.inline(Inline::Code(text.into_string())),
            Event::SoftBreak => self.text("\n"),
            Event::HardBreak => self.inline(Inline::Break),
            Event::Rule => self.block(Block::Rule),
            Event::TaskListMarker(done) => self.inline(Inline::Task(done)),
            Event::InlineMath(text) | Event::DisplayMath(text) => self.text(&text),
            Event::FootnoteReference(name) => self.text(&name),
        }
    }

    fn start(&mut self, tag: Tag<'_>) {
        let container = match tag {
            Tag::Paragraph => Container::Paragraph,
            Tag::Heading { level, .. } => Container::Heading(level as u8),
            Tag::BlockQuote(_) => Container::Quote,
            Tag::CodeBlock(CodeBlockKind::Fenced(language)) => Container::Code(first_word(&language), String::new()),
            Tag::CodeBlock(CodeBlockKind::Indented) => Container::Code(String::new(), String::new()),
            Tag::HtmlBlock => Container::Html(String::new()),
            Tag::List(start) => Container::List(start, vec![]),
            Tag::Item => Container::Item,
            Tag::Table(alignments) => {
                let alignments = alignments.into_iter().map(align).collect();
                Container::Table(Table { alignments, ..Table::default() })
            }
            Tag::TableHead | Tag::TableRow => Container::Row,
            Tag::TableCell => Container::Cell,
            Tag::Emphasis => Container::Emphasis,
            Tag::Strong => Container::Strong,
            Tag::Strikethrough => Container::Struck,
            Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. } => Container::Link(leads_to(&dest_url)),
            // Extensions that are not switched on.
            _ => Container::Quote,
        };
        if self.frames.len() >= DEEPEST {
            self.too_deep += 1;
        } else {
            self.frames.push(Frame::new(container));
        }
    }

    fn end(&mut self, tag: TagEnd) {
        if self.too_deep > 0 {
            self.too_deep -= 1;
            return;
        }
        let Some(mut frame) = self.frames.pop() else { return };
        if matches!(frame.container, Container::Root | Container::Quote | Container::Item) {
            frame.settle();
        }
        let Frame { container, blocks, inlines, cells } = frame;
        match container {
            Container::Root => {}
            Container::Paragraph => self.block(Block::Paragraph(inlines)),
            Container::Heading(level) => self.block(Block::Heading { level, content: inlines }),
            Container::List(start, items) => self.block(Block::List { start, items }),
            Container::Item => match self.frames.last_mut().map(|frame| &mut frame.container) {
                Some(Container::List(_, items)) => items.push(blocks),
                _ => blocks.into_iter().for_each(|block| self.block(block)),
            },
            Container::Quote => self.block(Block::Quote(blocks)),
            Container::Code(language, text) => self.block(Block::Code { language, text }),
            Container::Html(text) => self.block(Block::Paragraph(vec![Inline::Text(text.trim_end().to_owned())])),
            Container::Table(table) => self.block(Block::Table(table)),
            Container::Row => self.row(cells, tag == TagEnd::TableHead),
            Container::Cell => {
                if let Some(row) = self.frames.last_mut() {
                    row.cells.push(inlines);
                }
            }
            Container::Emphasis => self.inline(Inline::Emphasis(inlines)),
            Container::Strong => self.inline(Inline::Strong(inlines)),
            Container::Struck => self.inline(Inline::Struck(inlines)),
            Container::Link(Some(to)) => self.inline(Inline::Link { to, content: inlines }),
            Container::Link(None) => inlines.into_iter().for_each(|inline| self.inline(inline)),
        }
    }

    fn row(&mut self, cells: Vec<Cell>, is_head: bool) {
        if let Some(Container::Table(table)) = self.frames.last_mut().map(|frame| &mut frame.container) {
            match is_head {
                true => table.head = cells,
                false => table.rows.push(cells),
            }
        }
    }

    fn block(&mut self, block: Block) {
        if let Some(frame) = self.frames.last_mut() {
            frame.settle();
            frame.blocks.push(block);
        }
    }

    fn inline(&mut self, inline: Inline) {
        if let Some(frame) = self.frames.last_mut() {
            frame.inlines.push(inline);
        }
    }

    fn text(&mut self, more: &str) {
        let Some(frame) = self.frames.last_mut() else { return };
        match (&mut frame.container, frame.inlines.last_mut()) {
            (Container::Code(_, text) | Container::Html(text), _) => text.push_str(more),
            // Escapes and entities come in pieces.
            (_, Some(Inline::Text(text))) => text.push_str(more),
            _ => frame.inlines.push(Inline::Text(more.to_owned())),
        }
    }

    fn finish(mut self) -> Vec<Block> {
        let mut root = self.frames.swap_remove(0);
        root.settle();
        links::in_blocks(&mut root.blocks);
        root.blocks
    }
}

/// The address, if it is one that a link may lead to.
fn leads_to(address: &str) -> Option<String> {
    let scheme = address.split_once(':')?.0;
    let is_allowed = ["http", "https", "mailto"].iter().any(|allowed| scheme.eq_ignore_ascii_case(allowed));
    is_allowed.then(|| address.to_owned())
}

fn first_word(text: &str) -> String {
    text.split([' ', ',', '{']).next().unwrap_or_default().to_owned()
}

fn align(alignment: Alignment) -> Align {
    match alignment {
        Alignment::None => Align::Unset,
        Alignment::Left => Align::Left,
        Alignment::Center => Align::Center,
        Alignment::Right => Align::Right,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Inline {
        Inline::Text(text.into())
    }

    #[test]
    fn raw_html_is_text() {
        let hostile = "<img src=x onerror=alert(1)> and <b>bold</b>";
        assert_eq!(parse(hostile), [Block::Paragraph(vec![text(hostile)])]);
        let block = "<script>\nalert(1)\n</script>";
        assert_eq!(parse(block), [Block::Paragraph(vec![text(block)])]);
    }

    #[test]
    fn links_lead_only_where_links_may() {
        let link = |to: &str| parse(&format!("[a]({to})"));
        for to in ["https://docs.oracle.com/x?y#z", "http://intranet/", "mailto:dba@bank.example"] {
            let content = vec![text("a")];
            assert_eq!(link(to), [Block::Paragraph(vec![Inline::Link { to: to.into(), content }])]);
        }
        for to in [
            "javascript:alert(1)",
            "JaVaScRiPt:alert(1)",
            "data:text/html,x",
            "vbscript:x",
            "/etc",
            "//x.example",
            "&#106;avascript:x",
        ] {
            assert_eq!(link(to), [Block::Paragraph(vec![text("a")])], "{to}");
        }
    }

    #[test]
    fn images_are_links() {
        let content = vec![text("plan")];
        let link = Inline::Link { to: "https://x.example/p.png".into(), content };
        assert_eq!(parse("![plan](https://x.example/p.png)"), [Block::Paragraph(vec![link])]);
    }

    #[test]
    fn lists_tables_and_code_keep_their_shape() {
        let blocks = parse("3. a\n4. b\n\n| e | ms |\n|---|--:|\n| `x` | 1 |\n\n```sql title=x\nselect 1;\n```");
        let items = vec![vec![Block::Plain(vec![text("a")])], vec![Block::Plain(vec![text("b")])]];
        let table = Table {
            alignments: vec![Align::Unset, Align::Right],
            head: vec![vec![text("e")], vec![text("ms")]],
            rows: vec![vec![vec![Inline::Code("x".into())], vec![text("1")]]],
        };
        let code = Block::Code { language: "sql".into(), text: "select 1;\n".into() };
        assert_eq!(blocks, [Block::List { start: Some(3), items }, Block::Table(table), code]);
    }

    #[test]
    fn nesting_without_end_is_shown_flat() {
        for hostile in [">".repeat(20_000), "- ".repeat(20_000), "*a ".repeat(20_000), "[".repeat(20_000)] {
            parse(&format!("{hostile}word"));
        }
    }
}
