//! Requests: each door beside a bare axum handler that answers the same bytes, in turns.

use std::{fs, path::Path, time::Duration};

use reqwest::{Client, header};

use crate::{
    bare::{Recorded, VERIFIED},
    browser::{Browser, SignedIn},
    process::{Process, Servers, free_port},
    report::{Line, Runs, microseconds, milliseconds},
    wrk::{Load, Requests, get, post},
};

/// What is asked for.
struct Door {
    name: &'static str,
    make: Make,
    /// Whether sessions, and so their store, have to do with it.
    has_sessions: bool,
}

/// Makes requests for a server that somebody has signed in to.
type Make = fn(&Visitor, u64) -> Requests;

/// Somebody who is signed in to one server.
struct Visitor {
    browser: Browser,
    signed_in: SignedIn,
    /// For refreshes: their access tokens live for a second, so that none is given the last one's answer.
    sessions: Vec<(Browser, String)>,
    page: &'static str,
    wasm: String,
}

pub struct Rounds {
    pub rounds: u32,
    pub time: Duration,
    /// Sessions that are refreshed in turn.
    pub sessions: u32,
}

/// What is measured of one server at one door.
#[derive(Default)]
struct Seen {
    per_second: Runs,
    p50: Runs,
    p99: Runs,
    cpu: Runs,
    generator: Runs,
    of_limit: Runs,
    cpu_of_limit: Runs,
}

const DOORS: [Door; 5] = [
    Door { name: "GET /api/authorize", make: authorize, has_sessions: true },
    Door { name: "POST /api/refresh", make: refresh, has_sessions: true },
    Door { name: "GET /api/chat, guarded", make: chat, has_sessions: true },
    Door { name: "GET /, the shell", make: shell, has_sessions: false },
    Door { name: "GET /…wasm, brotli", make: wasm, has_sessions: false },
];

pub async fn measure(servers: &Servers, public: &Path, rounds: &Rounds) -> Vec<Line> {
    let redis = Process::redis(&servers.folder).await;
    let (memory, _) = servers.start(None).await;
    let (shared, _) = servers.start(Some(&redis)).await;
    let at_memory = Visitor::come(memory.port, public, rounds.sessions).await;
    let at_shared = Visitor::come(shared.port, public, rounds.sessions).await;

    let mut recorded = vec![];
    for door in &DOORS {
        at_memory.renew_nonce().await;
        recorded.push(record(memory.port, &(door.make)(&at_memory, 1).raw[0]).await);
    }
    recorded.push(recorded[2].verified(at_memory.browser.key.point()));
    let file = servers.folder.join("recorded.json");
    fs::write(&file, serde_json::to_vec(&recorded).unwrap()).unwrap();
    let port = free_port();
    let bare = Process::of_ours(port, &["bare", &port.to_string(), file.to_str().unwrap()]).await;

    let mut lines = vec![];
    for door in &DOORS {
        let (mut limit, mut verified) = (Seen::default(), Seen::default());
        let (mut in_memory, mut in_redis) = (Seen::default(), Seen::default());
        for _ in 0..rounds.rounds {
            let send = async |requests: Requests, process: &Process, seen: &mut Seen, of: Option<(f64, f64)>| {
                let before = process.cpu();
                let load = requests.send(process.port, rounds.time, &servers.folder).await;
                seen.add(&load, process.cpu() - before, of)
            };
            // As many as the limit could take.
            let count = 25_000 * rounds.time.as_secs().max(1);
            let again = |requests: Requests| Requests { again: true, ..requests };
            let mut of = send(again((door.make)(&at_memory, 1000)), &bare, &mut limit, None).await;
            if door.name.contains("guarded") {
                let mut requests = again((door.make)(&at_memory, 1000));
                for raw in &mut requests.raw {
                    *raw = raw.replacen(" /", &format!(" {VERIFIED}/"), 1);
                }
                of = send(requests, &bare, &mut verified, None).await;
            }
            at_memory.renew_nonce().await;
            send((door.make)(&at_memory, count), &memory, &mut in_memory, Some(of)).await;
            if door.has_sessions {
                at_shared.renew_nonce().await;
                send((door.make)(&at_shared, count), &shared, &mut in_redis, Some(of)).await;
            }
        }
        lines.push(limit.line(format!("{}: bare axum", door.name)));
        if door.name.contains("guarded") {
            lines.push(verified.line(format!("{}: bare axum and one P-256", door.name)));
        }
        lines.push(in_memory.line(door.name.to_owned()));
        if door.has_sessions {
            lines.push(in_redis.line(format!("{}, sessions in Redis", door.name)));
        }
    }
    lines
}

fn authorize(visitor: &Visitor, count: u64) -> Requests {
    let path = format!("/api/authorize?dpop_jkt={}", visitor.browser.key.thumbprint());
    let raw = (0..count).map(|_| get(&path, &[("DPoP", &visitor.browser.key.proof("GET", "/api/authorize", None))]));
    Requests { raw: raw.collect(), again: false }
}

/// Each session in its turn, until there are enough.
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

fn shell(visitor: &Visitor, _: u64) -> Requests {
    Requests::same(get(visitor.page, &[("Accept-Encoding", "br")]))
}

fn wasm(visitor: &Visitor, _: u64) -> Requests {
    Requests::same(get(&visitor.wasm, &[("Accept-Encoding", "br")]))
}

impl Visitor {
    /// So that the proofs of the next requests are good for two minutes: a call's answer brings it.
    async fn renew_nonce(&self) {
        self.browser.get("/api/chat", &self.signed_in.access_token).await;
    }

    async fn come(port: u16, public: &Path, sessions: u32) -> Self {
        let browser = Browser::at(port);
        let signed_in = browser.sign_in("ada", 3600).await;
        let mut many = vec![];
        for n in 0..sessions {
            let other = browser.another();
            let session = other.sign_in(&format!("user-{n}"), 1).await.session;
            many.push((other, session));
        }
        Self { browser, signed_in, sessions: many, page: "/", wasm: wasm_path(public) }
    }
}

/// Where the browser's half of the app is, whatever its name's hash.
fn wasm_path(public: &Path) -> String {
    let folders = ["wasm", "assets"].map(|folder| public.join(folder)).into_iter().filter(|folder| folder.is_dir());
    let mut files = folders.flat_map(|folder| fs::read_dir(folder).unwrap()).map(|entry| entry.unwrap().path());
    let file = files.find(|file| file.extension().is_some_and(|extension| extension == "wasm")).unwrap();
    format!("/{}", file.strip_prefix(public).unwrap().display())
}

/// The answer to this request, head and body, as the bare server is to give it.
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
    let said = response.headers().iter();
    let headers = said
        .filter(|(name, _)| ![header::DATE, header::CONTENT_LENGTH].contains(name))
        .map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()))
        .collect();
    let path = path.split('?').next().unwrap().to_owned();
    Recorded { path, headers, body: response.bytes().await.unwrap().to_vec(), key: None }
}

impl Seen {
    /// With these beside it: the limit's rate, and its time on the processor. Gives its own.
    fn add(&mut self, load: &Load, cpu: Duration, of: Option<(f64, f64)>) -> (f64, f64) {
        let cpu = microseconds(cpu) / load.requests as f64;
        self.per_second.add(load.per_second);
        self.p50.add(milliseconds(load.p50));
        self.p99.add(milliseconds(load.p99));
        self.cpu.add(cpu);
        self.generator.add(microseconds(load.own_cpu));
        if let Some((per_second, cpu_of_limit)) = of {
            self.of_limit.add(100.0 * load.per_second / per_second);
            self.cpu_of_limit.add(cpu / cpu_of_limit);
        }
        (load.per_second, cpu)
    }

    fn line(self, what: String) -> Line {
        let line = Line::new(what)
            .with("requests/s", self.per_second)
            .with("p50, ms", self.p50)
            .with("p99, ms", self.p99)
            .with("CPU, µs", self.cpu)
            .with("wrk's CPU, µs", self.generator);
        if self.of_limit.is_empty() {
            return line;
        }
        line.with("% of the limit", self.of_limit).with("CPU, times the limit's", self.cpu_of_limit)
    }
}
