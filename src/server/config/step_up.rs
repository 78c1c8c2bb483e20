//! What some actions ask of a person's sign-in, beyond what every login does.

use std::{collections::BTreeMap, time::Duration};

use super::{
    models::{CHAT_MODELS_FILE, ListedModel},
    setting::{AnySetting, Section, Setting},
    values::Parsed,
    variables::{ConfigError, Variables},
};
use crate::{
    server::auth::{access_token::StepUpSettings, oidc::AskedAuthentication},
    wire::step_up::GuardedAction,
};

/// After the sign-in, there must be time to do what it was for.
const MIN_MAX_AGE: u64 = 60;

/// Ten years.
const MAX_MAX_AGE: u64 = 10 * 365 * 24 * 60 * 60;

pub static SECTION: Section = Section {
    title: "What a person must sign in again for",
    text: "An action with one of these settings is refused, with a challenge, to people who have signed in longer ago, or in \
           another way (RFC 9470). The page explains that and offers to sign in again; the provider is asked for it by \
           `max_age` and `acr_values`, its ID token must say that it did so, and then the page goes on. In each, separated by \
           spaces: max_age=SECONDS, how long ago the person may have signed in at the provider (60 or more), and acr=VALUE, \
           once or more, how they must have signed in. Access tokens that this server did not issue are judged by their own \
           `auth_time` and `acr`. By default, no action asks for anything.",
    settings: &[&STEP_UP_EXPORT, &STEP_UP_END_ALL_SESSIONS, &STEP_UP_DELETE, &STEP_UP_CHAT, &STEP_UP_MODEL],
};

/// The setting of one action.
macro_rules! step_up {
    ($name:ident, $text:literal, $example:literal) => {
        static $name: Setting<Parsed<AskedAuthentication>> = Setting {
            name: stringify!($name),
            text: $text,
            example: $example,
            value: Parsed {
                expected: "max_age=SECONDS (60 or more), acr=VALUE once or more, or both, separated by spaces",
                default: None,
                parse: asked,
            },
        };
    };
}

step_up!(STEP_UP_EXPORT, "To save a conversation as a file.", "max_age=300 acr=phr acr=phrh");
step_up!(STEP_UP_END_ALL_SESSIONS, "To end all of one's sessions, or all others.", "max_age=300");
step_up!(STEP_UP_DELETE, "To delete a conversation.", "max_age=3600");
step_up!(STEP_UP_CHAT, "To send a message.", "acr=phr");
step_up!(STEP_UP_MODEL, "To send a message to a model that has `step_up` in CHAT_MODELS_FILE.", "max_age=900 acr=phr");

fn setting(action: GuardedAction) -> &'static Setting<Parsed<AskedAuthentication>> {
    match action {
        GuardedAction::Export => &STEP_UP_EXPORT,
        GuardedAction::EndAllSessions => &STEP_UP_END_ALL_SESSIONS,
        GuardedAction::Delete => &STEP_UP_DELETE,
        GuardedAction::Chat => &STEP_UP_CHAT,
        GuardedAction::Model => &STEP_UP_MODEL,
    }
}

/// `models` are those of `CHAT_MODELS_FILE`: one that asks for a sign-in needs a setting that says which, and the setting needs
/// a model.
pub fn settings(variables: &Variables, models: &[ListedModel]) -> Result<StepUpSettings, ConfigError> {
    let mut settings = BTreeMap::new();
    for action in GuardedAction::ALL {
        if let Some(asked) = setting(action).get(variables)? {
            settings.insert(action, asked);
        }
    }
    match (settings.contains_key(&GuardedAction::Model), models.iter().any(|model| model.step_up)) {
        (true, false) => return Err(STEP_UP_MODEL.wrong("no model in CHAT_MODELS_FILE has `step_up`")),
        (false, true) => return Err(CHAT_MODELS_FILE.wrong("a model has `step_up`, which needs STEP_UP_MODEL")),
        _ => {}
    }
    Ok(StepUpSettings(settings))
}

fn asked(text: &str) -> Option<AskedAuthentication> {
    let mut asked = AskedAuthentication::default();
    for word in text.split_whitespace() {
        match word.split_once('=')? {
            ("max_age", seconds) if asked.max_age.is_none() => {
                let seconds =
                    seconds.parse::<u64>().ok().filter(|seconds| (MIN_MAX_AGE..=MAX_MAX_AGE).contains(seconds))?;
                asked.max_age = Some(Duration::from_secs(seconds));
            }
            ("acr", value) if is_acr(value) => asked.acr_values.push(value.to_owned()),
            _ => return None,
        }
    }
    (asked != AskedAuthentication::default()).then_some(asked)
}

/// What may stand in a quoted string of a challenge (RFC 9110 §5.6.4) without an escape.
fn is_acr(value: &str) -> bool {
    !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'"' && byte != b'\\')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_action_asks_for_an_age_for_kinds_of_sign_ins_or_for_both() {
        let read = |text: &str| {
            let AskedAuthentication { acr_values, max_age } = asked(text)?;
            Some((acr_values.join(" "), max_age.map(|age| age.as_secs())))
        };
        assert_eq!(read("max_age=300"), Some((String::new(), Some(300))));
        assert_eq!(read(" acr=urn:a=b  max_age=60 acr=phr "), Some(("urn:a=b phr".into(), Some(60))));
        for wrong in [
            "",
            " ",
            "max_age=59",
            "max_age=5m",
            "max_age=60 max_age=60",
            "acr=",
            "acr=\"",
            "acr=\\",
            "acr=é",
            "phr",
            "amr=mfa",
        ] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }
}
