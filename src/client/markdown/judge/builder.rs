//! What `pulldown-cmark` makes of a text, as our tree.

use pulldown_cmark::{Alignment, CodeBlockKind, Event, Options, Parser, Tag, TagEnd};

use crate::client::markdown::{
    inlines::targets::leads_to,
    links,
    tree::{Align, Block, Cell, DEEPEST, Inline, Table, link},
};

pub fn judged(text: &str) -> Vec<Block> {
    let options = Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_TASKLISTS;
    let mut builder = Builder { frames: vec![Frame::new(Container::Root)], too_deep: 0 };
    for event in Parser::new_ext(text, options) {
        builder.take(event);
    }
    builder.finish()
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
            Container::Link(Some(to)) if !self.is_in_link() => self.inline(link(to, inlines)),
            Container::Link(_) => inlines.into_iter().for_each(|inline| self.inline(inline)),
        }
    }

    fn is_in_link(&self) -> bool {
        self.frames.iter().any(|frame| matches!(frame.container, Container::Link(Some(_))))
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
