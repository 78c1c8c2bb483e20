//! The texts of files that the server has.

use crate::{
    api::{self, Answer, Authorized},
    client::session::{Auth, dpop_key},
    wire::{attachments::StoredAt, chat::ConversationId, error::ApiError},
};

/// The text of a file of this conversation.
pub async fn text_of(auth: Auth, conversation: &ConversationId, place: &StoredAt) -> Result<String, ApiError> {
    let endpoint = |token| {
        let (id, question) = (conversation.to_string(), place.question.to_string());
        let call = Authorized::new(token, dpop_key::sign, ());
        api::conversations::attachment(Some(id), Some(question), Some(place.position.to_string()), call)
    };
    let Answer(attachment) = auth.call(endpoint).await?;
    Ok(attachment.text)
}
