//! Starts the one or the other half.

use std::process::ExitCode;

use oracle_ai::client;
#[cfg(feature = "server")]
use oracle_ai::server::http::pages::Site;

#[cfg(feature = "server")] // this binary is the server
fn main() -> ExitCode {
    oracle_ai::server::command::run(Site { root: client::App, page_of: client::page_of })
}

#[cfg(not(feature = "server"))] // this binary is the browser's
fn main() -> ExitCode {
    client::launch();
    ExitCode::SUCCESS
}
