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
    pub versions: Versions,
    pub queue: Queue,
    pub account: Account,
    pub answer: Answer,
    pub files: Files,
    pub feedback: Feedback,
    pub notice: Notice,
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
    /// Where a sign-in for one action has failed.
    pub go_on_without: &'static str,
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
    pub export_forbidden: Message,
    /// The sign-in service has not listed the person's groups.
    pub roles_left_out: Message,
    /// An action asks for a more recent or a stronger sign-in.
    pub step_up_required: Message,
    /// The sign-in for that action was not as asked for.
    pub step_up_failed: Message,
    pub model_unavailable: Message,
    pub notice_not_accepted: Message,
    pub too_many_requests: Message,
    pub invalid_message: Message,
    pub already_answering: Message,
    pub too_many_conversations: Message,
    pub too_many_messages: Message,
    pub too_many_versions: Message,
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
    pub message_too_long: fn(over: usize, most: usize) -> String,
    /// Below a question that the model has refused.
    pub question_not_sent: &'static str,
    /// On a line above the oldest message that the model was sent.
    pub earlier_not_sent: &'static str,
    /// The same where only the end of an answer was sent.
    pub beginning_not_sent: &'static str,
    pub earlier_and_beginning_not_sent: &'static str,
    pub model_label: fn(name: &str) -> String,
    /// Where the model that has answered so far is not offered any more.
    pub model_gone: fn(gone: &str, next: &str) -> String,
}

/// Versions of a question or an answer.
#[derive(Debug)]
pub struct Versions {
    pub label: &'static str,
    pub previous: &'static str,
    pub next: &'static str,
    pub number: fn(number: usize, of: usize) -> String,
    pub running_elsewhere: &'static str,
    pub show_running: &'static str,
    /// In place of a version that could not be sent.
    pub show_stored: &'static str,
}

/// A message that waits until the running answer has ended.
#[derive(Debug)]
pub struct Queue {
    pub label: &'static str,
    /// The button that lets it wait.
    pub send_later: &'static str,
    pub hint: &'static str,
    /// In place of the hint where another message waits already.
    pub is_full: &'static str,
    pub waits: &'static str,
    pub was_not_sent: &'static str,
    pub send_now: &'static str,
    pub edit: &'static str,
    pub remove: &'static str,
    pub removed: &'static str,
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
    pub stored: [Message; 5],
    /// The title of what the model's server receives about who asks.
    pub asker: &'static str,
    /// `details` are some of those below.
    pub asker_details: fn(details: &str) -> String,
    pub asker_code: &'static str,
    pub asker_account: &'static str,
    pub asker_name: &'static str,
    pub asker_email: &'static str,
    pub asker_roles: &'static str,
    /// How long conversations are kept: without a limit, or for so many days.
    pub kept_until_deleted: &'static str,
    pub kept_for: fn(days: u32) -> String,
    pub export_all: &'static str,
    pub exporting: &'static str,
    pub exported: &'static str,
    /// Opens the dialog that asks.
    pub delete_all: &'static str,
    pub delete_all_warning: &'static str,
    pub delete_all_now: &'static str,
    pub deleting_all: &'static str,
    pub all_deleted: &'static str,
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
    pub token_counts: fn(input: Option<usize>, output: Option<usize>) -> String,
    pub tokens_per_second: fn(tokens_per_second: u64) -> String,
}

/// Files of messages. Lengths are in characters.
#[derive(Debug)]
pub struct Files {
    pub attach: &'static str,
    pub label: &'static str,
    pub reading: &'static str,
    pub chars: fn(chars: usize) -> String,
    /// On a file of which not all will be sent.
    pub sent_of: fn(sent: usize, all: usize) -> String,
    /// On a file of which the person has chosen a part.
    pub chosen_of: fn(chosen: usize, all: usize) -> String,
    /// Of what the model can be sent.
    pub fits: fn(percent: usize) -> String,
    pub left_out: fn(left_out: usize, all: usize) -> String,
    /// Below an answer.
    pub read_of: fn(read: usize, all: usize) -> String,
    pub not_kept: &'static str,
    pub open_label: fn(name: &str) -> String,
    pub choose: &'static str,
    pub choose_label: fn(name: &str) -> String,
    pub remove: &'static str,
    pub remove_label: fn(name: &str) -> String,
    pub name: &'static str,
    pub more: fn(chars: usize) -> String,
    pub show_more: &'static str,
    pub chosen: fn(chosen: usize, room: usize) -> String,
    pub all: &'static str,
    pub none: &'static str,
    pub use_chosen: &'static str,
    /// A section without words.
    pub untitled: fn(number: usize) -> String,
    pub not_text: fn(name: &str) -> String,
    pub empty: fn(name: &str) -> String,
    pub unreadable: fn(name: &str) -> String,
    pub too_long: fn(name: &str, chars: usize, most: usize) -> String,
    pub all_too_long: fn(name: &str, chars: usize, most: usize) -> String,
    pub too_many: fn(name: &str, most: usize) -> String,
    /// Of a question of one or a few very long lines.
    pub show_all: &'static str,
    /// Of a question of many lines.
    pub show_all_lines: fn(lines: usize) -> String,
    pub show_less: &'static str,
    /// A part of a question that stands in columns.
    pub columns: &'static str,
}

/// What the person thinks of an answer.
#[derive(Debug)]
pub struct Feedback {
    pub good: &'static str,
    pub bad: &'static str,
    pub add_reason: &'static str,
    pub title: &'static str,
    pub reason_label: &'static str,
    pub facts: &'static str,
    pub completeness: &'static str,
    pub relevance: &'static str,
    pub style: &'static str,
    pub comment_label: &'static str,
    pub hint: &'static str,
}

/// The operator's notice.
#[derive(Debug)]
pub struct Notice {
    pub accept: &'static str,
    pub accepted: fn(version: &str, time: &str) -> String,
    pub read_again: &'static str,
}

/// The question before a link in an answer is opened.
#[derive(Debug)]
pub struct Links {
    /// `name` is that of the chat.
    pub leave_title: fn(name: &str) -> String,
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
    /// The heading of the conversations that are pinned.
    pub pinned: &'static str,
    pub pin: &'static str,
    pub unpin: &'static str,
    pub is_pinned: &'static str,
    pub is_unpinned: &'static str,
    pub show_more: &'static str,
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
