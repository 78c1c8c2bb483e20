//! Protocol values that never leave the server. Their `Debug` is redacted.

use crate::wire::secret::secret;

secret! {
    /// The secret of the confidential client (RFC 6749 §2.3.1).
    ClientSecret
}

secret! {
    /// `nonce`: binds the ID token to the authorization request (OpenID Connect Core §3.1.2.1).
    Nonce
}

secret! {
    /// `code_verifier` of PKCE, sent only with the code (RFC 7636 §4.1).
    CodeVerifier
}

secret! {
    /// Exchanged for the next access token (RFC 6749 §6).
    RefreshToken
}

secret! {
    /// An ID token as it was received. Stored to be sent as `id_token_hint` at logout.
    IdToken
}
