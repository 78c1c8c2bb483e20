//! How the server stops: nobody new is let in, what streams ends honestly, and what must not be cut off is waited for.

use std::{future::IntoFuture, io, net::SocketAddr, time::Duration};

use axum::Router;
use tokio::{
    net::TcpListener,
    signal::unix::{Signal, SignalKind, signal},
    time::sleep,
};
use tokio_util::sync::CancellationToken;

use super::Services;

/// Longest time from the signal to the end of the process. Process managers often give 30 seconds.
const LONGEST: Duration = Duration::from_secs(20);

/// How the process is told to stop.
struct StopSignals {
    interrupt: Option<Signal>,
    terminate: Option<Signal>,
}

/// Serves until the process is told to stop, and then until all has ended that was under way: requests, answers (as
/// interrupted, in their streams and in the store), refreshes. Told twice, or after [`LONGEST`], it waits no longer.
pub async fn serve_until_stopped(listener: TcpListener, router: Router, services: &Services) -> io::Result<()> {
    let told = CancellationToken::new();
    // Who calls is needed by the limits.
    let router = router.into_make_service_with_connect_info::<SocketAddr>();
    let server = axum::serve(listener, router).with_graceful_shutdown(told.clone().cancelled_owned());
    let served = async {
        server.into_future().await?;
        // Nobody asks any more. What the last ones began may go on without them.
        tokio::join!(services.chat.finished(), services.sessions.finished());
        Ok(())
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
        outcome = served => outcome.inspect(|()| tracing::info!("stopped")),
        () = late => {
            tracing::warn!("stopped before everything had ended");
            Ok(())
        }
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
