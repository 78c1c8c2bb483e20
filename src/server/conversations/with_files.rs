//! Conversations with the texts of their files, which only exports have.

use super::{
    Owner,
    store::{ConversationStore, StoreError},
    tree::ConversationTree,
};

pub async fn add_files(
    store: &dyn ConversationStore,
    owner: &Owner,
    tree: &mut ConversationTree,
) -> Result<(), StoreError> {
    let messages = tree.messages.iter_mut().map(|it| &mut it.message);
    for message in messages.filter(|message| !message.attachments.is_empty()) {
        let files = store.files(owner, &tree.id, &message.id).await?;
        for (attachment, file) in message.attachments.iter_mut().zip(files) {
            attachment.text = Some(file.text);
        }
    }
    Ok(())
}
