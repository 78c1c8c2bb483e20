//! `oracle-ai mock-model`.

use std::net::SocketAddr;

use super::{
    CommandError,
    options::Options,
    running::{self, CERTIFICATE_OPTIONS, HTTPS},
};
use crate::mock::upstream::Upstream;

const HELP: &str = "\
usage: oracle-ai mock-model [options]

A server of OpenAI's chat completions for tests. It repeats the question, or plays a scenario: the one that a message
begins with (“/stall”), or that a test has set at /__control/scenario. It listens on loopback only. Prints its base URL.

  --address ADDRESS          default 127.0.0.1:9500; port 0 takes a free one
  --api-key KEY              the only key that is accepted; without it, every key is
  --https                    serve HTTPS, with a certificate that is made at the start
  --write-authority FILE     write the authority of that certificate there: clients have to trust it
  --certificate FILE         serve HTTPS with the certificate (or chain) in this file …
  --certificate-key FILE     … and the key in this one, both in PEM
  --help                     print this
";

const VALUED: [&str; 2] = ["--address", "--api-key"];

/// Returns when the process is stopped.
pub fn run(arguments: &[String]) -> Result<(), CommandError> {
    let valued = [&VALUED[..], &CERTIFICATE_OPTIONS].concat();
    let options = Options::read(arguments, &valued, &[HTTPS, "--help"])?;
    if options.has("--help") {
        return running::print(HELP);
    }
    let address = address(&options, "127.0.0.1:9500")?;
    let api_key = options.value("--api-key")?;
    let certificate = running::certificate(&options)?;
    running::run(async move || {
        let started = Upstream::serve(address, api_key, certificate.as_ref()).await;
        let upstream = started.map_err(running::failed)?;
        running::print(&format!("{}\n", upstream.base_url()))?;
        Ok(upstream)
    })
}

pub fn address(options: &Options<'_>, default: &str) -> Result<SocketAddr, CommandError> {
    let address = options.value("--address")?.unwrap_or(default);
    let expected = |_| CommandError::Usage(format!("--address {address}: not an address such as {default}"));
    address.parse().map_err(expected)
}
