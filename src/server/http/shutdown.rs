//! How the server stops: it accepts no new requests, ends streams with an event that says so, and waits for writes.

use std::time::{Duration, Instant};

use axum::Router;
use tokio::{
    net::TcpListener,
    signal::unix::{Signal, SignalKind, signal},
    time::{interval, sleep},
};
use tokio_util::sync::CancellationToken;

use super::connections::{self, ConnectionSettings};
use crate::server::{Services, audit};

/// Longest time from the signal to the end of the process. Process managers often give 30 seconds.
const LONGEST: Duration = Duration::from_secs(20);

/// How often the counts of repeated audit events are written.
const WRITE_REPEATED: Duration = Duration::from_secs(15);

struct StopSignals {
    interrupt: Option<Signal>,
    terminate: Option<Signal>,
}

/// Serves until the first signal, and then until everything under way has ended: requests, answers (as interrupted, in
/// their streams and in the store), refreshes. After a second signal, or after [`LONGEST`], it waits no longer.
pub async fn serve_until_stopped(
    listener: TcpListener,
    router: Router,
    connections: ConnectionSettings,
    services: &Services,
) {
    let stop = CancellationToken::new();
    let served = async {
        connections::serve(listener, router, connections, stop.clone()).await;
        // All requests are answered. What they began may still run.
        tokio::join!(services.chat.finished(), services.sessions.finished());
    };
    // Before anything is awaited, so that no signal is missed.
    let mut signals = StopSignals::new();
    let timed_out = async {
        signals.next().await;
        tracing::info!("stopping");
        stop.cancel();
        services.chat.close();
        services.sessions.close();
        tokio::select! {
            () = sleep(LONGEST) => {}
            () = signals.next() => {}
        }
    };
    tokio::select! {
        () = served => tracing::info!("stopped"),
        () = timed_out => tracing::warn!("stopped before everything had ended"),
        () = write_repeated_events() => {}
    }
    audit::write_repeated(None);
}

/// Without end.
async fn write_repeated_events() {
    let mut ticks = interval(WRITE_REPEATED);
    loop {
        ticks.tick().await;
        audit::write_repeated(Some(Instant::now()));
    }
}

impl StopSignals {
    fn new() -> Self {
        Self { interrupt: signal(SignalKind::interrupt()).ok(), terminate: signal(SignalKind::terminate()).ok() }
    }

    async fn next(&mut self) {
        tokio::select! {
            () = received(&mut self.interrupt) => {}
            () = received(&mut self.terminate) => {}
        }
    }
}

async fn received(signal: &mut Option<Signal>) {
    match signal {
        Some(signal) => drop(signal.recv().await),
        None => std::future::pending().await,
    }
}
