//! Connections: how many there may be, and how long each may be silent.
//!
//! `axum::serve` sets no timeouts, so a client that opens connections and sends nothing, or a byte now and then, holds them
//! without end (Slowloris). HTTP/1.1 only: the proxy in front speaks HTTP/2, whose connections need other limits.

mod head_timer;

use std::{io, net::SocketAddr, num::NonZeroU32, pin::pin, sync::Arc, time::Duration};

use axum::{Router, body::Body, extract::ConnectInfo, http::Request};
use hyper::{body::Incoming, server::conn::http1};
use hyper_util::{rt::TokioIo, service::TowerToHyperService};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{Instant, sleep},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tower::ServiceExt;

use head_timer::{HeadTimer, Watched};

/// Longer than proxies keep an idle connection, which is often a minute: so the proxy closes it first, and no request
/// meets a connection that is being closed.
const IDLE: Duration = Duration::from_secs(90);
const HEAD: Duration = Duration::from_secs(10);
const MAX: NonZeroU32 = NonZeroU32::new(10_000).unwrap();

/// The maximum size of a request's head, in bytes: as much as nginx passes on (`large_client_header_buffers` in
/// `deploy/nginx.conf`). A larger one is answered 431 (RFC 6585 §5). hyper compares before each read, so a head may exceed
/// it by the last read. hyper's own default is three times that.
pub const MAX_HEAD_BYTES: usize = 128 * 1024;

/// Pause after accepting has failed, as without free file descriptors.
const ACCEPT_AGAIN_AFTER: Duration = Duration::from_secs(1);
const WARN_EVERY: Duration = Duration::from_secs(60);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConnectionSettings {
    /// `MAX_CONNECTIONS`: those beyond wait in the system's queue until others have ended.
    pub max: NonZeroU32,
    /// From a connection's beginning, or a request's first byte, to the end of the request's head.
    pub head_timeout: Duration,
    /// Between two requests.
    pub idle_timeout: Duration,
}

impl ConnectionSettings {
    pub const DEFAULT: Self = Self { max: MAX, head_timeout: HEAD, idle_timeout: IDLE };
}

impl Default for ConnectionSettings {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// Serves until `stop`, and then until the requests that are under way have been answered.
pub async fn serve(listener: TcpListener, router: Router, settings: ConnectionSettings, stop: CancellationToken) {
    let (permits, connections) = (Arc::new(Semaphore::new(settings.max.get() as usize)), TaskTracker::new());
    let mut warned_at = None;
    loop {
        warn_if_full(&permits, &mut warned_at);
        let accepted = async {
            // The semaphore is never closed.
            let permit = permits.clone().acquire_owned().await.ok();
            (accept(&listener).await, permit)
        };
        let ((stream, peer), permit) = tokio::select! {
            accepted = accepted => accepted,
            () = stop.cancelled() => break,
        };
        connections.spawn(connection(stream, peer, router.clone(), settings, stop.clone(), permit));
    }
    drop(listener);
    connections.close();
    connections.wait().await;
}

async fn connection(
    stream: TcpStream,
    peer: SocketAddr,
    router: Router,
    settings: ConnectionSettings,
    stop: CancellationToken,
    _permit: Option<OwnedSemaphorePermit>,
) {
    // Events are small, and must not wait for more.
    let _ = stream.set_nodelay(true);
    let (stream, timer) = HeadTimer::watching(stream, settings.head_timeout, settings.idle_timeout);
    let service = router.map_request(move |request: Request<Incoming>| {
        let mut request = request.map(Body::new);
        // The rate limits need the address.
        request.extensions_mut().insert(ConnectInfo(peer));
        request
    });
    let mut builder = http1::Builder::new();
    builder.timer(timer).header_read_timeout(settings.head_timeout).max_buf_size(MAX_HEAD_BYTES);
    let io: TokioIo<Watched<TcpStream>> = TokioIo::new(stream);
    let mut connection = pin!(builder.serve_connection(io, TowerToHyperService::new(service)));
    let outcome = tokio::select! {
        outcome = connection.as_mut() => outcome,
        () = stop.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = outcome {
        tracing::debug!(%peer, %error, "a connection ended early");
    }
}

async fn accept(listener: &TcpListener) -> (TcpStream, SocketAddr) {
    loop {
        match listener.accept().await {
            Ok(accepted) => return accepted,
            Err(error) if is_of_one_connection(&error) => {}
            Err(error) => {
                tracing::error!(%error, "no connection can be accepted");
                sleep(ACCEPT_AGAIN_AFTER).await;
            }
        }
    }
}

/// The client has closed the connection before it was accepted.
fn is_of_one_connection(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}

fn warn_if_full(permits: &Semaphore, warned_at: &mut Option<Instant>) {
    if permits.available_permits() == 0 && warned_at.is_none_or(|at| at.elapsed() >= WARN_EVERY) {
        *warned_at = Some(Instant::now());
        tracing::warn!("as many connections are open as MAX_CONNECTIONS allows: others wait");
    }
}
