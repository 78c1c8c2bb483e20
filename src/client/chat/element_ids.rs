//! Ids of elements that are focused or scrolled.

/// The text field.
pub const COMPOSER: &str = "composer";

pub const TRANSCRIPT: &str = "transcript";
