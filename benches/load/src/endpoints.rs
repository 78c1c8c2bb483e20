//! Requests: each endpoint in turn with a bare axum server that answers the same bytes and, where there is one, with the
//! matching server function of an empty Dioxus app.

use std::{fs, path::Path, time::Duration};

use futures_util::{StreamExt, stream};
use reqwest::{Client, header};

use crate::{
    bare::{Recorded, VERIFIED},
    browser::{Browser, SignedIn},
    process::{Process, Servers, free_port},
    report::{Aim, Line, Report, Runs, microseconds, milliseconds},
    wrk::{Load, Requests, get, post},
};

struct Endpoint {
    name: &'static str,
    /// Makes so many requests for one server, by somebody who is signed in there.
    requests: fn(&Visitor, u64) -> Requests,
    /// Whether it reads or writes the session store; then its requests have proofs.
    uses_store: bool,
    /// Whether the bare server is measured with a P-256 verification, too.
    verifies_proof: bool,
    /// Where the empty app has a server function to compare with, and the budget for that.
    empty_app: Option<(&'static str, &'static str, Aim)>,
}

/// Somebody who is signed in to one server.
struct Visitor {
    browser: Browser,
    signed_in: SignedIn,
    /// For refreshes. Their access tokens live for a second, so no refresh is answered with the last one's token.
    sessions: Vec<(Browser, String)>,
    wasm: String,
}

pub struct Rounds {
    pub rounds: u32,
    pub time: Duration,
    /// Sessions that are refreshed in turn.
    pub sessions: u32,
}

/// What one server took in each round.
#[derive(Default)]
struct Figures {
    per_second: Runs,
    p50: Runs,
    p99: Runs,
    cpu: Runs,
    generator_cpu: Runs,
    of_bare: Runs,
    cpu_of_bare: Runs,
    of_empty_app: Runs,
}

/// One server in one round: requests a second, and processor time for each.
#[derive(Clone, Copy)]
struct Rate {
    per_second: f64,
    cpu: f64,
}

/// Calls at a time, where nothing is measured.
const AT_A_TIME: usize = 16;

const ENDPOINTS: [Endpoint; 5] = [
    Endpoint {
        name: "GET /api/authorize",
        requests: authorize,
        uses_store: true,
        verifies_proof: false,
        empty_app: Some((
            "/api/empty",
            "GET /api/authorize, times an empty server function's requests a second",
            Aim::AtLeast(0.5),
        )),
    },
    Endpoint { name: "POST /api/refresh", requests: refresh, uses_store: true, verifies_proof: false, empty_app: None },
    Endpoint {
        name: "GET /api/chat, guarded",
        requests: chat,
        uses_store: true,
        verifies_proof: true,
        empty_app: Some((
            "/api/verified",
            "GET /api/chat, times a server function's that verifies one P-256 signature",
            Aim::AtLeast(0.6),
        )),
    },
    Endpoint { name: "GET /, the page", requests: page, uses_store: false, verifies_proof: false, empty_app: None },
    Endpoint {
        name: "GET /…wasm, brotli", requests: wasm, uses_store: false, verifies_proof: false, empty_app: None
    },
];

pub async fn measure(servers: &Servers, report: &mut Report, rounds: &Rounds) {
    let redis = Process::redis(&servers.output).await;
    let (memory, _) = servers.start(None).await;
    let (shared, _) = servers.start(Some(&redis)).await;
    let at_memory = Visitor::sign_in(servers, memory.port, rounds.sessions).await;
    let at_shared = Visitor::sign_in(servers, shared.port, rounds.sessions).await;
    let bare = bare_server(servers, memory.port, &at_memory).await;
    let empty = servers.start_empty_app(at_memory.browser.key.point()).await;

    let mut lines = vec![];
    for endpoint in &ENDPOINTS {
        let (mut of_bare, mut of_verified, mut of_empty) = <(Figures, Figures, Figures)>::default();
        let (mut in_memory, mut in_redis) = <(Figures, Figures)>::default();
        for _ in 0..rounds.rounds {
            let send = async |requests: Requests, process: &Process| {
                let before = process.cpu();
                let load = requests.send(process.port, rounds.time, &servers.output).await;
                (load, process.cpu() - before)
            };
            // As many as the bare server could take.
            let count = 25_000 * rounds.time.as_secs().max(1);
            let again = || Requests { again: true, ..(endpoint.requests)(&at_memory, 1000) };
            let mut limit = of_bare.add(send(again(), &bare).await);
            if endpoint.verifies_proof {
                limit = of_verified.add(send(again().below(VERIFIED), &bare).await);
            }
            let empty_app = match endpoint.empty_app {
                Some((path, ..)) => Some(of_empty.add(send(again().to(path), &empty).await)),
                None => None,
            };
            if endpoint.uses_store {
                at_memory.renew_nonces().await;
            }
            let rate = in_memory.add(send((endpoint.requests)(&at_memory, count), &memory).await);
            in_memory.compare(rate, limit, empty_app);
            if endpoint.uses_store {
                at_shared.renew_nonces().await;
                let rate = in_redis.add(send((endpoint.requests)(&at_shared, count), &shared).await);
                in_redis.compare(rate, limit, empty_app);
            }
        }
        if let Some((_, budget, aim)) = endpoint.empty_app {
            report.budget(budget, aim, in_memory.of_empty_app.median() / 100.0);
        }
        let name = endpoint.name;
        lines.push(of_bare.line(format!("{name}: bare axum")));
        if endpoint.verifies_proof {
            lines.push(of_verified.line(format!("{name}: bare axum and one P-256 verification")));
        }
        if let Some((path, ..)) = endpoint.empty_app {
            lines.push(of_empty.line(format!("{name}: empty Dioxus app, GET {path}")));
        }
        lines.push(in_memory.line(name.to_owned()));
        if endpoint.uses_store {
            lines.push(in_redis.line(format!("{name}, sessions in Redis")));
        }
    }
    report.add("Requests", lines);
}

/// Answers what the server on this port answers to each endpoint's request.
async fn bare_server(servers: &Servers, port: u16, visitor: &Visitor) -> Process {
    visitor.renew_nonces().await;
    let mut recorded = vec![];
    for endpoint in &ENDPOINTS {
        let answer = record(port, &(endpoint.requests)(visitor, 1).raw[0]).await;
        if endpoint.verifies_proof {
            recorded.push(answer.verified(visitor.browser.key.point()));
        }
        recorded.push(answer);
    }
    let file = servers.output.join("recorded.json");
    fs::write(&file, serde_json::to_vec(&recorded).unwrap()).unwrap();
    let port = free_port();
    Process::of_this_program(port, &["bare", &port.to_string(), file.to_str().unwrap()]).await
}

fn authorize(visitor: &Visitor, count: u64) -> Requests {
    let path = format!("/api/authorize?dpop_jkt={}", visitor.browser.key.thumbprint());
    let raw = (0..count).map(|_| get(&path, &[("DPoP", &visitor.browser.key.proof("GET", "/api/authorize", None))]));
    Requests { raw: raw.collect(), again: false }
}

/// The sessions in turn, until there are enough.
fn refresh(visitor: &Visitor, count: u64) -> Requests {
    let count = count.min(5 * visitor.sessions.len() as u64);
    let sessions = visitor.sessions.iter().cycle().take(usize::try_from(count).unwrap());
    let raw = sessions.map(|(browser, session)| {
        let proof = browser.key.proof("POST", "/api/refresh", None);
        post("/api/refresh", &[("DPoP", &proof)], &format!(r#"{{"session":"{session}"}}"#))
    });
    Requests { raw: raw.collect(), again: false }
}

fn chat(visitor: &Visitor, count: u64) -> Requests {
    let token = &visitor.signed_in.access_token;
    let authorization = format!("DPoP {token}");
    let raw = (0..count).map(|_| {
        let proof = visitor.browser.key.proof("GET", "/api/chat", Some(token));
        get("/api/chat", &[("Authorization", &authorization), ("DPoP", &proof)])
    });
    Requests { raw: raw.collect(), again: false }
}

fn page(_: &Visitor, _: u64) -> Requests {
    Requests::same(get("/", &[("Accept-Encoding", "br")]))
}

fn wasm(visitor: &Visitor, _: u64) -> Requests {
    Requests::same(get(&visitor.wasm, &[("Accept-Encoding", "br")]))
}

impl Visitor {
    async fn sign_in(servers: &Servers, port: u16, sessions: u32) -> Self {
        let browser = Browser::at(port);
        let signed_in = browser.sign_in("ada", 3600).await;
        let mut many = vec![];
        for n in 0..sessions {
            let other = browser.another();
            let session = other.sign_in(&format!("user-{n}"), 1).await.session;
            many.push((other, session));
        }
        Self { browser, signed_in, sessions: many, wasm: wasm_path(&servers.public()) }
    }

    /// Proofs are signed before a run, and a nonce is valid for two minutes: without a new one, those of a long bench
    /// would carry the nonce of the sign-in.
    async fn renew_nonces(&self) {
        let browsers = self.sessions.iter().map(|(browser, _)| browser).chain([&self.browser]);
        stream::iter(browsers.map(Browser::renew_nonce)).buffer_unordered(AT_A_TIME).collect::<Vec<()>>().await;
    }
}

/// The path of the WebAssembly, which has a hash in its name.
fn wasm_path(public: &Path) -> String {
    let mut files = fs::read_dir(public.join("assets")).unwrap().map(|entry| entry.unwrap().path());
    let file = files.find(|file| file.extension().is_some_and(|extension| extension == "wasm")).unwrap();
    format!("/{}", file.strip_prefix(public).unwrap().display())
}

/// The answer to this request, head and body, for the bare server to repeat.
async fn record(port: u16, raw: &str) -> Recorded {
    let (head, body) = raw.split_once("\r\n\r\n").unwrap();
    let mut lines = head.lines();
    let mut first = lines.next().unwrap().split(' ');
    let (method, path) = (first.next().unwrap(), first.next().unwrap());
    let mut request = Client::new().request(method.parse().unwrap(), format!("http://127.0.0.1:{port}{path}"));
    for (name, value) in lines.filter_map(|line| line.split_once(": ")).filter(|(name, _)| *name != "Content-Length") {
        request = request.header(name, value);
    }
    let response = request.body(body.to_owned()).send().await.unwrap();
    assert!(response.status().is_success(), "{path}: {}", response.status());
    let headers = response
        .headers()
        .iter()
        .filter(|(name, _)| ![header::DATE, header::CONTENT_LENGTH].contains(name))
        .map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()))
        .collect();
    let path = path.split('?').next().unwrap().to_owned();
    Recorded { path, headers, body: response.bytes().await.unwrap().to_vec(), key: None }
}

impl Figures {
    /// One run, and the server's processor time in it.
    fn add(&mut self, (load, cpu): (Load, Duration)) -> Rate {
        let rate = Rate { per_second: load.per_second, cpu: microseconds(cpu) / load.requests as f64 };
        self.per_second.add(rate.per_second);
        self.p50.add(milliseconds(load.p50));
        self.p99.add(milliseconds(load.p99));
        self.cpu.add(rate.cpu);
        self.generator_cpu.add(microseconds(load.own_cpu));
        rate
    }

    fn compare(&mut self, rate: Rate, bare: Rate, empty_app: Option<Rate>) {
        self.of_bare.add(100.0 * rate.per_second / bare.per_second);
        self.cpu_of_bare.add(rate.cpu / bare.cpu);
        if let Some(empty_app) = empty_app {
            self.of_empty_app.add(100.0 * rate.per_second / empty_app.per_second);
        }
    }

    fn line(self, what: String) -> Line {
        let mut line = Line::new(what)
            .with("requests/s", self.per_second)
            .with("p50, ms", self.p50)
            .with("p99, ms", self.p99)
            .with("CPU, µs", self.cpu)
            .with("wrk's CPU, µs", self.generator_cpu);
        if !self.of_empty_app.is_empty() {
            line = line.with("% of the empty app", self.of_empty_app);
        }
        if !self.of_bare.is_empty() {
            line = line.with("% of bare axum", self.of_bare).with("CPU, times bare axum's", self.cpu_of_bare);
        }
        line
    }
}
