//! The chat, for a caller: what they may ask, and what they have to have accepted before.

use super::{Services, extract::Caller};
use crate::{
    server::chat::Answer,
    wire::{chat::ChatRequest, error::ApiError, options::ChatOptions, step_up::GuardedAction},
};

impl Services {
    pub async fn answer(&self, caller: &Caller, request: ChatRequest) -> Result<Answer, ApiError> {
        self.notices.require(&caller.user).await?;
        let Caller { user, permissions, .. } = caller;
        let model = self.chat.choose_model(user, permissions, request.model.as_deref())?;
        if model.step_up {
            caller.check_step_up(GuardedAction::Model)?;
        }
        self.chat.answer(user, permissions, caller.session_end(), model, request).await
    }

    pub async fn chat_options(&self, caller: &Caller) -> Result<ChatOptions, ApiError> {
        Ok(ChatOptions {
            models: self.chat.models().options(&caller.permissions.roles),
            notice: self.notices.of(&caller.user).await?,
            disclosure: self.user_tokens.as_ref().map(|tokens| tokens.disclosure()),
        })
    }
}
