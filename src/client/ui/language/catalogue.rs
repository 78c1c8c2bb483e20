//! What there is to say. A language that lacks a text does not compile.

/// A failure, or a notice, in words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Words {
    pub title: &'static str,
    pub text: &'static str,
}

/// Every text of the page in one language.
#[derive(Debug)]
pub struct Catalogue {
    pub pages: Pages,
    pub failures: Failures,
    pub chat: Chat,
    pub answer: Answer,
    pub links: Links,
    pub sidebar: Sidebar,
    pub keys: Keys,
    pub sessions: Sessions,
    pub session_end: SessionEnd,
    /// What people ask an Oracle database's expert first.
    pub starters: [Starter; 4],
}

/// Pages that say one thing.
#[derive(Debug)]
pub struct Pages {
    pub signing_in: &'static str,
    pub try_again: &'static str,
    pub signed_out: Words,
    /// Before it is known what the server says.
    pub signed_out_here: Words,
    /// The server has yet to be reached.
    pub signed_out_unconfirmed: Words,
    /// Somebody has come to the page by its address.
    pub still_signed_in: Words,
    /// When the provider has sent the browser back.
    pub signed_out_everywhere: Words,
    pub sign_in: &'static str,
    pub not_found: &'static str,
    pub nothing_at: fn(path: &str) -> String,
    pub go_to_chat: &'static str,
}

#[derive(Debug)]
pub struct Failures {
    /// What a person quotes who reports a failure.
    pub reference: fn(request: &str) -> String,
    pub nothing_to_finish: Words,
    pub looping: Words,
    pub still_here: Words,
    pub insecure_context: Words,
    pub no_web_crypto: Words,
    pub no_indexed_db: Words,
    pub invalid_state: Words,
    pub access_denied: Words,
    pub interaction_required: Words,
    pub temporarily_unavailable: Words,
    pub refused_otherwise: Words,
    pub login_failed: Words,
    pub provider_unavailable: Words,
    pub session_ended: Words,
    pub unauthenticated: Words,
    pub forbidden: Words,
    pub too_many_requests: Words,
    pub message_refused: Words,
    pub already_answering: Words,
    pub too_many_conversations: Words,
    pub too_many_messages: Words,
    pub too_much_stored: Words,
    pub unreachable: Words,
    pub not_found: Words,
    pub internal: Words,
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
    pub offline: Words,
    pub copy: &'static str,
    pub copied: &'static str,
    pub edit: &'static str,
    pub editing: &'static str,
    pub cancel: &'static str,
    pub retry: &'static str,
    pub retry_in: fn(seconds: u64) -> String,
    pub go_on: &'static str,
    /// Sent when the person lets a cut answer go on.
    pub please_go_on: &'static str,
    pub opening: &'static str,
    pub too_long: fn(over: usize) -> String,
}

/// How an answer looks, ends, and is told to somebody who does not see it.
#[derive(Debug)]
pub struct Answer {
    pub waiting: &'static str,
    pub thinking: &'static str,
    pub code: &'static str,
    pub copy_code: &'static str,
    pub table: &'static str,
    /// Above code with characters that are not seen.
    pub hidden_characters: &'static str,
    pub code_announced: fn(language: &str, lines: usize) -> String,
    pub table_announced: fn(rows: usize) -> String,
    pub complete: &'static str,
    pub stopped: &'static str,
    pub cut_at_length: &'static str,
    pub filtered: &'static str,
    pub interrupted: &'static str,
    pub auth: Words,
    pub limit: Words,
    pub busy: Words,
    pub upstream: Words,
    pub filtered_error: Words,
    pub question_too_long: Words,
    pub network: Words,
    pub timeout: Words,
    pub first_token: fn(ms: u64) -> String,
    pub tokens: fn(input: Option<u64>, output: Option<u64>) -> String,
    pub speed: fn(tokens_per_second: u64) -> String,
}

/// Before a link of an answer is followed.
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
    /// The same, said of one among several.
    pub end_this: fn(browser: &str, since: &str) -> String,
    pub end_others: &'static str,
    pub end_all: &'static str,
    pub one_ended: &'static str,
    pub others_ended: &'static str,
}

/// A session that ends by time.
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
