//! Conversations with the texts of their files, which only exports have.

use super::{
    Owner,
    store::{ConversationStore, StoreError},
};
use crate::wire::conversations::Conversation;

pub async fn add_files(
    store: &dyn ConversationStore,
    owner: &Owner,
    conversation: &mut Conversation,
) -> Result<(), StoreError> {
    for message in conversation.messages.iter_mut().filter(|message| !message.attachments.is_empty()) {
        let files = store.files(owner, &conversation.id, &message.id).await?;
        for (attachment, file) in message.attachments.iter_mut().zip(files) {
            attachment.text = Some(file.text);
        }
    }
    Ok(())
}
