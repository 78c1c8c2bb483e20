//! Starts the one or the other half.

use std::process::ExitCode;

use oracle_ai::client;
#[cfg(feature = "server")]
use oracle_ai::server::http::pages::App;

#[cfg(feature = "server")] // this binary is the server
fn main() -> ExitCode {
    oracle_ai::server::command::run(App { root: client::App, shell_route: client::shell_route })
}

#[cfg(not(feature = "server"))] // this binary is the browser's
fn main() -> ExitCode {
    client::launch();
    ExitCode::SUCCESS
}
