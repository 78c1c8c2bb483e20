//! The authorization request. Many providers check redirect URI and scopes only after the person has signed in, so a page
//! proves nothing. Where the same request with a made-up redirect URI or scope is refused, ours was checked, too.

use super::{A_SIGN_IN, Verdict};
use crate::server::auth::oidc::{
    AuthorizationAnswer, AuthorizationProbe, DiagnosticError, MetadataReport, OidcClient, PushedRequests,
};

const PART: &str = "authorization";
const REDIRECT_URI: &str = "redirect URI";
const SCOPES: &str = "scopes";
const REMEDY: &str = "CLIENT_ID, REDIRECT_URI, SCOPES, AUTHORIZE_PARAMETERS";

pub async fn examine(oidc: &OidcClient, report: &MetadataReport) -> Vec<Verdict> {
    let pushed = (report.pushed_requests == PushedRequests::Used)
        .then(|| Verdict::proven("pushed requests", "the provider took one and gave a `request_uri` for it"));
    match oidc.probe_authorization(AuthorizationProbe::AsConfigured).await {
        Ok(AuthorizationAnswer::Code) => {
            let seen = "a redirect to our redirect URI with a code, without a page: client, redirect URI and scopes are \
                        taken; the code was not used";
            pushed.into_iter().chain([Verdict::proven(PART, seen)]).collect()
        }
        Ok(AuthorizationAnswer::Error(words)) => {
            let text = format!("the provider sends people straight back to our redirect URI: {words}");
            vec![Verdict::refused(PART, text).remedy(REMEDY)]
        }
        Ok(AuthorizationAnswer::Refused(words)) => {
            let text = format!("{words}; is the client known, and its redirect URI registered?");
            vec![Verdict::refused(PART, text).remedy(REMEDY)]
        }
        Ok(AuthorizationAnswer::Page(words)) => {
            let seen = format!("the provider answers with {words}, which may be its sign-in page or an error");
            let mut verdicts: Vec<_> = pushed.into_iter().collect();
            verdicts.push(Verdict::unproven(PART, seen, A_SIGN_IN).remedy(REMEDY));
            verdicts.push(redirect_uri(oidc.probe_authorization(AuthorizationProbe::UnregisteredRedirectUri).await));
            verdicts.push(scopes(oidc.probe_authorization(AuthorizationProbe::UnknownScope).await, report));
            verdicts
        }
        Err(error) => vec![Verdict::refused(PART, error).remedy(REMEDY)],
    }
}

/// By the answer to the same request with a redirect URI that is not registered.
fn redirect_uri(made_up: Result<AuthorizationAnswer, DiagnosticError>) -> Verdict {
    match made_up {
        Ok(AuthorizationAnswer::Refused(words) | AuthorizationAnswer::Error(words)) => {
            Verdict::proven(REDIRECT_URI, format!("ours is not refused, and one that is not registered is: {words}"))
        }
        Ok(AuthorizationAnswer::Code) => {
            Verdict::refused(REDIRECT_URI, "a code was sent to a redirect URI that nobody has registered")
                .remedy("the client's redirect URIs at the provider")
        }
        Ok(AuthorizationAnswer::Page(_)) => {
            let seen = "one that is not registered gets a page, too, so the provider checks it later";
            Verdict::unproven(REDIRECT_URI, seen, A_SIGN_IN).remedy("REDIRECT_URI")
        }
        Err(error) => Verdict::unproven(REDIRECT_URI, format!("no answer for another one ({error})"), A_SIGN_IN),
    }
}

/// By the answer to the same request with an unknown scope.
fn scopes(made_up: Result<AuthorizationAnswer, DiagnosticError>, report: &MetadataReport) -> Verdict {
    const PROOF: &str = "a sign-in in a browser, after which the person's name and roles are there";
    let unlisted = match report.unlisted_scopes.is_empty() {
        true => String::new(),
        false => format!("; the metadata does not list {}", report.unlisted_scopes.join(", ")),
    };
    match made_up {
        Ok(AuthorizationAnswer::Refused(words) | AuthorizationAnswer::Error(words)) => {
            Verdict::proven(SCOPES, format!("ours are not refused, and one that does not exist is: {words}{unlisted}"))
        }
        Ok(AuthorizationAnswer::Page(_) | AuthorizationAnswer::Code) => {
            let seen = format!("one that does not exist is not refused at this point, either{unlisted}");
            Verdict::unproven(SCOPES, seen, PROOF).remedy("SCOPES")
        }
        Err(error) => Verdict::unproven(SCOPES, format!("no answer for another one ({error}){unlisted}"), PROOF),
    }
}
