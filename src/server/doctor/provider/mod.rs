//! Checks whether people can sign in at the provider.

mod authorization;
mod client;
mod fapi;
mod metadata;

use std::time::Duration;

use super::Verdict;
use crate::server::auth::oidc::{ClockSkew, DiagnosticError, OidcClient, ProviderError, ProviderSettings};

/// A difference up to this is not reported, as `Date` has whole seconds and the response took some time.
const NEGLIGIBLE_SKEW: Duration = Duration::from_secs(2);

/// What shows that people can sign in.
const A_SIGN_IN: &str = "a sign-in in a browser";

/// The checks that need no person, in the order in which a login needs them.
pub async fn examine(oidc: &OidcClient, settings: &ProviderSettings) -> Vec<Verdict> {
    const REMEDY: &str = "OIDC_ISSUER, OIDC_CA_FILE, CA_FILE";
    let refused = |error: DiagnosticError| Verdict::refused("discovery", error).remedy(REMEDY);
    let endpoints = match oidc.endpoint_reports().await {
        Ok(endpoints) => endpoints,
        // The other checks would fail with the same error.
        Err(error) => return vec![refused(error)],
    };
    let endpoint_verdicts = metadata::endpoints(&endpoints, oidc, settings);
    let report = match oidc.metadata_report().await {
        Ok(report) => report,
        Err(DiagnosticError::Provider(ProviderError::MissingEndpoint(_)))
            if endpoint_verdicts.iter().any(Verdict::is_failure) =>
        {
            return endpoint_verdicts;
        }
        Err(error) => return [vec![refused(error)], endpoint_verdicts].concat(),
    };
    let mut verdicts = vec![metadata::discovery(oidc.issuer(), &report)];
    verdicts.extend(endpoint_verdicts);
    verdicts.extend(metadata::signing(&report.signing));
    verdicts.extend(metadata::protections(&report));
    verdicts.extend(fapi::examine(oidc).await);
    verdicts.push(clock(oidc, settings.id_tokens.clock_tolerance).await);
    verdicts.extend(authorization::examine(oidc, &report).await);
    verdicts.push(client::credentials(oidc).await);
    verdicts.extend(client::introspection(oidc).await);
    verdicts.extend(client::revocation(oidc).await);
    verdicts
}

async fn clock(oidc: &OidcClient, tolerance: Duration) -> Verdict {
    let (skew, way) = match oidc.check_clock().await {
        Ok(Some(ClockSkew::Ahead(skew))) => (skew, "ahead of"),
        Ok(Some(ClockSkew::Behind(skew))) => (skew, "behind"),
        Ok(None) => return Verdict::unproven("clock", "the provider's answers have no date", A_SIGN_IN),
        Err(error) => return Verdict::refused("clock", error).remedy("JWKS_URI"),
    };
    let text = format!("the provider's is {} s {way} ours", skew.as_secs());
    match skew {
        skew if skew <= NEGLIGIBLE_SKEW => Verdict::proven("clock", "the provider's is ours"),
        skew if skew <= tolerance => Verdict::proven("clock", text),
        _ => Verdict::refused("clock", text).remedy("the clock of this machine, or CLOCK_TOLERANCE"),
    }
}
