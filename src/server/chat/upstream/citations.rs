//! The sources that a model names beside its text: `annotations` of OpenAI's chat completions. They become links at the end
//! of the answer's text, so that they are stored, exported, searched and sent to the model like the rest of it. The page
//! shows them by its rules for links: with the host, and a question before one is opened.

use serde_json::Value;
use url::Url;

use super::code_spans::CodeSpans;

/// Those of an answer; further ones are left out.
const MAX_CITATIONS: usize = 50;
const MAX_TITLE_CHARS: usize = 200;
const MAX_URL_BYTES: usize = 2_000;

/// What has a meaning in the text of a link in Markdown.
const MARKS: [char; 11] = ['\\', '[', ']', '*', '_', '`', '<', '>', '~', '|', '&'];

#[derive(Default)]
pub struct Citations {
    found: Vec<Citation>,
    /// Whether the text so far ends within a block of code.
    code: CodeSpans,
}

#[derive(Debug, PartialEq, Eq)]
pub struct Citation {
    title: String,
    url: Url,
}

impl Citation {
    /// `{"type":"url_citation","url_citation":{"url":"…","title":"…"}}`; some servers have the members outside.
    pub fn of(annotation: &Value) -> Option<Self> {
        let nested = annotation.get("url_citation").filter(|citation| citation.is_object());
        let citation =
            nested.or_else(|| Some(annotation).filter(|it| it.get("type").is_some_and(|it| it == "url_citation")))?;
        let mut url = Url::parse(citation.get("url")?.as_str()?.trim()).ok()?;
        if !matches!(url.scheme(), "http" | "https") || url.as_str().len() > MAX_URL_BYTES {
            return None;
        }
        // A user name looks like the host.
        url.set_username("").ok()?;
        url.set_password(None).ok()?;
        let title = citation.get("title").and_then(Value::as_str).unwrap_or_default();
        let words: Vec<_> =
            title.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty()).collect();
        let title = match words.join(" ") {
            title if title.is_empty() => url.host_str()?.to_owned(),
            title => title.chars().take(MAX_TITLE_CHARS).collect(),
        };
        Some(Self { title, url })
    }
}

impl Citations {
    /// Adds a source, unless its address was named before.
    pub fn add(&mut self, citation: Citation) {
        let is_new = !self.found.iter().any(|found| found.url == citation.url);
        if is_new && self.found.len() < MAX_CITATIONS {
            self.found.push(citation);
        }
    }

    /// To be called with all text of the answer.
    pub fn read_text(&mut self, text: &str) {
        text.chars().for_each(|letter| self.code.add(letter));
    }

    /// What was said so far was no text.
    pub fn forget_text(&mut self) {
        self.code = CodeSpans::default();
    }

    /// The list in Markdown, to be appended to the text; `None` without sources. Its heading is the same word in the page's
    /// languages.
    pub fn take_list(&mut self) -> Option<String> {
        let found = std::mem::take(&mut self.found);
        if found.is_empty() {
            return None;
        }
        self.code.add('\n');
        let mut list =
            String::from(if self.code.is_code() { "\n```\n\n**Sources**\n\n" } else { "\n\n**Sources**\n\n" });
        for (index, Citation { title, url }) in found.iter().enumerate() {
            list.push_str(&format!("{}. [{}](<{url}>)\n", index + 1, escaped(title)));
        }
        Some(list)
    }
}

fn escaped(title: &str) -> String {
    let mut escaped = String::new();
    for letter in title.chars() {
        if MARKS.contains(&letter) {
            escaped.push('\\');
        }
        escaped.push(letter);
    }
    escaped
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn list(annotations: &[Value], text: &str) -> Option<String> {
        let mut citations = Citations::default();
        annotations.iter().filter_map(Citation::of).for_each(|citation| citations.add(citation));
        citations.read_text(text);
        citations.take_list()
    }

    fn citation(url: &str, title: &str) -> Value {
        json!({ "type": "url_citation", "url_citation": { "start_index": 1, "end_index": 2, "url": url, "title": title } })
    }

    #[test]
    fn sources_are_links_and_each_is_listed_once() {
        let annotations = [
            citation("https://docs.example/a?b=(c)", "The [new] *guide*"),
            citation("https://docs.example/a?b=(c)", "Again"),
            json!({ "type": "url_citation", "url": "http://user:pw@plain.example", "title": " \n" }),
        ];
        assert_eq!(
            list(&annotations, "Text").as_deref(),
            Some(concat!(
                "\n\n**Sources**\n\n",
                "1. [The \\[new\\] \\*guide\\*](<https://docs.example/a?b=(c)>)\n",
                "2. [plain.example](<http://plain.example/>)\n",
            ))
        );
        assert_eq!(list(&[], "Text"), None);
    }

    #[test]
    fn what_is_no_web_page_is_no_source() {
        for annotation in [
            citation("javascript:alert(1)", "x"),
            citation("file:///etc/passwd", "x"),
            citation("/relative", "x"),
            citation(&format!("https://a.example/{}", "x".repeat(MAX_URL_BYTES)), "x"),
            json!({ "type": "url_citation", "url_citation": { "title": "x" } }),
            json!({ "type": "file_citation", "url": "https://a.example/" }),
            json!("https://a.example/"),
            Value::Null,
        ] {
            assert_eq!(Citation::of(&annotation), None, "{annotation}");
        }
    }

    #[test]
    fn no_address_or_title_leaves_its_link() {
        let found =
            list(&[citation("https://a.example/>) <x> \u{202e}", "a](https://evil.example) `b` <c> \\")], "").unwrap();
        assert!(
            found.contains("1. [a\\](https://evil.example) \\`b\\` \\<c\\> \\\\](<https://a.example/%3E)%20%3Cx%3E"),
            "{found}"
        );
        assert_eq!(found.lines().count(), 5, "{found}");
    }

    #[test]
    fn an_open_block_of_code_is_closed_before_them() {
        let found = list(&[citation("https://a.example", "a")], "```sql\nselect 1").unwrap();
        assert!(found.starts_with("\n```\n\n**Sources**"), "{found}");
    }

    #[test]
    fn there_is_an_end_to_the_list() {
        let many: Vec<_> = (0..100).map(|n| citation(&format!("https://a.example/{n}"), "a")).collect();
        assert_eq!(list(&many, "").unwrap().matches("https://").count(), MAX_CITATIONS);
    }
}
