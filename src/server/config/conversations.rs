//! Where conversations are stored, and how long answers run.

use std::num::{NonZeroU32, NonZeroU64};

use super::{
    certificates::{self, ca_file},
    limits,
    plaintext::Connection,
    setting::{AnySetting, Section, Setting, refuse},
    values::{Flag, Number, Parsed, Seconds, Secret, Text, from_str},
    variables::{ConfigError, Variables},
};
use crate::{
    server::{
        certificates::TrustedAuthorities,
        chat::ChatSettings,
        conversations::sql::{self, DatabaseUrl},
    },
    wire::{attachments::AttachmentLimits, link_hosts::LinkHosts},
};

const MB: u64 = 1_000_000;

pub static SECTION: Section = Section {
    title: "Conversations",
    text: "",
    settings: &[
        &DATABASE_URL,
        &DATABASE_ALLOW_PLAINTEXT,
        &DATABASE_CA_FILE,
        &DATABASE_CONNECTIONS,
        &STORAGE_PER_PERSON,
        &CHAT_RETENTION_DAYS,
        &CHAT_GRACE_SECONDS,
        &CHAT_HISTORY_CHARS,
        &CHAT_ATTACHMENTS,
        &CHAT_ATTACHMENT_CHARS,
        &CHAT_MESSAGE_ATTACHMENT_CHARS,
        &CHAT_LINK_HOSTS,
    ],
};

static DATABASE_URL: Setting<Secret<Parsed<DatabaseUrl>>> = Setting {
    name: "DATABASE_URL",
    text: "Where conversations are stored: a SQLite file, sqlite:///var/lib/oracle-ai/oracle-ai.db?mode=rwc, or PostgreSQL. \
           The tables are made, and brought up to date, at the start. sqlite::memory: stores them in this process only. \
           PostgreSQL on another machine must have a certificate for its name, by an authority of DATABASE_CA_FILE: \
           sslmode=verify-full is the default there, and other modes need DATABASE_ALLOW_PLAINTEXT. A password with one of \
           / ? # @ : % must be percent-encoded; one by openssl rand -hex 24 has none of them.",
    example: "postgres://user:password@db.example.com/oracle-ai",
    value: Secret {
        file: "DATABASE_URL_FILE",
        value: Parsed {
            expected: "a database, such as sqlite:///var/lib/oracle-ai/chat.db?mode=rwc or \
                       postgres://user:password@host/database?sslmode=verify-full",
            default: Some("sqlite://oracle-ai.db?mode=rwc"),
            parse: from_str,
        },
    },
};

static DATABASE_ALLOW_PLAINTEXT: Setting<Flag> = Setting {
    name: "DATABASE_ALLOW_PLAINTEXT",
    text: "true where the network to PostgreSQL on another machine is as trustworthy as a private wire. Without sslmode it is \
           prefer then: conversations and the password cross the network unencrypted, or encrypted for any server that \
           answers. Each start is logged.",
    example: "false",
    value: Flag { default: false },
};

static DATABASE_CA_FILE: Setting<Text> = ca_file!(
    "DATABASE_CA_FILE",
    "PostgreSQL",
    "Its client trusts the public ones always. sslrootcert in DATABASE_URL is another way to set it. With one of the two, \
     sslmode=verify-full is the default on this machine, too."
);

/// With one alone, a check of `/readyz` would wait for a slow statement.
static DATABASE_CONNECTIONS: Setting<Number<NonZeroU32>> = Setting {
    name: "DATABASE_CONNECTIONS",
    text: "How many connections to the database this server opens at most. Each takes one of PostgreSQL's max_connections \
           (100 by default), so all servers together must stay below it. A database in memory has one.",
    example: "16",
    value: Number {
        what: "a number",
        from: NonZeroU32::new(2).unwrap(),
        to: NonZeroU32::new(1_000),
        default: Some(sql::DATABASE_CONNECTIONS),
    },
};

static STORAGE_PER_PERSON: Setting<Number<u64>> = Setting {
    name: "STORAGE_PER_PERSON",
    text: "How many MB the conversations of one person may take in the database; a person who has that many is asked to \
           delete some. 0 for no limit.",
    example: "256",
    value: Number { what: "a number of MB", from: 0, to: None, default: Some(sql::STORAGE_PER_PERSON.get() / MB) },
};

static CHAT_RETENTION_DAYS: Setting<Number<u32>> = Setting {
    name: "CHAT_RETENTION_DAYS",
    text: "How many days after its last question a conversation is deleted, also one that is pinned. People read it under \
           \"Privacy and data\". With 0, conversations are kept until their person deletes them.",
    example: "365",
    value: Number { what: "a number of days", from: 0, to: Some(36_500), default: Some(0) },
};

/// The longest is longer than any answer takes. An answer that nobody reads costs as much as any other.
static CHAT_GRACE_SECONDS: Setting<Seconds> = Setting {
    name: "CHAT_GRACE_SECONDS",
    text: "How many seconds an answer goes on while nobody reads it, for a reload or a sign-in on the way. With 0 it ends as \
           soon as nobody reads.",
    example: "20",
    value: Seconds { from: 0, to: 60 * 60, default: Some(ChatSettings::DEFAULT.grace) },
};

static CHAT_HISTORY_CHARS: Setting<Number<usize>> = Setting {
    name: "CHAT_HISTORY_CHARS",
    text: "How much of a conversation is sent to the model, files included; the oldest is left out first. The page shows how \
           much of this the files of a message take, before it is sent.",
    example: "60000",
    value: Number {
        what: "a number of characters",
        from: 0,
        to: None,
        default: Some(ChatSettings::DEFAULT.history_chars),
    },
};

static CHAT_ATTACHMENTS: Setting<Number<usize>> = Setting {
    name: "CHAT_ATTACHMENTS",
    text: "How many files may be attached to one message. With 0, none can be attached.",
    example: "10",
    value: Number { what: "a number of files", from: 0, to: Some(50), default: Some(AttachmentLimits::DEFAULT.files) },
};

static CHAT_ATTACHMENT_CHARS: Setting<Number<usize>> = Setting {
    name: "CHAT_ATTACHMENT_CHARS",
    text: "The longest text of one attached file.",
    example: "1000000",
    value: Number {
        what: "a number of characters",
        from: 1_000,
        to: Some(10_000_000),
        default: Some(AttachmentLimits::DEFAULT.file_chars),
    },
};

/// Bounded, as a request body of four times this is read into memory.
static CHAT_MESSAGE_ATTACHMENT_CHARS: Setting<Number<usize>> = Setting {
    name: "CHAT_MESSAGE_ATTACHMENT_CHARS",
    text: "The longest texts of all files of one message together. A call with a message may have four bytes for each, and \
           256 KB more: a proxy must let it pass.",
    example: "2000000",
    value: Number {
        what: "a number of characters",
        from: 1_000,
        to: Some(20_000_000),
        default: Some(AttachmentLimits::DEFAULT.message_chars),
    },
};

static CHAT_LINK_HOSTS: Setting<Parsed<LinkHosts>> = Setting {
    name: "CHAT_LINK_HOSTS",
    text: "Hosts, separated by spaces, that links of answers lead to at once; *.example.com means all hosts below \
           example.com. International names are written in punycode (xn--...). Before a link to any other host, the page \
           says where it leads and asks. Everybody who can load the page can read this list.",
    example: "docs.oracle.com *.example.com",
    value: Parsed {
        expected: "hosts separated by spaces, such as docs.oracle.com *.example.com, without scheme and port",
        default: None,
        parse: from_str,
    },
};

pub static CONNECTION: Connection = Connection {
    address: &DATABASE_URL,
    permission: &DATABASE_ALLOW_PLAINTEXT,
    expected: "on this machine, or without sslmode, or with sslmode=verify-full, which is the default: otherwise anybody on \
               the way can read conversations (sslmode=require checks no certificate)",
    words: "conversations and the database's password cross the network unencrypted, or to a server that is not verified",
};

pub fn database_url(variables: &Variables) -> Result<DatabaseUrl, ConfigError> {
    let url = DATABASE_URL.read(variables)?;
    let named = url.root_certificates();
    if named.is_some() {
        let reason = "DATABASE_URL has sslrootcert (or PGSSLROOTCERT is set): remove one of the two";
        refuse(variables, &[&DATABASE_CA_FILE], reason)?;
    }
    let has_own = named.is_some() || DATABASE_CA_FILE.is_set(variables);
    let is_verified_by_default =
        has_own || (url.is_on_another_machine() && !DATABASE_ALLOW_PLAINTEXT.read(variables)?);
    let url = if is_verified_by_default { url.verified_by_default() } else { url };
    CONNECTION.check(variables, url.may_cross_unprotected())?;
    if !url.is_verified() {
        let reason = "DATABASE_URL is not PostgreSQL over TCP with sslmode=verify-full: no certificate is checked";
        refuse(variables, &[&DATABASE_CA_FILE], reason)?;
        return Ok(url);
    }
    let authorities = match named {
        Some(list) => TrustedAuthorities::read(&list)
            .map_err(|error| DATABASE_URL.wrong(&format!("with sslrootcert={}: {error}", certificates::EXPECTED)))?,
        None => certificates::authorities(&DATABASE_CA_FILE, variables)?,
    };
    url.trusting(authorities).map_err(|error| DATABASE_URL.wrong(&format!("usable with its authorities: {error}")))
}

/// In bytes.
pub fn storage_per_person(variables: &Variables) -> Result<Option<NonZeroU64>, ConfigError> {
    Ok(NonZeroU64::new(STORAGE_PER_PERSON.read(variables)?.saturating_mul(MB)))
}

/// `None` where conversations are kept until their person deletes them.
pub fn retention_days(variables: &Variables) -> Result<Option<NonZeroU32>, ConfigError> {
    Ok(NonZeroU32::new(CHAT_RETENTION_DAYS.read(variables)?))
}

pub fn database_connections(variables: &Variables) -> Result<NonZeroU32, ConfigError> {
    DATABASE_CONNECTIONS.read(variables)
}

pub fn answers(variables: &Variables) -> Result<ChatSettings, ConfigError> {
    Ok(ChatSettings {
        grace: CHAT_GRACE_SECONDS.read(variables)?,
        history_chars: CHAT_HISTORY_CHARS.read(variables)?,
        limits: limits::answers(variables)?,
        attachments: AttachmentLimits {
            files: CHAT_ATTACHMENTS.read(variables)?,
            file_chars: CHAT_ATTACHMENT_CHARS.read(variables)?,
            message_chars: CHAT_MESSAGE_ATTACHMENT_CHARS.read(variables)?,
        },
    })
}

pub fn link_hosts(variables: &Variables) -> Result<LinkHosts, ConfigError> {
    Ok(CHAT_LINK_HOSTS.get(variables)?.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{
        super::tests::{config, error},
        *,
    };

    const HERE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");

    #[test]
    fn postgresql_on_another_machine_must_have_a_certificate_for_its_name_unless_anything_else_is_allowed() {
        let database = |url, more: &[(&'static str, &'static str)]| {
            config(&[&[("DATABASE_URL", url)], more].concat()).map(|config| config.database_url)
        };
        for url in
            ["postgres://db/chat", "postgres://db/chat?sslmode=verify-ca", "postgres://db/chat?sslmode=verify-full"]
        {
            let url = database(url, &[("DATABASE_CA_FILE", "public")]).unwrap();
            assert!(url.is_verified() && url.authorities() == Some(&TrustedAuthorities::public()), "{url:?}");
        }
        let allowed = database("postgres://db/chat", &[("DATABASE_ALLOW_PLAINTEXT", "true")]).unwrap();
        assert!(!allowed.is_verified() && allowed.authorities().is_none());
        // With authorities of its own, on this machine too.
        assert!(!database("postgres://localhost/chat", &[]).unwrap().is_verified());
        assert!(database("postgres://localhost/chat", &[("DATABASE_CA_FILE", "public")]).unwrap().is_verified());
        assert!(database("postgres://localhost/chat?sslrootcert=public", &[]).unwrap().is_verified());
    }

    #[test]
    fn authorities_for_a_database_without_a_verified_certificate_are_a_mistake() {
        for url in ["sqlite::memory:", "postgres://h/d?host=/run/postgresql", "postgres://localhost/d?sslmode=require"]
        {
            let refused = error(&[("DATABASE_URL", url), ("DATABASE_CA_FILE", "public")]);
            assert!(refused.starts_with("DATABASE_CA_FILE"), "{refused}");
        }
        let twice = error(&[("DATABASE_URL", "postgres://db/d?sslrootcert=public"), ("DATABASE_CA_FILE", "public")]);
        assert!(twice.starts_with("DATABASE_CA_FILE") && twice.contains("sslrootcert"), "{twice}");
        for file in ["/nowhere/ca.pem", HERE] {
            let refused = error(&[("DATABASE_URL", &format!("postgres://db/d?sslrootcert={file}"))]);
            assert!(refused.starts_with("DATABASE_URL") && refused.contains(file), "{refused}");
        }
    }

    #[test]
    fn conversations_are_kept_in_a_file_and_answers_wait_twenty_seconds_for_their_reader() {
        let defaults = config(&[]).unwrap();
        assert_eq!(defaults.database_url, "sqlite://oracle-ai.db?mode=rwc".parse().unwrap());
        assert_eq!((defaults.answers.grace, defaults.answers.history_chars), (Duration::from_secs(20), 60_000));
        assert_eq!(defaults.storage_per_person.unwrap().get(), 256_000_000);
        assert_eq!(defaults.database_connections.get(), 16);
        assert_eq!(defaults.retention_days, None);
        const DATABASE: &str = "postgres://h/d?sslmode=verify-full";
        let set = config(&[
            ("CHAT_GRACE_SECONDS", "0"),
            ("CHAT_HISTORY_CHARS", "1000"),
            ("DATABASE_URL", DATABASE),
            ("STORAGE_PER_PERSON", "0"),
            ("DATABASE_CONNECTIONS", "40"),
            ("CHAT_RETENTION_DAYS", "90"),
            ("MAX_ANSWERS", "300"),
            ("ANSWERS_PER_PERSON", "0"),
        ]);
        let set = set.unwrap();
        assert!(set.database_url.is_verified());
        assert_eq!((set.answers.grace, set.answers.history_chars), (Duration::ZERO, 1000));
        assert!(set.storage_per_person.is_none());
        assert_eq!(set.retention_days.unwrap().get(), 90);
        assert_eq!(set.database_connections.get(), 40);
        assert_eq!((set.answers.limits.total.get(), set.answers.limits.per_person), (300, None));
    }

    #[test]
    fn links_of_answers_lead_nowhere_without_a_notice_unless_their_hosts_are_named() {
        assert!(config(&[]).unwrap().furnishing.link_hosts.is_empty());
        let hosts = config(&[("CHAT_LINK_HOSTS", "docs.oracle.com *.example.com")]).unwrap().furnishing.link_hosts;
        assert!(hosts.contains("docs.oracle.com") && hosts.contains("wiki.example.com"));
        assert!(!hosts.contains("example.com"));
    }
}
