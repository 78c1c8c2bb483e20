//! An authorization request like that of a login, which nobody finishes.

use openidconnect::{HttpResponse, http::header};
use url::Url;

use super::{DiagnosticError, error_words, header_of};
use crate::{
    server::{
        auth::oidc::{
            authorize::LoginRequest,
            client::OidcClient,
            error::{ExchangeError, ProviderError},
            values::{CodeVerifier, Nonce},
        },
        excerpt::{Excerpt, excerpt},
    },
    wire::auth::State,
};

/// How many redirects of the provider are followed. The page that people see is often the second or third.
const MAX_REDIRECTS: usize = 5;

/// At nobody's host (RFC 2606 §2), so no provider has it registered.
const UNREGISTERED_REDIRECT_URI: &str = "https://oracle-ai-doctor.invalid/auth/callback";

/// A scope that no provider knows.
const UNKNOWN_SCOPE: &str = "oracle-ai-doctor-unknown-scope";

/// The errors by which a provider asks for a person (OpenID Connect Core §3.1.2.6).
const ASKS_FOR_A_PERSON: [&str; 4] =
    ["login_required", "interaction_required", "consent_required", "account_selection_required"];

/// What is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuthorizationProbe {
    /// The same as at a login.
    AsConfigured,
    /// With a redirect URI that is not registered, to see whether the provider refuses one at this point.
    UnregisteredRedirectUri,
    /// As configured, but through the browser where it would be pushed, to see whether the provider refuses that.
    Unpushed,
    /// With a scope more, to see whether the provider refuses one that it does not know.
    UnknownScope,
}

/// What came back. The texts are excerpts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AuthorizationAnswer {
    /// A redirect to the redirect URI with a code: somebody is signed in without a page.
    Code,
    /// A redirect to the redirect URI with an error (RFC 6749 §4.1.2.1), or a response there that no login could use.
    Error(String),
    /// The request was refused before anybody was redirected: an error page, as for an unregistered redirect URI (RFC
    /// 6749 §4.1.2.1), or an error of the endpoint for pushed requests.
    Refused(String),
    /// A page, or a redirect to another host. That may be the sign-in page, or an error page with the status of a good one.
    Page(String),
}

/// One request, with what must not be printed.
struct Sent {
    url: Url,
    redirect_uri: Url,
    state: State,
    secrets: [String; 3],
}

impl OidcClient {
    /// Begins a login that is not finished, and follows the provider's redirects to the first page, without cookies.
    pub async fn probe_authorization(&self, probe: AuthorizationProbe) -> Result<AuthorizationAnswer, DiagnosticError> {
        let sent = match self.authorization_probe(probe).await {
            Ok(sent) => sent,
            Err(DiagnosticError::Provider(
                ProviderError::PushedRequest(words) | ProviderError::PushedRequestRefused(words),
            )) => {
                return Ok(AuthorizationAnswer::Refused(words));
            }
            Err(error) => return Err(error),
        };
        let mut url = sent.url.clone();
        for followed in 0..=MAX_REDIRECTS {
            let response = self.get(&url).await?;
            let Some(target) = redirect_target(&response, &url) else {
                return Ok(page(&response, followed, &sent));
            };
            if is_at(&target, &sent.redirect_uri) {
                return self.authorization_response(&target, &sent).await;
            }
            if let Some(words) = error_in(&target, &sent) {
                return Ok(AuthorizationAnswer::Refused(words));
            }
            if target.origin() != url.origin() {
                return Ok(AuthorizationAnswer::Page(format!("a redirect to {}", place(&target))));
            }
            url = target;
        }
        Ok(AuthorizationAnswer::Page(format!("more than {MAX_REDIRECTS} redirects, the last to {}", place(&url))))
    }

    async fn authorization_probe(&self, probe: AuthorizationProbe) -> Result<Sent, DiagnosticError> {
        let [state, nonce, verifier] = [self.random()?, self.random()?, self.random()?];
        let secrets = [state.clone(), nonce.clone(), verifier.clone()];
        let state = State::new(state);
        let fetched = self.discovery.current().await?;
        let key = self.new_proof_key().await?;
        let (nonce, verifier) = (Nonce::new(nonce), CodeVerifier::new(verifier));
        let login = LoginRequest {
            state: &state,
            nonce: &nonce,
            code_verifier: &verifier,
            proof_key: key.as_ref(),
            asked: None,
            reauthenticate: false,
        };
        let mut url = self.authorization_request(&fetched, login);
        let mut redirect_uri = self.settings.redirect_uri.url().clone();
        match probe {
            AuthorizationProbe::AsConfigured | AuthorizationProbe::Unpushed => {}
            AuthorizationProbe::UnregisteredRedirectUri => {
                replace(&mut url, "redirect_uri", |_| UNREGISTERED_REDIRECT_URI.to_owned());
                redirect_uri = Url::parse(UNREGISTERED_REDIRECT_URI).map_err(unusable)?;
            }
            AuthorizationProbe::UnknownScope => replace(&mut url, "scope", |scope| format!("{scope} {UNKNOWN_SCOPE}")),
        }
        let url = match probe {
            AuthorizationProbe::Unpushed => url,
            _ => Url::parse(&self.pushed(&fetched, url, key.as_ref()).await?).map_err(unusable)?,
        };
        Ok(Sent { url, redirect_uri, state, secrets })
    }

    /// A redirect to the redirect URI. A login would accept it only with the same `state` and issuer.
    async fn authorization_response(&self, target: &Url, sent: &Sent) -> Result<AuthorizationAnswer, DiagnosticError> {
        let param = |name: &str| target.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned());
        if let Some(error) = param("error") {
            let words = error_words(&error, param("error_description").as_deref(), |text| sent.excerpt(text));
            return Ok(match ASKS_FOR_A_PERSON.contains(&error.as_str()) {
                true => AuthorizationAnswer::Page(format!("a redirect to our redirect URI with {words}")),
                false => AuthorizationAnswer::Error(words),
            });
        }
        if param("code").is_none() {
            return Ok(AuthorizationAnswer::Error("neither `code` nor `error` in the query".into()));
        }
        if param("state").map(State::new).as_ref() != Some(&sent.state) {
            return Ok(AuthorizationAnswer::Error("a code without the `state` that was sent".into()));
        }
        match self.check_response_issuer(param("iss").as_deref()).await {
            Ok(()) => Ok(AuthorizationAnswer::Code),
            Err(ExchangeError::WrongIssuer) => Ok(AuthorizationAnswer::Error(match param("iss") {
                Some(iss) => format!("a code of another issuer, `{}`", sent.excerpt(&iss)),
                None => "a code without `iss`, which the metadata announces".into(),
            })),
            Err(error) => Err(DiagnosticError::Unusable(error.to_string())),
        }
    }
}

impl Sent {
    fn excerpt(&self, text: &str) -> Excerpt {
        excerpt(text).without(self.secrets.iter().map(String::as_str))
    }
}

fn unusable(error: url::ParseError) -> DiagnosticError {
    DiagnosticError::Unusable(error.to_string())
}

/// Changes the value of a parameter. The others stay as they are.
fn replace(url: &mut Url, name: &str, change: impl Fn(&str) -> String) {
    let pairs: Vec<(String, String)> = url.query_pairs().into_owned().collect();
    url.query_pairs_mut().clear().extend_pairs(pairs.into_iter().map(|(key, value)| match key == name {
        true => (key, change(&value)),
        false => (key, value),
    }));
}

fn redirect_target(response: &HttpResponse, from: &Url) -> Option<Url> {
    if !response.status().is_redirection() {
        return None;
    }
    from.join(header_of(response, header::LOCATION)?).ok()
}

/// Whether the URL is this redirect URI with parameters added to its query.
fn is_at(url: &Url, redirect_uri: &Url) -> bool {
    url.origin() == redirect_uri.origin() && url.path() == redirect_uri.path()
}

/// Some providers redirect to a page of errors with a good status: its URL has `error` in its path, or as a parameter.
fn error_in(target: &Url, sent: &Sent) -> Option<String> {
    let is_error = |name: &str| name.to_ascii_lowercase().contains("error");
    let params = || target.query_pairs().filter(|(name, _)| is_error(name));
    let is_error_page = target.path().split(['/', '.']).any(|part| part.to_ascii_lowercase().starts_with("error"));
    if !is_error_page && params().next().is_none() {
        return None;
    }
    let params: Vec<String> = params().map(|(name, value)| format!("{name}={value}")).collect();
    let words = sent.excerpt(&params.join(", ")).to_string();
    Some(format!("a redirect to {} {words}", place(target)).trim_end().to_owned())
}

/// A page of the provider's. Where redirects led to it, its status says little: it may miss the cookie that came with them.
fn page(response: &HttpResponse, followed: usize, sent: &Sent) -> AuthorizationAnswer {
    let status = response.status().as_u16();
    let body = String::from_utf8_lossy(response.body());
    let words = match title(&body) {
        Some(title) => format!("status {status}, a page with the title `{}`", sent.excerpt(&title)),
        None if status >= 400 && !body.trim().is_empty() => format!("status {status}: {}", sent.excerpt(body.trim())),
        None => format!("status {status}"),
    };
    match (status, followed) {
        (400.., 0) => AuthorizationAnswer::Refused(words),
        (_, 0) => AuthorizationAnswer::Page(words),
        _ => AuthorizationAnswer::Page(format!("{words}, after a redirect")),
    }
}

/// The text of the first `<title>`, as it is.
fn title(html: &str) -> Option<String> {
    // As many bytes as the text itself, unlike `to_lowercase`.
    let lower = html.to_ascii_lowercase();
    let start = lower.find("<title")?;
    let start = start + lower[start..].find('>')? + 1;
    let end = start + lower[start..].find("</title")?;
    let title = html[start..end].split_whitespace().collect::<Vec<_>>().join(" ");
    (!title.is_empty()).then_some(title)
}

fn place(url: &Url) -> String {
    excerpt(&format!("{}{}", url.host_str().unwrap_or_default(), url.path())).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent() -> Sent {
        let url: Url = "https://sso.example.com/authorize".parse().unwrap();
        Sent { redirect_uri: url.clone(), url, state: State::new("s"), secrets: Default::default() }
    }

    #[test]
    fn the_redirect_uri_is_compared_as_a_whole_and_not_as_a_beginning() {
        let ours: Url = "https://chat.example.com/auth/callback".parse().unwrap();
        let is_ours = |url: &str| is_at(&url.parse().unwrap(), &ours);
        assert!(is_ours("https://chat.example.com/auth/callback?code=a"));
        assert!(is_ours("https://chat.example.com:443/auth/callback#code=a"));
        for other in [
            "https://chat.example.com/auth/callback-of-another",
            "https://chat.example.com.evil.example/auth/callback",
            "http://chat.example.com/auth/callback",
        ] {
            assert!(!is_ours(other), "{other}");
        }
    }

    #[test]
    fn a_redirect_to_a_page_of_errors_is_known_by_its_path_or_its_parameters() {
        let error_in = |url: &str| error_in(&url.parse().unwrap(), &sent());
        let google = "https://sso.example.com/signin/oauth/error?authError=redirect_uri_mismatch&client_id=us";
        let expected = "a redirect to sso.example.com/signin/oauth/error authError=redirect_uri_mismatch";
        assert_eq!(error_in(google).as_deref(), Some(expected));
        assert!(error_in("https://sso.example.com/error.jsp").is_some());
        assert!(error_in("https://sso.example.com/login?error=invalid_client").is_some());
        for good in ["https://sso.example.com/login?state=error", "https://sso.example.com/terror/login"] {
            assert_eq!(error_in(good), None, "{good}");
        }
    }

    #[test]
    fn the_title_of_a_page_is_found_in_any_case_and_with_attributes() {
        assert_eq!(title("<HTML><Title data-x=\"1\">\n Sign\n in </TITLE>").as_deref(), Some("Sign in"));
        for none in ["", "<title>", "<title></title>", "plain"] {
            assert_eq!(title(none), None, "{none}");
        }
    }

    #[test]
    fn one_parameter_is_changed_and_the_others_stay() {
        let mut url: Url = "https://sso.example.com/a?own=1&redirect_uri=x&scope=openid+email".parse().unwrap();
        replace(&mut url, "scope", |scope| format!("{scope} more"));
        assert_eq!(url.query(), Some("own=1&redirect_uri=x&scope=openid+email+more"));
    }
}
