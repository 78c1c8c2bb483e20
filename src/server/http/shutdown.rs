//! How the server stops: nobody new is let in, what streams ends honestly, and what must not be cut off is waited for.

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

/// How often it is looked for events that have been repeated and not told of.
const LOOK_FOR_REPEATED: Duration = Duration::from_secs(15);

/// How the process is told to stop.
struct StopSignals {
    interrupt: Option<Signal>,
    terminate: Option<Signal>,
}

/// Serves until the process is told to stop, and then until all has ended that was under way: requests, answers (as
/// interrupted, in their streams and in the store), refreshes. Told twice, or after [`LONGEST`], it waits no longer.
pub async fn serve_until_stopped(
    listener: TcpListener,
    router: Router,
    connections: ConnectionSettings,
    services: &Services,
) {
    let told = CancellationToken::new();
    let served = async {
        connections::serve(listener, router, connections, told.clone()).await;
        // Nobody asks any more. What the last ones began may go on without them.
        tokio::join!(services.chat.finished(), services.sessions.finished());
    };
    // Listened for from here on: of two signals in a row, none is missed.
    let mut signals = StopSignals::new();
    let late = async {
        signals.next().await;
        tracing::info!("stopping");
        told.cancel();
        services.chat.close();
        services.sessions.close();
        tokio::select! {
            () = sleep(LONGEST) => {}
            () = signals.next() => {}
        }
    };
    tokio::select! {
        () = served => tracing::info!("stopped"),
        () = late => tracing::warn!("stopped before everything had ended"),
        () = write_repeated_events() => {}
    }
    audit::write_repeated(None);
}

/// Without end.
async fn write_repeated_events() {
    let mut looks = interval(LOOK_FOR_REPEATED);
    loop {
        looks.tick().await;
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
