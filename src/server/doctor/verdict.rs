//! The result of one check.

use std::{borrow::Cow, fmt};

/// The result of one check, displayed as one line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// The part of the configuration that was checked.
    pub part: &'static str,
    pub grade: Grade,
    /// What was seen: for what is missing, with the consequence.
    pub text: String,
    /// The settings to change.
    pub remedy: Option<Cow<'static, str>>,
}

/// How much a check has shown. A line never promises more than was seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grade {
    /// It was seen to work.
    Proven,
    /// Nothing refused it, and nothing showed that it works. The text says what would show it.
    Unproven,
    /// It is not there, or not set. The text names the consequence, with which the server works.
    Missing,
    /// It is not there, and people can't sign in or chat without it.
    Lacking,
    /// It was refused, or failed, in the words of the service.
    Refused,
}

impl Verdict {
    pub fn proven(part: &'static str, seen: impl Into<String>) -> Self {
        Self::of(part, Grade::Proven, seen.into())
    }

    /// `proof` is what would prove it.
    pub fn unproven(part: &'static str, seen: impl fmt::Display, proof: impl fmt::Display) -> Self {
        Self::of(part, Grade::Unproven, format!("{seen}: not refused, not proven; it would be proven by {proof}"))
    }

    pub fn missing(part: &'static str, what: impl fmt::Display, consequence: impl fmt::Display) -> Self {
        Self::of(part, Grade::Missing, format!("{what}: {consequence}"))
    }

    pub fn lacking(part: &'static str, what: impl fmt::Display, consequence: impl fmt::Display) -> Self {
        Self::of(part, Grade::Lacking, format!("{what}: {consequence}"))
    }

    pub fn refused(part: &'static str, error: impl fmt::Display) -> Self {
        Self::of(part, Grade::Refused, error.to_string())
    }

    pub fn remedy(self, settings: impl Into<Cow<'static, str>>) -> Self {
        Self { remedy: Some(settings.into()), ..self }
    }

    /// Whether something was refused, or is lacking that people need.
    pub fn is_failure(&self) -> bool {
        matches!(self.grade, Grade::Lacking | Grade::Refused)
    }

    fn of(part: &'static str, grade: Grade, text: String) -> Self {
        Self { part, grade, text, remedy: None }
    }
}

impl fmt::Display for Grade {
    /// In capitals where it fails.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Proven => "proven",
            Self::Unproven => "unproven",
            Self::Missing => "missing",
            Self::Lacking => "MISSING",
            Self::Refused => "REFUSED",
        })
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Without line breaks, which the provider's errors may contain.
        let text: String = self.text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        write!(f, "{:<9} {:<15} {text}", self.grade, self.part)?;
        match &self.remedy {
            Some(settings) => write!(f, " -> {settings}"),
            None => Ok(()),
        }
    }
}
