//! Who may chat.

use super::{Section, Setting};

pub(super) const GUARD: Section = Section {
    title: "Who may chat",
    text: "What an access token must be for the guarded doors. The session doors always want a proof \
           of the browser key, and nothing else.",
    settings: &[
        Setting {
            name: "ACCESS_TOKEN_CHECK",
            example: "issued",
            default: "issued",
            text: "What makes an access token good, besides that the session it was issued to has not \
                   ended. issued: this server issued it to a session that lives; the provider is not \
                   called. jwt: it is a JWT, signed by the provider for this API (RFC 9068); the \
                   provider is not called. introspection: the provider says so (RFC 7662); it is \
                   asked about each token every 30 seconds at most. With jwt, and with introspection \
                   and API_AUDIENCE, tokens count too that this server did not issue: those that name \
                   the key of their proof, and bearer tokens where they are allowed.",
        },
        Setting {
            name: "API_AUDIENCE",
            example: "https://chat.example.com",
            default: "",
            text: "This API's name in the `aud` of access tokens. Needed for jwt. It must not be CLIENT_ID, which ID tokens \
                   are for, unless access tokens are JWTs of the type at+jwt.",
        },
        Setting {
            name: "ACCESS_TOKEN_ISSUER",
            example: "http://adfs.example.com/adfs/services/trust",
            default: "OIDC_ISSUER",
            text: "For jwt: the `iss` of access tokens, where it is another one (AD FS).",
        },
        Setting {
            name: "ACCESS_TOKEN_TYP",
            example: "JWT",
            default: "at+jwt",
            text: "For jwt: the `typ` of access tokens, where it is another one, such as JWT, or any.",
        },
        Setting {
            name: "INTROSPECTION_ENDPOINT",
            example: "https://sso.example.com/introspect",
            default: "",
            text: "For introspection: where to ask, if the provider's metadata does not say.",
        },
        Setting {
            name: "REQUIRED_SCOPE",
            example: "chat.read chat.write",
            default: "",
            text: "Scopes that everybody needs, all of them, separated by spaces; whoever lacks one \
                   is answered 403.",
        },
        Setting {
            name: "REQUIRED_ROLE",
            example: "Chat Users",
            default: "",
            text: "One role that everybody needs; whoever lacks it is answered 403.",
        },
        Setting {
            name: "ROLES_CLAIM",
            example: "realm_access.roles",
            default: "roles",
            text: "The claim with a person's roles: a name, or names joined by dots.",
        },
        Setting {
            name: "ROLES_SEPARATOR",
            example: "^",
            default: "",
            text: "What separates roles where the claim is one text. Otherwise it is `^`, a comma or white space, whichever is there first in this order.",
        },
        Setting {
            name: "ALLOW_BEARER_TOKENS",
            example: "false",
            default: "false",
            text: "Whether the guarded doors take access tokens without a proof of the browser key, \
                   for API clients that are no browsers: true or false.",
        },
    ],
};
