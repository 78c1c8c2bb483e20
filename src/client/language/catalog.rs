//! The names of the messages. A language that lacks one does not compile.

/// A failure or a notice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Message {
    pub title: &'static str,
    pub text: &'static str,
}

/// All messages in one language.
#[derive(Debug)]
pub struct Catalog {
    pub pages: Pages,
    pub failures: Failures,
    pub chat: Chat,
    pub account: Account,
    pub answer: Answer,
    pub links: Links,
    pub sidebar: Sidebar,
    pub shortcuts: Shortcuts,
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
    /// Offered where the session could not be refreshed several times.
    pub sign_in_again: &'static str,
    pub sign_in_again_hint: &'static str,
    pub signed_out: Message,
    /// Before the server has answered whether the session has ended.
    pub signed_out_here: Message,
    /// The server could not be reached, or has not ended the session yet.
    pub signed_out_unconfirmed: Message,
    /// `/signed-out` was opened without a logout.
    pub still_signed_in: Message,
    /// The person has also signed out at the provider, which has redirected here.
    pub signed_out_everywhere: Message,
    pub sign_in: &'static str,
    pub not_found_title: &'static str,
    pub not_found_text: fn(path: &str) -> String,
    pub go_to_chat: &'static str,
}

#[derive(Debug)]
pub struct Failures {
    /// To be quoted when the failure is reported.
    pub request_id: fn(request: &str) -> String,
    pub no_login_to_finish: Message,
    pub repeated_sign_ins: Message,
    pub not_redirected: Message,
    pub insecure_context: Message,
    pub no_web_crypto: Message,
    pub no_indexed_db: Message,
    pub key_not_storable: Message,
    pub indexed_db_timeout: Message,
    pub invalid_state: Message,
    pub access_denied: Message,
    pub interaction_required: Message,
    pub temporarily_unavailable: Message,
    pub login_refused: Message,
    pub login_failed: Message,
    pub provider_unavailable: Message,
    pub access_token_too_long: Message,
    pub session_ended: Message,
    pub unauthenticated: Message,
    pub forbidden: Message,
    pub too_many_requests: Message,
    pub invalid_message: Message,
    pub already_answering: Message,
    pub too_many_conversations: Message,
    pub too_many_messages: Message,
    pub storage_full: Message,
    pub unreachable: Message,
    pub not_found: Message,
    pub internal: Message,
}

/// The chat page, around the transcript.
#[derive(Debug)]
pub struct Chat {
    pub sign_out: &'static str,
    pub composer_label: &'static str,
    pub placeholder: &'static str,
    /// Which key sends.
    pub composer_hint: &'static str,
    /// In its place on a touch screen.
    pub composer_hint_touch: &'static str,
    pub send: &'static str,
    pub stop: &'static str,
    pub transcript_label: &'static str,
    /// Before the person's name.
    pub hello: &'static str,
    pub empty_title: &'static str,
    pub starters_label: &'static str,
    pub you: &'static str,
    pub assistant: &'static str,
    pub jump_to_latest: &'static str,
    pub offline: Message,
    pub copy: &'static str,
    pub copied: &'static str,
    pub edit: &'static str,
    pub editing_notice: &'static str,
    pub cancel: &'static str,
    pub close: &'static str,
    pub retry: &'static str,
    pub retry_in: fn(seconds: u64) -> String,
    pub continue_answer: &'static str,
    /// What is sent to the model to get the rest of an answer.
    pub continue_prompt: &'static str,
    pub loading_conversation: &'static str,
    pub message_too_long: fn(over: usize) -> String,
    /// Below a question that the model has refused.
    pub question_not_sent: &'static str,
    /// On a line above the oldest message that the model was sent.
    pub earlier_not_sent: &'static str,
    /// The same where only the end of an answer was sent.
    pub beginning_not_sent: &'static str,
    pub earlier_and_beginning_not_sent: &'static str,
}

/// The menu behind the person's initials.
#[derive(Debug)]
pub struct Account {
    pub button_label: fn(name: &str) -> String,
    pub language: &'static str,
    pub theme: &'static str,
    pub theme_system: &'static str,
    pub theme_light: &'static str,
    pub theme_dark: &'static str,
    pub privacy: &'static str,
    /// What is stored, where, and until when.
    pub stored: [Message; 4],
}

/// An answer: its parts, how it ends, how it is announced.
#[derive(Debug)]
pub struct Answer {
    pub waiting: &'static str,
    pub reading_for: fn(seconds: u64) -> String,
    pub thinking_for: fn(seconds: u64) -> String,
    /// The connection was lost in the middle of the answer.
    pub reconnecting: &'static str,
    pub thinking: &'static str,
    pub code_label: &'static str,
    pub copy_code: &'static str,
    pub wrap_code: &'static str,
    pub download_code: &'static str,
    pub table_label: &'static str,
    pub copy_table: &'static str,
    pub download_csv: &'static str,
    /// Above code with invisible characters.
    pub hidden_characters_warning: &'static str,
    pub code_announcement: fn(language: &str, lines: usize) -> String,
    pub table_announcement: fn(rows: usize) -> String,
    pub complete: &'static str,
    /// Until the server has confirmed that it has stopped the answer.
    pub stopping: &'static str,
    pub stopped: &'static str,
    pub cut_at_length: &'static str,
    pub filtered: &'static str,
    pub interrupted: &'static str,
    pub auth_error: Message,
    pub misconfigured_error: Message,
    pub limit_error: Message,
    pub busy_error: Message,
    pub upstream_error: Message,
    pub filtered_error: Message,
    pub too_long_error: Message,
    pub network_error: Message,
    pub timeout_error: Message,
    /// When it was written, by which model, and what follows.
    pub details: &'static str,
    pub time_to_first_token: fn(ms: u64) -> String,
    pub token_counts: fn(input: Option<u64>, output: Option<u64>) -> String,
    pub tokens_per_second: fn(tokens_per_second: u64) -> String,
}

/// The question before a link in an answer is opened.
#[derive(Debug)]
pub struct Links {
    pub leave_title: &'static str,
    pub leave_text: fn(host: &str) -> String,
    pub do_not_ask_again: fn(host: &str) -> String,
    pub open_in_new_tab: &'static str,
}

#[derive(Debug)]
pub struct Sidebar {
    pub conversations: &'static str,
    pub show: &'static str,
    pub hide: &'static str,
    pub new_conversation: &'static str,
    pub search: &'static str,
    pub today: &'static str,
    pub yesterday: &'static str,
    pub last_seven_days: &'static str,
    pub earlier: &'static str,
    /// In place of an empty list.
    pub no_conversations: &'static str,
    /// In place of the list when a search finds nothing.
    pub no_search_results: &'static str,
    pub load_failed: &'static str,
    pub answer_running: &'static str,
    pub untitled: &'static str,
    pub more_actions: fn(title: &str) -> String,
    pub rename: &'static str,
    pub new_title: &'static str,
    pub delete: &'static str,
    /// Until the server is asked to delete it.
    pub to_be_deleted: &'static str,
    pub undo: &'static str,
    pub undo_label: fn(title: &str) -> String,
    pub deleted: &'static str,
    pub export_markdown: &'static str,
    pub export_json: &'static str,
}

/// The list of keyboard shortcuts.
#[derive(Debug)]
pub struct Shortcuts {
    pub title: &'static str,
    pub send: &'static str,
    pub new_line: &'static str,
    pub stop: &'static str,
    pub edit_last: &'static str,
    pub new_conversation: &'static str,
    pub search: &'static str,
    pub copy_code: &'static str,
    pub focus_composer: &'static str,
    pub show_shortcuts: &'static str,
    pub enter: &'static str,
    pub shift_enter: &'static str,
    pub escape: &'static str,
    pub arrow_up: &'static str,
    pub ctrl_shift_o: &'static str,
    pub ctrl_shift_semicolon: &'static str,
    pub shift_escape: &'static str,
    pub help_keys: &'static str,
    pub use_shortcuts: &'static str,
}

/// Where the person is signed in.
#[derive(Debug)]
pub struct Sessions {
    pub title: &'static str,
    pub loading: &'static str,
    pub no_sessions: &'static str,
    pub no_other_sessions: &'static str,
    pub browser_on_system: fn(browser: &str, system: &str) -> String,
    pub unknown_browser: &'static str,
    pub this_browser: &'static str,
    pub signed_in_at: fn(time: &str) -> String,
    pub last_used: fn(time: &str) -> String,
    pub in_use_now: &'static str,
    pub end: &'static str,
    /// The accessible name of an `end` button: there is one for each session.
    pub end_label: fn(browser: &str, since: &str) -> String,
    pub end_others: &'static str,
    pub end_all: &'static str,
    pub one_ended: &'static str,
    pub others_ended: &'static str,
}

/// The session ends because of inactivity, or because its lifetime is over.
#[derive(Debug)]
pub struct SessionEnd {
    pub title: &'static str,
    pub ends_in: fn(seconds: u64) -> String,
    pub inactivity_warning: &'static str,
    pub lifetime_warning: &'static str,
    pub stay_signed_in: &'static str,
    pub continue_until_end: &'static str,
    pub sign_out_now: &'static str,
    pub signed_out_for_inactivity: &'static str,
    pub signed_out_after_lifetime: &'static str,
}

/// A question to start with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Starter {
    pub topic: &'static str,
    pub question: &'static str,
}
