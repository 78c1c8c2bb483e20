//! Graceful shutdown: no new connections, streams end with an event, and running refreshes are finished.

use std::time::{Duration, Instant};

use axum::Router;
use tokio::{
    net::TcpListener,
    signal::unix::{Signal, SignalKind, signal},
    time::{interval, sleep},
};
use tokio_util::sync::CancellationToken;

use super::{
    Services,
    connections::{self, ConnectionSettings},
};
use crate::server::observe::audit;

/// Longest time from the signal to the end of the process. Process managers often give 30 seconds.
const LONGEST: Duration = Duration::from_secs(20);

/// How often the counts of repeated audit events are written.
const WRITE_REPEATED_EVERY: Duration = Duration::from_secs(15);

/// The signals that stop the process.
struct StopSignals {
    interrupt: Option<Signal>,
    terminate: Option<Signal>,
}

/// Serves until the process gets a signal, and then until everything that is running has ended: requests, answers (as
/// interrupted, in their streams and in the store), refreshes. It stops at once after a second signal, or after [`LONGEST`].
pub async fn serve_until_stopped(
    listener: TcpListener,
    router: Router,
    connections: ConnectionSettings,
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
        signals.next().await;
        tracing::info!("stopping");
        stopping.cancel();
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

/// Never returns.
async fn write_repeated_events() {
    let mut ticks = interval(WRITE_REPEATED_EVERY);
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
