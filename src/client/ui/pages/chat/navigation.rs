//! Navigation to a conversation.

use dioxus::prelude::*;

use crate::{
    client::{chat::element_ids::COMPOSER, platform::dom, ui::route::Route},
    wire::chat::ConversationId,
};

pub fn navigate_to_conversation(id: ConversationId) {
    navigator().push(Route::Conversation { id: id.to_string() });
}

pub fn new_conversation() {
    navigator().push(Route::Chat {});
    dom::focus(COMPOSER);
}
