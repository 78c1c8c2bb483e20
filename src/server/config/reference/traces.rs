//! Traces for OpenTelemetry.

use super::{Section, Setting};

pub(super) const TRACES: Section = Section {
    title: "Traces",
    text: "For OpenTelemetry, by the names that its specification gives. Without OTEL_EXPORTER_OTLP_ENDPOINT there are \
           none, and the others mean nothing.",
    settings: &[
        Setting {
            name: "OTEL_EXPORTER_OTLP_ENDPOINT",
            example: "http://localhost:4318",
            default: "",
            text: "The collector that spans are sent to, over HTTP; /v1/traces is added to it. https, or http on loopback.",
        },
        Setting {
            name: "OTEL_ALLOW_HTTP",
            example: "false",
            default: "false",
            text: "true where http to a collector on another machine is as good as a wire of your own; spans cross it \
                   readably. Headers, which may hold a key, are refused there. Each start is logged.",
        },
        Setting {
            name: "OTEL_EXPORTER_OTLP_HEADERS",
            example: "",
            default: "",
            text: "Headers for the collector, such as a key: name=value,name=value, with values percent-encoded. Only to \
                   an endpoint of https or on loopback.",
        },
        Setting {
            name: "OTEL_EXPORTER_OTLP_PROTOCOL",
            example: "http/protobuf",
            default: "http/protobuf",
            text: "Another one stops the start: it is the only one spoken here.",
        },
        Setting {
            name: "OTEL_EXPORTER_OTLP_TIMEOUT",
            example: "10000",
            default: "10000",
            text: "How long the collector may take for a batch, in milliseconds.",
        },
        Setting {
            name: "OTEL_SERVICE_NAME",
            example: "oracle-ai",
            default: "oracle-ai",
            text: "What this program is called in traces.",
        },
        Setting {
            name: "OTEL_TRACES_SAMPLER",
            example: "parentbased_traceidratio",
            default: "parentbased_always_on",
            text: "Which traces are told of: always_on, always_off, traceidratio, or one of these after parentbased_, \
                   which does as a proxy in TRUSTED_PROXIES has decided for those that begin there.",
        },
        Setting {
            name: "OTEL_TRACES_SAMPLER_ARG",
            example: "0.1",
            default: "1",
            text: "With a sampler by traceidratio: how many of the traces, from 0 to 1.",
        },
    ],
};
