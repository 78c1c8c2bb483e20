//! A log in Redis: one stream for each answer. An entry has the numbered events of one append, as JSON, sealed with a key
//! that is derived from the server's key, the owner and the answer.

use std::time::Duration;

use async_trait::async_trait;

use super::{AnswerLog, AnswerName, RETENTION};
use crate::{
    server::{
        environment::Environment,
        store::{KeyRing, Kind, RecordName, RedisAddress, RedisStreams, StoreError},
    },
    wire::chat::{ChatEvent, ChatEventKind},
};

pub struct RedisAnswerLog {
    streams: RedisStreams,
    ring: KeyRing,
    environment: Environment,
}

impl RedisAnswerLog {
    pub fn new(address: &RedisAddress, ring: KeyRing, environment: Environment) -> Result<Self, StoreError> {
        Ok(Self { streams: RedisStreams::new(address)?, ring, environment })
    }

    fn seal(&self, answer: &AnswerName, events: &[ChatEvent]) -> Result<Vec<u8>, StoreError> {
        let json = serde_json::to_vec(events).map_err(unexpected)?;
        let random = self.environment.randomness.bytes().map_err(unexpected)?;
        self.ring.seal(&stream_name(answer), &secret(answer), random, json).map_err(unexpected)
    }

    fn open(&self, answer: &AnswerName, sealed: &[u8]) -> Result<Vec<ChatEvent>, StoreError> {
        let json = self.ring.open(&stream_name(answer), &secret(answer), sealed).map_err(unexpected)?;
        serde_json::from_slice(&json).map_err(unexpected)
    }
}

#[async_trait]
impl AnswerLog for RedisAnswerLog {
    async fn append(&self, answer: &AnswerName, length: u64, events: &[ChatEventKind]) -> Result<u64, StoreError> {
        let numbered: Vec<_> = events.iter().cloned().zip(length..).map(|(kind, n)| ChatEvent { n, kind }).collect();
        let sealed = self.seal(answer, &numbered)?;
        self.streams.append(&stream_name(answer), length, events.len() as u64, sealed, RETENTION).await
    }

    async fn read(&self, answer: &AnswerName, from: u64) -> Result<Vec<ChatEvent>, StoreError> {
        let mut read: Vec<ChatEvent> = vec![];
        for sealed in self.streams.read(&stream_name(answer), from).await? {
            for event in self.open(answer, &sealed)? {
                // By the number inside the ciphertext: write access to Redis must not suffice to reorder an answer.
                if event.n == from + read.len() as u64 {
                    read.push(event);
                }
            }
        }
        Ok(read)
    }

    async fn announce_reader(&self, answer: &AnswerName, lease: Duration) -> Result<(), StoreError> {
        self.streams.set_flag(&reader_name(answer), lease).await
    }

    async fn has_reader(&self, answer: &AnswerName) -> Result<bool, StoreError> {
        self.streams.has_flag(&reader_name(answer)).await
    }
}

fn stream_name(answer: &AnswerName) -> RecordName {
    RecordName::of(Kind::AnswerEvents, &secret(answer))
}

fn reader_name(answer: &AnswerName) -> RecordName {
    RecordName::of(Kind::AnswerReader, &secret(answer))
}

/// Unambiguous, as the text of an owner always has the same length.
fn secret(answer: &AnswerName) -> String {
    format!("{}{}", answer.owner.as_str(), answer.answer.as_str())
}

fn unexpected(error: impl std::fmt::Display) -> StoreError {
    StoreError(format!("an answer's events: {error}"))
}
