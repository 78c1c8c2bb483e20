//! Secrets in files, which keep them out of the environment: `LoadCredential=` of systemd and the secrets of container
//! platforms are such files.

use std::fs;

/// The one line in the file, or why there is none. The reason never repeats the content.
pub fn read(path: &str) -> Result<String, String> {
    let bytes = fs::read(path).map_err(|error| error.to_string())?;
    let text = String::from_utf8(bytes).map_err(|_| "it is not text".to_owned())?;
    let line = text.strip_suffix('\n').unwrap_or(&text);
    let line = line.strip_suffix('\r').unwrap_or(line);
    match line {
        "" => Err("it is empty".into()),
        line if line.contains(['\n', '\r']) => Err("it has more than one line".into()),
        line => Ok(line.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, path::PathBuf};

    use super::super::{
        SessionStorage,
        reference::{self, secret_files},
        tests::{config, error},
    };

    const KEY: &str = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";

    /// A file that goes with the test.
    struct SecretFile(PathBuf);

    impl SecretFile {
        fn new(test: &str, content: impl AsRef<[u8]>) -> Self {
            let path = std::env::temp_dir().join(format!("oracle-ai-secret-{test}-{}", std::process::id()));
            fs::write(&path, content).unwrap();
            Self(path)
        }

        fn path(&self) -> &str {
            self.0.to_str().unwrap()
        }
    }

    impl Drop for SecretFile {
        fn drop(&mut self) {
            let _ = fs::remove_file(&self.0);
        }
    }

    #[test]
    fn a_secret_in_a_file_is_as_good_as_in_a_variable_and_its_newline_is_no_part_of_it() {
        let url = "rediss://oracle-ai:secret@redis.example.com";
        for (n, newline) in ["", "\n", "\r\n"].into_iter().enumerate() {
            let keys = SecretFile::new(&format!("keys-{n}"), format!("{KEY}{newline}"));
            let url = SecretFile::new(&format!("url-{n}"), format!("{url}{newline}"));
            let config = config(&[("REDIS_URL_FILE", url.path()), ("SESSION_KEYS_FILE", keys.path())]).unwrap();
            assert!(matches!(config.sessions, SessionStorage::Redis { .. }));
        }
        let database = SecretFile::new("database", "postgres://user:secret@db.example.com/chat?sslmode=verify-full\n");
        let config = config(&[("DATABASE_URL_FILE", database.path())]).unwrap();
        assert!(config.database_url.is_verified() && config.database_url.is_on_another_machine());
    }

    #[test]
    fn a_secret_that_is_set_twice_is_refused_by_both_names() {
        let file = SecretFile::new("both", "a secret");
        for (secret, variable) in secret_files() {
            let error = error(&[(secret, "another"), (variable, file.path())]);
            assert!(error.starts_with(variable) && error.contains(&format!("{secret} is, too")), "{error}");
        }
    }

    #[test]
    fn a_file_that_holds_no_secret_is_refused_by_name_and_path_without_what_is_in_it() {
        for (n, content) in
            [&b""[..], b"\n", b"\r\n", b"hunter2\nhunter3", b"hunter2\n\n", b"hunter2 \xff"].into_iter().enumerate()
        {
            let file = SecretFile::new(&format!("wrong-{n}"), content);
            for (_, variable) in secret_files() {
                let error = error(&[(variable, file.path())]);
                assert!(error.starts_with(variable) && error.contains(file.path()), "{error}");
                assert!(!error.contains("hunter"), "{error}");
            }
        }
        for (_, variable) in secret_files() {
            let error = error(&[(variable, "/nowhere/secret")]);
            assert!(error.starts_with(variable) && error.contains("/nowhere/secret"), "{error}");
        }
    }

    #[test]
    fn a_wrong_value_in_a_file_is_refused_by_the_name_of_the_file() {
        let file = SecretFile::new("value", "hunter2 hunter3");
        let upstream = [("CHAT_BASE_URL", "https://llm.example.com/v1"), ("CHAT_MODEL", "m")];
        let collector = ("OTEL_EXPORTER_OTLP_ENDPOINT", "https://otel.example.com");
        let redis = ("REDIS_URL", "rediss://cache.example.com");
        for (variable, beside) in [
            ("CHAT_API_KEY_FILE", &upstream[..]),
            // It belongs to CHAT_BASE_URL.
            ("CHAT_API_KEY_FILE", &[]),
            ("DATABASE_URL_FILE", &[]),
            ("OTEL_EXPORTER_OTLP_HEADERS_FILE", &[collector]),
            ("REDIS_URL_FILE", &[]),
            ("SESSION_KEYS_FILE", &[redis]),
            // It belongs to REDIS_URL.
            ("SESSION_KEYS_FILE", &[]),
        ] {
            let error = error(&[beside, &[(variable, file.path())]].concat());
            assert!(error.starts_with(variable) && !error.contains("hunter"), "{error}");
        }
    }

    #[test]
    fn each_setting_that_is_a_secret_has_its_file() {
        // Settings that are secrets have no example to copy, or one with a password in it.
        for setting in reference::settings() {
            let has_password = setting.example().contains(":secret@") || setting.example().contains(":password@");
            let is_secret = ["_SECRET", "_KEY", "_KEYS", "_TOKEN", "_PASSWORD", "_HEADERS"];
            // These are true or false.
            let is_flag = setting.name().starts_with("ALLOW_");
            if has_password || (!is_flag && is_secret.iter().any(|end| setting.name().ends_with(end))) {
                let file = format!("{}_FILE", setting.name());
                assert!(reference::names().any(|name| name == file), "{} has no {file}", setting.name());
            }
        }
    }
}
