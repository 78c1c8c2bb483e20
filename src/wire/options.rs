//! What the page has to know of the server's settings, for the person who is signed in.

use serde::{Deserialize, Serialize};

/// `GET /api/chat/options`
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChatOptions {
    /// The models that the person may choose from, the default first. Empty where there is no list of models.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub models: Vec<ModelOption>,
    /// The operator's notice, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notice: Option<Notice>,
    /// What the model's server learns of the user, if anything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disclosure: Option<Disclosure>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModelOption {
    /// As in [`super::chat::ChatRequest`], and with each answer.
    pub id: String,
    pub name: LocalText,
    /// The longest history that it is sent, in characters, where that is not
    /// [`super::attachments::PageLimits::history_chars`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub history_chars: Option<usize>,
}

/// A text of the operator's, in both languages of the page.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LocalText {
    pub en: String,
    pub fr: String,
}

/// To be accepted before the first question, and again when its version changes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    pub version: String,
    pub title: LocalText,
    /// Markdown.
    pub text: LocalText,
    /// When the person accepted this version, in seconds since 1970-01-01 UTC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accepted_at: Option<u64>,
}

/// `POST /api/notice/accept`. A version that is not the current one is refused as
/// [`super::error::ApiError::NoticeNotAccepted`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AcceptRequest {
    pub version: String,
}

/// The claims of the token that identifies the user to the model's server.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Disclosure {
    /// Whether it names the person by a code, not by the account's own identifier.
    pub is_pseudonym: bool,
    #[serde(default)]
    pub name: bool,
    #[serde(default)]
    pub email: bool,
    #[serde(default)]
    pub roles: bool,
}
