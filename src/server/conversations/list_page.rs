//! Pages of the list of conversations.

use std::{fmt, str::FromStr};

use crate::wire::{chat::ConversationId, conversations::ConversationSummary};

/// Which conversations are listed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListPage {
    /// Only those that come after this one. It need not exist any more.
    pub after: Option<ListPosition>,
    pub limit: usize,
}

/// The place of a conversation in the list. A conversation that gets a new question moves to the top: it may be listed on two
/// pages, but none is left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListPosition {
    /// In milliseconds since 1970.
    pub updated_at: i64,
    pub id: ConversationId,
}

/// A page.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listed {
    pub conversations: Vec<ConversationSummary>,
    /// The last one's place, if there are more.
    pub next: Option<ListPosition>,
}

/// The text is no place in the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("is no place in the list")]
pub struct NoListPosition;

impl ListPage {
    pub fn first(limit: usize) -> Self {
        Self { after: None, limit }
    }
}

impl fmt::Display for ListPosition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.updated_at, self.id)
    }
}

impl FromStr for ListPosition {
    type Err = NoListPosition;

    fn from_str(text: &str) -> Result<Self, NoListPosition> {
        let (updated_at, id) = text.split_once('.').ok_or(NoListPosition)?;
        let id = ConversationId::try_from(id.to_owned()).map_err(|_| NoListPosition)?;
        Ok(Self { updated_at: updated_at.parse().map_err(|_| NoListPosition)?, id })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_read_as_it_was_written() {
        let place = ListPosition { updated_at: 1_767_323_045_678, id: ConversationId::new("a-b_c") };
        assert_eq!(place.to_string(), "1767323045678.a-b_c");
        assert_eq!(place.to_string().parse(), Ok(place));
        for text in ["", ".", "1", "1.", "x.c", "1.c d", "1.c\0", "99999999999999999999.c"] {
            assert_eq!(text.parse::<ListPosition>(), Err(NoListPosition), "{text}");
        }
    }
}
