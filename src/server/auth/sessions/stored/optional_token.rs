//! An optional token; see [`super::token`].

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::token::{Packed, Token};

pub fn serialize<T: Token, S: Serializer>(token: &Option<T>, serializer: S) -> Result<S::Ok, S::Error> {
    token.as_ref().map(|token| Packed::of(token.text())).serialize(serializer)
}

pub fn deserialize<'de, T: Token, D: Deserializer<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    Ok(Option::<Packed>::deserialize(deserializer)?.map(|packed| T::with(packed.text())))
}
