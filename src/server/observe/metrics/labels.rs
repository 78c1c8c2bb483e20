//! The labels of the metrics.

use std::borrow::Cow;

use prometheus_client::encoding::EncodeLabelSet;

use super::{ProviderEndpoint, ProviderOutcome, Store, wire_name};
use crate::wire::{
    chat::{AnswerErrorKind, EndReason},
    feedback::FeedbackValue,
};

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct AuditLabels {
    pub event: &'static str,
    pub outcome: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct ProviderLabels {
    pub endpoint: &'static str,
    pub outcome: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct RequestLabels {
    pub method: &'static str,
    pub route: Cow<'static, str>,
    pub status: u16,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct BuildLabels {
    pub version: &'static str,
    /// Empty if the build did not say it.
    pub revision: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct ModelLabels {
    /// `answered`, or what an answer's error is called.
    pub outcome: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct StoreLabels {
    pub store: &'static str,
    pub outcome: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct ConnectionLabels {
    pub state: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct UpstreamDeviationLabels {
    pub deviation: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct FeedbackLabels {
    /// `up`, `down` or `taken_back`.
    pub value: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct AnswerLabels {
    pub reason: String,
    /// Empty if there was none.
    pub error: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct LimitLabels {
    pub endpoint: &'static str,
    pub caller: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct DeviationLabels {
    pub document: &'static str,
    pub member: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct SessionLabels {
    /// `all`, or `in_use_here`.
    pub counted: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct ReadyLabels {
    pub part: &'static str,
}

impl ProviderLabels {
    pub fn of(endpoint: ProviderEndpoint, outcome: ProviderOutcome) -> Self {
        Self { endpoint: endpoint.name(), outcome: outcome.name() }
    }
}

impl StoreLabels {
    pub fn of(store: Store, is_ok: bool) -> Self {
        Self { store: store.name(), outcome: if is_ok { "answered" } else { "failed" } }
    }
}

impl ModelLabels {
    pub fn of(outcome: Result<(), AnswerErrorKind>) -> Self {
        Self { outcome: outcome.map_or_else(wire_name, |()| "answered".to_owned()) }
    }
}

impl FeedbackLabels {
    pub fn of(value: Option<FeedbackValue>) -> Self {
        let value = match value {
            Some(FeedbackValue::Up) => "up",
            Some(FeedbackValue::Down) => "down",
            None => "taken_back",
        };
        Self { value }
    }
}

impl AnswerLabels {
    pub fn of(reason: EndReason, error: Option<AnswerErrorKind>) -> Self {
        Self { reason: wire_name(reason), error: error.map(wire_name).unwrap_or_default() }
    }
}
