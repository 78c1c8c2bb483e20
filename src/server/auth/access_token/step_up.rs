//! Which actions ask for a more recent or a stronger sign-in (RFC 9470).

use std::collections::BTreeMap;

use crate::{
    server::auth::{oidc::AskedAuthentication, sessions::StepUp},
    wire::{error::ApiError, step_up::GuardedAction},
};

/// `STEP_UP_…`: what each action asks of the caller's authentication. Nothing, for those that are not in it.
#[derive(Clone, Debug, Default)]
pub struct StepUpSettings(pub BTreeMap<GuardedAction, AskedAuthentication>);

impl StepUpSettings {
    pub(super) fn asked(&self, action: GuardedAction) -> Option<&AskedAuthentication> {
        self.0.get(&action)
    }

    /// The login to begin for this action. `None` if it asks for nothing: then it is a login like any other.
    pub(super) fn login(&self, action: GuardedAction) -> Option<StepUp> {
        self.asked(action).map(|asked| StepUp { action, asked: asked.clone() })
    }
}

/// RFC 9470 §3.
pub(super) fn refusal(action: GuardedAction, asked: &AskedAuthentication) -> ApiError {
    let AskedAuthentication { acr_values, max_age } = asked;
    ApiError::StepUpRequired { action, acr_values: acr_values.clone(), max_age: max_age.map(|age| age.as_secs()) }
}
