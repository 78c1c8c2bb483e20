//! The token that identifies the user to the model's server.

use std::{path::Path, sync::Arc};

use reqwest::header::HeaderName;
use url::Url;

use super::{
    chat::ChatUpstream,
    setting::{AnySetting, Section, Setting, refuse},
    values::{OneOf, Parsed, Text, words},
    variables::{ConfigError, Variables},
};
use crate::{
    server::{
        auth::oidc::{ClientKey, Credentials},
        chat::upstream::{SubjectForm, UserTokenSettings},
    },
    wire::options::Disclosure,
};

/// Headers that a request to the model has already, or that proxies interpret.
const TAKEN_HEADERS: [&str; 13] = [
    "accept",
    "accept-encoding",
    "api-key",
    "authorization",
    "connection",
    "content-length",
    "content-type",
    "cookie",
    "host",
    "proxy-authorization",
    "traceparent",
    "transfer-encoding",
    "user-agent",
];

pub static SECTION: Section = Section {
    title: "Who asks, for a gateway before the model",
    text: "Off unless CHAT_USER_TOKEN_KEYS_FILE is set. Then each request to the server at CHAT_BASE_URL, and to no other, \
           has a signed token that says who asks, and in which conversation. Its keys are at /.well-known/jwks.json. The \
           page says so under \"Privacy and data\".",
    settings: &[
        &CHAT_USER_TOKEN_KEYS_FILE,
        &CHAT_USER_TOKEN_AUDIENCE,
        &CHAT_USER_TOKEN_HEADER,
        &CHAT_USER_TOKEN_SUBJECT,
        &CHAT_USER_TOKEN_CLAIMS,
    ],
};

static CHAT_USER_TOKEN_KEYS_FILE: Setting<Text> = Setting {
    name: "CHAT_USER_TOKEN_KEYS_FILE",
    text: "The private key that signs the tokens, PEM and PKCS#8; EC on P-256 (ES256), Ed25519 (EdDSA), or RSA of 2048 bits or \
           more (RS256). A second key after it is published beside the first, to become the first later. A line `kid: NAME` before a key \
           names it. It is read again when it has changed. Use it for nothing else.",
    example: "/etc/oracle-ai/user-token.pem",
    value: Text { default: None },
};

static CHAT_USER_TOKEN_AUDIENCE: Setting<Parsed<String>> = Setting {
    name: "CHAT_USER_TOKEN_AUDIENCE",
    text: "The `aud` of the tokens: what the gateway is called. Needed with CHAT_USER_TOKEN_KEYS_FILE.",
    example: "https://llm-gateway.example.com",
    value: Parsed { expected: "the name of the gateway, without blanks, in ASCII", default: None, parse: printable },
};

static CHAT_USER_TOKEN_HEADER: Setting<Parsed<HeaderName>> = Setting {
    name: "CHAT_USER_TOKEN_HEADER",
    text: "The header that carries the token; never Authorization, which has CHAT_API_KEY.",
    example: "X-User-Token",
    value: Parsed {
        expected: "a header that the request does not have yet, such as X-User-Token",
        default: Some("X-User-Token"),
        parse: header,
    },
};

static CHAT_USER_TOKEN_SUBJECT: Setting<OneOf<SubjectForm>> = Setting {
    name: "CHAT_USER_TOKEN_SUBJECT",
    text: "What `sub` is: a code that is always the same for a person, and another at another audience; or the identifier \
           at the provider (sub, or USER_ID_CLAIM).",
    example: "pseudonym",
    value: OneOf {
        values: &[("pseudonym", SubjectForm::Pseudonym), ("plain", SubjectForm::Plain)],
        default: Some(SubjectForm::Pseudonym),
    },
};

static CHAT_USER_TOKEN_CLAIMS: Setting<Parsed<Vec<String>>> = Setting {
    name: "CHAT_USER_TOKEN_CLAIMS",
    text: "What else the tokens say of a person: name, email, roles, separated by spaces.",
    example: "roles",
    value: Parsed { expected: "some of name, email and roles, separated by spaces", default: None, parse: claims },
};

pub fn settings(
    variables: &Variables,
    front_url: &Url,
    chat: &ChatUpstream,
) -> Result<Option<UserTokenSettings>, ConfigError> {
    let Some(file) = CHAT_USER_TOKEN_KEYS_FILE.get(variables)? else {
        let others: [&dyn AnySetting; 4] =
            [&CHAT_USER_TOKEN_AUDIENCE, &CHAT_USER_TOKEN_HEADER, &CHAT_USER_TOKEN_SUBJECT, &CHAT_USER_TOKEN_CLAIMS];
        refuse(
            variables,
            &others,
            "CHAT_USER_TOKEN_KEYS_FILE is not, so there are no tokens: set that, or remove this one",
        )?;
        return Ok(None);
    };
    if matches!(chat, ChatUpstream::Demo) {
        return Err(
            CHAT_USER_TOKEN_KEYS_FILE.unexpected("CHAT_BASE_URL is not, and the demo responder needs no tokens")
        );
    }
    let parse = |pem: &[u8]| ClientKey::all_from_pem(pem, None).map_err(|error| error.to_string());
    let keys = Credentials::in_file(Path::new(&file), parse).map_err(|error| {
        CHAT_USER_TOKEN_KEYS_FILE.wrong(&format!("a readable file with one private key or two: {error}"))
    })?;
    let subject = CHAT_USER_TOKEN_SUBJECT.read(variables)?;
    let claims = CHAT_USER_TOKEN_CLAIMS.get(variables)?.unwrap_or_default();
    let says = |claim: &str| claims.iter().any(|listed| listed == claim);
    Ok(Some(UserTokenSettings {
        keys: Arc::new(keys),
        issuer: front_url.origin().ascii_serialization(),
        audience: CHAT_USER_TOKEN_AUDIENCE
            .required(variables, "CHAT_USER_TOKEN_KEYS_FILE is, and tokens are for one audience")?,
        header: CHAT_USER_TOKEN_HEADER.read(variables)?,
        subject,
        disclosure: Disclosure {
            is_pseudonym: subject == SubjectForm::Pseudonym,
            name: says("name"),
            email: says("email"),
            roles: says("roles"),
        },
    }))
}

fn printable(text: &str) -> Option<String> {
    text.bytes().all(|byte| byte.is_ascii_graphic()).then(|| text.to_owned())
}

fn header(text: &str) -> Option<HeaderName> {
    let name: HeaderName = text.parse().ok()?;
    (!TAKEN_HEADERS.contains(&name.as_str())).then_some(name)
}

fn claims(text: &str) -> Option<Vec<String>> {
    words(text).filter(|claims| claims.iter().all(|claim| ["name", "email", "roles"].contains(&claim.as_str())))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use base64::{Engine, prelude::BASE64_STANDARD};
    use ring::{
        rand::SystemRandom,
        signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair},
    };

    use super::{super::tests, *};

    fn pem() -> String {
        let key = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new()).unwrap();
        format!("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n", BASE64_STANDARD.encode(key))
    }

    #[test]
    fn tokens_are_for_one_audience_in_a_header_that_nothing_else_uses() {
        let file = std::env::temp_dir().join(format!("oracle-ai-user-token-setting-{}", std::process::id()));
        fs::write(&file, pem()).unwrap();
        let good = [
            ("CHAT_BASE_URL", "https://llm.example.com/v1"),
            ("CHAT_MODEL", "m"),
            ("CHAT_USER_TOKEN_KEYS_FILE", file.to_str().unwrap()),
            ("CHAT_USER_TOKEN_AUDIENCE", "gateway"),
        ];
        let with = |more: &[(&'static str, &'static str)]| {
            let all: Vec<(&str, &str)> = good.iter().copied().chain(more.iter().copied()).collect();
            tests::config(&all)
        };
        let settings = with(&[]).unwrap().user_tokens.unwrap();
        assert_eq!((&*settings.issuer, settings.header.as_str()), ("https://chat.example.com", "x-user-token"));
        assert_eq!(settings.disclosure, Disclosure { is_pseudonym: true, ..Disclosure::default() });
        let settings =
            with(&[("CHAT_USER_TOKEN_CLAIMS", "roles email"), ("CHAT_USER_TOKEN_SUBJECT", "plain")]).unwrap();
        let expected = Disclosure { email: true, roles: true, ..Disclosure::default() };
        assert_eq!(settings.user_tokens.unwrap().disclosure, expected);
        for (setting, value) in [
            ("CHAT_USER_TOKEN_AUDIENCE", ""),
            ("CHAT_USER_TOKEN_AUDIENCE", "the gateway"),
            ("CHAT_USER_TOKEN_HEADER", "Authorization"),
            ("CHAT_USER_TOKEN_HEADER", "api-key"),
            ("CHAT_USER_TOKEN_HEADER", "X User"),
            ("CHAT_USER_TOKEN_CLAIMS", "roles phone"),
            ("CHAT_USER_TOKEN_SUBJECT", "hash"),
        ] {
            let error = with(&[(setting, value)]).unwrap_err().to_string();
            assert!(error.starts_with(setting), "{setting}={value}: {error}");
        }
        let _ = fs::remove_file(&file);
        assert!(tests::config(&[]).unwrap().user_tokens.is_none(), "it is off by default");
    }
}
