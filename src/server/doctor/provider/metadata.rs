//! What the provider's metadata names, and the consequences of what is missing.

use super::{A_SIGN_IN, Verdict};
use crate::server::auth::oidc::{
    DpopPolicy, DpopReport, EndpointReport, MetadataReport, OidcClient, PermissionsSource, ProviderSettings,
    PushedRequests, SigningReport,
};

pub fn discovery(issuer: &str, report: &MetadataReport) -> Verdict {
    match report.is_discovered {
        true => Verdict::proven("discovery", format!("{issuer} is what its metadata says, letter by letter")),
        false => Verdict::unproven("discovery", "no metadata is read (OIDC_DISCOVERY=false)", A_SIGN_IN),
    }
}

/// One line for each endpoint that is missing, configured, or called by no check.
pub fn endpoints(endpoints: &[EndpointReport], oidc: &OidcClient, settings: &ProviderSettings) -> Vec<Verdict> {
    endpoints.iter().filter_map(|endpoint| self::endpoint(endpoint, oidc, settings)).collect()
}

fn endpoint(endpoint: &EndpointReport, oidc: &OidcClient, settings: &ProviderSettings) -> Option<Verdict> {
    const PART: &str = "endpoint";
    let EndpointReport { member, url, is_configured, unusable } = endpoint;
    let is_used = match *member {
        "introspection_endpoint" => oidc.uses_introspection(),
        "pushed_authorization_request_endpoint" => settings.requests.pushed,
        _ => true,
    };
    let Some(url) = url else {
        let what = match unusable {
            Some(unusable) => format!("{member} is {unusable}"),
            None => format!("{member} is not in the metadata"),
        };
        let verdict = match consequence(member, settings) {
            (_, false) if !is_used => return None,
            (text, is_needed) if is_needed && is_used => Verdict::lacking(PART, what, text),
            (text, _) if is_used => Verdict::missing(PART, what, text),
            _ => return None,
        };
        return Some(verdict.remedy(remedy(member)));
    };
    // Those that the checks below call are in their lines.
    let called_for = match *member {
        "userinfo_endpoint" => "the name of a person who has signed in",
        "end_session_endpoint" => "a sign-out in a browser",
        _ if *is_configured => "the lines below",
        _ => return None,
    };
    let origin = if *is_configured { ", set here in place of what the metadata says" } else { "" };
    Some(Verdict::unproven(PART, format!("{member} is {url}{origin}"), called_for))
}

const ROLES_UNKNOWN: &str = "nobody's roles can be looked up, so nobody can sign in";

/// What does not work without the endpoint, and whether that is too much.
fn consequence(member: &str, settings: &ProviderSettings) -> (&'static str, bool) {
    let from = settings.claims.permissions_from;
    match member {
        "authorization_endpoint" => ("nobody can sign in", true),
        "token_endpoint" => ("no code can be exchanged, so nobody can sign in", true),
        "jwks_uri" => ("no ID token can be verified, so nobody can sign in", true),
        "userinfo_endpoint" if from == PermissionsSource::Userinfo => (ROLES_UNKNOWN, true),
        "introspection_endpoint" if from == PermissionsSource::Introspection => (ROLES_UNKNOWN, true),
        "introspection_endpoint" => ("no access token can be checked, so every call is refused", true),
        "pushed_authorization_request_endpoint" => ("no login can be pushed, so nobody can sign in", true),
        "userinfo_endpoint" => ("names and roles are those of the ID token alone", false),
        "revocation_endpoint" => {
            ("refresh tokens of sessions that have ended stay valid at the provider until they expire there", false)
        }
        "end_session_endpoint" if settings.logout.url.is_some() => {
            ("people who sign out are sent to LOGOUT_URL as it is", false)
        }
        "end_session_endpoint" => {
            ("people who sign out here stay signed in at the provider, and the page tells them so", false)
        }
        _ => ("it is not used", false),
    }
}

fn remedy(member: &str) -> String {
    match member {
        "end_session_endpoint" => "LOGOUT_URL, END_SESSION_ENDPOINT".into(),
        "introspection_endpoint" => "INTROSPECTION_ENDPOINT, ACCESS_TOKEN_CHECK, PERMISSIONS_FROM".into(),
        _ => member.to_ascii_uppercase(),
    }
}

/// Whether the keys and the algorithms of ID tokens fit together.
pub fn signing(report: &SigningReport) -> Vec<Verdict> {
    let SigningReport { listed, common, refused, is_restricted, keys, fitting_keys } = report;
    let listed_names = listed.as_deref().unwrap_or_default().join(", ");
    if common.is_empty() {
        let what = format!("an algorithm for ID tokens in common: the metadata lists {listed_names}");
        return vec![
            Verdict::lacking("ID tokens", what, "none of these is accepted here, so nobody can sign in")
                .remedy("the client's id_token_signed_response_alg at the provider, ID_TOKEN_ALGS"),
        ];
    }
    if *fitting_keys == 0 {
        let what = format!("a key for {} among the provider's {keys}", common.join(", "));
        return vec![
            Verdict::lacking("keys", what, "no ID token can be verified, so nobody can sign in").remedy("JWKS_URI"),
        ];
    }
    let seen = format!("{fitting_keys} of the provider's {keys} can verify an ID token by {}", common.join(", "));
    vec![Verdict::proven("keys", seen), algorithms(common, refused, listed.is_some(), *is_restricted)]
}

/// OpenID Connect Core §3.1.3.7, step 7: the algorithm is the one that the client is registered with.
fn algorithms(common: &[String], refused: &[String], is_listed: bool, is_restricted: bool) -> Verdict {
    const PART: &str = "ID tokens";
    let names = common.join(", ");
    let refused = match refused.is_empty() {
        true => String::new(),
        false => format!("; {}, which the metadata lists too, is refused here", refused.join(", ")),
    };
    match common {
        [_] if is_listed || is_restricted => {
            Verdict::unproven(PART, format!("they are to be signed by {names}{refused}"), A_SIGN_IN)
        }
        _ if is_restricted => Verdict::unproven(PART, format!("they may be signed by {names}{refused}"), A_SIGN_IN),
        _ if is_listed => Verdict::missing(
            PART,
            "ID_TOKEN_ALGS is not set, and the metadata lists several algorithms",
            format!("ID tokens by any of {names} are accepted, not only by the one of this client{refused}"),
        )
        .remedy("ID_TOKEN_ALGS: the client's id_token_signed_response_alg, which is RS256 unless registered otherwise"),
        _ => Verdict::missing(
            PART,
            "the metadata lists no algorithms, and ID_TOKEN_ALGS is not set",
            format!("ID tokens by any of {names} are accepted"),
        )
        .remedy("ID_TOKEN_ALGS: the client's id_token_signed_response_alg, which is RS256 unless registered otherwise"),
    }
}

/// What protects a login besides the signature, by what the metadata says.
pub fn protections(report: &MetadataReport) -> Vec<Verdict> {
    let mut verdicts = vec![pkce(report.s256)];
    verdicts.push(match report.announces_iss {
        true => Verdict::unproven(
            "mix-up",
            "authorization responses are to name their issuer (RFC 9207), and are refused without it",
            A_SIGN_IN,
        ),
        false => Verdict::missing(
            "mix-up",
            "the metadata does not announce `iss` in authorization responses (RFC 9207)",
            "it is compared where it is sent, and not required",
        )
        .remedy("the provider's own setting"),
    });
    if report.pushed_requests == PushedRequests::Possible {
        verdicts.push(
            Verdict::unproven(
                "pushed requests",
                "the provider takes pushed authorization requests (RFC 9126), and its metadata does not require them; the \
                 client's registration may",
                A_SIGN_IN,
            )
            .remedy("PUSHED_AUTHORIZATION_REQUESTS=true, which works with both"),
        );
    }
    verdicts.extend(bound_tokens(&report.dpop));
    if report.binds_to_certificates {
        verdicts.push(
            Verdict::unproven(
                "access tokens",
                "the provider can bind them to a client certificate (RFC 8705), which this server does not request; a client \
                 that is registered for that gets none",
                A_SIGN_IN,
            )
            .remedy("the client's tls_client_certificate_bound_access_tokens: false"),
        );
    }
    verdicts
}

/// RFC 9449. Nothing where the provider does not name it and the server does not insist.
fn bound_tokens(report: &DpopReport) -> Option<Verdict> {
    const PART: &str = "access tokens";
    const SETTING: &str = "the provider's own setting for DPoP, OIDC_DPOP=auto";
    let listed = report.listed.as_ref().map(|listed| format!("the metadata lists {} for DPoP", listed.join(", ")));
    Some(match (report.policy, report.is_supported, listed) {
        (DpopPolicy::Off, true, _) => Verdict::missing(
            PART,
            "the provider can bind them to a key of this server's (DPoP), and OIDC_DPOP=off",
            "a stolen one is good at any other API that takes it; here it needs the browser's key in any case",
        )
        .remedy("OIDC_DPOP=auto"),
        (DpopPolicy::Auto, true, _) => Verdict::unproven(
            PART,
            "the provider is asked to bind them to a key of this server's (DPoP with ES256), and may issue bearer tokens",
            A_SIGN_IN,
        )
        .remedy("OIDC_DPOP=required discards bearer tokens"),
        (DpopPolicy::Required, true, _) => Verdict::unproven(
            PART,
            "they are to be bound to a key of this server's (DPoP with ES256), and are discarded otherwise",
            A_SIGN_IN,
        ),
        (DpopPolicy::Required, false, Some(listed)) => Verdict::lacking(
            PART,
            format!("{listed}, not ES256, and OIDC_DPOP=required"),
            "no access token is bound to a key, so nobody can sign in",
        )
        .remedy(SETTING),
        (DpopPolicy::Required, false, None) => Verdict::missing(
            PART,
            "the metadata does not name DPoP, and OIDC_DPOP=required",
            "nobody can sign in unless the provider binds access tokens nevertheless",
        )
        .remedy(SETTING),
        (DpopPolicy::Auto, false, Some(listed)) => Verdict::missing(
            PART,
            format!("{listed}, not ES256"),
            "they are bearer tokens at any other API; here they need the browser's key in any case",
        )
        .remedy(SETTING),
        (DpopPolicy::Off, false, _) | (DpopPolicy::Auto, false, None) => return None,
    })
}

/// T07
fn pkce(s256: Option<bool>) -> Verdict {
    const PART: &str = "PKCE";
    const REMEDY: &str = "the provider's own setting for PKCE";
    const CONSEQUENCE: &str = "it is always sent, but logins may be bound by state, nonce and browser key alone";
    match s256 {
        Some(true) => Verdict::unproven(
            PART,
            "the metadata names S256, which is always sent",
            "the refusal of a code with another code verifier",
        ),
        Some(false) => Verdict::missing(PART, "the metadata does not name S256", CONSEQUENCE).remedy(REMEDY),
        None => Verdict::missing(PART, "the metadata does not say whether PKCE is checked", CONSEQUENCE).remedy(REMEDY),
    }
}
