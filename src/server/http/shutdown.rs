//! Graceful shutdown. `SIGTERM`, which process managers send, drains first: the load balancer learns that this server goes,
//! and running answers get time to end. `SIGINT`, which a terminal sends, does not. Then there are no new connections,
//! streams end with an event, and running refreshes are finished.

use std::time::{Duration, Instant};

use axum::Router;
use tokio::{
    net::TcpListener,
    signal::unix::{Signal, SignalKind, signal},
    time::{interval, sleep, timeout},
};
use tokio_util::sync::CancellationToken;

use super::{
    Services,
    connections::{self, ConnectionSettings},
};
use crate::server::observe::audit;

/// Longest time from the end of draining to the end of the process.
pub const LONGEST: Duration = Duration::from_secs(20);

/// How often the counts of repeated audit events are written.
const WRITE_REPEATED_EVERY: Duration = Duration::from_secs(15);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DrainSettings {
    /// `DRAIN_NOTICE_SECONDS`: how long the server goes on as before while `/readyz` says that it drains.
    pub notice: Duration,
    /// `DRAIN_SECONDS`: the longest time that running answers get after that.
    pub answers: Duration,
}

impl DrainSettings {
    pub const DEFAULT: Self = Self { notice: Duration::from_secs(5), answers: Duration::from_secs(120) };
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum StopSignal {
    Interrupt,
    Terminate,
}

/// The signals that stop the process.
struct StopSignals {
    interrupt: Option<Signal>,
    terminate: Option<Signal>,
}

/// Serves until the process gets a signal and has drained, and then until everything that is running has ended: requests,
/// answers (as interrupted, in their streams and in the store), refreshes. A second signal ends the draining, and a third, or
/// [`LONGEST`], everything.
pub async fn serve_until_stopped(
    listener: TcpListener,
    router: Router,
    connections: ConnectionSettings,
    draining: DrainSettings,
    services: &Services,
) {
    let stopping = CancellationToken::new();
    let served = async {
        connections::serve(listener, router, connections, stopping.clone()).await;
        // All connections are closed. Tasks that they began may still run.
        tokio::join!(services.chat.finished(), services.sessions.finished());
    };
    // From here on no signal is missed, even of two in a row.
    let mut signals = StopSignals::new();
    let timed_out = async {
        if signals.next().await == StopSignal::Terminate {
            tokio::select! {
                () = drain(draining, services) => {}
                _ = signals.next() => {}
            }
        }
        tracing::info!("stopping");
        stopping.cancel();
        services.chat.close();
        services.sessions.close();
        tokio::select! {
            () = sleep(LONGEST) => {}
            _ = signals.next() => {}
        }
    };
    tokio::select! {
        () = served => tracing::info!("stopped"),
        () = timed_out => tracing::warn!("stopped before everything had ended"),
        () = write_repeated_events() => {}
    }
    audit::write_repeated(None);
    audit::stop();
}

/// Returns when no answer is running any more, or after the longest time.
async fn drain(settings: DrainSettings, services: &Services) {
    tracing::info!(notice = settings.notice.as_secs(), answers = settings.answers.as_secs(), "draining");
    services.draining.cancel();
    sleep(settings.notice).await;
    services.chat.refuse_new();
    // Open pages connect again, which the load balancer sends to another server.
    services.sessions.close();
    if timeout(settings.answers, services.chat.finished()).await.is_err() {
        tracing::warn!("answers are still running, and are interrupted");
    }
}

/// Never returns.
async fn write_repeated_events() {
    let mut ticks = interval(WRITE_REPEATED_EVERY);
    loop {
        ticks.tick().await;
        audit::write_repeated(Some(Instant::now()));
        audit::write_due_head();
    }
}

impl StopSignals {
    fn new() -> Self {
        Self { interrupt: signal(SignalKind::interrupt()).ok(), terminate: signal(SignalKind::terminate()).ok() }
    }

    async fn next(&mut self) -> StopSignal {
        tokio::select! {
            () = received(&mut self.interrupt) => StopSignal::Interrupt,
            () = received(&mut self.terminate) => StopSignal::Terminate,
        }
    }
}

async fn received(signal: &mut Option<Signal>) {
    match signal {
        Some(signal) => drop(signal.recv().await),
        None => std::future::pending().await,
    }
}
