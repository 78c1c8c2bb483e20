//! Models of what several servers do at once, each checked for every order of its steps and faults (`stateright`). A model
//! names its steps as the code does. Its guards are what the code relies on: with all of them its properties hold, and
//! without any one of them there is a counterexample.
//!
//! | module | models |
//! |---|---|
//! | `answer_log` | an answer and its readers at several servers: `src/server/chat` |
//! | `refresh` | refresh at several replicas: `src/server/auth/sessions/refresh.rs` |

#![expect(clippy::unwrap_used, reason = "in tests; clippy takes what is not itself a test for other code")]

mod answer_log;
mod refresh;
