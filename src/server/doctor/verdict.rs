//! The result of one check.

use std::fmt;

/// The result of one check, displayed as one line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// The part of the configuration that was checked.
    pub part: &'static str,
    pub grade: Grade,
    pub text: String,
    /// The settings to change.
    pub remedy: Option<&'static str>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grade {
    Good,
    /// It works, but is not recommended for production.
    Doubtful,
    Fails,
}

impl Verdict {
    pub fn good(part: &'static str, text: impl Into<String>) -> Self {
        Self { part, grade: Grade::Good, text: text.into(), remedy: None }
    }

    pub fn doubtful(part: &'static str, text: impl Into<String>, remedy: &'static str) -> Self {
        Self { part, grade: Grade::Doubtful, text: text.into(), remedy: Some(remedy) }
    }

    pub fn fails(part: &'static str, error: impl fmt::Display) -> Self {
        Self { part, grade: Grade::Fails, text: error.to_string(), remedy: None }
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
        // Without line breaks, which the provider's errors may contain.
        let text: String = self.text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        write!(f, "{grade:<9} {:<15} {text}", self.part)?;
        match self.remedy {
            Some(settings) => write!(f, " -> {settings}"),
            None => Ok(()),
        }
    }
}
