//! What one step costs, alone in this process: `cargo bench --bench micro`.
//!
//! Nothing of the product is opened for it. What can be reached only by way of a whole call is measured as that, beside
//! the same call without the step (`id_token`), or for a whole stream at once (`upstream`).

#![allow(clippy::unwrap_used)]

#[path = "../external/mod.rs"]
mod external;

mod authorize;
mod conversations;
mod guard;
mod id_token;
mod markdown;
mod proof;
mod sealing;
mod server;
mod upstream;

use criterion::{criterion_group, criterion_main};

criterion_group!(
    benches,
    proof::bench,
    sealing::bench,
    guard::bench,
    authorize::bench,
    id_token::bench,
    upstream::bench,
    markdown::bench,
    conversations::bench
);
criterion_main!(benches);
