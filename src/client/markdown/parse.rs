//! Turns the events of `pulldown-cmark` (CommonMark, with GFM's tables, tasks and strikethrough) into a tree.
//!
//! Raw HTML becomes text and images become links, so an answer cannot add elements of its own to the page.

use std::iter::Peekable;

use pulldown_cmark::{Alignment, CodeBlockKind, Event, Options, Parser, Tag, TagEnd};

use super::{
    links, nesting,
    tree::{Align, Block, Cell, Inline, Table, plain_text},
};

/// Deeper nesting is shown as plain text, because rendering is recursive.
const MAX_DEPTH: usize = 24;

/// `pulldown-cmark` fills short rows with empty cells, so a few bytes below a wide head could produce very many of
/// them.
const MAX_EMPTY_CELLS: usize = 10_000;

pub fn parse(text: &str) -> Vec<Block> {
    // Required by CommonMark §2.3; `pulldown-cmark` leaves it to its caller.
    let text = text.replace('\0', "\u{fffd}");
    if nesting::is_too_deep(&text) {
        return as_paragraph(&text);
    }
    let blocks = Reader::new(&text).blocks();
    match blocks.is_empty() {
        // A text of link definitions only, such as the sources below an answer, has no blocks and would not be shown.
        true => as_paragraph(&text),
        false => blocks,
    }
}

fn as_paragraph(text: &str) -> Vec<Block> {
    match text.trim() {
        "" => vec![],
        text => vec![paragraph(text)],
    }
}

fn paragraph(text: &str) -> Block {
    Block::Paragraph(links::autolink_text(text))
}

struct Reader<'a> {
    events: Peekable<Parser<'a>>,
    depth: usize,
    in_link: bool,
    empty_cells: usize,
}

impl<'a> Reader<'a> {
    fn new(text: &'a str) -> Self {
        let options = Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_TASKLISTS;
        let events = Parser::new_ext(text, options).peekable();
        Self { events, depth: 0, in_link: false, empty_cells: 0 }
    }

    /// The blocks up to the end of their container, which is consumed.
    fn blocks(&mut self) -> Vec<Block> {
        let mut blocks = vec![];
        loop {
            // In a tight list an item's text has no paragraph around it.
            let content = self.inlines();
            if !content.is_empty() {
                blocks.push(Block::Plain(content));
            }
            match self.events.next() {
                Some(Event::Start(tag)) => blocks.push(self.block(tag)),
                Some(Event::Rule) => blocks.push(Block::Rule),
                Some(Event::End(TagEnd::Table)) => {}
                Some(_) | None => return blocks,
            }
        }
    }

    fn block(&mut self, tag: Tag<'_>) -> Block {
        if self.depth == MAX_DEPTH {
            return paragraph(self.text().trim_end());
        }
        self.depth += 1;
        let block = match tag {
            Tag::Paragraph => Block::Paragraph(self.content()),
            Tag::Heading { level, .. } => Block::Heading { level: level as u8, content: self.content() },
            Tag::List(start) => Block::List { start, items: self.children(Self::blocks) },
            Tag::CodeBlock(kind) => Block::Code { language: language(&kind), text: self.text() },
            Tag::HtmlBlock => paragraph(self.text().trim_end()),
            Tag::Table(alignments) => Block::Table(self.table(&alignments)),
            // Without extensions there is no other block.
            _ => Block::Quote(self.blocks()),
        };
        self.depth -= 1;
        block
    }

    /// Leaves the table's end to [`Self::blocks`]: once `pulldown-cmark` has filled in 262,144 cells, it ends the rows
    /// and reports what follows as blocks inside the table.
    fn table(&mut self, alignments: &[Alignment]) -> Table {
        let mut table = Table { alignments: alignments.iter().map(align).collect(), ..Table::default() };
        while let Some(event) = self.events.next_if(is_row) {
            match event {
                Event::Start(Tag::TableHead) => table.head = self.row(),
                _ => table.rows.push(self.row()),
            }
        }
        table
    }

    fn row(&mut self) -> Vec<Cell> {
        let mut cells = self.children(Self::content);
        self.empty_cells += cells.iter().filter(|cell| cell.is_empty()).count();
        if self.empty_cells > MAX_EMPTY_CELLS {
            while cells.pop_if(|cell| cell.is_empty()).is_some() {}
        }
        cells
    }

    /// The children up to the end of their parent, which is consumed. Each of them reads up to its own end.
    fn children<T>(&mut self, read: fn(&mut Self) -> T) -> Vec<T> {
        let mut children = vec![];
        while let Some(Event::Start(_)) = self.events.next() {
            children.push(read(self));
        }
        children
    }

    /// The inline content up to the end of its container, which is consumed.
    fn content(&mut self) -> Vec<Inline> {
        let content = self.inlines();
        self.events.next();
        content
    }

    /// The inline content up to the next block, or the end of its container.
    fn inlines(&mut self) -> Vec<Inline> {
        let mut content = vec![];
        while let Some(event) = self.events.next_if(is_inline) {
            match event {
                Event::Start(tag) => self.span(tag).into_iter().for_each(|inline| push_joined(&mut content, inline)),
                Event::Code(code) => content.push(Inline::Code(code.into_string())),
                Event::HardBreak => content.push(Inline::Break),
                // Models break lines so in the cells of tables.
                Event::InlineHtml(tag) if is_line_break(&tag) => content.push(Inline::Break),
                Event::TaskListMarker(done) => content.push(Inline::Task(done)),
                Event::SoftBreak => push_joined(&mut content, Inline::Text("\n".into())),
                Event::Text(text) | Event::InlineHtml(text) => {
                    push_joined(&mut content, Inline::Text(text.into_string()))
                }
                _ => {}
            }
        }
        if self.in_link { content } else { links::autolink_inlines(content) }
    }

    fn span(&mut self, tag: Tag<'_>) -> Vec<Inline> {
        if self.depth == MAX_DEPTH {
            return vec![Inline::Text(self.text())];
        }
        self.depth += 1;
        let span = match tag {
            Tag::Emphasis => vec![Inline::Emphasis(self.content())],
            Tag::Strong => vec![Inline::Strong(self.content())],
            Tag::Strikethrough => vec![Inline::Strikethrough(self.content())],
            Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. } => self.link(&dest_url),
            _ => self.content(),
        };
        self.depth -= 1;
        span
    }

    /// Of an image inside a link, and of a link to an address that is not allowed, only the text remains.
    fn link(&mut self, address: &str) -> Vec<Inline> {
        if self.in_link || !links::is_allowed(address) {
            return self.content();
        }
        self.in_link = true;
        let mut content = self.content();
        self.in_link = false;
        // A link without a text can still be clicked, so it shows its address.
        if plain_text(&content).trim().is_empty() {
            content = vec![Inline::Text(address.to_owned())];
        }
        vec![Inline::Link { to: address.to_owned(), content }]
    }

    /// The text without its markup, up to the end of its container, which is consumed. Each block begins on a new line.
    fn text(&mut self) -> String {
        let (mut text, mut open) = (String::new(), 0);
        for event in self.events.by_ref() {
            match &event {
                Event::End(_) if open == 0 => break,
                Event::End(_) => open -= 1,
                Event::Start(_) => {
                    open += 1;
                    if !is_inline(&event) && !text.is_empty() && !text.ends_with('\n') {
                        text.push('\n');
                    }
                }
                Event::SoftBreak | Event::HardBreak => text.push('\n'),
                Event::Text(more) | Event::Code(more) | Event::Html(more) | Event::InlineHtml(more) => {
                    text.push_str(more);
                }
                _ => {}
            }
        }
        text
    }
}

fn is_line_break(tag: &str) -> bool {
    let name = tag.trim_start_matches('<').trim_end_matches(['>', '/', ' ']);
    name.eq_ignore_ascii_case("br")
}

fn is_row(event: &Event<'_>) -> bool {
    matches!(event, Event::Start(Tag::TableHead | Tag::TableRow))
}

fn is_inline(event: &Event<'_>) -> bool {
    match event {
        Event::Start(tag) => {
            matches!(tag, Tag::Emphasis | Tag::Strong | Tag::Strikethrough | Tag::Link { .. } | Tag::Image { .. })
        }
        Event::End(_) | Event::Rule => false,
        _ => true,
    }
}

/// `pulldown-cmark` reports escapes and entities as separate texts: texts that follow each other are joined.
fn push_joined(content: &mut Vec<Inline>, inline: Inline) {
    match (content.last_mut(), inline) {
        (Some(Inline::Text(text)), Inline::Text(more)) => text.push_str(&more),
        (_, inline) => content.push(inline),
    }
}

/// The first word after the fence.
fn language(kind: &CodeBlockKind<'_>) -> String {
    match kind {
        CodeBlockKind::Fenced(info) => info.split([' ', ',', '{']).next().unwrap_or_default().to_owned(),
        CodeBlockKind::Indented => String::new(),
    }
}

fn align(alignment: &Alignment) -> Align {
    match alignment {
        Alignment::None => Align::Unset,
        Alignment::Left => Align::Left,
        Alignment::Center => Align::Center,
        Alignment::Right => Align::Right,
    }
}

#[cfg(test)]
mod tests;
