//! The operator's words on the page: name, logo, questions to start with, and the notice.

use std::path::Path;

use serde::Deserialize;

use super::{
    conversations::link_hosts,
    json_file::{self, TextEntry},
    setting::{AnySetting, Section, Setting},
    values::Text,
    variables::{ConfigError, Variables},
};
use crate::{
    server::{
        conversations::notice::NoticeSettings,
        http::pages::{Furnishing, Logo},
    },
    wire::branding::{Branding, StarterQuestion},
};

const BRANDING_EXPECTED: &str = "a readable JSON file with name, logo and starters, as docs/operations.md describes it";
const NOTICE_EXPECTED: &str = "a readable JSON file with version, title and text, as docs/operations.md describes it";

const MAX_BYTES: usize = 256 * 1024;
/// Of the logo.
const MAX_LOGO_BYTES: usize = 128 * 1024;

const MAX_NAME_CHARS: usize = 60;
const MAX_STARTERS: usize = 8;
const MAX_TOPIC_CHARS: usize = 60;
const MAX_QUESTION_CHARS: usize = 500;
const MAX_TITLE_CHARS: usize = 120;
const MAX_TEXT_CHARS: usize = 20_000;

pub static SECTION: Section = Section {
    title: "The operator's words on the page",
    text: "Each text is for both languages of the page, or there is one for each: {\"en\": \"…\", \"fr\": \"…\"}. The files are \
           read at the start.",
    settings: &[&BRANDING_FILE, &NOTICE_FILE],
};

static BRANDING_FILE: Setting<Text> = Setting {
    name: "BRANDING_FILE",
    text: "A JSON file with name, logo (the path of an SVG or PNG file of at most 128 KiB) and starters (questions to start \
           with, each with a topic and a question). What it leaves out stays as it is. Everybody who can load the page can \
           read it.",
    example: "/etc/oracle-ai/branding.json",
    value: Text { default: None },
};

static NOTICE_FILE: Setting<Text> = Setting {
    name: "NOTICE_FILE",
    text: "A JSON file with the version, title and text (Markdown) of a notice that people have to accept before their first \
           question, and again when its version changes. Who accepted which version, and when, is stored in the database.",
    example: "/etc/oracle-ai/notice.json",
    value: Text { default: None },
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct BrandingEntry {
    name: Option<TextEntry>,
    logo: Option<String>,
    starters: Option<Vec<StarterEntry>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct StarterEntry {
    topic: TextEntry,
    question: TextEntry,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NoticeEntry {
    version: String,
    title: TextEntry,
    text: TextEntry,
}

pub fn furnishing(variables: &Variables) -> Result<Furnishing, ConfigError> {
    let link_hosts = link_hosts(variables)?;
    let entry = json_file::read::<BrandingEntry>(&BRANDING_FILE, variables, BRANDING_EXPECTED, MAX_BYTES)?;
    let Some(entry) = entry else { return Ok(Furnishing { link_hosts, ..Furnishing::default() }) };
    let wrong = |cause: String| BRANDING_FILE.wrong(&format!("{BRANDING_EXPECTED}: {cause}"));
    let name = text(entry.name, "name", MAX_NAME_CHARS).map_err(wrong)?;
    let logo = entry.logo.map(|path| logo(&path)).transpose().map_err(wrong)?;
    let starters = entry.starters.map(starters).transpose().map_err(wrong)?;
    let branding = Branding { name, logo: logo.as_ref().map(Logo::path), starters };
    Ok(Furnishing { link_hosts, branding, logo })
}

pub fn notice(variables: &Variables) -> Result<Option<NoticeSettings>, ConfigError> {
    let entry = json_file::read::<NoticeEntry>(&NOTICE_FILE, variables, NOTICE_EXPECTED, MAX_BYTES)?;
    let Some(NoticeEntry { version, title, text }) = entry else { return Ok(None) };
    let wrong = |cause: &str| NOTICE_FILE.wrong(&format!("{NOTICE_EXPECTED}: {cause}"));
    if version.trim().is_empty() || version.chars().count() > MAX_NAME_CHARS {
        return Err(wrong("`version` must have from 1 to 60 characters"));
    }
    let title = title.within(MAX_TITLE_CHARS).ok_or_else(|| wrong("`title` must have from 1 to 120 characters"))?;
    let text = text.within(MAX_TEXT_CHARS).ok_or_else(|| wrong("`text` must have from 1 to 20,000 characters"))?;
    Ok(Some(NoticeSettings { version, title, text }))
}

fn text(entry: Option<TextEntry>, field: &str, most: usize) -> Result<Option<crate::wire::options::LocalText>, String> {
    let checked =
        |entry: TextEntry| entry.within(most).ok_or_else(|| format!("`{field}` must have from 1 to {most} characters"));
    entry.map(checked).transpose()
}

fn logo(path: &str) -> Result<Logo, String> {
    if !Path::new(path).is_absolute() {
        return Err("`logo` must be an absolute path".into());
    }
    let bytes = json_file::bytes(path, MAX_LOGO_BYTES).map_err(|cause| format!("`logo`: {cause}"))?;
    Logo::of(bytes).ok_or_else(|| "`logo` must be a file in SVG or PNG".to_owned())
}

fn starters(entries: Vec<StarterEntry>) -> Result<Vec<StarterQuestion>, String> {
    if entries.len() > MAX_STARTERS {
        return Err(format!("`starters` must be at most {MAX_STARTERS}"));
    }
    let starter = |entry: StarterEntry| {
        let topic = text(Some(entry.topic), "topic", MAX_TOPIC_CHARS)?.unwrap_or_default();
        let question = text(Some(entry.question), "question", MAX_QUESTION_CHARS)?.unwrap_or_default();
        Ok(StarterQuestion { topic, question })
    };
    entries.into_iter().map(starter).collect()
}

#[cfg(test)]
mod tests {
    use std::{fs, path::PathBuf};

    use super::super::tests;

    /// A file that goes with the test.
    struct File(PathBuf);

    impl File {
        fn new(name: &str, content: &str) -> Self {
            let path = std::env::temp_dir().join(format!("oracle-ai-page-{name}-{}", std::process::id()));
            fs::write(&path, content).unwrap();
            Self(path)
        }

        fn path(&self) -> &str {
            self.0.to_str().unwrap()
        }
    }

    impl Drop for File {
        fn drop(&mut self) {
            let _ = fs::remove_file(&self.0);
        }
    }

    #[test]
    fn the_operator_names_the_page_and_gives_it_a_logo_and_starters() {
        let logo = File::new("logo", "<svg xmlns=\"http://www.w3.org/2000/svg\"/>");
        let file = File::new(
            "branding",
            &format!(
                r#"{{"name": " Ask the DBA ", "logo": {:?},
                     "starters": [{{"topic": {{"en": "Locks", "fr": "Verrous"}}, "question": "Who blocks whom?"}}]}}"#,
                logo.path()
            ),
        );
        let furnishing = tests::config(&[("BRANDING_FILE", file.path())]).unwrap().furnishing;
        assert_eq!(furnishing.branding.name.unwrap().fr, "Ask the DBA");
        assert_eq!(furnishing.branding.logo, furnishing.logo.map(|logo| logo.path()));
        assert_eq!(furnishing.branding.starters.unwrap()[0].topic.fr, "Verrous");
    }

    #[test]
    fn wrong_words_of_the_operator_are_refused_with_their_field() {
        for (setting, content, place) in [
            ("BRANDING_FILE", "[]", "line 1"),
            ("BRANDING_FILE", r#"{"nom": "A"}"#, "nom"),
            ("BRANDING_FILE", r#"{"name": ""}"#, "`name`"),
            ("BRANDING_FILE", r#"{"logo": "logo.svg"}"#, "absolute"),
            ("BRANDING_FILE", r#"{"logo": "/nowhere/logo.svg"}"#, "`logo`"),
            ("BRANDING_FILE", r#"{"logo": "/proc/self/status"}"#, "SVG or PNG"),
            ("BRANDING_FILE", r#"{"starters": [{"topic": "A", "question": " "}]}"#, "`question`"),
            ("NOTICE_FILE", r#"{"version": "1", "title": "T"}"#, "text"),
            ("NOTICE_FILE", r#"{"version": " ", "title": "T", "text": "T"}"#, "`version`"),
            ("NOTICE_FILE", r#"{"version": "1", "title": "T", "text": {"en": "E", "fr": ""}}"#, "`text`"),
        ] {
            let file = File::new("wrong", content);
            let error = tests::error(&[(setting, file.path())]);
            assert!(error.starts_with(setting) && error.contains(place), "{content}: {error}");
        }
        let content = tests::error(&[("NOTICE_FILE", r#"{"version": "hunter2"}"#)]);
        assert!(!content.contains("hunter2"), "{content}");
    }
}
