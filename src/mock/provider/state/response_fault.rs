//! Faults of an authorization response.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

/// Makes a success into a response that the client must refuse, and an error into one that belongs to no login.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ResponseFault {
    /// Another `state` than the request's, against RFC 6749 §4.1.2.
    WrongState,
    MissingState,
    /// Another issuer's `iss`, as in a mix-up attack (RFC 9207 §2.4).
    WrongIss,
    MissingIss,
    /// The code twice (RFC 6749 §3.1).
    RepeatedCode,
}

impl ResponseFault {
    pub fn apply<'a>(self, mut params: Vec<(&'a str, Cow<'a, str>)>) -> Vec<(&'a str, Cow<'a, str>)> {
        match self {
            ResponseFault::MissingState => params.retain(|(name, _)| *name != "state"),
            ResponseFault::MissingIss => params.retain(|(name, _)| *name != "iss"),
            ResponseFault::WrongState => replace(&mut params, "state", "of-another-login"),
            ResponseFault::WrongIss => replace(&mut params, "iss", "https://another.example"),
            ResponseFault::RepeatedCode => params.extend(params.iter().find(|(name, _)| *name == "code").cloned()),
        }
        params
    }
}

fn replace<'a>(params: &mut [(&'a str, Cow<'a, str>)], name: &str, value: &'static str) {
    for param in params.iter_mut().filter(|param| param.0 == name) {
        param.1 = value.into();
    }
}
