//! The compact serialisation (RFC 7515 §7.1): three parts in base64url, joined by dots.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};

use super::Malformed;

/// The decoded parts of a JWT, not verified.
pub struct Compact<'a> {
    /// The signing input as received: encoded header, dot, encoded payload.
    pub signed: &'a [u8],
    pub header: Vec<u8>,
    pub payload: Vec<u8>,
    pub signature: Vec<u8>,
}

impl<'a> Compact<'a> {
    /// Also fails for two header fields that a proxy has joined with a comma, which is not in the alphabet.
    pub fn parse(value: &'a [u8]) -> Result<Self, Malformed> {
        let text = str::from_utf8(value).map_err(|_| Malformed("not text"))?;
        let parts = text.rsplit_once('.').and_then(|(signed, signature)| {
            // With four parts, `payload` has a dot, which is not base64url.
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

/// Strict base64url: no padding, no other alphabet, no unused bits at the end. So each part has only one encoding, and a
/// token can't be changed into another that verifies.
fn decode(part: &str) -> Result<Vec<u8>, Malformed> {
    match BASE64_URL_SAFE_NO_PAD.decode(part) {
        Ok(bytes) if !bytes.is_empty() => Ok(bytes),
        Ok(_) => Err(Malformed("an empty part")),
        Err(_) => Err(Malformed("a part is not base64url")),
    }
}
