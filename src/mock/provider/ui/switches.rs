//! The switches of the fault board: each changes some settings of a user, under the name of what goes wrong.

use serde_json::{Map, Value};

use crate::mock::provider::state::settings::Settings;

pub struct Group {
    pub title: &'static str,
    pub switches: &'static [Switch],
}

pub struct Switch {
    pub title: &'static str,
    /// Settings as JSON.
    changes: &'static str,
}

const fn switch(title: &'static str, changes: &'static str) -> Switch {
    Switch { title, changes }
}

/// A fault stays until it is switched off. Of two switches for the same setting, the last one wins.
pub static GROUPS: &[Group] = &[
    Group {
        title: "Signing in",
        switches: &[
            switch("Access denied", r#"{"deny":true}"#),
            switch("Login required", r#"{"authorize_error":"login_required"}"#),
            switch("Interaction required", r#"{"authorize_error":"interaction_required"}"#),
            switch("Temporarily unavailable", r#"{"authorize_error":"temporarily_unavailable"}"#),
            switch(
                "Login page expired, as Keycloak says it",
                r#"{"authorize_error":"temporarily_unavailable","authorize_error_description":"authentication_expired"}"#,
            ),
            switch("An error nobody knows", r#"{"authorize_error":"out_of_cheese"}"#),
            switch("Wrong state", r#"{"authorize_response_fault":"wrong_state"}"#),
            switch("No state", r#"{"authorize_response_fault":"missing_state"}"#),
            switch("Wrong iss", r#"{"authorize_response_fault":"wrong_iss"}"#),
            switch("No iss", r#"{"authorize_response_fault":"missing_iss"}"#),
            switch("The code twice", r#"{"authorize_response_fault":"repeated_code"}"#),
        ],
    },
    Group {
        title: "Exchanging the code",
        switches: &[
            switch("Answer 500", r#"{"token_faults":[{"kind":"server_error","times":0}]}"#),
            switch("Answer 503", r#"{"token_faults":[{"kind":"unavailable","times":0}]}"#),
            switch("Slow: 20 seconds", r#"{"token_faults":[{"kind":"slow","ms":20000,"times":0}]}"#),
            switch("Connection reset", r#"{"token_faults":[{"kind":"reset","times":0}]}"#),
            switch("Answer lost on its way", r#"{"token_faults":[{"kind":"lost_answer","times":0}]}"#),
            switch("Malformed JSON", r#"{"token_faults":[{"kind":"garbage","times":0}]}"#),
            switch("Empty answer 400", r#"{"token_faults":[{"kind":"empty","times":0}]}"#),
            switch("Code refused: invalid_grant", r#"{"token_faults":[{"kind":"invalid_grant","times":0}]}"#),
            switch(
                "Code refused with 200",
                r#"{"token_faults":[{"kind":"response","times":0,"body":"{\"error\":\"bad_verification_code\"}"}]}"#,
            ),
            switch("No access token", r#"{"token_faults":[{"kind":"missing_access_token","times":0}]}"#),
        ],
    },
    Group {
        title: "The ID token of a sign-in",
        switches: &[
            switch("No ID token", r#"{"token_faults":[{"kind":"missing_id_token","times":0}]}"#),
            switch("Wrong iss in it", r#"{"token_faults":[{"kind":"wrong_iss","times":0}]}"#),
            switch("Wrong aud in it", r#"{"token_faults":[{"kind":"wrong_aud","times":0}]}"#),
            switch("Wrong nonce in it", r#"{"token_faults":[{"kind":"wrong_nonce","times":0}]}"#),
            switch("Expired", r#"{"token_faults":[{"kind":"expired_id_token","times":0}]}"#),
            switch("Bad signature", r#"{"token_faults":[{"kind":"bad_signature","times":0}]}"#),
            switch("No signature: alg none", r#"{"token_faults":[{"kind":"alg_none","times":0}]}"#),
            switch("A weaker sign-in than asked for: acr 0", r#"{"acr":"0"}"#),
            switch("An old sign-in, whatever max_age asks for", r#"{"signed_in_ago":86400,"ignores_max_age":true}"#),
            switch("Clock 5 minutes ahead", r#"{"clock_offset":300}"#),
            switch("Clock 5 minutes behind", r#"{"clock_offset":-300}"#),
        ],
    },
    Group {
        title: "Refreshing",
        switches: &[
            switch("Refresh answers 500", r#"{"refresh_faults":[{"kind":"server_error","times":0}]}"#),
            switch("Refresh answers 503", r#"{"refresh_faults":[{"kind":"unavailable","times":0}]}"#),
            switch("Refresh is slow: 20 seconds", r#"{"refresh_faults":[{"kind":"slow","ms":20000,"times":0}]}"#),
            switch("Refresh is reset", r#"{"refresh_faults":[{"kind":"reset","times":0}]}"#),
            switch("Refresh is lost on its way", r#"{"refresh_faults":[{"kind":"lost_answer","times":0}]}"#),
            switch("Refresh gives malformed JSON", r#"{"refresh_faults":[{"kind":"garbage","times":0}]}"#),
            switch("Refresh refused: invalid_grant", r#"{"refresh_faults":[{"kind":"invalid_grant","times":0}]}"#),
            switch(
                "Refresh refused with 200",
                r#"{"refresh_faults":[{"kind":"response","times":0,"body":"{\"error\":\"bad_refresh_token\"}"}]}"#,
            ),
            switch(
                "Client refused: unauthorized_client",
                r#"{"refresh_faults":[{"kind":"response","times":0,"status":400,"body":"{\"error\":\"unauthorized_client\"}"}]}"#,
            ),
            switch("No ID token in a refresh", r#"{"id_token_in_refresh":false}"#),
            switch("No new refresh token", r#"{"refresh_token_in_refresh":false}"#),
            switch("The same refresh token again", r#"{"rotate_refresh_tokens":false}"#),
        ],
    },
    Group {
        title: "Lifetimes",
        switches: &[
            switch("Access tokens live 5 seconds", r#"{"access_token_ttl":5}"#),
            switch("Access tokens live 30 days", r#"{"access_token_ttl":2592000}"#),
            switch("expires_in is missing", r#"{"expires_in":"absent"}"#),
            switch("expires_in is a text", r#"{"expires_in":"string"}"#),
        ],
    },
];

/// The switch with this title.
pub fn find(title: &str) -> Option<&'static Switch> {
    GROUPS.iter().flat_map(|group| group.switches).find(|switch| switch.title == title)
}

impl Switch {
    pub fn is_on(&self, settings: &Settings) -> bool {
        let settings = members(settings);
        self.changes().iter().all(|(name, value)| settings.get(name) == Some(value))
    }

    /// The settings to change when the switch is pressed. Off means the default.
    pub fn toggled(&self, settings: &Settings) -> Map<String, Value> {
        let changes = self.changes();
        if !self.is_on(settings) {
            return changes;
        }
        members(&Settings::default()).into_iter().filter(|(name, _)| changes.contains_key(name)).collect()
    }

    fn changes(&self) -> Map<String, Value> {
        serde_json::from_str(self.changes).unwrap_or_default()
    }
}

fn members(settings: &Settings) -> Map<String, Value> {
    match serde_json::to_value(settings) {
        Ok(Value::Object(members)) => members,
        _ => Map::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mock::provider::state::{user_name::UserName, users::Users};

    #[test]
    fn every_switch_can_be_turned_on_and_off_and_is_named_once() {
        let alice = UserName::parse("alice").unwrap();
        for switch in GROUPS.iter().flat_map(|group| group.switches) {
            let mut users = Users::default();
            assert!(!switch.is_on(&users.settings(&alice)), "{}", switch.title);
            let on = users.change(&alice, switch.toggled(&users.settings(&alice))).unwrap();
            assert!(switch.is_on(&on), "{}", switch.title);
            let off = users.change(&alice, switch.toggled(&on)).unwrap();
            assert_eq!(off, Settings::default(), "{}", switch.title);
            assert!(std::ptr::eq(find(switch.title).unwrap(), switch), "{}", switch.title);
        }
    }
}
