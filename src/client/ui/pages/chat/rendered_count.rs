//! How many messages of a conversation are rendered. Rendering hundreds of them in one task would delay everything else.

use dioxus::prelude::*;

use crate::client::{chat::conversation::Conversation, platform::frame::next_frame};

/// More than fit on a screen.
const MESSAGES_PER_FRAME: usize = 50;

/// The number of messages to render, counted from the last one. It grows with each frame until it is all of them.
pub fn use_rendered_count(conversation: Conversation) -> usize {
    let mut rendered = use_signal(|| MESSAGES_PER_FRAME);
    use_effect(move || {
        let (all, count) = (conversation.entries().len(), rendered());
        let next = next_count(count, all);
        if count < all {
            conversation.following.scroll_if_on();
            spawn(async move {
                next_frame().await;
                rendered.set(next);
            });
        } else if next != count {
            rendered.set(next);
        }
    });
    rendered()
}

/// The count after this one, in a conversation with so many messages.
fn next_count(count: usize, all: usize) -> usize {
    match all {
        // Another conversation is opened next.
        0 => MESSAGES_PER_FRAME,
        _ if count < all => count + MESSAGES_PER_FRAME,
        // So that the oldest message stays when another one comes.
        _ => usize::MAX,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_count_grows_until_all_messages_are_rendered_and_then_has_no_limit() {
        let counts: Vec<usize> =
            std::iter::successors(Some(MESSAGES_PER_FRAME), |count| Some(next_count(*count, 120))).take(5).collect();
        assert_eq!(counts, [50, 100, 150, usize::MAX, usize::MAX]);
    }

    #[test]
    fn the_next_conversation_begins_with_few_messages() {
        assert_eq!(next_count(usize::MAX, 0), MESSAGES_PER_FRAME);
        assert_eq!(next_count(MESSAGES_PER_FRAME, 0), MESSAGES_PER_FRAME);
    }
}
