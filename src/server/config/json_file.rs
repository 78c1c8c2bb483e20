//! Settings that name a file of JSON, which is read at the start.

use std::{fs, path::Path};

use serde::{Deserialize, de::DeserializeOwned};

use super::{
    setting::{AnySetting, Setting},
    values::Text,
    variables::{ConfigError, Variables},
};
use crate::{server::excerpt::excerpt, wire::options::LocalText};

/// A text for both languages of the page, or one for each.
#[derive(Debug, Deserialize)]
#[serde(untagged, expecting = "a text, or one for each language: {\"en\": …, \"fr\": …}")]
pub enum TextEntry {
    Same(String),
    Each { en: String, fr: String },
}

impl TextEntry {
    /// Trimmed. `None` if one is empty or longer than this many characters.
    pub fn within(self, most: usize) -> Option<LocalText> {
        let (en, fr) = match self {
            Self::Same(text) => (text.clone(), text),
            Self::Each { en, fr } => (en, fr),
        };
        let is_good = |text: &str| (1..=most).contains(&text.trim().chars().count());
        let trimmed = |text: String| text.trim().to_owned();
        (is_good(&en) && is_good(&fr)).then(|| LocalText { en: trimmed(en), fr: trimmed(fr) })
    }
}

/// The content of the file, if the setting is set. `expected` says what it must be.
pub fn read<T: DeserializeOwned>(
    setting: &Setting<Text>,
    variables: &Variables,
    expected: &str,
    most_bytes: usize,
) -> Result<Option<T>, ConfigError> {
    let Some(path) = setting.get(variables)? else { return Ok(None) };
    let bytes = bytes(&path, most_bytes).map_err(|cause| setting.wrong(&format!("{expected}: {cause}")))?;
    let parsed = serde_json::from_slice(&bytes);
    parsed.map(Some).map_err(|error| setting.wrong(&format!("{expected}: {}: {}", excerpt(&path), one_line(&error))))
}

/// The content of a file of at most this many bytes, or why there is none.
pub fn bytes(path: &str, most_bytes: usize) -> Result<Vec<u8>, String> {
    if path.contains(['{', '\n']) {
        return Err("what is set is the content itself, and must be the path of a file".into());
    }
    let shown = excerpt(path).to_string();
    let bytes = fs::read(Path::new(path)).map_err(|error| format!("{shown}: {error}"))?;
    match bytes.len() <= most_bytes {
        true => Ok(bytes),
        false => Err(format!("{shown} has {} bytes, and may have {most_bytes}", bytes.len())),
    }
}

fn one_line(error: &serde_json::Error) -> String {
    excerpt(&error.to_string()).to_string()
}
