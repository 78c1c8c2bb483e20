//! A server of an earlier version beside one of this version, as while servers are replaced one after another, and after a
//! rollback. `scripts/upgrade` builds the earlier one, and runs these tests with its path in `EARLIER_PROGRAM`.

use base64::{Engine, prelude::BASE64_STANDARD};
use oracle_ai::wire::chat::EndReason;

use crate::{
    replicas::{KEY, in_redis},
    support::{
        app::{TestApp, wait_until},
        browser::Browser,
        chat_client::{ChatClient, answer_text, end_reason, send_as},
        postgres,
        provider::MockProvider,
        redis::Redis,
        server_process::{PROGRAM, ServerProcess},
    },
};

/// What both versions share.
struct Shared {
    provider: MockProvider,
    redis: Redis,
    /// The URL of the database in PostgreSQL.
    database: String,
}

/// The earlier version made the tables, and the later one has changed them.
struct Upgrade {
    shared: Shared,
    earlier: ServerProcess,
    later: ServerProcess,
}

impl Shared {
    async fn start() -> Self {
        let database = postgres::address(&postgres::new_database().await);
        Self { provider: MockProvider::shared(), redis: Redis::start().await, database }
    }

    async fn start_earlier(&self) -> ServerProcess {
        let program =
            std::env::var("EARLIER_PROGRAM").unwrap_or_else(|_| panic!("scripts/upgrade sets EARLIER_PROGRAM"));
        self.start_program(&program).await
    }

    async fn start_program(&self, program: &str) -> ServerProcess {
        let (redis, keys) = (self.redis.url(), BASE64_STANDARD.encode(KEY));
        let variables = [("REDIS_URL", &*redis), ("SESSION_KEYS", &*keys), ("DATABASE_URL", &*self.database)];
        let server = ServerProcess::start_program(program, &self.provider.issuer, &variables).await;
        wait_until("it has its tables", async || server.readiness().await.0 == 200).await;
        server
    }

    fn browser(&self, server: &ServerProcess) -> Browser {
        Browser::at(self.app(server), self.provider.clone())
    }

    fn app(&self, server: &ServerProcess) -> TestApp {
        TestApp::remote(server.port, self.provider.settings(), in_redis(&self.redis))
    }
}

impl Upgrade {
    async fn start() -> Self {
        let shared = Shared::start().await;
        let earlier = shared.start_earlier().await;
        let later = shared.start_program(PROGRAM).await;
        Self { shared, earlier, later }
    }

    /// A browser at one version and the same at the other; then one that begins at the other.
    fn both_ways(&self) -> [[Browser; 2]; 2] {
        [[&self.earlier, &self.later], [&self.later, &self.earlier]].map(|[first, second]| {
            let browser = self.shared.browser(first);
            let there = browser.with_app(self.shared.app(second));
            [browser, there]
        })
    }
}

/// Asks, and waits for the answer.
async fn ask(client: &ChatClient, conversation: &str, text: &str) {
    let key = format!("{conversation}-{}", text.replace(' ', "-"));
    let (stream, ..) = client.begin(&send_as(conversation, text, &key)).await;
    let events = stream.rest().await;
    assert_eq!(end_reason(&events), EndReason::Complete, "{events:?}");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs an earlier server: scripts/upgrade"]
async fn a_session_begun_at_one_version_is_used_refreshed_and_ended_at_the_other() {
    let upgrade = Upgrade::start().await;
    for [here, there] in upgrade.both_ways() {
        let signed_in = here.sign_in().await;
        assert!(there.is_accepted(&signed_in.access_token).await);
        let refreshed = there.refresh_access_token(&signed_in.session).await;
        assert!(here.is_accepted(&refreshed).await);
        let again = here.refresh_access_token(&signed_in.session).await;
        assert!(there.is_accepted(&again).await);
        there.logout(&signed_in.session).await.assert_ok();
        here.refresh(&signed_in.session).await.assert_refused(401, "session_ended");
        assert!(!here.is_accepted(&again).await);
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs an earlier server: scripts/upgrade"]
async fn a_login_begun_at_one_version_is_completed_at_the_other() {
    let upgrade = Upgrade::start().await;
    for [here, there] in upgrade.both_ways() {
        let answer = there.exchange(&here.authorization_response().await).await;
        answer.assert_ok();
        assert!(here.is_accepted(answer.json()["access_token"].as_str().unwrap()).await);
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs an earlier server: scripts/upgrade"]
async fn a_conversation_is_read_found_and_continued_at_both_versions() {
    let upgrade = Upgrade::start().await;
    for (n, [browser, there]) in upgrade.both_ways().into_iter().enumerate() {
        let here = ChatClient::of_process(browser).await;
        let there = here.at(there.app);
        let conversation = format!("upgrade-{n}");
        ask(&here, &conversation, "what is a latch").await;
        ask(&there, &conversation, "and a mutex").await;
        ask(&here, &conversation, "and an enqueue").await;
        let texts = here.texts(&conversation).await;
        assert_eq!(texts, there.texts(&conversation).await);
        let questions: Vec<_> = texts.iter().step_by(2).map(String::as_str).collect();
        assert_eq!(questions, ["what is a latch", "and a mutex", "and an enqueue"]);
        for client in [&here, &there] {
            for word in ["latch", "mutex", "enqueue"] {
                let found = client.conversations(&format!("?search={word}")).await;
                assert_eq!(found.len(), 1, "{word}: {found:?}");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs an earlier server: scripts/upgrade"]
async fn an_answer_that_runs_at_one_version_is_followed_and_stopped_at_the_other() {
    let upgrade = Upgrade::start().await;
    for [browser, there] in upgrade.both_ways() {
        let here = ChatClient::of_process(browser).await;
        let there = here.at(there.app);
        let (stream, _, answer) = here.ask("/slow please").await;
        wait_until("it is in the log", async || there.follows(&answer).await).await;
        let followed = there.follow(&answer, None).await;
        there.stop(&answer).await.assert_ok();
        let (here, there) = (stream.rest().await, followed.rest().await);
        assert_eq!((end_reason(&here), end_reason(&there)), (EndReason::Stopped, EndReason::Stopped));
        assert_eq!(answer_text(&here), answer_text(&there));
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs an earlier server: scripts/upgrade"]
async fn after_a_rollback_the_earlier_version_starts_and_goes_on_with_what_the_later_one_wrote() {
    let Upgrade { shared, earlier, later } = Upgrade::start().await;
    let browser = shared.browser(&later);
    let signed_in = browser.sign_in().await;
    let client = ChatClient::with_token(browser.clone(), signed_in.access_token);
    ask(&client, "rollback", "written by the later one").await;
    let texts = client.texts("rollback").await;
    for server in [earlier, later] {
        server.terminate();
        assert_eq!(server.exit_code().await, Some(0));
    }

    let earlier = shared.start_earlier().await;
    let browser = browser.with_app(shared.app(&earlier));
    let token = browser.refresh_access_token(&signed_in.session).await;
    let client = ChatClient::with_token(browser, token);
    assert_eq!(client.texts("rollback").await, texts);
    ask(&client, "rollback", "and by the earlier one").await;
    assert_eq!(client.texts("rollback").await.len(), 4);
}
