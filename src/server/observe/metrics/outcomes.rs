//! The values of labels.

/// The kinds of requests to the provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProviderEndpoint {
    Metadata,
    Keys,
    /// The token endpoint, for the exchange of a code.
    Token,
    /// The token endpoint, for a refresh.
    Refresh,
    Userinfo,
    Introspection,
    Revocation,
    PushedAuthorization,
    /// A check by `oracle-ai doctor`.
    Diagnostics,
}

/// The outcome of a request to the provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProviderOutcome {
    Answered,
    /// 4xx, or an error in a response with status 200.
    Refused,
    /// A refusal of this client, as for wrong credentials.
    ClientRefused,
    /// 5xx
    Failed,
    NoAnswer,
}

/// A store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Store {
    Sessions,
    Conversations,
}

impl ProviderEndpoint {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Metadata => "metadata",
            Self::Keys => "keys",
            Self::Token => "token",
            Self::Refresh => "refresh",
            Self::Userinfo => "userinfo",
            Self::Introspection => "introspection",
            Self::Revocation => "revocation",
            Self::PushedAuthorization => "pushed_authorization",
            Self::Diagnostics => "examined",
        }
    }
}

impl ProviderOutcome {
    pub(super) const ALL: [Self; 5] =
        [Self::Answered, Self::Refused, Self::ClientRefused, Self::Failed, Self::NoAnswer];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Answered => "answered",
            Self::Refused => "refused",
            Self::ClientRefused => "client_refused",
            Self::Failed => "failed",
            Self::NoAnswer => "no_answer",
        }
    }
}

impl Store {
    pub(super) const ALL: [Self; 2] = [Self::Sessions, Self::Conversations];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Sessions => "sessions",
            Self::Conversations => "conversations",
        }
    }
}
