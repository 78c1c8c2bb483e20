//! The client's credentials at the token, introspection and revocation endpoints.

use super::{A_SIGN_IN, Verdict};
use crate::server::auth::oidc::{ClientAnswer, ClientRequest, DiagnosticError, IntrospectionAnswer, OidcClient};

/// By the answers to a made-up code: with our credentials, and with made-up ones.
pub async fn credentials(oidc: &OidcClient) -> Verdict {
    const PART: &str = "credentials";
    const REMEDY: &str = "CLIENT_ID, CLIENT_SECRET, CLIENT_AUTH";
    let ours = match oidc.probe_client(ClientRequest::Token).await {
        Ok(Some(answer)) => answer,
        Ok(None) => return Verdict::lacking(PART, "token_endpoint is missing", "nobody can sign in"),
        Err(error) => return Verdict::refused(PART, error).remedy(REMEDY),
    };
    let words = match &ours {
        ClientAnswer::CodeRefused(words) | ClientAnswer::Unclear(words) => words,
        ClientAnswer::ClientRefused(words) => return Verdict::refused(PART, words).remedy(REMEDY),
        ClientAnswer::RedirectUriRefused(words) => return Verdict::refused(PART, words).remedy("REDIRECT_URI"),
        ClientAnswer::ProofRequired(words) => {
            let text = format!(
                "{words}; the client is registered for access tokens that are bound to a key of its own, or its proof was refused"
            );
            return Verdict::refused(PART, text).remedy("OIDC_DPOP, the client's dpop_bound_access_tokens");
        }
    };
    let ours_text = format!("a made-up code with our credentials: {words}");
    let wrong = oidc.probe_client(ClientRequest::TokenWithWrongCredentials).await;
    match (&ours, wrong) {
        // Whatever the code for ours means: it is no refusal of the client, which wrong credentials are.
        (_, Ok(Some(ClientAnswer::ClientRefused(wrong)))) => {
            Verdict::proven(PART, format!("{ours_text}; with wrong credentials: {wrong}"))
        }
        (ClientAnswer::CodeRefused(_), Ok(Some(wrong))) if wrong != ours => {
            Verdict::proven(PART, format!("{ours_text}; with wrong credentials: {}", wrong.words()))
        }
        (_, Ok(Some(wrong))) => {
            Verdict::unproven(PART, format!("{ours_text}; with wrong credentials: {}", wrong.words()), A_SIGN_IN)
                .remedy(REMEDY)
        }
        (_, Ok(None)) => Verdict::unproven(PART, ours_text, A_SIGN_IN).remedy(REMEDY),
        (_, Err(error)) => {
            Verdict::unproven(PART, format!("{ours_text}; with wrong credentials: no answer ({error})"), A_SIGN_IN)
                .remedy(REMEDY)
        }
    }
}

/// Nothing where access tokens are not introspected.
pub async fn introspection(oidc: &OidcClient) -> Option<Verdict> {
    const PART: &str = "introspection";
    const REMEDY: &str = "INTROSPECTION_ENDPOINT, ACCESS_TOKEN_CHECK, the client's permission to introspect";
    if !oidc.uses_introspection() {
        return None;
    }
    Some(match oidc.probe_introspection().await {
        Ok(IntrospectionAnswer::Inactive) => Verdict::proven(PART, "a made-up token is not active"),
        Ok(IntrospectionAnswer::ClientRefused(words) | IntrospectionAnswer::Wrong(words)) => {
            Verdict::refused(PART, format!("{words}; every call with an access token would be refused")).remedy(REMEDY)
        }
        Ok(IntrospectionAnswer::Unclear(words)) => {
            let seen = format!("a made-up token: {words}");
            Verdict::unproven(PART, seen, "a call after a sign-in").remedy(REMEDY)
        }
        // Its own line, with the consequence, is above.
        Err(DiagnosticError::Provider(_)) => return None,
        Err(error) => Verdict::refused(PART, error).remedy(REMEDY),
    })
}

/// Nothing without a revocation endpoint, which has a line of its own.
pub async fn revocation(oidc: &OidcClient) -> Option<Verdict> {
    const PART: &str = "revocation";
    const PROOF: &str = "`a refresh token was revoked` in the log (LOG=oracle_ai=debug) after a sign-out";
    const REMEDY: &str = "REVOCATION_ENDPOINT, the client's permission to revoke";
    Some(match oidc.probe_client(ClientRequest::Revocation).await {
        Ok(None) => return None,
        Ok(Some(ClientAnswer::ClientRefused(words))) => {
            Verdict::refused(PART, format!("{words}; refresh tokens stay valid at the provider")).remedy(REMEDY)
        }
        Ok(Some(answer)) => Verdict::unproven(PART, format!("a made-up token: {}", answer.words()), PROOF),
        Err(error) => Verdict::refused(PART, error).remedy(REMEDY),
    })
}
