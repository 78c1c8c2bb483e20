//! All integration tests in one binary: the server is linked once, the tests share one mock provider and run in
//! parallel, and a name filter reaches all of them.
//!
//! | module | drives |
//! |---|---|
//! | `app`, `browser`, `prover` | (support) the doors without a socket, a person, their browser's key |
//! | `provider`, `scripted_provider` | (support) two providers |
//! | `postgres`, `scripted_upstream`, `chatter` | (support) a database server, an upstream, a person who chats |
//! | `layers` | the import rules of `src/` |
//! | `secrets` | how secrets are compared |
//! | `authorization_request`, `login`, `login_failures`, `id_token` | `GET /api/authorize`, `POST /api/token` |
//! | `provider_profiles`, `client_key`, `client_rotation` | these and the session doors at other providers, and with a key in place of a secret |
//! | `private_authority` | `GET /api/authorize` at a provider whose certificate nobody knows |
//! | `signing_keys` | both of these and `POST /api/refresh`, while the provider's keys change |
//! | `refresh`, `refresh_failures` | `POST /api/refresh`, `POST /api/logout` |
//! | `logout`, `backchannel`, `own_sessions` | how sessions end: by the person, by the provider, from another browser |
//! | `browser_key`, `proof` | every door that wants a proof: what is bound to the browser key, and what proofs must be |
//! | `nonces` | the same: how long proofs made in advance are good, and what that costs a page |
//! | `token_lifetime` | how long access tokens are good here |
//! | `guard`, `permission`, `chat` | `GET` and `POST /api/chat` |
//! | `jwt_access_token`, `introspection` | the same where access tokens are judged in other ways |
//! | `chat_endings`, `chat_readers` | how answers end, and who reads them when: `/api/chat/follow`, `/api/chat/stop` |
//! | `conversations` | `/api/conversations`, `/api/conversation` and what is below |
//! | `bad_input`, `answers` | every door: what it refuses, and what all its answers have in common |
//! | `edge` | what is judged before any door: who calls, from which page, how often; and requests' names |
//! | `floods` | a thousand people behind one address, and one who floods |
//! | `per_person` | what one person may do, with however many browsers |
//! | `connections` | the server's own connections: how many, how silent |
//! | `audit` | the log of the server as it is run: what auditors find in it, and what nobody must |
//! | `traces` | what a collector is told of the server as it is run |
//! | `collector` | (support) a collector of traces |
//! | `outbound` | what is called: which hosts, through which proxy, and how much of their answers is read |
//! | `redis`, `server_process` | (support) real Redis servers, the server as it is run |
//! | `lossy` | (support) a network that loses answers |
//! | `session_end` | what is left of a session that has ended, and the one that a sign-in takes the place of |
//! | `session_limits` | inactivity, lifetimes, and the provider's `session_expiry` |
//! | `session_records` | what somebody who writes in the store can do |
//! | `replicas` | several servers on one Redis, and what becomes of people when one of them fails |
//! | `stopping` | a server that is told to stop |
//! | `store` | the contract of session stores |
//! | `conversation_store` | the contract of conversation stores |
//! | `private_files` | what other accounts of the machine must not read |
//! | `configuration` | the program started with a wrong setting |
//! | `written_record` | what the documents say of the server |
//! | `doctor` | the server's subcommand of that name |
//! | `mock_provider` | the mock provider by itself |
//! | `upstream` | any chat-completions endpoint, played by the mock upstream |

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "in tests; clippy takes what is not itself a test for other code"
)]

mod audit;
mod authorization_request;
mod backchannel;
mod bad_input;
mod chat;
mod chat_endings;
mod chat_streams;
mod client_key;
mod client_rotation;
mod configuration;
mod connections;
mod conversation_store;
mod conversations;
mod doctor;
mod documentation;
mod dpop_binding;
mod dpop_nonce;
mod dpop_proof;
mod edge;
mod floods;
mod guard;
mod headers;
mod id_token;
mod introspection;
mod jwt_access_token;
mod layers;
mod login;
mod login_failures;
mod logout;
mod metrics;
mod mock_provider;
mod nginx;
mod outbound;
mod own_sessions;
mod permission;
mod private_authority;
mod private_files;
mod provider_profiles;
mod refresh;
mod refresh_failures;
mod replicas;
mod responses;
mod secrets;
mod session_end;
mod session_limits;
mod session_records;
mod shutdown;
mod signing_keys;
mod store;
mod support;
mod token_lifetime;
mod traces;
mod upstream;
mod user_limits;
