//! What our HTTP clients have in common.

use std::{error::Error, time::Duration};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// No HTTP client could be made.
#[derive(Debug, thiserror::Error)]
#[error("no HTTP client: {0}")]
pub struct HttpSetupError(String);

/// A client that goes to the host it is sent to and to no other: a redirect could send a secret, or the server itself,
/// elsewhere (SSRF). `total` limits a whole exchange.
pub fn client(total: Option<Duration>) -> Result<reqwest::Client, HttpSetupError> {
    client_trusting(total, &[])
}

/// The same, which trusts these authorities besides the public ones: certificates in PEM.
pub fn client_trusting(total: Option<Duration>, authorities: &[u8]) -> Result<reqwest::Client, HttpSetupError> {
    let failed = |error: reqwest::Error| HttpSetupError(cause(error));
    let mut builder = reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .connect_timeout(CONNECT_TIMEOUT)
        .user_agent(concat!("oracle-ai/", env!("CARGO_PKG_VERSION")));
    for authority in reqwest::Certificate::from_pem_bundle(authorities).map_err(failed)? {
        builder = builder.add_root_certificate(authority);
    }
    let builder = match total {
        Some(total) => builder.timeout(total),
        None => builder,
    };
    builder.build().map_err(failed)
}

/// The whole chain of causes, without the URL: a query could hold what no log may.
pub fn cause(error: reqwest::Error) -> String {
    let error = error.without_url();
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}
