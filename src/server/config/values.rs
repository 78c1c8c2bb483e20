//! The types of values that settings have. Each parses a text, and says what it expects and which default it has.

use std::{fmt::Display, num::NonZeroU32, str::FromStr, time::Duration};

use super::setting::Value;

/// `true` or `false`.
pub struct Flag {
    pub default: bool,
}

/// One of these words.
pub struct OneOf<T: 'static> {
    pub values: &'static [(&'static str, T)],
    pub default: Option<T>,
}

/// A number within bounds.
pub struct Number<N> {
    /// Such as `a number of characters`.
    pub what: &'static str,
    pub from: N,
    pub to: Option<N>,
    pub default: Option<N>,
}

/// A number of seconds within bounds.
pub struct Seconds {
    pub from: u64,
    pub to: u64,
    pub default: Option<Duration>,
}

/// A number; 0 stands for no limit.
pub struct Limit {
    /// Such as `a number of calls a minute`.
    pub what: &'static str,
    pub default: Option<NonZeroU32>,
}

/// Values with rules of their own, which the setting's text explains.
pub struct Parsed<T> {
    pub expected: &'static str,
    pub default: Option<&'static str>,
    pub parse: fn(&str) -> Option<T>,
}

/// Any text.
pub struct Text {
    pub default: Option<&'static str>,
}

/// A value that is a secret, or may hold one. `file` is the variable that can name a file with it instead.
pub struct Secret<V> {
    pub file: &'static str,
    pub value: V,
}

/// For [`Parsed`]: what the type itself parses.
pub fn from_str<T: FromStr>(text: &str) -> Option<T> {
    text.parse().ok()
}

/// For [`Parsed`]: a list separated by spaces.
pub fn words(text: &str) -> Option<Vec<String>> {
    Some(text.split_whitespace().map(str::to_owned).collect())
}

/// A name without spaces.
pub fn is_one_word(text: &str) -> bool {
    !text.is_empty() && !text.chars().any(|letter| letter.is_whitespace() || letter.is_control())
}

impl Value for Flag {
    type Output = bool;

    fn parse(&self, text: &str) -> Option<bool> {
        text.parse().ok()
    }

    fn expected(&self) -> String {
        "true or false".into()
    }

    fn default(&self) -> Option<String> {
        Some(self.default.to_string())
    }
}

impl<T: Copy + PartialEq + Sync> Value for OneOf<T> {
    type Output = T;

    fn parse(&self, text: &str) -> Option<T> {
        self.values.iter().find(|(word, _)| *word == text).map(|(_, value)| *value)
    }

    fn expected(&self) -> String {
        let words: Vec<_> = self.values.iter().map(|(word, _)| *word).collect();
        match words.split_last() {
            Some((last, others)) if !others.is_empty() => format!("{} or {last}", others.join(", ")),
            _ => words.concat(),
        }
    }

    fn default(&self) -> Option<String> {
        let default = self.default?;
        self.values.iter().find(|(_, value)| *value == default).map(|(word, _)| (*word).to_owned())
    }
}

impl<N: Copy + Display + FromStr + PartialOrd + Sync> Value for Number<N> {
    type Output = N;

    fn parse(&self, text: &str) -> Option<N> {
        let number: N = text.parse().ok()?;
        (number >= self.from && self.to.is_none_or(|to| number <= to)).then_some(number)
    }

    fn expected(&self) -> String {
        match self.to {
            Some(to) => format!("{} from {} to {to}", self.what, self.from),
            None => format!("{}, {} or more", self.what, self.from),
        }
    }

    fn default(&self) -> Option<String> {
        self.default.map(|default| default.to_string())
    }
}

impl Value for Seconds {
    type Output = Duration;

    fn parse(&self, text: &str) -> Option<Duration> {
        let seconds: u64 = text.parse().ok()?;
        (self.from..=self.to).contains(&seconds).then_some(Duration::from_secs(seconds))
    }

    fn expected(&self) -> String {
        format!("a number of seconds from {} to {}", self.from, self.to)
    }

    fn default(&self) -> Option<String> {
        self.default.map(|default| default.as_secs().to_string())
    }
}

impl Value for Limit {
    type Output = Option<NonZeroU32>;

    fn parse(&self, text: &str) -> Option<Option<NonZeroU32>> {
        text.parse().ok().map(NonZeroU32::new)
    }

    fn expected(&self) -> String {
        format!("{}; 0 for no limit", self.what)
    }

    fn default(&self) -> Option<String> {
        Some(self.default.map_or(0, NonZeroU32::get).to_string())
    }
}

impl<T> Value for Parsed<T> {
    type Output = T;

    fn parse(&self, text: &str) -> Option<T> {
        (self.parse)(text)
    }

    fn expected(&self) -> String {
        self.expected.into()
    }

    fn default(&self) -> Option<String> {
        self.default.map(str::to_owned)
    }

    fn is_documented(&self) -> bool {
        false
    }
}

impl Value for Text {
    type Output = String;

    fn parse(&self, text: &str) -> Option<String> {
        Some(text.to_owned())
    }

    fn expected(&self) -> String {
        "a text".into()
    }

    fn default(&self) -> Option<String> {
        self.default.map(str::to_owned)
    }

    fn is_documented(&self) -> bool {
        false
    }
}

impl<V: Value> Value for Secret<V> {
    type Output = V::Output;

    fn parse(&self, text: &str) -> Option<V::Output> {
        self.value.parse(text)
    }

    fn expected(&self) -> String {
        self.value.expected()
    }

    fn default(&self) -> Option<String> {
        self.value.default()
    }

    fn is_documented(&self) -> bool {
        self.value.is_documented()
    }

    fn secret_file(&self) -> Option<&'static str> {
        Some(self.file)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_states_every_word_or_the_bounds() {
        let words = |values| OneOf { values, default: None }.expected();
        assert_eq!(words(&[("a", 1)]), "a");
        assert_eq!(words(&[("a", 1), ("b", 2)]), "a or b");
        assert_eq!(words(&[("a", 1), ("b", 2), ("c", 3)]), "a, b or c");
        let number = |to| Number { what: "a number", from: 1, to, default: None }.expected();
        assert_eq!(number(Some(9)), "a number from 1 to 9");
        assert_eq!(number(None), "a number, 1 or more");
    }

    #[test]
    fn a_number_is_taken_within_its_bounds_only() {
        let ratio = Number { what: "a number", from: 0.0, to: Some(1.0), default: Some(1.0) };
        for (text, value) in [("0", Some(0.0)), ("1", Some(1.0)), ("1.1", None), ("-0.1", None), ("NaN", None)] {
            assert_eq!(ratio.parse(text), value, "{text}");
        }
        let seconds = Seconds { from: 1, to: 3, default: None };
        for (text, is_taken) in [("0", false), ("1", true), ("3", true), ("4", false), ("2s", false), ("-1", false)] {
            assert_eq!(seconds.parse(text).is_some(), is_taken, "{text}");
        }
        let limit = Limit { what: "a number", default: None };
        assert_eq!(
            (limit.parse("0"), limit.parse("2"), limit.parse("-1")),
            (Some(None), Some(NonZeroU32::new(2)), None)
        );
    }

    #[test]
    fn a_default_is_written_as_it_is_read() {
        let minute = Seconds { from: 1, to: 90, default: Some(Duration::from_secs(60)) };
        assert_eq!(minute.default().and_then(|text| minute.parse(&text)), minute.default);
        let unlimited = Limit { what: "a number", default: None };
        assert_eq!(unlimited.default().and_then(|text| unlimited.parse(&text)), Some(None));
        let word = OneOf { values: &[("one", 1), ("two", 2)], default: Some(2) };
        assert_eq!(word.default().as_deref(), Some("two"));
    }
}
