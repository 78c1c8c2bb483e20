//! Connections that may cross a network unencrypted: none, unless the operator allows it by name.

use super::{
    chat, conversations, sessions,
    setting::{AnySetting, Setting},
    traces,
    values::Flag,
    variables::{ConfigError, Variables},
};

/// An external service that is reached unencrypted, because this setting allows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Plaintext {
    pub setting: &'static str,
    /// What crosses the network unencrypted, as a sentence.
    pub words: &'static str,
}

/// The address of an external service, and the setting that allows to reach it unencrypted.
pub struct Connection {
    pub address: &'static dyn AnySetting,
    pub permission: &'static Setting<Flag>,
    /// What the address must be without the permission.
    pub expected: &'static str,
    /// See [`Plaintext::words`].
    pub words: &'static str,
}

static CONNECTIONS: [&Connection; 4] =
    [&chat::CONNECTION, &conversations::CONNECTION, &traces::CONNECTION, &sessions::CONNECTION];

impl Connection {
    /// Refuses an address that would be reached unencrypted without permission, and a permission that has no effect.
    pub fn check(&self, variables: &Variables, is_plaintext: bool) -> Result<(), ConfigError> {
        let Self { address, permission, expected, .. } = self;
        match (is_plaintext, permission.read(variables)?) {
            (true, false) => Err(address.wrong(&format!("{expected}; {}=true allows it", permission.name))),
            (false, true) => Err(permission.unexpected(&format!("{} doesn't need it: remove it", address.name()))),
            _ => Ok(()),
        }
    }
}

/// All that is allowed, once each connection has been checked.
pub fn exceptions(variables: &Variables) -> Result<Vec<Plaintext>, ConfigError> {
    let mut exceptions = vec![];
    for connection in CONNECTIONS {
        if connection.address.is_set(variables) && connection.permission.read(variables)? {
            exceptions.push(Plaintext { setting: connection.permission.name, words: connection.words });
        }
    }
    Ok(exceptions)
}

#[cfg(test)]
mod tests {
    use super::super::tests::config;

    #[test]
    fn what_would_cross_a_network_readably_is_refused_unless_it_is_allowed_by_name() {
        const KEYS: (&str, &str) = ("SESSION_KEYS", "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=");
        for (address, setting, elsewhere, good) in [
            ("REDIS_URL", "REDIS_ALLOW_PLAINTEXT", "redis://me:secret@10.0.0.5", "redis://127.0.0.1:6379"),
            ("REDIS_URL", "REDIS_ALLOW_PLAINTEXT", "redis+cluster://localhost:7000", "rediss+cluster://n1:7000"),
            ("REDIS_URL", "REDIS_ALLOW_PLAINTEXT", "redis://cache.example.com", "unix:///run/redis.sock"),
            (
                "DATABASE_URL",
                "DATABASE_ALLOW_PLAINTEXT",
                "postgres://me:secret@db/chat?sslmode=disable",
                "postgres://[::1]/c",
            ),
            ("DATABASE_URL", "DATABASE_ALLOW_PLAINTEXT", "postgres://db/chat?sslmode=require", "sqlite::memory:"),
            ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_ALLOW_HTTP", "http://otel:4318", "http://[::1]:4318"),
            ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_ALLOW_HTTP", "http://a.localhost:4318", "https://otel.example.com"),
        ] {
            let with = |value, allow| {
                let pairs = [(address, value), (setting, allow), KEYS, ("REDIS_URL", "rediss://cache.example.com")];
                let pairs = pairs.into_iter().rev().collect::<Vec<_>>();
                config(&pairs)
            };
            let refused = with(elsewhere, "").unwrap_err().to_string();
            assert!(refused.starts_with(address) && refused.contains(&format!("{setting}=true")), "{refused}");
            assert!(!refused.contains("secret") && !refused.contains('\n'), "{refused}");
            let allowed = with(elsewhere, "true").unwrap();
            assert_eq!(allowed.plaintext.iter().map(|it| it.setting).collect::<Vec<_>>(), [setting]);
            assert!(with(good, "false").unwrap().plaintext.is_empty(), "{good}");
            // A permission without effect is refused.
            let unneeded = with(good, "true").unwrap_err().to_string();
            assert!(unneeded.starts_with(setting), "{unneeded}");
            assert!(with(elsewhere, "yes").unwrap_err().to_string().starts_with(setting));
        }
        // Headers, which may hold a key, are never sent unencrypted.
        let endpoint = [("OTEL_EXPORTER_OTLP_ENDPOINT", "http://otel:4318"), ("OTEL_ALLOW_HTTP", "true")];
        let keys = [&endpoint[..], &[("OTEL_EXPORTER_OTLP_HEADERS", "api-key=secret")]].concat();
        assert!(config(&keys).unwrap_err().to_string().starts_with("OTEL_EXPORTER_OTLP_HEADERS"));
        assert!(
            config(&[("REDIS_ALLOW_PLAINTEXT", "true")]).unwrap_err().to_string().starts_with("REDIS_ALLOW_PLAINTEXT")
        );
    }
}
