//! What an upstream was sent. Some repeat it where they refuse it, and the log must not (T101).

use std::sync::Arc;

use super::{Message, UpstreamSettings};
use crate::server::excerpt::excerpt;

/// Cheap to clone.
#[derive(Clone, Default)]
pub struct Sent(Arc<Texts>);

#[derive(Default)]
struct Texts {
    settings: Option<UpstreamSettings>,
    messages: Vec<Message>,
}

impl Sent {
    pub fn new(settings: UpstreamSettings, messages: Vec<Message>) -> Self {
        Self(Arc::new(Texts { settings: Some(settings), messages }))
    }

    pub fn messages(&self) -> &[Message] {
        &self.0.messages
    }

    /// What the upstream says, for the log: without our key, and without what people and the operator wrote.
    pub fn excerpt(&self, text: &str) -> String {
        let settings = self.0.settings.as_ref();
        let key = settings.and_then(|settings| settings.api_key.as_ref()).map(|key| key.secret());
        let system_prompt = settings.and_then(|settings| settings.system_prompt.as_deref());
        let messages = self.0.messages.iter().map(|message| message.text.as_str());
        excerpt(text).without(messages.chain(key).chain(system_prompt)).to_string()
    }
}
