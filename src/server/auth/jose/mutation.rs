//! Changes of tokens and proofs, for tests.

use proptest::{prelude::*, sample::Index};
use serde_json::Value;

/// One change of some bytes. `Index` is a position, scaled to their length.
#[derive(Clone, Debug)]
pub enum Mutation {
    FlipBit(Index, u8),
    Insert(Index, u8),
    Remove(Index),
}

impl Mutation {
    pub fn any() -> impl Strategy<Value = Self> {
        prop_oneof![
            (any::<Index>(), 0..8_u8).prop_map(|(at, bit)| Self::FlipBit(at, bit)),
            (any::<Index>(), any::<u8>()).prop_map(|(at, byte)| Self::Insert(at, byte)),
            any::<Index>().prop_map(Self::Remove),
        ]
    }

    pub fn apply(&self, mut bytes: Vec<u8>) -> Vec<u8> {
        let length = bytes.len();
        match self {
            Self::FlipBit(at, bit) => bytes[at.index(length)] ^= 1 << bit,
            Self::Insert(at, byte) => bytes.insert(at.index(length + 1), *byte),
            Self::Remove(at) => drop(bytes.remove(at.index(length))),
        }
        bytes
    }
}

/// `object` with these members; `null` removes one.
pub fn changed(mut object: Value, changes: Value) -> Value {
    let members = object.as_object_mut().unwrap();
    for (name, value) in changes.as_object().unwrap() {
        match value {
            Value::Null => members.remove(name),
            value => members.insert(name.clone(), value.clone()),
        };
    }
    object
}
