//! What was found about one part, in one line.

use std::fmt;

/// One line of the doctor's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    pub part: &'static str,
    pub grade: Grade,
    pub words: String,
    /// The settings to change.
    pub remedy: Option<&'static str>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grade {
    Good,
    /// It works, but is not what production wants.
    Doubtful,
    Fails,
}

impl Verdict {
    pub fn good(part: &'static str, words: impl Into<String>) -> Self {
        Self { part, grade: Grade::Good, words: words.into(), remedy: None }
    }

    pub fn doubtful(part: &'static str, words: impl Into<String>, remedy: &'static str) -> Self {
        Self { part, grade: Grade::Doubtful, words: words.into(), remedy: Some(remedy) }
    }

    pub fn fails(part: &'static str, error: impl fmt::Display) -> Self {
        Self { part, grade: Grade::Fails, words: error.to_string(), remedy: None }
    }

    pub fn remedy(self, settings: &'static str) -> Self {
        Self { remedy: Some(settings), ..self }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let grade = match self.grade {
            Grade::Good => "good",
            Grade::Doubtful => "doubtful",
            Grade::Fails => "FAILS",
        };
        // One line, whatever the provider's words hold.
        let words: String = self.words.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        write!(f, "{grade:<9} {:<15} {words}", self.part)?;
        match self.remedy {
            Some(settings) => write!(f, " -> {settings}"),
            None => Ok(()),
        }
    }
}
