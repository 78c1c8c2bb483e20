//! How audit events are written. Part of the section `server`.

use std::fs;

use super::{
    setting::{AnySetting, Setting, refuse},
    values::{OneOf, Text},
    variables::{ConfigError, Variables},
};
use crate::server::observe::audit::{AuditFormat, AuditSettings, chain::AuditKey};

pub static AUDIT_FORMAT: Setting<OneOf<AuditFormat>> = Setting {
    name: "AUDIT_FORMAT",
    text: "How audit events are written: log, as lines of the log, in LOG_FORMAT; json or ocsf (the Open Cybersecurity \
           Schema Framework), as one JSON object per line of standard output, in a chain that `oracle-ai audit-verify` \
           checks.",
    example: "ocsf",
    value: OneOf {
        values: &[("log", AuditFormat::Log), ("json", AuditFormat::Json), ("ocsf", AuditFormat::Ocsf)],
        default: Some(AuditFormat::Log),
    },
};

pub static AUDIT_KEY_FILE: Setting<Text> = Setting {
    name: "AUDIT_KEY_FILE",
    text: "With AUDIT_FORMAT=json or ocsf: a private key, EC on P-256 in PEM and PKCS#8, that signs the chain of audit \
           lines now and then. Make one: openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256. Auditors need \
           its public half: openssl pkey -pubout",
    example: "/etc/oracle-ai/audit.pem",
    value: Text { default: None },
};

pub fn settings(variables: &Variables) -> Result<AuditSettings, ConfigError> {
    let format = AUDIT_FORMAT.read(variables)?;
    if format == AuditFormat::Log {
        let reason = "lines of the log are in no chain: set AUDIT_FORMAT=json or ocsf too, or remove this one";
        refuse(variables, &[&AUDIT_KEY_FILE], reason)?;
    }
    let key = AUDIT_KEY_FILE.get(variables)?.map(|path| {
        let pem = fs::read(path).map_err(|error| error.to_string())?;
        AuditKey::from_pem(&pem).map_err(|error| error.to_string())
    });
    let key = key.transpose().map_err(|error| AUDIT_KEY_FILE.wrong(&format!("a readable file with a key: {error}")))?;
    Ok(AuditSettings { format, key })
}
