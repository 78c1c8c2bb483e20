//! The model, and conversations.

use super::{Section, Setting};

pub(super) const UPSTREAM: Section = Section {
    title: "The model that answers",
    text: "Any server that speaks OpenAI's chat completions. Without CHAT_BASE_URL, a demo responder \
           in the process answers.",
    settings: &[
        Setting {
            name: "CHAT_BASE_URL",
            example: "https://api.openai.com/v1",
            default: "",
            text: "What comes before /chat/completions; https, or http on loopback. Ollama: \
                   http://127.0.0.1:11434/v1.",
        },
        Setting {
            name: "CHAT_MODEL",
            example: "gpt-4o-mini",
            default: "",
            text: "The model's name there. Needed with CHAT_BASE_URL.",
        },
        Setting { name: "CHAT_API_KEY", example: "", default: "", text: "Many servers in the house need none." },
        Setting { name: "CHAT_SYSTEM_PROMPT", example: "", default: "", text: "Put before every conversation." },
        Setting {
            name: "CHAT_ALLOW_HTTP",
            example: "false",
            default: "false",
            text: "true where http to another machine is as good as a wire of your own; questions, \
                   answers and the key cross it readably. Each start is logged.",
        },
        Setting {
            name: "CHAT_API_STYLE",
            example: "openai",
            default: "openai",
            text: "openai or azure. At Azure, CHAT_BASE_URL is https://{resource}.openai.azure.com, \
                   CHAT_MODEL the deployment, and CHAT_API_VERSION is needed.",
        },
        Setting {
            name: "CHAT_API_VERSION",
            example: "2024-10-21",
            default: "",
            text: "For azure: the version of its API.",
        },
        Setting {
            name: "CHAT_FIRST_TOKEN_TIMEOUT",
            example: "300",
            default: "300",
            text: "Seconds of silence before its first word after which an answer is given up.",
        },
        Setting {
            name: "CHAT_IDLE_TIMEOUT",
            example: "60",
            default: "60",
            text: "Seconds of silence between two pieces of an answer after which it is given up. A \
                   whole answer may take as long as it likes.",
        },
    ],
};

pub(super) const CONVERSATIONS: Section = Section {
    title: "Conversations",
    text: "",
    settings: &[
        Setting {
            name: "DATABASE_URL",
            example: "postgres://user:password@db.example.com/oracle-ai?sslmode=verify-full",
            default: "sqlite://oracle-ai.db?mode=rwc",
            text: "Where conversations are kept: a SQLite file, \
                   sqlite:///var/lib/oracle-ai/oracle-ai.db?mode=rwc, or PostgreSQL. The tables are \
                   made, and brought up to date, at the start. sqlite::memory: keeps them nowhere. PostgreSQL on \
                   another machine needs sslmode=verify-full, with sslrootcert=/path/to/ca.pem for a private \
                   authority; verify-ca and require check less, the latter no certificate at all.",
        },
        Setting {
            name: "DATABASE_ALLOW_PLAINTEXT",
            example: "false",
            default: "false",
            text: "true where the network to PostgreSQL on another machine is as good as a wire of your own; \
                   conversations and the password cross it readably. Each start is logged.",
        },
        Setting {
            name: "STORAGE_PER_PERSON",
            example: "256",
            default: "256",
            text: "How many MB the conversations of one person may take in the database; who has \
                   that many is asked to delete some. 0 for no limit.",
        },
        Setting {
            name: "CHAT_GRACE_SECONDS",
            example: "20",
            default: "20",
            text: "How many seconds an answer goes on while nobody reads it, for a reload or a \
                   sign-in on the way: 0 to 3600. With 0 it ends as soon as nobody reads.",
        },
        Setting {
            name: "CHAT_HISTORY_CHARS",
            example: "60000",
            default: "60000",
            text: "How much of a conversation the model is told, in characters; the oldest is left \
                   out first.",
        },
        Setting {
            name: "CHAT_LINK_HOSTS",
            example: "docs.oracle.com *.example.com",
            default: "",
            text: "Hosts, separated by spaces, that links of answers lead to at once; *.example.com \
                   means all hosts below example.com. Before a link to any other host, the page says \
                   where it leads and asks. Everybody who can load the page can read this list.",
        },
    ],
};
