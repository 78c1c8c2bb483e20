//! The chat, for a caller: what they may ask, and what they have to have accepted before.

use super::{Services, extract::Caller};
use crate::{
    server::chat::Answer,
    wire::{chat::ChatRequest, error::ApiError, options::ChatOptions},
};

impl Services {
    pub async fn answer(&self, caller: &Caller, request: ChatRequest) -> Result<Answer, ApiError> {
        self.notices.require(&caller.user).await?;
        self.chat.answer(&caller.user, &caller.permissions, caller.session_end(), request).await
    }

    pub async fn chat_options(&self, caller: &Caller) -> Result<ChatOptions, ApiError> {
        Ok(ChatOptions {
            models: self.chat.models().options(&caller.permissions.roles),
            notice: self.notices.of(&caller.user).await?,
            disclosure: self.user_tokens.as_ref().map(|tokens| tokens.disclosure()),
        })
    }
}
