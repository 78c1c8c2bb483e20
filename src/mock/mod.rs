//! External services for development and tests. They know the specifications, not our code, and each has a control API
//! through which tests make it fail.
//!
//! Nothing here imports other modules of ours, and a build without the feature `mock` contains none of it.

pub mod certificate;
pub mod clock;
pub mod provider;
pub mod upstream;

mod listener;
mod lock;
mod loopback;
