//! A conversation with all versions of its messages: a tree, in which a question follows an answer, and an answer its
//! question. One path through it, from a first question to a last answer, is chosen: it is what the page shows and what the
//! model is sent. The choice stands until another message is added, which is then the end of the path.

use std::collections::{HashMap, HashSet};

use crate::wire::{
    chat::{ConversationId, MessageId},
    conversations::{Conversation, Message},
};

/// A conversation as it is stored.
#[derive(Clone, Debug, PartialEq)]
pub struct ConversationTree {
    pub id: ConversationId,
    pub title: String,
    /// In the order in which they were made: each comes after the one it follows.
    pub messages: Vec<TreeMessage>,
    /// The end of the chosen path, if it is not the newest message.
    pub chosen: Option<MessageId>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct TreeMessage {
    /// What it follows; `None` for a first question.
    pub parent: Option<MessageId>,
    pub message: Message,
}

/// A message's place in the tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Node<'a> {
    pub id: &'a MessageId,
    pub parent: Option<&'a MessageId>,
}

impl ConversationTree {
    /// What the page shows: the chosen path, each message with the ids of its versions.
    pub fn into_conversation(self) -> Conversation {
        let nodes = self.nodes();
        let path = path(&nodes, self.chosen.as_ref());
        let siblings = Siblings::of(&nodes);
        let versions: Vec<_> = path.iter().map(|at| siblings.versions(nodes[*at])).collect();
        let running = self.messages.iter().position(|it| it.message.is_running());
        let is_on_path = running.is_some() && path.last() == running.as_ref();
        let running = running.map(|at| self.messages[at].message.id.clone());
        let (running, running_elsewhere) = if is_on_path { (running, None) } else { (None, running) };
        let mut messages: Vec<_> = self.messages.into_iter().map(|it| Some(it.message)).collect();
        let on_path = path.into_iter().zip(versions).filter_map(|(at, versions)| {
            let message = messages[at].take()?;
            Some(Message { versions, ..message })
        });
        Conversation { id: self.id, title: self.title, messages: on_path.collect(), running, running_elsewhere }
    }

    /// The messages that are not on the chosen path, with their versions.
    pub fn others(&self) -> Vec<TreeMessage> {
        let nodes = self.nodes();
        let path: HashSet<_> = path(&nodes, self.chosen.as_ref()).into_iter().collect();
        let siblings = Siblings::of(&nodes);
        let others = self.messages.iter().enumerate().filter(|(at, _)| !path.contains(at));
        let with_versions = others.map(|(at, it)| {
            let message = Message { versions: siblings.versions(nodes[at]), ..it.message.clone() };
            TreeMessage { parent: it.parent.clone(), message }
        });
        with_versions.collect()
    }

    fn nodes(&self) -> Vec<Node<'_>> {
        self.messages.iter().map(|it| Node { id: &it.message.id, parent: it.parent.as_ref() }).collect()
    }
}

/// The places of the messages from a first question to `end`, or to the newest message.
fn path(nodes: &[Node], end: Option<&MessageId>) -> Vec<usize> {
    let places: HashMap<_, _> = nodes.iter().enumerate().map(|(at, node)| (node.id, at)).collect();
    let mut at = end.and_then(|end| places.get(end).copied()).or_else(|| nodes.len().checked_sub(1));
    let mut path = vec![];
    while let Some(place) = at {
        path.push(place);
        // A parent comes before its children: in any other order there would be no end.
        at = nodes[place].parent.and_then(|parent| places.get(parent).copied()).filter(|parent| *parent < place);
    }
    path.reverse();
    path
}

/// The messages that follow the same one, oldest first: they are versions of each other.
struct Siblings<'a>(HashMap<Option<&'a MessageId>, Vec<&'a MessageId>>);

impl<'a> Siblings<'a> {
    fn of(nodes: &[Node<'a>]) -> Self {
        let mut siblings: HashMap<_, Vec<_>> = HashMap::new();
        for node in nodes {
            siblings.entry(node.parent).or_default().push(node.id);
        }
        Self(siblings)
    }

    /// All versions of this message; empty where it is the only one.
    fn versions(&self, node: Node) -> Vec<MessageId> {
        let versions = self.0.get(&node.parent).filter(|versions| versions.len() > 1);
        versions.into_iter().flatten().map(|id| (*id).clone()).collect()
    }
}

/// The newest message of those that follow this one, directly or not; itself if there are none.
pub fn newest_below(nodes: &[Node], message: &MessageId) -> Option<MessageId> {
    let mut below = HashSet::new();
    for node in nodes {
        if node.id == message || node.parent.is_some_and(|parent| below.contains(parent)) {
            below.insert(node.id);
        }
    }
    nodes.iter().rev().find(|node| below.contains(node.id)).map(|node| node.id.clone())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::wire::conversations::Role;

    fn id(text: &str) -> MessageId {
        MessageId::new(text)
    }

    fn message(name: &str) -> Message {
        Message {
            id: id(name),
            role: if name.starts_with('q') { Role::Question } else { Role::Answer },
            text: name.to_owned(),
            thinking: String::new(),
            end: (!name.ends_with('…')).then_some(crate::wire::chat::EndReason::Complete),
            error: None,
            usage: None,
            model: None,
            sent_from: None,
            attachments: vec![],
            feedback: None,
            versions: vec![],
            at: 0,
        }
    }

    /// `q1<a0` follows `a0`; `q1` is a first question.
    fn tree(messages: &[&str], chosen: Option<&str>) -> ConversationTree {
        let messages = messages.iter().map(|text| {
            let (name, parent) = text.split_once('<').map_or((*text, None), |(name, parent)| (name, Some(parent)));
            TreeMessage { parent: parent.map(id), message: message(name) }
        });
        let (id, chosen) = (ConversationId::new("c"), chosen.map(id));
        ConversationTree { id, title: String::new(), messages: messages.collect(), chosen }
    }

    /// As `a2 (a1 a2)` where there are versions.
    fn shown(conversation: &Conversation) -> Vec<String> {
        let texts = conversation.messages.iter().map(|message| {
            let versions: Vec<_> = message.versions.iter().map(MessageId::as_str).collect();
            if versions.is_empty() {
                message.text.clone()
            } else {
                format!("{} ({})", message.text, versions.join(" "))
            }
        });
        texts.collect()
    }

    #[test]
    fn without_versions_the_path_is_the_conversation() {
        let linear = tree(&["q1", "a1<q1", "q2<a1", "a2<q2"], None);
        assert_eq!(linear.others(), []);
        assert_eq!(shown(&linear.into_conversation()), ["q1", "a1", "q2", "a2"]);
        assert_eq!(shown(&tree(&[], None).into_conversation()), [""; 0]);
    }

    #[test]
    fn the_newest_message_is_the_end_of_the_path_unless_another_one_is_chosen() {
        // The first question was answered twice, then edited.
        let messages = ["q1", "a1<q1", "q2<a1", "a2<q2", "b1<q1", "q3", "a3<q3"];
        let at = |chosen| shown(&tree(&messages, chosen).into_conversation());
        assert_eq!(at(None), ["q3 (q1 q3)", "a3"]);
        assert_eq!(at(Some("b1")), ["q1 (q1 q3)", "b1 (a1 b1)"]);
        assert_eq!(at(Some("a2")), ["q1 (q1 q3)", "a1 (a1 b1)", "q2", "a2"]);
        assert_eq!(at(Some("gone")), ["q3 (q1 q3)", "a3"]);
        let others: Vec<_> = tree(&messages, Some("b1")).others().into_iter().map(|it| it.message.text).collect();
        assert_eq!(others, ["a1", "q2", "a2", "q3", "a3"]);
    }

    #[test]
    fn a_running_answer_is_named_also_where_another_version_is_shown() {
        let messages = ["q1", "a1<q1", "b…<q1"];
        let at = |chosen| {
            let conversation = tree(&messages, chosen).into_conversation();
            (conversation.running, conversation.running_elsewhere)
        };
        assert_eq!(at(None), (Some(id("b…")), None));
        assert_eq!(at(Some("a1")), (None, Some(id("b…"))));
    }

    #[test]
    fn a_version_leads_to_the_newest_message_after_it() {
        let tree = tree(&["q1", "a1<q1", "q2<a1", "a2<q2", "b1<q1", "q3", "a3<q3"], None);
        let nodes = tree.nodes();
        for (version, end) in [("q1", "b1"), ("a1", "a2"), ("b1", "b1"), ("q3", "a3"), ("a3", "a3")] {
            assert_eq!(newest_below(&nodes, &id(version)), Some(id(end)), "{version}");
        }
        assert_eq!(newest_below(&nodes, &id("elsewhere")), None);
    }

    proptest! {
        #[test]
        fn every_message_is_on_the_path_that_its_version_leads_to(parents in proptest::collection::vec(any::<prop::sample::Index>(), 1..40)) {
            let messages = (0..parents.len()).map(|at| {
                // Of those before it, or none.
                let parent = parents[at].index(at + 1).checked_sub(1).map(|parent| id(&parent.to_string()));
                TreeMessage { parent, message: message(&at.to_string()) }
            });
            let tree = ConversationTree {
                id: ConversationId::new("c"), title: String::new(), messages: messages.collect(), chosen: None,
            };
            let nodes = tree.nodes();
            for node in &nodes {
                let end = newest_below(&nodes, node.id).unwrap();
                let path = path(&nodes, Some(&end));
                prop_assert!(path.iter().any(|at| nodes[*at].id == node.id));
                prop_assert!(path.is_sorted());
            }
        }
    }
}
