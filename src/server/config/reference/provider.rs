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
        Setting {
            name: "CLIENT_SECRET",
            example: "",
            default: "",
            text: "Its secret. Needed with OIDC_ISSUER, unless CLIENT_SECRET_FILE is set or CLIENT_AUTH is private_key_jwt.",
        },
        Setting {
            name: "CLIENT_SECRET_FILE",
            example: "/etc/oracle-ai/client-secret",
            default: "",
            text: "In place of CLIENT_SECRET: a file with the secret on a line, or the two of a change on two; what the provider refuses as one is tried as the other. It is read again when it has changed.",
        },
        Setting {
            name: "CLIENT_AUTH",
            example: "client_secret_post",
            default: "client_secret_basic",
            text: "How this server proves who it is: client_secret_basic, client_secret_post or private_key_jwt.",
        },
        Setting {
            name: "CLIENT_KEY_FILE",
            example: "/etc/oracle-ai/client.pem",
            default: "",
            text: "For private_key_jwt: the private key, PEM and PKCS#8; EC on P-256, or RSA of 2048 bits or more. Make one: openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256. It may have the two keys of a change, one after the other, and is read again when it has changed.",
        },
        Setting {
            name: "CLIENT_KEY_ID",
            example: "oracle-ai-2026",
            default: "",
            text: "For private_key_jwt: the `kid` of the key's public half, where the provider knows several. A line `kid: NAME` before a key in the file goes before it.",
        },
        Setting {
            name: "CLIENT_ASSERTION_AUDIENCE",
            example: "https://sso.example.com/token",
            default: "OIDC_ISSUER",
            text: "For private_key_jwt: the `aud` that the provider wants where that is not its issuer.",
        },
        Setting {
            name: "OIDC_CA_FILE",
            example: "/etc/ssl/sso-ca.pem",
            default: "",
            text: "Authorities to trust for the provider besides the public ones, in PEM.",
        },
        Setting {
            name: "OIDC_DISCOVERY",
            example: "false",
            default: "true",
            text: "Whether the provider has a metadata document. With false, AUTHORIZATION_ENDPOINT, TOKEN_ENDPOINT and JWKS_URI are needed.",
        },
        Setting {
            name: "OIDC_ENDPOINT_HOSTS",
            example: "login.example.com api.example.com",
            default: "any host, over https",
            text: "The hosts, besides the issuer's, at which the provider's metadata may have its endpoints, separated by spaces. Metadata that names another is refused.",
        },
        Setting {
            name: "AUTHORIZATION_ENDPOINT",
            example: "https://sso.example.com/authorize",
            default: "",
            text: "In place of `authorization_endpoint` in the provider's metadata. Each start is logged.",
        },
        Setting {
            name: "TOKEN_ENDPOINT",
            example: "https://sso.example.com/token",
            default: "",
            text: "In place of `token_endpoint` in the provider's metadata. Each start is logged.",
        },
        Setting {
            name: "JWKS_URI",
            example: "https://sso.example.com/jwks",
            default: "",
            text: "In place of `jwks_uri` in the provider's metadata. Each start is logged.",
        },
        Setting {
            name: "USERINFO_ENDPOINT",
            example: "https://sso.example.com/userinfo",
            default: "",
            text: "In place of `userinfo_endpoint` in the provider's metadata. Each start is logged.",
        },
        Setting {
            name: "REVOCATION_ENDPOINT",
            example: "https://sso.example.com/revoke",
            default: "",
            text: "In place of `revocation_endpoint` in the provider's metadata. Each start is logged.",
        },
        Setting {
            name: "END_SESSION_ENDPOINT",
            example: "https://sso.example.com/logout",
            default: "",
            text: "In place of `end_session_endpoint` in the provider's metadata. Each start is logged.",
        },
        Setting {
            name: "PUSHED_AUTHORIZATION_REQUEST_ENDPOINT",
            example: "https://sso.example.com/par",
            default: "",
            text: "In place of `pushed_authorization_request_endpoint` in the provider's metadata. Each start is logged.",
        },
        Setting {
            name: "PUSHED_AUTHORIZATION_REQUESTS",
            example: "true",
            default: "false",
            text: "Whether authorization requests are pushed (RFC 9126): true or false. Where the provider's metadata wants it, they always are.",
        },
        Setting {
            name: "AUTHORIZE_PARAMETERS",
            example: "audience=https://api.example.com&access_type=offline",
            default: "",
            text: "More parameters of the authorization request, as in a URL. `prompt` takes the place of the consent that offline_access asks for; without a value, nothing is asked.",
        },
        Setting {
            name: "RESOURCE",
            example: "https://api.example.com",
            default: "",
            text: "For whom access tokens are (RFC 8707), separated by spaces.",
        },
        Setting {
            name: "NAME_CLAIM",
            example: "displayName",
            default: "name",
            text: "The claim with a person's name: a name, or names joined by dots.",
        },
        Setting {
            name: "EMAIL_CLAIM",
            example: "mail",
            default: "email",
            text: "The claim with a person's e-mail address. It is only shown.",
        },
        Setting {
            name: "USER_ID_CLAIM",
            example: "employeeNumber",
            default: "sub",
            text: "The claim that names a person for good, where `sub` does not. Changing it takes everybody's conversations away from them.",
        },
        Setting {
            name: "SCOPES",
            example: "openid profile email",
            default: "openid profile email",
            text: "Separated by spaces, `openid` among them. With offline_access, consent is asked \
                   for at each sign-in, unless AUTHORIZE_PARAMETERS has `prompt`.",
        },
        Setting {
            name: "REDIRECT_URI",
            example: "https://chat.example.com/auth/callback",
            default: "FRONT_URL followed by /auth/callback",
            text: "What is registered as redirect URI. It must be what it is by default.",
        },
    ],
};

pub(super) const LOGOUT: Section = Section {
    title: "Signing out",
    text: "At the provider, register FRONT_URL followed by /signed-out as post_logout_redirect_uri, and FRONT_URL \
           followed by /backchannel-logout as backchannel_logout_uri, as far as it knows such things.",
    settings: &[
        Setting {
            name: "LOGOUT_URL",
            example: "https://sso.example.com/logoff",
            default: "",
            text: "For a provider without an end_session_endpoint: its own sign-out page, to which people are sent as \
                   it is.",
        },
        Setting {
            name: "ALLOW_UNTYPED_LOGOUT_TOKENS",
            example: "false",
            default: "false",
            text: "Whether logout tokens are taken whose header does not say `logout+jwt`: true or false.",
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
