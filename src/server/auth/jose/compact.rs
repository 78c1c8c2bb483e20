//! The compact serialisation (RFC 7515 §7.1): three parts in base64url, joined by dots.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};

use super::Malformed;

/// A JWT taken apart; nothing in it is verified.
pub struct Compact<'a> {
    /// The received bytes that the signature is over, never re-encoded: header, dot, payload.
    pub signed: &'a [u8],
    pub header: Vec<u8>,
    pub payload: Vec<u8>,
    pub signature: Vec<u8>,
}

impl<'a> Compact<'a> {
    /// Two header fields that a proxy has joined by a comma fail here too: the alphabet has no comma.
    pub fn parse(value: &'a [u8]) -> Result<Self, Malformed> {
        let text = str::from_utf8(value).map_err(|_| Malformed("not text"))?;
        let parts = text.rsplit_once('.').and_then(|(signed, signature)| {
            // A fourth part would stay in `payload`, where its dot is not base64url.
            signed.split_once('.').map(|(header, payload)| (signed, header, payload, signature))
        });
        let (signed, header, payload, signature) = parts.ok_or(Malformed("not three parts"))?;
        Ok(Self {
            signed: signed.as_bytes(),
            header: decode(header)?,
            payload: decode(payload)?,
            signature: decode(signature)?,
        })
    }
}

/// Strictly: no padding, no other alphabet, no stray bits at the end. So no two texts decode to the same bytes, and a
/// token can't be rewritten into another that verifies.
fn decode(part: &str) -> Result<Vec<u8>, Malformed> {
    match BASE64_URL_SAFE_NO_PAD.decode(part) {
        Ok(bytes) if !bytes.is_empty() => Ok(bytes),
        Ok(_) => Err(Malformed("an empty part")),
        Err(_) => Err(Malformed("a part is not base64url")),
    }
}
