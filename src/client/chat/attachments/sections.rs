//! The sections of a long text, for a person to choose from: they begin at headings, else at blank lines, else at any line.

use crate::wire::attachments::Part;

/// Text without headings is cut into about so many sections, at blank lines.
const ABOUT: usize = 40;

/// More sections than these are joined: nobody chooses from a longer list.
const MOST: usize = 400;

/// A shorter section is joined with the next one, where there are no headings.
const SHORTEST: usize = 400;

/// A longer one is cut.
const LONGEST: usize = 12_000;

/// Longest title, in characters.
const TITLE_CHARS: usize = 80;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Section {
    /// Its first line with words.
    pub title: String,
    /// In characters.
    pub part: Part,
}

/// Together they are the whole text.
pub fn sections(text: &str) -> Vec<Section> {
    let lines = lines(text);
    let has_headings = lines.iter().filter(|line| line.is_heading).count() > 1;
    let all = text.chars().count();
    let shortest = if has_headings { 0 } else { SHORTEST.max(all / ABOUT) };
    let longest = LONGEST.max(all / MOST);
    let mut sections: Vec<Section> = vec![];
    let mut after_blank = false;
    for Line { text, from, is_heading } in lines {
        let length = sections.last().map_or(0, |last| last.part.to - last.part.from);
        let begins = match has_headings {
            true => is_heading,
            false => after_blank && length >= shortest,
        };
        after_blank = text.trim().is_empty();
        let to = from + text.chars().count();
        match sections.last_mut().filter(|_| !begins && length + (to - from) <= longest) {
            Some(last) => {
                last.part.to = to;
                if last.title.is_empty() {
                    last.title = title(text);
                }
            }
            None => sections.extend(pieces(text, from, longest)),
        }
    }
    joined(sections)
}

/// The parts of these sections; those next to each other are one. Empty where all are chosen.
pub fn parts_of(sections: &[Section], chosen: &[bool]) -> Vec<Part> {
    let mut parts: Vec<Part> = vec![];
    if chosen.iter().all(|chosen| *chosen) {
        return parts;
    }
    for (section, _) in sections.iter().zip(chosen).filter(|(_, chosen)| **chosen) {
        match parts.last_mut().filter(|last| last.to == section.part.from) {
            Some(last) => last.to = section.part.to,
            None => parts.push(section.part),
        }
    }
    parts
}

/// Which sections are within the parts.
pub fn chosen_of(sections: &[Section], parts: &[Part]) -> Vec<bool> {
    let is_within =
        |section: &Section| parts.iter().any(|part| part.from <= section.part.from && section.part.to <= part.to);
    sections.iter().map(|section| parts.is_empty() || is_within(section)).collect()
}

struct Line<'a> {
    /// With its line break.
    text: &'a str,
    from: usize,
    is_heading: bool,
}

fn lines(text: &str) -> Vec<Line<'_>> {
    let mut from = 0;
    let lines = text.split_inclusive('\n').map(|text| {
        let line = Line { text, from, is_heading: is_marked_heading(text) };
        from += text.chars().count();
        line
    });
    let mut lines: Vec<Line<'_>> = lines.collect();
    // A line that is underlined, after a blank one, as in reports of plain text.
    for at in 1..lines.len() {
        let is_after_blank = at < 2 || lines[at - 2].text.trim().is_empty();
        let words = lines[at - 1].text.trim();
        if is_after_blank
            && is_underline(lines[at].text)
            && words.chars().any(char::is_alphabetic)
            && !words.contains("  ")
        {
            lines[at - 1].is_heading = true;
        }
    }
    lines
}

/// `## Heading`, as in Markdown and in what is made of HTML.
fn is_marked_heading(line: &str) -> bool {
    let marks = line.len() - line.trim_start_matches('#').len();
    (1..=6).contains(&marks) && line[marks..].starts_with(' ') && !line[marks..].trim().is_empty()
}

fn is_underline(line: &str) -> bool {
    let line = line.trim();
    line.len() >= 3 && line.chars().all(|c| matches!(c, '-' | '=' | '~' | '*'))
}

/// A line as a section, or as several if it is too long for one.
fn pieces(line: &str, from: usize, longest: usize) -> Vec<Section> {
    let chars = line.chars().count();
    let starts = (0..chars).step_by(longest);
    let mut rest = line.char_indices();
    starts
        .map(|start| {
            let part = Part { from: from + start, to: from + chars.min(start + longest) };
            let first = rest.clone().take(TITLE_CHARS).map(|(_, c)| c).collect::<String>();
            rest.nth(longest - 1);
            Section { title: title(&first), part }
        })
        .collect()
}

/// Empty for a line without words.
fn title(line: &str) -> String {
    let line = line.trim_matches(|c: char| c.is_whitespace() || matches!(c, '#' | '|' | '-' | '=' | '*' | '~'));
    let words = line.split_whitespace().collect::<Vec<_>>().join(" ");
    words.chars().take(TITLE_CHARS).collect()
}

fn joined(sections: Vec<Section>) -> Vec<Section> {
    let group = sections.len().div_ceil(MOST).max(1);
    if group == 1 {
        return sections;
    }
    let join = |group: &[Section]| {
        let (first, last) = (group.first()?, group.last()?);
        Some(Section { title: first.title.clone(), part: Part { from: first.part.from, to: last.part.to } })
    };
    sections.chunks(group).filter_map(join).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn titles(sections: &[Section]) -> Vec<&str> {
        sections.iter().map(|section| section.title.as_str()).collect()
    }

    /// They follow each other from the start to the end of the text.
    fn assert_whole(text: &str, sections: &[Section]) {
        let mut at = 0;
        for Section { part, .. } in sections {
            assert_eq!(part.from, at);
            assert!(part.to > at, "{part:?}");
            at = part.to;
        }
        assert_eq!(at, text.chars().count());
    }

    #[test]
    fn sections_begin_at_headings() {
        let text = "# Report\n\nété\n\n### Load Profile\n| a | b |\n\n#5 is none\n## Top SQL\nx";
        let found = sections(text);
        assert_eq!(titles(&found), ["Report", "Load Profile", "Top SQL"]);
        assert_whole(text, &found);
    }

    #[test]
    fn an_underlined_line_is_a_heading_and_the_head_of_a_table_is_none() {
        let text = "intro\n\nLoad Profile\n~~~~~~~~~~~~\nEvent    Waits\n-----    -----\nx 1\n\nTop SQL\n=======\nz\n";
        let found = sections(text);
        assert_eq!(titles(&found), ["intro", "Load Profile", "Top SQL"]);
        assert_whole(text, &found);
    }

    #[test]
    fn without_headings_sections_begin_at_blank_lines_and_are_not_many() {
        let text = "a line of the log\nand another one\n\n".repeat(3_000);
        let found = sections(&text);
        assert!((20..=ABOUT + 1).contains(&found.len()), "{}", found.len());
        assert_whole(&text, &found);
    }

    #[test]
    fn a_text_without_any_structure_is_cut_into_pieces() {
        let (line, log) = ("é".repeat(30_000), "x\n".repeat(20_000));
        for text in [&line, &log] {
            let found = sections(text);
            assert!(found.len() >= 3, "{}", found.len());
            assert!(found.iter().all(|section| section.part.to - section.part.from <= LONGEST));
            assert_whole(text, &found);
        }
        assert_eq!(sections(""), []);
    }

    #[test]
    fn nobody_chooses_from_thousands_of_sections() {
        let text = "## SQL id 7\nselect\n".repeat(3_000);
        let found = sections(&text);
        assert!(found.len() <= MOST, "{}", found.len());
        assert_whole(&text, &found);
    }

    #[test]
    fn chosen_sections_are_parts_and_back() {
        let found = sections("# a\n1\n# b\n2\n# c\n3\n# d\n");
        for chosen in [[true, true, false, true], [false, false, true, false], [true, true, true, true]] {
            let parts = parts_of(&found, &chosen);
            assert_eq!(chosen_of(&found, &parts), chosen, "{parts:?}");
        }
        assert_eq!(parts_of(&found, &[true, true, false, true]).len(), 2);
        assert!(parts_of(&found, &[true; 4]).is_empty());
    }
}
