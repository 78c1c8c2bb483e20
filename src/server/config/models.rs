//! `CHAT_MODELS_FILE`: the models that people choose from.

use std::{collections::BTreeSet, path::Path};

use serde::Deserialize;
use url::Url;

use super::{
    chat::{CHAT_ALLOW_HTTP, CHAT_MODEL, base_url},
    json_file::{self, TextEntry},
    secret_files,
    setting::{AnySetting, Setting, refuse},
    values::Text,
    variables::{ConfigError, Variables},
};
use crate::{
    server::{
        chat::upstream::{ApiKey, UpstreamSettings},
        outbound::is_https_or_loopback,
    },
    wire::options::LocalText,
};

const EXPECTED: &str = "a readable JSON file with a list of models, as docs/operations.md describes it";

const MAX_BYTES: usize = 256 * 1024;
const MAX_MODELS: usize = 50;
const MAX_NAME_CHARS: usize = 60;

pub static CHAT_MODELS_FILE: Setting<Text> = Setting {
    name: "CHAT_MODELS_FILE",
    text: "In place of CHAT_MODEL: a JSON file with the models that people choose from, the default first; each has an id, a \
           name and, if need be, limits, the roles that may use it, and a server and key of its own. It is read at the start.",
    example: "/etc/oracle-ai/models.json",
    value: Text { default: None },
};

/// A model of the list. What it leaves out is as the settings say.
#[derive(Clone, Debug)]
pub struct ListedModel {
    /// Stored with answers.
    pub id: String,
    pub name: LocalText,
    /// Its name at the server.
    pub model: String,
    /// Its own server, which is not that of `CHAT_BASE_URL`.
    pub base_url: Option<Url>,
    pub api_key: Option<ApiKey>,
    pub system_prompt: Option<String>,
    pub max_tokens: Option<u32>,
    pub history_chars: Option<usize>,
    pub roles: Vec<String>,
    /// Whether it asks for what `STEP_UP_MODEL` says.
    pub step_up: bool,
}

/// As it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    id: String,
    name: TextEntry,
    model: Option<String>,
    base_url: Option<String>,
    api_key_file: Option<String>,
    system_prompt: Option<String>,
    max_tokens: Option<u32>,
    history_chars: Option<usize>,
    #[serde(default)]
    roles: Vec<String>,
    #[serde(default)]
    step_up: bool,
}

impl ListedModel {
    /// `shared` are the settings of the server at `CHAT_BASE_URL`. A server of its own gets neither its key, nor our
    /// certificate, nor the token that identifies the user.
    pub fn upstream(&self, shared: &UpstreamSettings) -> UpstreamSettings {
        let shared = match &self.base_url {
            Some(base_url) => {
                let mut tls = shared.tls.clone();
                tls.client_certificate = None;
                let base_url = base_url.clone();
                UpstreamSettings { base_url, api_key: None, tls, takes_user_token: false, ..shared.clone() }
            }
            None => shared.clone(),
        };
        UpstreamSettings {
            model: self.model.clone(),
            api_key: self.api_key.clone().or(shared.api_key),
            system_prompt: self.system_prompt.clone().or(shared.system_prompt),
            max_tokens: self.max_tokens,
            ..shared
        }
    }
}

/// The models of the file; none if it is not set.
pub fn listed(variables: &Variables) -> Result<Vec<ListedModel>, ConfigError> {
    let Some(entries) = json_file::read::<Vec<Entry>>(&CHAT_MODELS_FILE, variables, EXPECTED, MAX_BYTES)? else {
        return Ok(vec![]);
    };
    refuse(variables, &[&CHAT_MODEL], "CHAT_MODELS_FILE names the models: remove one of the two")?;
    let wrong = |cause: String| CHAT_MODELS_FILE.wrong(&format!("{EXPECTED}: {cause}"));
    if !(1..=MAX_MODELS).contains(&entries.len()) {
        return Err(wrong(format!("it has {} models, and must have from 1 to {MAX_MODELS}", entries.len())));
    }
    let allows_http = CHAT_ALLOW_HTTP.read(variables)?;
    let mut ids = BTreeSet::new();
    let models = entries.into_iter().enumerate().map(|(index, entry)| {
        let model = entry.checked(allows_http).map_err(|cause| wrong(format!("model {}: {cause}", index + 1)))?;
        match ids.insert(model.id.clone()) {
            true => Ok(model),
            false => Err(wrong(format!("model {}: its id is that of another", index + 1))),
        }
    });
    models.collect()
}

impl Entry {
    fn checked(self, allows_http: bool) -> Result<ListedModel, String> {
        if !(1..=MAX_NAME_CHARS).contains(&self.id.chars().count()) || self.id.chars().any(char::is_control) {
            return Err(format!("`id` must have from 1 to {MAX_NAME_CHARS} characters"));
        }
        let name = self.name.within(MAX_NAME_CHARS);
        let name = name.ok_or_else(|| format!("`name` must have from 1 to {MAX_NAME_CHARS} characters"))?;
        let address = self.base_url.as_deref().map(|text| base_url(text).ok_or(text)).transpose();
        let address = address.map_err(|_| "`base_url` must be what comes before /chat/completions".to_owned())?;
        if address.as_ref().is_some_and(|address| !is_https_or_loopback(address) && !allows_http) {
            return Err(format!("`base_url` must be https, or on loopback; {}=true allows http", CHAT_ALLOW_HTTP.name));
        }
        let api_key = self.api_key_file.as_deref().map(api_key).transpose()?;
        if self.max_tokens == Some(0) {
            return Err("`max_tokens` must be 1 or more".into());
        }
        if self.roles.iter().any(|role| role.trim().is_empty()) {
            return Err("`roles` must have no empty role".into());
        }
        let model = self.model.unwrap_or_else(|| self.id.clone());
        let (id, system_prompt, max_tokens) = (self.id, self.system_prompt, self.max_tokens);
        let (history_chars, roles, step_up) = (self.history_chars, self.roles, self.step_up);
        Ok(ListedModel {
            id,
            name,
            model,
            base_url: address,
            api_key,
            system_prompt,
            max_tokens,
            history_chars,
            roles,
            step_up,
        })
    }
}

fn api_key(path: &str) -> Result<ApiKey, String> {
    if !Path::new(path).is_absolute() {
        return Err("`api_key_file` must be an absolute path".into());
    }
    let key = secret_files::read(path).map_err(|cause| format!("`api_key_file`: {cause}"))?;
    match key.bytes().all(|byte| byte.is_ascii_graphic()) {
        true => Ok(ApiKey::new(key)),
        false => Err("`api_key_file` must hold a key without blanks, in ASCII".into()),
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, path::PathBuf};

    use super::{
        super::{ChatUpstream, Config, tests},
        *,
    };

    /// A file that goes with the test.
    struct File(PathBuf);

    impl File {
        fn new(name: &str, content: &str) -> Self {
            let path = std::env::temp_dir().join(format!("oracle-ai-models-{name}-{}", std::process::id()));
            fs::write(&path, content).unwrap();
            Self(path)
        }
    }

    impl Drop for File {
        fn drop(&mut self) {
            let _ = fs::remove_file(&self.0);
        }
    }

    fn read(name: &str, content: &str) -> Result<Config, ConfigError> {
        let file = File::new(name, content);
        tests::config(&[
            ("CHAT_BASE_URL", "https://llm.example.com/v1"),
            ("CHAT_API_KEY", "shared"),
            ("CHAT_MODELS_FILE", file.0.to_str().unwrap()),
        ])
    }

    #[test]
    fn a_model_is_asked_as_the_settings_say_but_for_what_is_its_own() {
        let key = File::new("key", "own\n");
        let content = format!(
            r#"[{{"id": "small", "name": "Small"}},
                {{"id": "large", "name": {{"en": "Large", "fr": "Grand"}}, "model": "org/large", "max_tokens": 500,
                  "base_url": "http://127.0.0.1:9/v1", "api_key_file": {:?}, "history_chars": 9, "roles": ["dba"]}},
                {{"id": "other", "name": "Other", "base_url": "https://other.example.com/v1"}}]"#,
            key.0
        );
        let config = read("good", &content).unwrap();
        let ChatUpstream::Configured(shared) = &config.chat else { panic!("not the demo") };
        assert_eq!(shared.model, "small");
        let [small, large, other] = &config.models[..] else { panic!("three models") };
        let asked = small.upstream(shared);
        assert_eq!(asked.endpoint(), shared.endpoint());
        assert_eq!((asked.api_key, asked.takes_user_token), (Some(ApiKey::new("shared")), true));
        let asked = large.upstream(shared);
        assert_eq!(asked.endpoint().as_str(), "http://127.0.0.1:9/v1/chat/completions");
        assert_eq!((&*asked.model, asked.max_tokens, asked.takes_user_token), ("org/large", Some(500), false));
        assert_eq!(asked.api_key, Some(ApiKey::new("own")));
        assert_eq!(
            (&*large.name.fr, large.history_chars, &large.roles[..]),
            ("Grand", Some(9), &["dba".to_owned()][..])
        );
        assert_eq!(other.upstream(shared).api_key, None, "another server does not get our key");
    }

    #[test]
    fn a_wrong_list_is_refused_with_its_place() {
        for (content, place) in [
            ("", "line 1"),
            ("[]", "0 models"),
            (r#"[{"id": "a"}]"#, "name"),
            (r#"[{"id": "", "name": "A"}]"#, "model 1"),
            (r#"[{"id": "a", "name": " "}]"#, "model 1"),
            (r#"[{"id": "a", "name": {"en": "A"}}]"#, "language"),
            (r#"[{"id": "a", "name": "A"}, {"id": "a", "name": "B"}]"#, "model 2"),
            (r#"[{"id": "a", "name": "A", "api_key": "hunter2"}]"#, "api_key"),
            (r#"[{"id": "a", "name": "A", "api_key_file": "/nowhere"}]"#, "api_key_file"),
            (r#"[{"id": "a", "name": "A", "base_url": "http://llm.example.com"}]"#, "CHAT_ALLOW_HTTP"),
            (r#"[{"id": "a", "name": "A", "base_url": "https://llm.example.com/chat/completions"}]"#, "base_url"),
            (r#"[{"id": "a", "name": "A", "max_tokens": 0}]"#, "max_tokens"),
            (r#"[{"id": "a", "name": "A", "roles": [" "]}]"#, "roles"),
        ] {
            let error = read("wrong", content).unwrap_err().to_string();
            assert!(error.starts_with("CHAT_MODELS_FILE") && error.contains(place), "{content}: {error}");
            assert!(!error.contains("hunter2") && !error.contains('\n'), "{error}");
        }
    }

    #[test]
    fn a_list_takes_the_place_of_the_one_model_and_needs_a_server() {
        let file = File::new("both", r#"[{"id": "a", "name": "A"}]"#);
        let list = ("CHAT_MODELS_FILE", file.0.to_str().unwrap());
        let server = ("CHAT_BASE_URL", "https://llm.example.com/v1");
        assert!(tests::error(&[list, server, ("CHAT_MODEL", "m")]).starts_with("CHAT_MODEL is set"));
        assert!(tests::error(&[list]).starts_with("CHAT_MODELS_FILE is set"));
    }

    #[test]
    fn a_model_that_asks_for_a_sign_in_needs_the_setting_that_says_which() {
        let open = File::new("open", r#"[{"id": "a", "name": "A"}]"#);
        let guarded = File::new("guarded", r#"[{"id": "a", "name": "A"}, {"id": "b", "name": "B", "step_up": true}]"#);
        let server = ("CHAT_BASE_URL", "https://llm.example.com/v1");
        let list = |file: &'_ File| ("CHAT_MODELS_FILE", file.0.to_str().unwrap().to_owned());
        let (open, guarded) = (list(&open), list(&guarded));
        let (open, guarded) = ((open.0, &*open.1), (guarded.0, &*guarded.1));
        let asked = ("STEP_UP_MODEL", "max_age=300");
        let config = tests::config(&[guarded, server, asked]).unwrap();
        assert_eq!(config.models.iter().map(|model| model.step_up).collect::<Vec<_>>(), [false, true]);
        assert!(tests::error(&[guarded, server]).contains("needs STEP_UP_MODEL"));
        assert!(tests::error(&[open, server, asked]).starts_with("STEP_UP_MODEL"));
        assert!(tests::error(&[asked]).starts_with("STEP_UP_MODEL"));
    }
}
