//! The provider, and what its ID tokens must be.

use super::{Section, Setting};

pub(super) const PROVIDER: Section = Section {
    title: "Your OpenID provider",
    text: "Without OIDC_ISSUER, the mock identity provider in the process lets anybody in, on \
           loopback only.",
    settings: &[
        Setting {
            name: "OIDC_ISSUER",
            example: "https://sso.example.com",
            default: "",
            text: "The issuer, letter by letter as its metadata says; https, or http on loopback.",
        },
        Setting {
            name: "CLIENT_ID",
            example: "oracle-ai",
            default: "",
            text: "How this server is registered there: a confidential client. Needed with \
                   OIDC_ISSUER.",
        },
        Setting { name: "CLIENT_SECRET", example: "", default: "", text: "Its secret. Needed with OIDC_ISSUER." },
        Setting {
            name: "CLIENT_AUTH",
            example: "client_secret_post",
            default: "client_secret_basic",
            text: "How this server shows its secret: client_secret_basic or client_secret_post.",
        },
        Setting {
            name: "SCOPES",
            example: "openid profile email",
            default: "openid profile email",
            text: "Separated by spaces, `openid` among them. With offline_access, consent is asked \
                   for at each sign-in.",
        },
        Setting {
            name: "REDIRECT_URI",
            example: "https://chat.example.com/auth/callback",
            default: "FRONT_URL followed by /auth/callback",
            text: "What is registered as redirect URI. It must be what it is by default.",
        },
    ],
};

pub(super) const ID_TOKENS: Section = Section {
    title: "What ID tokens must be",
    text: "None of these is needed.",
    settings: &[
        Setting {
            name: "ID_TOKEN_ALGS",
            example: "RS256",
            default: "RS256 RS384 RS512 PS256 PS384 PS512 ES256 ES384 EdDSA",
            text: "Algorithms of their signatures, of those that are the default.",
        },
        Setting {
            name: "ALLOW_WEAK_RSA_KEYS",
            example: "false",
            default: "false",
            text: "Whether RSA keys of 1024 to 2047 bits are used: true or false. Each start and each \
                   use is logged.",
        },
        Setting {
            name: "CLOCK_TOLERANCE",
            example: "30",
            default: "30",
            text: "How many seconds the provider's clock may be off ours, 0 to 300; beyond 60 each \
                   start is logged.",
        },
        Setting {
            name: "TRUSTED_AUDIENCES",
            example: "",
            default: "",
            text: "Whom ID tokens may be for besides us, separated by spaces.",
        },
        Setting {
            name: "MAX_AGE",
            example: "3600",
            default: "",
            text: "How many seconds ago the person may have signed in at the provider when a login \
                   here ends; 0: they always sign in.",
        },
        Setting {
            name: "ACR_VALUES",
            example: "phr phrh",
            default: "",
            text: "How the person must have signed in: one of these, separated by spaces.",
        },
    ],
};
