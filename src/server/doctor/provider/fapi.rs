//! `OIDC_PROFILE=fapi2`: one line for each requirement of the FAPI 2.0 Security Profile (Final) for which a client depends on
//! its provider.

use super::{A_SIGN_IN, Verdict};
use crate::server::auth::oidc::{
    AuthorizationAnswer, AuthorizationProbe, DiagnosticError, FapiReport, Named, OidcClient,
};

const PART: &str = "FAPI 2.0";

/// Nothing without the profile.
pub async fn examine(oidc: &OidcClient) -> Vec<Verdict> {
    match oidc.fapi_report().await {
        Ok(None) => vec![],
        Ok(Some(report)) => {
            let unpushed = oidc.probe_authorization(AuthorizationProbe::Unpushed).await;
            [settings(), requirements(&report), vec![only_pushed(&report, unpushed)]].concat()
        }
        Err(error) => vec![Verdict::refused(PART, error)],
    }
}

/// What a configuration with the profile can't deviate from.
fn settings() -> Vec<Verdict> {
    vec![Verdict::proven(
        PART,
        "the settings are those of §5.3.3: a key authenticates this client, for the issuer alone; requests are pushed, with PKCE; \
         tokens that are not bound by DPoP are discarded; responses without `iss` and signatures but PS256, ES256 and EdDSA are \
         refused",
    )]
}

fn requirements(report: &FapiReport) -> Vec<Verdict> {
    let listed = |what: &'static str, named: &Named, consequence: &'static str, remedy: &'static str| match named {
        Named::Yes(names) => {
            Verdict::unproven(PART, format!("{what}: the metadata lists {}", names.join(", ")), A_SIGN_IN)
        }
        Named::No(others) => {
            Verdict::lacking(PART, format!("{what}: the metadata lists {} instead", others.join(", ")), consequence)
                .remedy(remedy)
        }
        Named::Unsaid => Verdict::missing(
            PART,
            format!("{what}: the metadata does not say"),
            format!("if it is not so, {consequence}"),
        )
        .remedy(remedy),
    };
    const PROVIDER: &str = "the provider's own setting";
    let yes_or_no = |what: &str, is_so: bool, falls_short: Verdict| match is_so {
        true => Verdict::unproven(PART, format!("{what}: the metadata says so"), A_SIGN_IN),
        false => falls_short.remedy(PROVIDER),
    };
    vec![
        tls(&report.unencrypted),
        listed(
            "private_key_jwt (§5.3.3.1)",
            &report.client_authentication,
            "this client can't authenticate, so nobody can sign in",
            PROVIDER,
        ),
        listed(
            "client assertions by our key (§5.4.1)",
            &report.assertions,
            "this client can't authenticate, so nobody can sign in",
            "CLIENT_KEY_FILE: an EC key on P-256 signs with ES256, an Ed25519 key with EdDSA, an RSA key with PS256",
        ),
        listed(
            "access tokens bound by DPoP with ES256 (§5.3.3.1)",
            &report.dpop,
            "bearer tokens are discarded, so nobody can sign in",
            PROVIDER,
        ),
        listed(
            "ID tokens by PS256, ES256 or EdDSA (§5.4.1)",
            &report.id_tokens,
            "others are refused, so nobody can sign in",
            "the client's id_token_signed_response_alg at the provider",
        ),
        yes_or_no(
            "pushed authorization requests (§5.3.3.2)",
            report.takes_pushed_requests,
            Verdict::lacking(
                PART,
                "pushed authorization requests (§5.3.3.2): the metadata has no endpoint for them",
                "no login can be pushed, so nobody can sign in",
            ),
        ),
        listed(
            "PKCE with S256 (§5.3.3.2)",
            &report.pkce,
            "logins are bound by state, nonce and browser key alone, although it is sent",
            PROVIDER,
        ),
        yes_or_no(
            "`iss` in authorization responses (§5.3.3.2)",
            report.announces_iss,
            Verdict::missing(
                PART,
                "`iss` in authorization responses (§5.3.3.2): the metadata does not announce it",
                "responses without it are refused, so nobody can sign in unless the provider sends it nevertheless",
            ),
        ),
    ]
}

fn tls(unencrypted: &[String]) -> Verdict {
    match unencrypted.is_empty() {
        true => Verdict::proven(PART, "TLS (§5.2.1): the issuer and its endpoints are https, TLS 1.2 or later"),
        false => Verdict::missing(
            PART,
            format!("TLS (§5.2.1): {} on loopback without it", unencrypted.join(", ")),
            "that is good for tests only",
        )
        .remedy("OIDC_ISSUER"),
    }
}

/// A client can push its requests at a provider that also takes others; then somebody else can begin a login in the
/// client's name with parameters of their own.
fn only_pushed(report: &FapiReport, unpushed: Result<AuthorizationAnswer, DiagnosticError>) -> Verdict {
    const WHAT: &str = "only pushed requests (§5.3.2.2)";
    const REMEDY: &str = "the client's require_pushed_authorization_requests at the provider";
    match unpushed {
        Ok(AuthorizationAnswer::Refused(words) | AuthorizationAnswer::Error(words)) => {
            Verdict::proven(PART, format!("{WHAT}: one that is not pushed is refused: {words}"))
        }
        _ if report.requires_pushed_requests => {
            let seen =
                format!("{WHAT}: the metadata requires it, and one that is not pushed was not refused at this point");
            Verdict::unproven(PART, seen, "the refusal of one after a sign-in").remedy(REMEDY)
        }
        _ => Verdict::missing(
            PART,
            format!("{WHAT}: the metadata does not require them, and one that is not pushed is not refused"),
            "others can begin logins in this client's name with parameters of their own",
        )
        .remedy(REMEDY),
    }
}
