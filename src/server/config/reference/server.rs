//! Sessions, the server itself, and the mocks.

use super::{Section, Setting};

pub(super) const SESSIONS: Section = Section {
    title: "Where sessions are kept",
    text: "In Redis (6.2 or later), for any number of replicas and across restarts; without \
           REDIS_URL, in this process's memory.",
    settings: &[
        Setting {
            name: "REDIS_URL",
            example: "rediss://oracle-ai:secret@redis.example.com:6379/0",
            default: "",
            text: "One node, redis://[user:password@]host[:port][/db]; the master that sentinels \
                   know, redis+sentinel://host:26379,host:26379/mymaster; a cluster, \
                   redis+cluster://host:7000,host:7001; rediss in place of redis for TLS; \
                   unix:///path on this machine.",
        },
        Setting {
            name: "REDIS_CA_FILE",
            example: "/etc/ssl/redis-ca.pem",
            default: "",
            text: "Authorities to trust for Redis, in PEM, in place of the system's.",
        },
        Setting {
            name: "SESSION_KEYS",
            example: "",
            default: "",
            text: "What lies in Redis is sealed with the first of these keys and opened with any, the \
                   same in all replicas; needed with REDIS_URL. To change keys, give all replicas \
                   OLD,NEW; then all of them NEW,OLD; and a day later NEW alone. A key that is taken \
                   away at once signs everybody out whose session it sealed. Make one: openssl rand \
                   -base64 32",
        },
    ],
};

pub(super) const SERVER: Section = Section {
    title: "The server",
    text: "",
    settings: &[
        Setting {
            name: "FRONT_URL",
            example: "https://chat.example.com",
            default: "http://localhost:PORT",
            text: "Where browsers see the app: an origin, https or loopback.",
        },
        Setting {
            name: "IP",
            example: "127.0.0.1",
            default: "127.0.0.1",
            text: "Where the server listens: the address.",
        },
        Setting { name: "PORT", example: "8080", default: "8080", text: "Where the server listens: the port." },
        Setting {
            name: "LOG",
            example: "info",
            default: "warn,oracle_ai=info",
            text: "A filter in the syntax of tracing's EnvFilter.",
        },
    ],
};

pub(super) const MOCKS: Section = Section {
    title: "Stand-ins, in development builds",
    text: "Of parties that are not ours, in the same process.",
    settings: &[
        Setting {
            name: "MOCK_PROVIDER_ADDR",
            example: "127.0.0.1:9400",
            default: "127.0.0.1:9400",
            text: "Where the mock identity provider listens, on loopback; port 0 takes a free one.",
        },
        Setting {
            name: "MOCK_UPSTREAM_ADDR",
            example: "127.0.0.1:9500",
            default: "",
            text: "Answers come from a mock upstream in the process, which listens there, on \
                   loopback; port 0 takes a free one. Its first words are faults: “/stall”, “/cut”, \
                   “/rate-limited”, and others.",
        },
    ],
};
