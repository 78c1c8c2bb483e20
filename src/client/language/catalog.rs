//! The texts of the page. A language that lacks one does not compile.

/// A failure or a notice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Message {
    pub title: &'static str,
    pub text: &'static str,
}

/// Every text of the page in one language.
#[derive(Debug)]
pub struct Catalog {
    pub pages: Pages,
    pub failures: Failures,
    pub chat: Chat,
    pub answer: Answer,
    pub links: Links,
    pub sidebar: Sidebar,
    pub keys: Keys,
    pub sessions: Sessions,
    pub session_end: SessionEnd,
    /// Questions to start with.
    pub starters: [Starter; 4],
}

/// Pages that consist of one message.
#[derive(Debug)]
pub struct Pages {
    pub signing_in: &'static str,
    pub try_again: &'static str,
    pub signed_out: Message,
    /// The server has not answered yet.
    pub signed_out_here: Message,
    /// The server could not be reached yet.
    pub signed_out_unconfirmed: Message,
    /// The page was opened by its address.
    pub still_signed_in: Message,
    /// The provider has redirected here after its own logout.
    pub signed_out_everywhere: Message,
    pub sign_in: &'static str,
    pub not_found: &'static str,
    pub nothing_at: fn(path: &str) -> String,
    pub go_to_chat: &'static str,
}

#[derive(Debug)]
pub struct Failures {
    /// The request ID, to be quoted when the failure is reported.
    pub reference: fn(request: &str) -> String,
    pub nothing_to_finish: Message,
    pub looping: Message,
    pub still_here: Message,
    pub insecure_context: Message,
    pub no_web_crypto: Message,
    pub no_indexed_db: Message,
    pub invalid_state: Message,
    pub access_denied: Message,
    pub interaction_required: Message,
    pub temporarily_unavailable: Message,
    pub refused_otherwise: Message,
    pub login_failed: Message,
    pub provider_unavailable: Message,
    pub session_ended: Message,
    pub unauthenticated: Message,
    pub forbidden: Message,
    pub too_many_requests: Message,
    pub message_refused: Message,
    pub already_answering: Message,
    pub too_many_conversations: Message,
    pub too_many_messages: Message,
    pub too_much_stored: Message,
    pub unreachable: Message,
    pub not_found: Message,
    pub internal: Message,
}

/// Around the transcript.
#[derive(Debug)]
pub struct Chat {
    pub sign_out: &'static str,
    pub language: &'static str,
    pub message: &'static str,
    pub placeholder: &'static str,
    pub send: &'static str,
    pub stop: &'static str,
    pub conversation: &'static str,
    pub empty_title: &'static str,
    pub empty_text: &'static str,
    pub starters: &'static str,
    pub you: &'static str,
    pub assistant: &'static str,
    pub jump_to_latest: &'static str,
    pub offline: Message,
    pub copy: &'static str,
    pub copied: &'static str,
    pub edit: &'static str,
    pub editing: &'static str,
    pub cancel: &'static str,
    pub retry: &'static str,
    pub retry_in: fn(seconds: u64) -> String,
    pub go_on: &'static str,
    /// The message that requests the rest of an answer.
    pub please_go_on: &'static str,
    pub opening: &'static str,
    pub too_long: fn(over: usize) -> String,
}

/// An answer: its parts, how it ends, how it is announced.
#[derive(Debug)]
pub struct Answer {
    pub waiting: &'static str,
    pub thinking: &'static str,
    pub code: &'static str,
    pub copy_code: &'static str,
    pub table: &'static str,
    /// Above code with invisible characters.
    pub hidden_characters: &'static str,
    pub code_announced: fn(language: &str, lines: usize) -> String,
    pub table_announced: fn(rows: usize) -> String,
    pub complete: &'static str,
    /// Until the server has confirmed.
    pub stopping: &'static str,
    pub stopped: &'static str,
    pub cut_at_length: &'static str,
    pub filtered: &'static str,
    pub interrupted: &'static str,
    pub auth: Message,
    pub limit: Message,
    pub busy: Message,
    pub upstream: Message,
    pub filtered_error: Message,
    pub question_too_long: Message,
    pub network: Message,
    pub timeout: Message,
    pub first_token: fn(ms: u64) -> String,
    pub tokens: fn(input: Option<u64>, output: Option<u64>) -> String,
    pub speed: fn(tokens_per_second: u64) -> String,
}

/// Before a link of an answer is opened.
#[derive(Debug)]
pub struct Links {
    pub leave_title: &'static str,
    pub leave_text: fn(host: &str) -> String,
    pub not_again: fn(host: &str) -> String,
    pub open: &'static str,
}

#[derive(Debug)]
pub struct Sidebar {
    pub conversations: &'static str,
    pub show: &'static str,
    pub hide: &'static str,
    pub new: &'static str,
    pub search: &'static str,
    pub none: &'static str,
    pub none_found: &'static str,
    pub not_loaded: &'static str,
    pub running: &'static str,
    pub untitled: &'static str,
    pub more: fn(title: &str) -> String,
    pub rename: &'static str,
    pub new_title: &'static str,
    pub delete: &'static str,
    pub delete_title: &'static str,
    pub delete_text: fn(title: &str) -> String,
    pub deleted: &'static str,
    pub export_markdown: &'static str,
    pub export_json: &'static str,
}

/// The list of keyboard shortcuts.
#[derive(Debug)]
pub struct Keys {
    pub title: &'static str,
    pub close: &'static str,
    pub send: &'static str,
    pub new_line: &'static str,
    pub stop: &'static str,
    pub edit_last: &'static str,
    pub new: &'static str,
    pub search: &'static str,
    pub copy_code: &'static str,
    pub composer: &'static str,
    pub help: &'static str,
    pub enter: &'static str,
    pub shift_enter: &'static str,
    pub escape: &'static str,
    pub arrow_up: &'static str,
    pub ctrl_shift_o: &'static str,
    pub ctrl_shift_semicolon: &'static str,
    pub shift_escape: &'static str,
    pub help_keys: &'static str,
    pub switch: &'static str,
}

/// Where the person is signed in.
#[derive(Debug)]
pub struct Sessions {
    /// The button with the person's name.
    pub open: fn(name: &str) -> String,
    pub title: &'static str,
    pub loading: &'static str,
    pub none: &'static str,
    pub only_this: &'static str,
    pub browser_on: fn(browser: &str, system: &str) -> String,
    pub unknown_browser: &'static str,
    pub this: &'static str,
    pub since: fn(time: &str) -> String,
    pub last_used: fn(time: &str) -> String,
    pub used_now: &'static str,
    pub end: &'static str,
    /// The accessible name of one such button among several.
    pub end_this: fn(browser: &str, since: &str) -> String,
    pub end_others: &'static str,
    pub end_all: &'static str,
    pub one_ended: &'static str,
    pub others_ended: &'static str,
}

/// The session ends by time.
#[derive(Debug)]
pub struct SessionEnd {
    pub title: &'static str,
    pub ends_in: fn(seconds: u64) -> String,
    pub inactive: &'static str,
    pub lasts_no_longer: &'static str,
    pub stay: &'static str,
    pub go_on: &'static str,
    pub sign_out_now: &'static str,
    pub because_of_inactivity: &'static str,
    pub because_of_lifetime: &'static str,
}

/// A question to start with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Starter {
    pub topic: &'static str,
    pub question: &'static str,
}
