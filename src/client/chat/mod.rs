//! State and logic of the chat; what it looks like is in `ui/pages/chat`.
//!
//! | file | |
//! |---|---|
//! | `conversation` | the conversation shown: opens it, sends, retries and edits questions, reads and stops answers |
//! | `running_answer` | the answer that is being written: reads its events, shows it, stops it |
//! | `received_answer` | what has been received of it |
//! | `answer_requests` | the requests that open the stream of its events, and stop it |
//! | `entry` | a message of the transcript |
//! | `following` | keeps the end of the transcript in view |
//! | `announcer` | reads answers to screen readers, in whole sentences |
//! | `draft`, `draft_storage`, `draft_cipher` | what is typed and not sent: in memory, in storage, encrypted |
//! | `attachments` | the files of a message |
//! | `question_blocks` | the parts of a question that are in columns |
//! | `list` | the person's conversations |
//! | `options` | the models that they may choose from, and the operator's notice |
//! | `tasks` | tasks that live as long as the page |
//! | `element_ids` | elements that are focused or scrolled from here |

pub mod announcer;
mod answer_requests;
pub mod attachments;
pub mod conversation;
pub mod draft;
mod draft_cipher;
pub mod draft_storage;
pub mod element_ids;
pub mod entry;
mod following;
pub mod list;
pub mod options;
pub mod question_blocks;
pub mod received_answer;
mod running_answer;
pub mod tasks;
