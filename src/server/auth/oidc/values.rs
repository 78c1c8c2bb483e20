//! Protocol values that never leave the server. Their `Debug` is redacted.

use crate::wire::secret::secret;

secret! {
    /// Proves to the token endpoint that we are the confidential client (RFC 6749 §2.3.1).
    ClientSecret
}

secret! {
    /// Ties the ID token to our request (OpenID Connect Core §3.1.2.1).
    Nonce
}

secret! {
    /// PKCE's secret half, sent only with the code (RFC 7636 §4.1).
    CodeVerifier
}

secret! {
    /// Buys the next access token (RFC 6749 §6).
    RefreshToken
}

secret! {
    /// The ID token as it came, kept as the hint for the provider's logout.
    IdToken
}
