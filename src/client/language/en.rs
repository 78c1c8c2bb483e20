//! English.

use super::catalog::{
    Account, Answer, Catalog, Chat, Failures, Feedback, Files, Links, Message, Notice, Pages, Queue, SessionEnd,
    Sessions, Shortcuts, Sidebar, Starter, Versions,
};
use super::grouped;

pub static ENGLISH: Catalog = Catalog {
    pages: Pages {
        signing_in: "Signing you in…",
        try_again: "Try again",
        sign_in_again: "Sign in again",
        sign_in_again_hint: "If that does not help, sign in again. What you typed is kept.",
        go_on_without: "Go on without it",
        signed_out: Message {
            title: "You are signed out",
            text: "Your session here is over. The sign-in service may still know you: on a shared computer, sign out \
                   there too.",
        },
        signed_out_here: Message { title: "You are signed out", text: "You are signed out in this browser." },
        signed_out_unconfirmed: Message {
            title: "You are signed out in this browser",
            text: "The server has not confirmed yet that your session is over. The request will be repeated until it \
                   does: leave this page open, or come back to it when you are online.",
        },
        still_signed_in: Message {
            title: "You are still signed in here",
            text: "Only “Sign out” in the chat ends your session in this browser.",
        },
        signed_out_everywhere: Message {
            title: "You are signed out",
            text: "Your session is over, here and at the sign-in service.",
        },
        sign_in: "Sign in",
        not_found_title: "Page not found",
        not_found_text: |path| format!("There is nothing here: {path}"),
        go_to_chat: "Go to the chat",
    },
    failures: Failures {
        request_id: |request| format!("Reference: {request}"),
        no_login_to_finish: Message {
            title: "There is no sign-in to finish",
            text: "This page only finishes a sign-in that has just begun. Nothing is wrong: start again.",
        },
        repeated_sign_ins: Message {
            title: "Signing in does not last",
            text: "It was tried several times within a minute, and ended each time. Try again; if it happens again, \
                   tell your administrator when.",
        },
        not_redirected: Message {
            title: "You are not signed in yet",
            text: "You came back before the sign-in was done, or the sign-in service is slow. Go on when you are \
                   ready.",
        },
        insecure_context: Message {
            title: "This page needs a secure address",
            text: "Open it with https:// at the start of its address. Your browser keeps the key for your session only \
                   there.",
        },
        no_web_crypto: Message {
            title: "This browser is too old",
            text: "It lacks the cryptography (WebCrypto with P-256) that protects your session. Use a current browser.",
        },
        no_indexed_db: Message {
            title: "This browser keeps nothing for this page",
            text: "The key for your session is kept in the browser's own storage (IndexedDB), which is switched off or \
                   full. Allow this site to store data (most browsers call it cookies), leave private browsing, or \
                   use another browser.",
        },
        key_not_storable: Message {
            title: "This browser can't store the key for your session",
            text: "Its storage (IndexedDB) works, but does not take a key that can't be copied: so do some browsers in \
                   private windows, and old ones always. Use a normal window, or a current browser.",
        },
        indexed_db_timeout: Message {
            title: "This browser's storage does not answer",
            text: "The key for your session is kept in the browser's own storage (IndexedDB), which has not answered. \
                   Reload the page. If that does not help, close all windows of the browser and open it again.",
        },
        invalid_state: Message {
            title: "This sign-in link is no longer valid",
            text: "It was used already, or more than ten minutes have passed. Start again to get a new one.",
        },
        access_denied: Message {
            title: "Sign-in was refused",
            text: "You, or the sign-in service, said no. You can try again, or sign in as somebody else.",
        },
        interaction_required: Message {
            title: "The sign-in service has a question for you",
            text: "Try again and answer it there.",
        },
        temporarily_unavailable: Message { title: "The sign-in service is busy", text: "Try again in a moment." },
        login_refused: Message {
            title: "Sign-in was refused",
            text: "The sign-in service gave a reason that only your administrator can act upon. Tell them when it \
                   happened.",
        },
        login_failed: Message {
            title: "Sign-in did not work",
            text: "The answer of the sign-in service could not be accepted. Try again; if it happens again, tell your \
                   administrator when.",
        },
        provider_unavailable: Message {
            title: "The sign-in service can't be reached",
            text: "Nothing of yours is lost. Try again in a moment.",
        },
        access_token_too_long: Message {
            title: "Your account has too many permissions",
            text: "The sign-in service lists them in a token that is too long to be used here. Signing in again does \
                   not help: tell your administrator, who can have it shortened.",
        },
        session_ended: Message {
            title: "Your session has ended",
            text: "Sign in again to go on. What you typed is kept.",
        },
        unauthenticated: Message {
            title: "The server did not accept your sign-in",
            text: "Reload the page to sign in again. What you typed is kept.",
        },
        forbidden: Message {
            title: "You may not do this",
            text: "Your account is not allowed to use the chat. Ask your administrator for access.",
        },
        export_forbidden: Message {
            title: "You may not export",
            text: "Saving conversations as files needs a permission that your account lacks. Ask your administrator.",
        },
        roles_left_out: Message {
            title: "Your permissions are not known",
            text: "You are in so many groups that the sign-in service does not list them, so nobody can see here whether \
                   you may use the chat. Tell your administrator, who can change that.",
        },
        step_up_required: Message {
            title: "This needs you to sign in again",
            text: "It is protected by a recent sign-in, or by a stronger one, such as with a second factor. After that, \
                   the page goes on with it. What you typed is kept.",
        },
        step_up_failed: Message {
            title: "That sign-in was not enough",
            text: "The sign-in service did not confirm a sign-in of yours as it is needed here: recent, or with a \
                   second factor. You are still signed in, and can go on without it. If you need it and can’t sign in \
                   so, ask your administrator.",
        },
        model_unavailable: Message {
            title: "This model is not offered to you any more",
            text: "Choose another one below, then try again. Your question is kept.",
        },
        notice_not_accepted: Message {
            title: "There is a notice to accept first",
            text: "Read and accept it, then try again. Your question is kept.",
        },
        too_many_requests: Message { title: "That was a lot at once", text: "Wait a moment, then try again." },
        invalid_message: Message {
            title: "This message can't be sent",
            text: "It is empty or too long. Shorten it and try again.",
        },
        already_answering: Message {
            title: "An answer is still being written",
            text: "Wait until it has ended, or stop it. What you typed is kept.",
        },
        too_many_conversations: Message {
            title: "You have as many conversations as there is room for",
            text: "Delete some that you no longer need, then try again.",
        },
        too_many_messages: Message {
            title: "This conversation is as long as it can get",
            text: "Start a new one to go on.",
        },
        too_many_versions: Message {
            title: "There are 20 versions of this message already",
            text: "All of them are kept, so there is no room for another. Ask it as a new message.",
        },
        storage_full: Message {
            title: "Your conversations take up all the room there is for them",
            text: "Delete some that you no longer need, then try again. What you typed is kept.",
        },
        unreachable: Message { title: "The connection was lost", text: "Check your network, then try again." },
        not_found: Message {
            title: "This conversation is not here",
            text: "It was deleted, or it belongs to somebody else.",
        },
        internal: Message {
            title: "Something went wrong on our side",
            text: "Nothing of yours is lost. Try again in a moment.",
        },
    },
    chat: Chat {
        sign_out: "Sign out",
        composer_label: "Message",
        placeholder: "Ask anything",
        composer_hint: "Enter sends, Shift+Enter breaks the line.",
        composer_hint_touch: "The button sends, Enter breaks the line.",
        send: "Send",
        stop: "Stop",
        transcript_label: "Conversation",
        hello: "Hello",
        empty_title: "What would you like to know?",
        starters_label: "Questions to start with",
        you: "You",
        assistant: "Assistant",
        jump_to_latest: "Jump to latest",
        offline: Message {
            title: "You are offline",
            text: "What you type is kept; it can be sent when the network is back.",
        },
        copy: "Copy",
        copied: "Copied",
        edit: "Edit",
        editing_notice: "You are editing a question. Sending adds a version; what was said stays.",
        cancel: "Cancel",
        close: "Close",
        retry: "Retry",
        retry_in: |seconds| format!("Retry in {}", duration(seconds)),
        continue_answer: "Continue",
        continue_prompt: "Please continue where you stopped.",
        loading_conversation: "Opening the conversation…",
        message_too_long: |over, most| {
            format!(
                "{} of {} characters are too many: a message has at most {}. Longer text can be attached.",
                number(over),
                number(most + over),
                number(most)
            )
        },
        question_not_sent: "The model refused it, so it is not sent with later questions.",
        earlier_not_sent: "Earlier messages are no longer sent to the model",
        beginning_not_sent: "The beginning of this answer is no longer sent to the model",
        earlier_and_beginning_not_sent: "Earlier messages and the beginning of this answer are no longer sent to the model",
        model_label: |name| format!("Model: {name}"),
        model_gone: |gone, next| format!("“{gone}” is no longer offered. “{next}” will answer your next question."),
    },
    versions: Versions {
        label: "Versions of this message",
        previous: "Previous version",
        next: "Next version",
        number: |number, of| format!("Version {number} of {of}"),
        running_elsewhere: "An answer is being written in another version.",
        show_running: "Show it",
        show_stored: "Back to what was there",
    },
    queue: Queue {
        label: "Waiting message",
        send_later: "Send later",
        hint: "Enter sends it when this answer is done.",
        is_full: "A message is waiting already.",
        waits: "Sent when this answer is done",
        was_not_sent: "Not sent, as the answer was stopped or failed",
        send_now: "Send now",
        edit: "Change",
        remove: "Remove",
        removed: "The message was removed.",
    },
    account: Account {
        button_label: |name| format!("{name}: account and settings"),
        language: "Language",
        theme: "Theme",
        theme_system: "System",
        theme_light: "Light",
        theme_dark: "Dark",
        privacy: "Privacy and data",
        stored: [
            Message {
                title: "Conversations",
                text: "They are stored on the server under a code made from your account, without your name.",
            },
            Message {
                title: "The model",
                text: "It gets your question and the messages before it in the same conversation.",
            },
            Message {
                title: "What you say of answers",
                text: "Thumbs, reasons and comments are stored with the answer. Who runs this chat can read them, without \
                       your name.",
            },
            Message {
                title: "This browser",
                text: "It stores the key of your session, your choices on this page and, encrypted, what you have \
                       typed and not sent. Signing out removes the key and the unsent text.",
            },
            Message {
                title: "The server’s log",
                text: "It records when you sign in and out, and requests that are refused; never what you write, nor \
                       the answers.",
            },
        ],
        asker: "Who you are, for the model",
        asker_details: |details| {
            format!("With each question, the model’s server receives: {details}, and in which conversation you ask.")
        },
        asker_code: "a code made from your account",
        asker_account: "the identifier of your account",
        asker_name: "your name",
        asker_email: "your email address",
        asker_roles: "your roles",
        kept_until_deleted: "They are kept until you delete them.",
        kept_for: |days| {
            let unit = if days == 1 { "day" } else { "days" };
            format!("Each is deleted {days} {unit} after its last question, unless you delete it before.")
        },
        export_all: "Export everything",
        exporting: "The file is being made…",
        exported: "The file is saved: it has each of your conversations as Markdown and as JSON.",
        delete_all: "Delete all conversations",
        delete_all_warning: "All your conversations are deleted from the server at once, also those that are pinned or are \
                             being answered. This can’t be undone: export them first if you may need them.",
        delete_all_now: "Delete all now",
        deleting_all: "Your conversations are being deleted…",
        all_deleted: "All your conversations are deleted.",
    },
    answer: Answer {
        waiting: "The answer is on its way",
        reading_for: |seconds| format!("Reading your question… {seconds} s"),
        thinking_for: |seconds| format!("Thinking… {seconds} s"),
        reconnecting: "The connection was lost. The answer continues as soon as the server can be reached.",
        thinking: "Thinking",
        code_label: "Code",
        copy_code: "Copy code",
        wrap_code: "Wrap long lines",
        download_code: "Download code",
        table_label: "Table",
        copy_table: "Copy table",
        download_csv: "Download table as CSV",
        hidden_characters_warning: "This code has characters that are not seen, or that change the order of what you \
                                    see. They are marked; the copy has them, too.",
        code_announcement: |language, lines| {
            format!("{language} code, {lines} line{}.", if lines == 1 { "" } else { "s" })
        },
        table_announcement: |rows| format!("Table of {rows} row{}.", if rows == 1 { "" } else { "s" }),
        complete: "The answer is complete.",
        stopping: "Stopping…",
        stopped: "Stopped by you.",
        cut_at_length: "Cut off: the answer reached its greatest length.",
        filtered: "The end was withheld by the content filter.",
        interrupted: "The answer broke off before its end.",
        auth_error: Message {
            title: "The model did not let us in",
            text: "Nothing is wrong with your question. Tell your administrator.",
        },
        misconfigured_error: Message {
            title: "The chat is not set up right",
            text: "Nothing is wrong with your question, and another try would not help. Tell your administrator.",
        },
        limit_error: Message { title: "The limit of the model is reached", text: "Your question is kept." },
        busy_error: Message { title: "The model is busy", text: "Your question is kept. Try again in a moment." },
        upstream_error: Message {
            title: "The model could not answer",
            text: "Something went wrong there, not with your question. Try again.",
        },
        filtered_error: Message {
            title: "The content filter withheld the answer",
            text: "It is often too strict. Say it in other words and try again.",
        },
        too_long_error: Message {
            title: "This question is too long for the model",
            text: "Shorten it, choose fewer sections of its files, or ask another model if there is one.",
        },
        network_error: Message {
            title: "The model can't be reached",
            text: "Your question is kept. Try again in a moment.",
        },
        timeout_error: Message { title: "The model took too long", text: "Your question is kept. Try again." },
        details: "Details of this answer",
        time_to_first_token: |ms| format!("first word after {}.{} s", ms / 1000, ms % 1000 / 100),
        token_counts: |input, output| match (input, output) {
            (Some(input), Some(output)) => format!("tokens: {} read, {} written", number(input), number(output)),
            (Some(input), None) => format!("tokens: {} read", number(input)),
            (None, Some(output)) => format!("tokens: {} written", number(output)),
            (None, None) => String::new(),
        },
        tokens_per_second: |speed| format!("{speed} a second"),
    },
    files: Files {
        attach: "Attach files",
        label: "Attached files",
        reading: "Reading…",
        chars: |chars| format!("{} character{}", number(chars), if chars == 1 { "" } else { "s" }),
        sent_of: |sent, all| format!("{} of {} characters are sent", number(sent), number(all)),
        chosen_of: |chosen, all| format!("{} of {} characters", number(chosen), number(all)),
        fits: |percent| format!("All of it fits: {percent} % of what the model can be sent."),
        left_out: |left_out, all| {
            format!(
                "The model can’t be sent all of it: the last {} of {} characters will be left out. Choose the sections \
                 that matter.",
                number(left_out),
                number(all)
            )
        },
        read_of: |read, all| {
            format!("Of the attached files, the model was sent {} of {} characters.", number(read), number(all))
        },
        not_kept: "These files are too long for this browser to keep: after a reload, attach them again.",
        open_label: |name| format!("Show “{name}”"),
        choose: "Sections",
        choose_label: |name| format!("Sections of “{name}”"),
        remove: "Remove",
        remove_label: |name| format!("Remove “{name}”"),
        name: "Name",
        more: |chars| format!("{} more characters follow.", number(chars)),
        show_more: "Show more",
        chosen: |chosen, room| {
            format!("Chosen: {} characters. The model can be sent {} of this file.", number(chosen), number(room))
        },
        all: "Choose all",
        none: "Choose none",
        use_chosen: "Send what is chosen",
        untitled: |number| format!("Section {number}"),
        not_text: |name| {
            format!("“{name}” is not attached: it is no text. Save it as text, CSV or HTML, and attach that.")
        },
        empty: |name| format!("“{name}” is not attached: there is no text in it."),
        unreadable: |name| format!("“{name}” is not attached: the browser could not read it."),
        too_long: |name, chars, most| {
            format!(
                "“{name}” is not attached: {} of its {} characters are too many; a file may have at most {}.",
                number(chars.saturating_sub(most)),
                number(chars),
                number(most)
            )
        },
        all_too_long: |name, chars, most| {
            format!(
                "“{name}” is not attached: {} of {} characters would be too many; the files of a message may have at most \
                 {} together.",
                number(chars.saturating_sub(most)),
                number(chars),
                number(most)
            )
        },
        too_many: |name, most| format!("“{name}” is not attached: a message may have at most {most} files."),
        show_all: "Show all",
        show_all_lines: |lines| format!("Show all {} lines", number(lines)),
        show_less: "Show less",
        columns: "Text in columns",
    },
    feedback: Feedback {
        good: "Good answer",
        bad: "Bad answer",
        add_reason: "Say why",
        title: "What do you think of this answer?",
        reason_label: "What is it about? (optional)",
        facts: "Right or wrong",
        completeness: "What it leaves out or adds",
        relevance: "Whether it answers the question",
        style: "How it is written",
        comment_label: "In your own words (optional)",
        hint: "At most 1,000 characters. Who runs this chat can read it.",
    },
    notice: Notice {
        accept: "I have read and accept this",
        accepted: |version, time| format!("You accepted version {version} on {time}."),
        read_again: "Read the notice",
    },
    links: Links {
        leave_title: |name| format!("You are leaving {name}"),
        leave_text: |host| {
            format!("This link of an answer leads to {host}. Everything that stands in its address is sent there:")
        },
        do_not_ask_again: |host| format!("Don’t ask again for {host} while this page is open"),
        open_in_new_tab: "Open in a new tab",
    },
    sidebar: Sidebar {
        conversations: "Conversations",
        show: "Show conversations",
        hide: "Hide conversations",
        new_conversation: "New conversation",
        search: "Search conversations",
        today: "Today",
        yesterday: "Yesterday",
        last_seven_days: "Last 7 days",
        earlier: "Earlier",
        no_conversations: "Your conversations will be listed here.",
        no_search_results: "No conversation has these words.",
        load_failed: "The list could not be loaded.",
        answer_running: "being answered",
        untitled: "Untitled",
        more_actions: |title| format!("More for “{title}”"),
        rename: "Rename",
        new_title: "New title",
        delete: "Delete",
        to_be_deleted: "The conversation will be deleted in ten seconds.",
        undo: "Undo",
        undo_label: |title| format!("Undo: keep “{title}”"),
        deleted: "The conversation is deleted.",
        export_markdown: "Export as Markdown",
        export_json: "Export as JSON",
        pinned: "Pinned",
        pin: "Pin",
        unpin: "Unpin",
        is_pinned: "The conversation is pinned.",
        is_unpinned: "The conversation is no longer pinned.",
        show_more: "Show earlier",
    },
    shortcuts: Shortcuts {
        title: "Keyboard shortcuts",
        send: "Send the message",
        new_line: "Break the line",
        stop: "Stop the answer",
        edit_last: "Edit the last question (in an empty message)",
        new_conversation: "New conversation",
        search: "Search conversations",
        copy_code: "Copy the last code block",
        focus_composer: "Go to the message",
        show_shortcuts: "Show this list",
        enter: "Enter",
        shift_enter: "Shift+Enter",
        escape: "Esc",
        arrow_up: "Up arrow",
        ctrl_shift_o: "Ctrl+Shift+O",
        ctrl_shift_semicolon: "Ctrl+Shift+;",
        shift_escape: "Shift+Esc",
        help_keys: "? or Ctrl+/",
        use_shortcuts: "Use these shortcuts",
    },
    sessions: Sessions {
        title: "Where you are signed in",
        loading: "Looking…",
        no_sessions: "No session of yours is known here.",
        no_other_sessions: "You are signed in nowhere else.",
        browser_on_system: |browser, system| format!("{browser} on {system}"),
        unknown_browser: "Unknown browser",
        this_browser: "this browser",
        signed_in_at: |time| format!("signed in {time}"),
        last_used: |time| format!("last used {time}"),
        in_use_now: "in use now",
        end: "End",
        end_label: |browser, since| format!("End: {browser}, {since}"),
        end_others: "End all others",
        end_all: "End all, and sign out here",
        one_ended: "The session is ended.",
        others_ended: "All other sessions are ended.",
    },
    session_end: SessionEnd {
        title: "Your session is about to end",
        ends_in: |seconds| format!("It ends in {}.", duration(seconds)),
        inactivity_warning: "You have not used the page for a while. If you do nothing, you will be signed out; what \
                             you typed is kept for you.",
        lifetime_warning: "It has lasted as long as a session may. You will then have to sign in again; what you typed \
                           is kept for you.",
        stay_signed_in: "Stay signed in",
        continue_until_end: "Go on until then",
        sign_out_now: "Sign out now",
        signed_out_for_inactivity: "You were signed out because of inactivity. What you typed is kept in this tab, \
                                    encrypted: it is there again when you sign in.",
        signed_out_after_lifetime: "You were signed out because a session lasts only so long. What you typed is kept \
                                    in this tab, encrypted: it is there again when you sign in.",
    },
    starters: [
        Starter {
            topic: "Wait events",
            question: "Sessions wait on “db file sequential read” and “log file sync”. What do these waits mean, and \
                       which queries show me who waits and why?",
        },
        Starter {
            topic: "Execution plans",
            question: "A query became slow overnight. How do I compare its old and new execution plan, and keep the \
                       good one?",
        },
        Starter {
            topic: "AWR reports",
            question: "Which sections of an AWR report should I read first to find out why the database was slow \
                       between 9 and 10 o'clock?",
        },
        Starter {
            topic: "Locks",
            question: "Users say that the application hangs. Give me a query that shows blocking and blocked sessions \
                       with their SQL, and what to check before I kill one.",
        },
    ],
};

/// In minutes where they are whole.
/// From two minutes on in minutes, rounded up.
fn duration(seconds: u64) -> String {
    let (count, unit) = match seconds {
        60 | 120.. => (seconds.div_ceil(60), "minute"),
        _ => (seconds, "second"),
    };
    format!("{count} {unit}{}", if count == 1 { "" } else { "s" })
}

/// With its thousands apart.
fn number(number: usize) -> String {
    grouped(number, ',')
}
