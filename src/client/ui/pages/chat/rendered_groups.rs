//! How much of a conversation is rendered. Rendering hundreds of messages in one task would delay everything else.

use dioxus::prelude::*;

use crate::client::{chat::conversation::Conversation, platform::frame::next_frame};

/// More than fit on a screen.
pub const MESSAGES_PER_GROUP: usize = 50;

/// The number of groups of messages to render, counted from the last one. It grows with each frame until it is all of
/// them.
pub fn use_rendered_groups(conversation: Conversation) -> usize {
    let mut rendered = use_signal(|| 1);
    use_effect(move || {
        let (all, count) = (conversation.entries().len().div_ceil(MESSAGES_PER_GROUP), rendered());
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

/// The count after this one, in a conversation with so many groups.
fn next_count(count: usize, all: usize) -> usize {
    match all {
        // Another conversation is opened next.
        0 => 1,
        _ if count < all => count + 1,
        // So that a message that comes is rendered at once, and the oldest ones stay.
        _ => usize::MAX,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_count_grows_until_all_messages_are_rendered_and_then_has_no_limit() {
        let counts: Vec<usize> = std::iter::successors(Some(1), |count| Some(next_count(*count, 3))).take(5).collect();
        assert_eq!(counts, [1, 2, 3, usize::MAX, usize::MAX]);
    }

    #[test]
    fn the_next_conversation_begins_with_few_messages() {
        assert_eq!(next_count(usize::MAX, 0), 1);
        assert_eq!(next_count(1, 0), 1);
    }
}
