//! Which dialog is open.

use crate::wire::conversations::ConversationSummary;

#[derive(Clone, Debug, PartialEq)]
pub enum OpenDialog {
    None,
    Shortcuts,
    /// The list of the person's sessions.
    Sessions,
    /// What is stored about the person, and how to remove it.
    Privacy,
    /// The actions for a conversation.
    Conversation(ConversationSummary),
    /// The question before a conversation is deleted.
    Delete(ConversationSummary),
}
