//! The content security policy of a page (T92).

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use base64::{Engine, prelude::BASE64_STANDARD};
use sha2::{Digest, Sha256};

use super::HeaderSettings;

/// Where browsers report violations of the policy.
pub const REPORT_PATH: &str = "/csp-report";

/// Everything comes from our origin. `'wasm-unsafe-eval'` allows WebAssembly to be compiled, and no script. Text can't
/// become script: `dangerous_inner_html` and the like throw.
const DIRECTIVES: &str = "default-src 'none'; style-src 'self'; img-src 'self'; connect-src 'self'; \
                          object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; \
                          require-trusted-types-for 'script'; trusted-types 'none'";

/// `dx serve` replaces code and styles in the open page, and shows its own messages there.
const UNDER_DEV_SERVER: &str = "default-src 'self'; \
                                script-src 'self' 'unsafe-inline' 'unsafe-eval' 'wasm-unsafe-eval'; \
                                style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self' ws: wss:; \
                                object-src 'none'; base-uri 'none'; frame-ancestors 'none'";

/// A page's policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PagePolicy(HeaderValue);

impl PagePolicy {
    /// The page contains nothing of a request, so every script in it is ours.
    pub fn of(html: &str, settings: HeaderSettings) -> Self {
        if settings.dev_server {
            return Self(HeaderValue::from_static(UNDER_DEV_SERVER));
        }
        let hashes: String = inline_scripts(html).map(|script| format!(" '{}'", sha256(script))).collect();
        let upgrade = if settings.https { "; upgrade-insecure-requests" } else { "" };
        let policy = format!(
            "{DIRECTIVES}; script-src 'self' 'wasm-unsafe-eval'{hashes}{upgrade}; report-uri {REPORT_PATH}; \
             report-to csp"
        );
        // Base64 and the constants above are always a header value.
        Self(HeaderValue::try_from(policy).unwrap_or(HeaderValue::from_static(DIRECTIVES)))
    }

    pub fn insert_into(&self, headers: &mut HeaderMap) {
        headers.insert(header::CONTENT_SECURITY_POLICY, self.0.clone());
        headers.insert(HeaderName::from_static("reporting-endpoints"), HeaderValue::from_static("csp=\"/csp-report\""));
    }
}

/// The texts of all `<script>` without `src`. One that is not found here is not allowed to run.
fn inline_scripts(html: &str) -> impl Iterator<Item = &str> {
    html.split("<script").skip(1).filter_map(|rest| {
        let (attributes, rest) = rest.split_once('>')?;
        let (text, _) = rest.split_once("</script>")?;
        (!attributes.contains("src=")).then_some(text)
    })
}

/// CSP3 §2.3.1
fn sha256(script: &str) -> String {
    format!("sha256-{}", BASE64_STANDARD.encode(Sha256::digest(script)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy(html: &str, settings: HeaderSettings) -> String {
        PagePolicy::of(html, settings).0.to_str().unwrap().to_owned()
    }

    #[test]
    fn each_inline_script_is_allowed_by_its_hash_and_no_other() {
        // T92
        let html =
            r#"<head><script type="module" src="/a.js"></script></head><script>alert('Hello, world.');</script>"#;
        let policy = policy(html, HeaderSettings::default());
        // The hash of CSP3 §8.3's example.
        let expected = "script-src 'self' 'wasm-unsafe-eval' 'sha256-qznLcsROx4GACP2dm0UCKCzCG+HiZ1guq6ZZDob/Tng=';";
        assert!(policy.contains(expected), "{policy}");
        assert_eq!(policy.matches("sha256-").count(), 1);
    }

    #[test]
    fn nothing_weaker_than_web_assembly_is_allowed() {
        // T92
        for https in [true, false] {
            let policy = policy("<script>1</script>", HeaderSettings { https, dev_server: false });
            for weak in ["'unsafe-inline'", "'unsafe-eval'", "*", "data:", "http:", "https:"] {
                assert!(!policy.contains(weak), "{policy}");
            }
            for part in [
                "default-src 'none'",
                "object-src 'none'",
                "base-uri 'none'",
                "frame-ancestors 'none'",
                "connect-src 'self'",
                "require-trusted-types-for 'script'",
                "report-uri /csp-report",
            ] {
                assert!(policy.contains(part), "{policy}");
            }
            assert_eq!(policy.contains("upgrade-insecure-requests"), https);
        }
    }

    #[test]
    fn a_script_that_does_not_end_is_not_allowed() {
        let policy = policy("<script>alert(1)", HeaderSettings::default());
        assert!(!policy.contains("sha256"), "{policy}");
    }
}
