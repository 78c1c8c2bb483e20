//! `oracle-ai mock-provider`.

use std::{collections::BTreeMap, fs};

use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{
    CommandError,
    model::address,
    options::Options,
    running::{self, CERTIFICATE_OPTIONS, HTTPS},
};
use crate::mock::provider::{Client, DpopSupport, Issuer, Profile, Provider, Setup, SigningAlgorithm, usual_people};

const HELP: &str = "\
usage: oracle-ai mock-provider [options]

An OpenID provider for tests. It asks for no password, so it listens on loopback only. Prints its issuer, or each of them.
What people there are, what their tokens say and what goes wrong is changed while it runs, at /__control (by hand:
/__control/ in a browser); e2e/README.md has the requests.

  --address ADDRESS          default 127.0.0.1:9400; port 0 takes a free one
  --client-id ID             default app
  --client-secret SECRET     the client authenticates by it …
  --client-jwks FILE         … or by private_key_jwt, with a key of this JWK Set; with neither, it is a public client
  --redirect-uri URI         where authorization responses may go; may be repeated
  --post-logout-redirect-uri URI
                             where browsers may be sent after the end of a session; may be repeated
  --backchannel-logout-uri URI
                             where logout tokens are sent
  --profile NAME             behave as entra, google, keycloak or siteminder
  --dpop SUPPORT             what it does about DPoP: none, ignored, bound or nonce (default none)
  --people FILE              the people and their settings, as JSON: {\"dan\": {\"claims\": {\"groups\": \"staff\"}}}
  --any-user                 a login_hint signs in everybody without a page, and not only these people
  --issuers FILE             several issuers by path, as JSON, in place of the options above but --address:
                             {\"/staff\": {\"clients\": [{\"client_id\": \"app\", \"redirect_uris\": [\"…\"]}]}}
                             each has clients (client_id, client_secret, jwks, redirect_uris,
                             post_logout_redirect_uris, backchannel_logout_uri, pushes_requests,
                             dpop_bound_access_tokens), and may have profile, people, any_user and dpop
  --https                    serve HTTPS, with a certificate that is made at the start
  --write-authority FILE     write the authority of that certificate there: clients have to trust it
  --certificate FILE         serve HTTPS with the certificate (or chain) in this file …
  --certificate-key FILE     … and the key in this one, both in PEM
  --help                     print this
";

const ADDRESS: &str = "--address";
const ISSUERS: &str = "--issuers";
const ANY_USER: &str = "--any-user";

/// What describes the one issuer.
const OF_ISSUER: [&str; 9] = [
    "--client-id",
    "--client-secret",
    "--client-jwks",
    "--redirect-uri",
    "--post-logout-redirect-uri",
    "--backchannel-logout-uri",
    "--profile",
    "--dpop",
    "--people",
];

/// Returns when the process is stopped.
pub fn run(arguments: &[String]) -> Result<(), CommandError> {
    let valued = [&[ADDRESS, ISSUERS][..], &OF_ISSUER, &CERTIFICATE_OPTIONS].concat();
    let options = Options::read(arguments, &valued, &[HTTPS, ANY_USER, "--help"])?;
    if options.has("--help") {
        return running::print(HELP);
    }
    let setup = Setup {
        address: address(&options, "127.0.0.1:9400")?,
        issuers: issuers(&options)?,
        certificate: running::certificate(&options)?,
    };
    running::run(async move || {
        let provider = Provider::serve(setup).await.map_err(running::failed)?;
        let lines: String = provider.issuers().iter().map(|issuer| format!("{issuer}\n")).collect();
        running::print(&lines)?;
        Ok(provider)
    })
}

fn issuers(options: &Options<'_>) -> Result<BTreeMap<String, Issuer>, CommandError> {
    let Some(file) = options.value(ISSUERS)? else {
        return Ok(BTreeMap::from([(String::new(), issuer(options)?)]));
    };
    let of_issuer = OF_ISSUER.into_iter().find(|name| options.values(name).next().is_some());
    match of_issuer.or(options.has(ANY_USER).then_some(ANY_USER)) {
        Some(name) => Err(CommandError::Usage(format!("{name} has no effect with {ISSUERS}"))),
        None => json(ISSUERS, file),
    }
}

/// The one that the options describe.
fn issuer(options: &Options<'_>) -> Result<Issuer, CommandError> {
    let texts = |name| options.values(name).map(str::to_owned).collect();
    let client = Client {
        client_id: options.value("--client-id")?.unwrap_or("app").to_owned(),
        client_secret: options.value("--client-secret")?.unwrap_or_default().to_owned(),
        jwks: match options.value("--client-jwks")? {
            Some(file) => keys(file)?,
            None => vec![],
        },
        pushes_requests: false,
        dpop_bound_access_tokens: false,
        id_token_signed_response_alg: SigningAlgorithm::default(),
        redirect_uris: texts("--redirect-uri"),
        post_logout_redirect_uris: texts("--post-logout-redirect-uri"),
        backchannel_logout_uri: options.value("--backchannel-logout-uri")?.map(str::to_owned),
    };
    let profile = match options.value("--profile")? {
        Some(name) => {
            let unknown =
                || CommandError::Usage(format!("--profile {name}: not entra, google, keycloak or siteminder"));
            Profile::named(name).ok_or_else(unknown)?
        }
        None => Profile::default(),
    };
    let dpop = match options.value("--dpop")? {
        Some(name) => {
            let unknown = || CommandError::Usage(format!("--dpop {name}: not none, ignored, bound or nonce"));
            DpopSupport::named(name).ok_or_else(unknown)?
        }
        None => DpopSupport::default(),
    };
    let people = match options.value("--people")? {
        Some(file) => json("--people", file)?,
        None => usual_people(),
    };
    Ok(Issuer { profile, clients: vec![client], people, any_user: options.has(ANY_USER), dpop })
}

/// The keys of a JWK Set (RFC 7517 §5).
fn keys(file: &str) -> Result<Vec<Value>, CommandError> {
    let set: Value = json("--client-jwks", file)?;
    let keys = set["keys"].as_array().filter(|keys| !keys.is_empty()).cloned();
    keys.ok_or_else(|| CommandError::Failed(format!("--client-jwks {file}: no JWK Set with keys")))
}

fn json<T: DeserializeOwned>(name: &str, file: &str) -> Result<T, CommandError> {
    let failed = |error: &dyn std::fmt::Display| CommandError::Failed(format!("{name} {file}: {error}"));
    let text = fs::read(file).map_err(|error| failed(&error))?;
    serde_json::from_slice(&text).map_err(|error| failed(&error))
}
