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
            name: "REDIS_ALLOW_PLAINTEXT",
            example: "false",
            default: "false",
            text: "true where the network to Redis is as good as a wire of your own; without TLS, the password crosses \
                   it readably, and sessions can be changed on the way. Needed for redis:// to another machine, and for \
                   sentinels and clusters without TLS, which name nodes anywhere. Each start is logged.",
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
            name: "CLIENT_ADDRESS_HEADER",
            example: "forwarded",
            default: "x-forwarded-for",
            text: "The header in which the trusted proxies say who calls: x-forwarded-for, or \
                   forwarded (RFC 7239). The other one is ignored, as proxies mostly pass it on \
                   as the client sent it.",
        },
        Setting {
            name: "HTTPS_PROXY",
            example: "http://proxy.example.com:3128",
            default: "",
            text: "The HTTP proxy through which the provider, the model and the collector are called where they are \
                   https on another machine (CONNECT: it sees the host, and nothing that is sent). Neither http nor \
                   loopback goes through it, and http_proxy has no meaning here. https_proxy is the same.",
        },
        Setting {
            name: "NO_PROXY",
            example: "sso.example.com,.internal.example.com,10.0.0.0/8",
            default: "",
            text: "What is called without HTTPS_PROXY: hosts with all that is below them, addresses and networks, \
                   separated by commas. no_proxy is the same.",
        },
        Setting {
            name: "RATE_LIMIT_PER_ADDRESS",
            example: "6000",
            default: "6000",
            text: "How many calls a minute that prove nothing are answered for one address \
                   (IPv6: one /64): without a good proof or token, of another site's pages, \
                   malformed, or for sessions that are not there; 0 for no limit. Calls of those \
                   who are signed in are never counted here, so a company behind one address goes \
                   on working while somebody there exceeds it. Logins may be begun three times as \
                   often by browsers in which nobody has signed in before.",
        },
        Setting {
            name: "RATE_LIMIT_PER_BROWSER",
            example: "120",
            default: "120",
            text: "How often a minute one browser may sign in, refresh, sign out and send \
                   messages, each counted by itself; 0 for no limit. All its other calls \
                   together may be ten times as many.",
        },
        Setting {
            name: "RATE_LIMIT_PER_PERSON",
            example: "3000",
            default: "3000",
            text: "How many calls a minute all browsers of one person may make together; 0 for no \
                   limit.",
        },
        Setting {
            name: "SESSIONS_PER_PERSON",
            example: "20",
            default: "20",
            text: "In how many browsers one person may be signed in at a time; where there is one \
                   more, the oldest session ends. 0 for no limit.",
        },
        Setting {
            name: "STREAMS_PER_PERSON",
            example: "64",
            default: "64",
            text: "How many answers and open pages of one person each server sends events to at a \
                   time; 0 for no limit.",
        },
        Setting {
            name: "MAX_CONNECTIONS",
            example: "10000",
            default: "10000",
            text: "How many connections may be open at a time, an open page being one; others wait. \
                   The process must be allowed as many files (ulimit -n).",
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
