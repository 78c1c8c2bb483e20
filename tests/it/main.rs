//! All integration tests in one binary: the server is linked once, the tests share one mock provider and run in
//! parallel, and a name filter reaches all of them.
//!
//! What the tests share is in `support`: start with `support/browser.rs`, the test client.
//!
//! | module | tests |
//! |---|---|
//! | `authorization_request`, `login`, `login_failures`, `id_token`, `member_types` | `GET /api/authorize`, `POST /api/token` |
//! | `refresh`, `refresh_failures`, `token_lifetime` | `POST /api/refresh`, `POST /api/logout` |
//! | `rolled_back` | refresh with a store that has lost later records, and with a lock that was lost |
//! | `logout`, `backchannel`, `signals`, `own_sessions` | the end of sessions: by the user, by the provider, by signals, from another browser |
//! | `session_end`, `session_limits`, `session_records` | records of ended sessions; timeouts; sessions in a manipulated store |
//! | `dpop_binding`, `dpop_proof`, `dpop_nonce` | DPoP: what is bound to the key, the requirements on proofs, nonces |
//! | `guard`, `permission` | access to `/api/chat`: tokens, required scopes and roles |
//! | `jwt_access_token`, `introspection` | the other two ways of access token validation |
//! | `fapi` | `OIDC_PROFILE=fapi2`, and the modules of the conformance suite for it |
//! | `step_up` | actions that ask for a more recent or a stronger sign-in |
//! | `provider_profiles`, `client_key`, `client_rotation` | other providers; client authentication with keys; rotation of credentials |
//! | `signing_keys`, `private_authority`, `outbound` | key rotation; TLS to services, client certificates and proxies; outbound requests in general |
//! | `answer_log` | answers that are followed at another server than the one that writes them |
//! | `chat`, `chat_endings`, `chat_streams` | `/api/chat`, `/api/chat/follow`, `/api/chat/stop` |
//! | `models`, `notice`, `feedback`, `user_token` | models by configuration; the operator's notice and words; what people say of answers; the token that identifies the user to the model's server |
//! | `conversations` | `/api/conversations`, `/api/conversation` and the endpoints below it |
//! | `retention` | conversations that are deleted for their age; everything of a person exported or deleted, by them or an operator |
//! | `bad_input`, `responses`, `headers` | all endpoints: invalid input, common properties of responses; the headers of pages |
//! | `registered` | all endpoints that Dioxus has registered require a proof or a token |
//! | `edge`, `floods`, `user_limits`, `connections`, `capacity` | request checks and ids; rate limits per address, browser and user; limits of connections and answers |
//! | `idle_streams` | streams that are idle for most of the time |
//! | `audit`, `metrics`, `traces` | the audit log, metrics and traces of a server process |
//! | `watching` | alert rules, dashboard and runbooks: they name what a server has |
//! | `configuration`, `command_line`, `doctor`, `doctor_provider`, `private_files` | wrong settings, the commands, `oracle-ai doctor`, file permissions |
//! | `replicas`, `cut_off`, `shutdown` | several servers on one Redis; `/readyz` of one that can't reach it; graceful shutdown |
//! | `upgrade` | a server of an earlier version beside this one; `scripts/upgrade` runs it |
//! | `nginx`, `haproxy`, `kubernetes`, `chart`, `trial` | what operators put in front of servers and around them, by the examples in `deploy` |
//! | `store`, `session_ends`, `conversation_store` | the contracts of the session store, of its announcements, and of the conversation store |
//! | `versions` | versions of questions and answers, in the stores and at the endpoints |
//! | `database_faults`, `pgbouncer` | a full disk, lost connections and failed commits; a connection pooler |
//! | `readiness` | `/readyz`, part by part |
//! | `upstream` | the client of chat-completions endpoints, against the mock upstream |
//! | `mock_provider` | the mock provider |
//! | `mock_commands`, `moved_clock` | the mocks as commands; the clock of a server that has the mock provider in its process |
//! | `layers`, `secrets`, `documentation`, `pattern` | checks of the source and the documents: import rules, constant-time comparison, the documents for auditors, and the one for other applications |

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "in tests; clippy takes what is not itself a test for other code"
)]

mod answer_log;
mod attachments;
mod audit;
mod audit_chain;
mod authorization_request;
mod backchannel;
mod bad_input;
mod capacity;
mod chart;
mod chat;
mod chat_endings;
mod chat_streams;
mod client_key;
mod client_rotation;
mod command_line;
mod configuration;
mod connections;
mod conversation_store;
mod conversations;
mod cut_off;
mod database_faults;
mod doctor;
mod doctor_provider;
mod documentation;
mod dpop_binding;
mod dpop_nonce;
mod dpop_proof;
mod edge;
mod fapi;
mod feedback;
mod floods;
mod guard;
mod haproxy;
mod headers;
mod id_token;
mod idle_streams;
mod introspection;
mod jwt_access_token;
mod kubernetes;
mod layers;
mod login;
mod login_failures;
mod logout;
mod member_types;
mod metrics;
mod mock_commands;
mod mock_provider;
mod models;
mod moved_clock;
mod nginx;
mod notice;
mod operators;
mod outbound;
mod own_sessions;
mod pattern;
mod permission;
mod pgbouncer;
mod private_authority;
mod private_files;
mod provider_dpop;
mod provider_profiles;
mod readiness;
mod refresh;
mod refresh_failures;
mod registered;
mod replicas;
mod responses;
mod retention;
mod rolled_back;
mod secrets;
mod session_end;
mod session_ends;
mod session_limits;
mod session_records;
mod shutdown;
mod signals;
mod signing_keys;
mod step_up;
mod store;
mod support;
mod token_lifetime;
mod traces;
mod trial;
mod upgrade;
mod upstream;
mod user_limits;
mod user_token;
mod versions;
mod watching;
