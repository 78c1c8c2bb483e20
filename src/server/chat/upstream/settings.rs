//! Which server has the model, and how to call it.

use std::time::Duration;

use url::Url;

use crate::{
    server::{
        certificates::TlsSettings,
        outbound::{self, ClientSettings, HttpSetupError, OutboundProxy},
    },
    wire::secret::secret,
};

secret! {
    /// Our key at the upstream.
    ApiKey
}

/// An OpenAI-compatible endpoint.
#[derive(Clone, Debug)]
pub struct UpstreamSettings {
    /// `CHAT_BASE_URL`: the URL up to `/chat/completions` (or `/openai/deployments`), without a query.
    pub base_url: Url,
    /// `CHAT_API_KEY`; many servers on premises need none.
    pub api_key: Option<ApiKey>,
    /// `CHAT_MODEL`; at Azure, the deployment.
    pub model: String,
    /// `CHAT_SYSTEM_PROMPT`: the first message of every conversation.
    pub system_prompt: Option<String>,
    /// `CHAT_API_STYLE`.
    pub style: ApiStyle,
    pub timeouts: Timeouts,
    /// The longest answer, in tokens, where the operator limits it.
    pub max_tokens: Option<u32>,
    /// Whether it gets a token that identifies the user, where the operator wants that.
    pub takes_user_token: bool,
    /// `CHAT_CA_FILE`, `CHAT_CLIENT_CERTIFICATE_FILE`
    pub tls: TlsSettings,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ApiStyle {
    /// `{base}/chat/completions`, `Authorization: Bearer`.
    OpenAi,
    /// `{base}/openai/deployments/{model}/chat/completions?api-version=`, header `api-key`.
    Azure { api_version: String },
}

/// How long the upstream may be silent. A whole answer has no time limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeouts {
    /// `CHAT_FIRST_TOKEN_TIMEOUT`: from the question to the first piece of text, with all retries.
    pub first_token: Duration,
    /// `CHAT_IDLE_TIMEOUT`: between two chunks. Comments don't count as chunks.
    pub idle: Duration,
}

impl Timeouts {
    pub const DEFAULT: Self = Self { first_token: Duration::from_secs(300), idle: Duration::from_secs(60) };
}

impl Default for Timeouts {
    fn default() -> Self {
        Self::DEFAULT
    }
}

impl UpstreamSettings {
    /// The client for requests to the upstream, through this proxy if the upstream is on another machine.
    pub fn client(&self, proxy: OutboundProxy) -> Result<reqwest::Client, HttpSetupError> {
        let https_only = self.base_url.scheme() == "https";
        outbound::client(&ClientSettings {
            https_only,
            proxy,
            tls: self.tls.clone(),
            decodes_compressed: true,
            ..ClientSettings::default()
        })
    }

    /// The URL of chat completions.
    pub fn endpoint(&self) -> Url {
        let mut url = self.base_url.clone();
        // Fails only for URLs that can't be a base. The configuration accepts only http and https.
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty();
            match &self.style {
                ApiStyle::OpenAi => path.extend(["chat", "completions"]),
                ApiStyle::Azure { .. } => path.extend(["openai", "deployments", &self.model, "chat", "completions"]),
            };
        }
        if let ApiStyle::Azure { api_version } = &self.style {
            url.query_pairs_mut().append_pair("api-version", api_version);
        }
        url
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn endpoint(base_url: &str, style: ApiStyle) -> String {
        let settings = UpstreamSettings {
            base_url: base_url.parse().unwrap(),
            api_key: None,
            model: "gpt 4/o".into(),
            system_prompt: None,
            style,
            timeouts: Timeouts::default(),
            max_tokens: None,
            takes_user_token: true,
            tls: TlsSettings::default(),
        };
        settings.endpoint().into()
    }

    #[test]
    fn the_endpoint_is_the_base_and_what_the_style_adds() {
        for base in ["http://localhost:11434/v1", "http://localhost:11434/v1/"] {
            assert_eq!(endpoint(base, ApiStyle::OpenAi), "http://localhost:11434/v1/chat/completions");
        }
        assert_eq!(endpoint("https://llm.example", ApiStyle::OpenAi), "https://llm.example/chat/completions");
        assert_eq!(
            endpoint("https://x.openai.azure.com", ApiStyle::Azure { api_version: "2024-10-21".into() }),
            "https://x.openai.azure.com/openai/deployments/gpt%204%2Fo/chat/completions?api-version=2024-10-21"
        );
    }
}
