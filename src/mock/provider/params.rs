//! The parameters of a request, from its query or its form body.

use std::collections::{BTreeMap, btree_map::Entry};

/// RFC 6749 §3.1: a parameter without a value counts as omitted, and none may be repeated.
pub struct Params {
    values: BTreeMap<String, String>,
    repeated: Option<String>,
}

impl Params {
    pub fn parse(form: &[u8]) -> Params {
        let mut params = Params { values: BTreeMap::new(), repeated: None };
        for (name, value) in form_urlencoded::parse(form) {
            match params.values.entry(name.into_owned()) {
                Entry::Vacant(entry) => drop(entry.insert(value.into_owned())),
                Entry::Occupied(entry) => params.repeated = Some(entry.key().clone()),
            }
        }
        params
    }

    pub fn get(&self, name: &str) -> Option<&str> {
        let value = self.values.get(name).map(String::as_str);
        value.filter(|value| !value.is_empty())
    }

    /// Ordered by name.
    pub fn all(&self) -> impl Iterator<Item = (&str, &str)> {
        self.values.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// The name of a parameter that was repeated.
    pub fn repeated(&self) -> Option<&str> {
        self.repeated.as_deref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_value_counts_as_omitted() {
        let params = Params::parse(b"state=&nonce=n%20+1");
        assert_eq!(params.get("state"), None);
        assert_eq!(params.get("nonce"), Some("n  1"));
    }

    #[test]
    fn a_repeated_parameter_is_noticed_even_when_empty() {
        let params = Params::parse(b"scope=&scope=openid");
        assert_eq!(params.repeated(), Some("scope"));
        assert_eq!(Params::parse(b"a=1&b=1").repeated(), None);
    }
}
