//! The request to an upstream, to keep its texts out of the log (T101): some upstreams repeat them in their errors.

use std::sync::Arc;

use super::{Asker, Message, UpstreamSettings};
use crate::server::excerpt::excerpt;

/// Cheap to clone.
#[derive(Clone, Default)]
pub struct SentRequest(Arc<Texts>);

#[derive(Default)]
struct Texts {
    settings: Option<UpstreamSettings>,
    messages: Vec<Message>,
    asker: Option<Asker>,
}

impl SentRequest {
    pub fn new(settings: UpstreamSettings, messages: Vec<Message>, asker: Asker) -> Self {
        Self(Arc::new(Texts { settings: Some(settings), messages, asker: Some(asker) }))
    }

    pub fn asker(&self) -> Option<&Asker> {
        self.0.asker.as_ref()
    }

    pub fn messages(&self) -> &[Message] {
        &self.0.messages
    }

    /// A text of the upstream for the log, without tokens, our API key, the messages and the system prompt.
    pub fn excerpt(&self, text: &str) -> String {
        let settings = self.0.settings.as_ref();
        let key = settings.and_then(|settings| settings.api_key.as_ref()).map(|key| key.secret());
        let system_prompt = settings.and_then(|settings| settings.system_prompt.as_deref());
        let messages = self.0.messages.iter().map(|message| message.text.as_str());
        excerpt(text).without(messages.chain(key).chain(system_prompt)).to_string()
    }
}
