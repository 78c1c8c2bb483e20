//! What can be made to go wrong with an authorization response that carries a code.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

/// A success that the relying party must not follow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ResponseFault {
    /// Against RFC 6749 §4.1.2, another `state` than the request's.
    WrongState,
    MissingState,
    /// Another issuer's `iss`, as in a mix-up (RFC 9207 §2.4).
    WrongIss,
    MissingIss,
    /// The code twice (RFC 6749 §3.1).
    RepeatedCode,
}

impl ResponseFault {
    /// The parameters of a response, spoiled.
    pub fn spoil<'a>(self, mut members: Vec<(&'a str, Cow<'a, str>)>) -> Vec<(&'a str, Cow<'a, str>)> {
        match self {
            ResponseFault::MissingState => members.retain(|(name, _)| *name != "state"),
            ResponseFault::MissingIss => members.retain(|(name, _)| *name != "iss"),
            ResponseFault::WrongState => replace(&mut members, "state", "of-another-login"),
            ResponseFault::WrongIss => replace(&mut members, "iss", "https://another.example"),
            ResponseFault::RepeatedCode => members.extend(members.iter().find(|(name, _)| *name == "code").cloned()),
        }
        members
    }
}

fn replace<'a>(members: &mut [(&'a str, Cow<'a, str>)], name: &str, value: &'static str) {
    for member in members.iter_mut().filter(|member| member.0 == name) {
        member.1 = value.into();
    }
}
