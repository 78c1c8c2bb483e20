//! Sessions, the server itself, and the mocks.

use super::{Section, Setting};

pub(super) const SESSIONS: Section = Section {
    title: "Sessions: where they are kept, and for how long",
    text: "They are kept in Redis (6.2 or later), for any number of replicas and across restarts; without \
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
                   OLD,NEW; then all of them NEW,OLD; and a SESSION_LIFETIME later NEW alone. A key \
                   that is taken away at once signs everybody out whose session it sealed. Make one: \
                   openssl rand -base64 32",
        },
        Setting {
            name: "SESSION_IDLE_TIMEOUT",
            example: "900",
            default: "1800",
            text: "After how many seconds without input of the person a session ends: 300 to 86400, \
                   and no more than SESSION_LIFETIME. Before that the page warns. Where the \
                   provider gives no refresh token, it counts from the sign-in.",
        },
        Setting {
            name: "SESSION_LIFETIME",
            example: "28800",
            default: "43200",
            text: "After how many seconds a session ends, used or not: 900 to 604800. The provider can \
                   end it earlier (`session_expiry` in its ID tokens).",
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
            name: "TRUSTED_PROXIES",
            example: "10.0.0.0/8, 192.0.2.7",
            default: "",
            text: "The proxies in front of this server: addresses or networks separated by \
                   commas. Only they are believed on who calls (X-Forwarded-For, Forwarded) and \
                   on a request's name (X-Request-Id). Behind a proxy that is not named here, \
                   all people share one limit.",
        },
        Setting {
            name: "RATE_LIMIT_PER_ADDRESS",
            example: "6000",
            default: "6000",
            text: "How often a minute one address (IPv6: one /64) may sign in, refresh, sign \
                   out and send messages, each counted by itself; 0 for no limit. A whole \
                   company may come from one address.",
        },
        Setting {
            name: "RATE_LIMIT_PER_BROWSER",
            example: "120",
            default: "120",
            text: "The same for one browser. All its other calls together may be ten times as many.",
        },
        Setting {
            name: "METRICS_ADDR",
            example: "127.0.0.1:9464",
            default: "",
            text: "Figures for Prometheus, at /metrics of this address: they are for whoever can \
                   reach it. Without it, there are none.",
        },
        Setting {
            name: "LOG",
            example: "info",
            default: "warn,oracle_ai=info",
            text: "A filter in the syntax of tracing's EnvFilter.",
        },
        Setting {
            name: "LOG_FORMAT",
            example: "json",
            default: "pretty",
            text: "pretty, or json: an object per line.",
        },
    ],
};

pub(super) const MOCKS: Section = Section {
    title: "Stand-ins, in development builds",
    text: "Of parties that are not ours, in the same process.",
    settings: &[
        Setting {
            name: "MOCK_PROVIDER_PROFILE",
            example: "siteminder",
            default: "",
            text: "Whom the mock identity provider plays: entra, google, keycloak or siteminder.",
        },
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
