//! Which setting a name was probably meant to be.

use super::reference;

/// Names of other programs that resemble ours.
const OTHERS: [&str; 1] = ["FTP_PROXY"];

/// Shorter names resemble too many others.
const SHORTEST: usize = 4;

/// From this length on, two typing errors leave a name recognizable.
const LONG: usize = 8;

/// A variable of the environment that is no setting, and the setting that it resembles.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Misspelt {
    pub name: String,
    pub setting: &'static str,
}

/// The setting that this name resembles most: letters that are wrong, missing, too many or swapped, in either case. `None`
/// if it is a setting, or resembles none.
pub fn resembled(name: &str) -> Option<&'static str> {
    let written = name.to_ascii_uppercase();
    if name.len() < SHORTEST || OTHERS.contains(&&*written) || reference::names().any(|known| known == name) {
        return None;
    }
    let most = if name.len() < LONG { 1 } else { 2 };
    let distances = reference::names().map(|known| (strsim::osa_distance(&written, known), known));
    let (distance, nearest) = distances.filter(|(_, known)| known.len() >= SHORTEST).min()?;
    (distance <= most).then_some(nearest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_typing_errors_resembles_its_setting() {
        for (written, setting) in [
            ("TRUSTED_PROXYS", "TRUSTED_PROXIES"),
            ("RATE_LIMIT_PER_ADRESS", "RATE_LIMIT_PER_ADDRESS"),
            ("SESION_KEYS_FILE", "SESSION_KEYS_FILE"),
            ("DATABASEURL", "DATABASE_URL"),
            ("REDSI_URL", "REDIS_URL"),
            ("PROT", "PORT"),
            ("front_url", "FRONT_URL"),
        ] {
            assert_eq!(resembled(written), Some(setting), "{written}");
        }
    }

    #[test]
    fn settings_and_what_the_environment_has_besides_resemble_none() {
        for name in reference::names() {
            assert_eq!(resembled(name), None, "{name}");
        }
        for name in [
            "FTP_PROXY",
            "ftp_proxy",
            "HOME",
            "HOSTNAME",
            "INVOCATION_ID",
            "IPS",
            "JOURNAL_STREAM",
            "LANG",
            "LOGNAME",
            "LOGS",
            "MAIL",
            "OTEL_BSP_SCHEDULE_DELAY",
            "OTEL_RESOURCE_ATTRIBUTES",
            "PATH",
            "PWD",
            "RUST_LOG",
            "SHELL",
            "SHLVL",
            "SSL_CERT_DIR",
            "SSL_CERT_FILE",
            "TERM",
            "USER",
            "KUBERNETES_SERVICE_HOST",
            "REDIS_PORT",
            "REDIS_SERVICE_HOST",
            "POSTGRES_PORT",
            "DATABASE_HOST",
            "LOG_LEVEL",
            "NODE_ENV",
            "TMPDIR",
            "TZ",
        ] {
            assert_eq!(resembled(name), None, "{name}");
        }
    }
}
