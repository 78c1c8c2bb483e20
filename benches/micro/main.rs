//! What single steps cost, measured in one process: `cargo bench --bench micro`.
//!
//! Only public functions are measured. A step that is reached only through a whole call is measured with it, beside the
//! same call without the step (`id_token`), or for a whole stream at once (`upstream`).

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
