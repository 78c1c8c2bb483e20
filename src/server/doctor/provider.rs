//! Checks whether people can sign in at the provider.

use std::time::Duration;

use super::Verdict;
use crate::server::auth::oidc::{AuthorizationCheck, ClockSkew, CredentialsCheck, MetadataReport, OidcClient};

/// A difference up to this is not reported, as `Date` has whole seconds and the response took some time.
const NEGLIGIBLE_SKEW: Duration = Duration::from_secs(2);

/// The checks that need no person, in the order in which a login needs them.
pub async fn examine(oidc: &OidcClient, tolerance: Duration) -> Vec<Verdict> {
    let findings = match oidc.metadata_report().await {
        Ok(findings) => findings,
        // The other checks would fail with the same error.
        Err(error) => return vec![Verdict::fails("discovery", error).remedy("OIDC_ISSUER, OIDC_CA_FILE, CA_FILE")],
    };
    let mut verdicts = metadata(oidc.issuer(), &findings);
    verdicts.push(clock(oidc, tolerance).await);
    verdicts.push(authorization(oidc).await);
    verdicts.push(credentials(oidc).await);
    verdicts
}

fn metadata(issuer: &str, findings: &MetadataReport) -> Vec<Verdict> {
    let mut verdicts =
        vec![Verdict::good("discovery", format!("{issuer} is what its metadata says, letter by letter"))];
    for (endpoint, url) in &findings.endpoints {
        verdicts.push(match url {
            Some(url) => Verdict::good("endpoint", format!("{endpoint} is {url}")),
            None => Verdict::good("endpoint", format!("{endpoint} is not used")),
        });
    }
    verdicts.push(match findings.keys {
        0 => Verdict::fails("keys", "there is no key that this server can use").remedy("JWKS_URI"),
        keys => Verdict::good("keys", format!("{keys} that can be used")),
    });
    // T07
    verdicts.push(match findings.s256 {
        Some(true) => Verdict::good("PKCE", "the provider takes S256"),
        Some(false) => Verdict::doubtful(
            "PKCE",
            "the provider's metadata does not name S256: logins are bound by state, nonce and browser key alone",
            "the provider's own setting for PKCE",
        ),
        None => Verdict::doubtful(
            "PKCE",
            "the provider's metadata does not say whether it checks PKCE; it is always sent",
            "the provider's own setting for PKCE",
        ),
    });
    if findings.announces_iss {
        verdicts.push(Verdict::good("mix-up", "authorization responses name their issuer (RFC 9207)"));
    }
    verdicts
}

async fn clock(oidc: &OidcClient, tolerance: Duration) -> Verdict {
    let (skew, way) = match oidc.check_clock().await {
        Ok(Some(ClockSkew::Ahead(skew))) => (skew, "ahead of"),
        Ok(Some(ClockSkew::Behind(skew))) => (skew, "behind"),
        Ok(None) => return Verdict::doubtful("clock", "the provider's answers have no date", "the provider's clock"),
        Err(error) => return Verdict::fails("clock", error).remedy("JWKS_URI"),
    };
    let text = format!("the provider's is {} s {way} ours", skew.as_secs());
    match skew {
        skew if skew <= NEGLIGIBLE_SKEW => Verdict::good("clock", "the provider's is ours"),
        skew if skew <= tolerance => Verdict::good("clock", text),
        _ => Verdict::fails("clock", text).remedy("the clock of this machine, or CLOCK_TOLERANCE"),
    }
}

async fn authorization(oidc: &OidcClient) -> Verdict {
    const PART: &str = "authorization";
    const REMEDY: &str = "CLIENT_ID, REDIRECT_URI, SCOPES, AUTHORIZE_PARAMETERS";
    match oidc.check_authorization().await {
        Ok(AuthorizationCheck::Accepted) => Verdict::good(PART, "a login like ours may begin"),
        Ok(AuthorizationCheck::RefusedByPage(status)) => Verdict::fails(
            PART,
            format!("refused with status {status}: is the client known, and its redirect URI registered?"),
        )
        .remedy(REMEDY),
        Ok(AuthorizationCheck::RefusedByRedirect) => {
            Verdict::fails(PART, "the provider sends people straight back with an error").remedy(REMEDY)
        }
        Err(error) => Verdict::fails(PART, error).remedy(REMEDY),
    }
}

async fn credentials(oidc: &OidcClient) -> Verdict {
    const PART: &str = "credentials";
    const REMEDY: &str = "CLIENT_ID, CLIENT_SECRET, CLIENT_AUTH";
    match oidc.check_credentials().await {
        Ok(CredentialsCheck::Accepted) => Verdict::good(PART, "the token endpoint knows this client"),
        Ok(CredentialsCheck::Refused(text)) => Verdict::fails(PART, text).remedy(REMEDY),
        Ok(CredentialsCheck::Unclear(text)) => {
            Verdict::doubtful(PART, format!("a made-up code was not refused with invalid_grant, but: {text}"), REMEDY)
        }
        Err(error) => Verdict::fails(PART, error).remedy(REMEDY),
    }
}
