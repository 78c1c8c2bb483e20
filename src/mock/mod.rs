//! The other parties, for development and tests: they know the specifications,
//! not our code, and each has a control plane through which a test can make it fail.
//!
//! Nothing here imports anything of ours, and a build without the feature `mock`
//! holds none of it.

pub mod provider;
pub mod upstream;

mod lock;
mod loopback;
