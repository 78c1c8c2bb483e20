//! How the server stops: nobody new is let in, what streams ends honestly, and what must not be cut off is waited for.

use std::{future::IntoFuture, io, net::SocketAddr, time::Duration};

use axum::Router;
use tokio::{net::TcpListener, time::sleep};
use tokio_util::sync::CancellationToken;

use super::Services;

/// Longest time from the signal to the end of the process. Process managers often give 30 seconds.
const LONGEST: Duration = Duration::from_secs(20);

/// Serves until the process is told to stop, and then until all has ended that was under way: requests, answers (as
/// interrupted, in their streams and in the store), refreshes. Told twice, or after [`LONGEST`], it waits no longer.
pub async fn serve_until_stopped(listener: TcpListener, router: Router, services: &Services) -> io::Result<()> {
    let told = CancellationToken::new();
    // Who calls is needed by the limits.
    let router = router.into_make_service_with_connect_info::<SocketAddr>();
    let server = axum::serve(listener, router).with_graceful_shutdown(told.clone().cancelled_owned());
    let served = async {
        let closing = async {
            stop_signal().await;
            tracing::info!("stopping");
            told.cancel();
            services.chat.close();
            services.sessions.close();
            Ok(())
        };
        tokio::try_join!(server.into_future(), closing)?;
        // Nobody asks any more. What the last ones began may go on without them.
        tokio::join!(services.chat.finished(), services.sessions.finished());
        Ok(())
    };
    let late = async {
        told.cancelled().await;
        tokio::select! {
            () = sleep(LONGEST) => {}
            () = stop_signal() => {}
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

async fn stop_signal() {
    let interrupted = async {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await
        }
    };
    let terminated = async {
        match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
            Ok(mut signal) => {
                signal.recv().await;
            }
            Err(_) => std::future::pending::<()>().await,
        }
    };
    tokio::select! {
        () = interrupted => {}
        () = terminated => {}
    }
}
