//! Which dialog is open.

use crate::wire::conversations::ConversationSummary;

#[derive(Clone, Debug, PartialEq)]
pub enum OpenDialog {
    None,
    /// The keyboard shortcuts.
    Keys,
    /// Where the person is signed in.
    Sessions,
    /// What can be done with a conversation.
    Conversation(ConversationSummary),
    Delete(ConversationSummary),
}
