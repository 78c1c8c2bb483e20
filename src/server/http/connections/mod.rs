//! Connections: how many there may be, and how long each may be silent.
//!
//! `axum::serve` sets no timeouts, so a client that opens connections and sends nothing, or a byte now and then, holds them
//! without end (Slowloris). HTTP/1.1 only: the proxy in front speaks HTTP/2, whose connections need other limits.
//!
//! | file | holds |
//! |---|---|
//! | `head_timer` | how long the head of a request may take |
//! | `idle_stream` | responses that send something only now and then |
//! | `watched` | a connection whose bytes are counted |

mod head_timer;
mod idle_stream;
mod watched;

use std::{
    future::poll_fn,
    io,
    net::SocketAddr,
    num::NonZeroU32,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

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

use head_timer::HeadTimer;
use idle_stream::Handover;
use watched::Watched;

pub use idle_stream::IdleStream;

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

/// What becomes of a connection that hyper serves.
enum Step {
    Ended(hyper::Result<()>),
    /// The head of a response has been sent, of which this is the body.
    Idle(Body),
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
        let connection = connection(stream, peer, router.clone(), settings, stop.clone(), permit, connections.clone());
        connections.spawn(connection);
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
    permit: Option<OwnedSemaphorePermit>,
    connections: TaskTracker,
) {
    // Events are small, and must not wait for more.
    let _ = stream.set_nodelay(true);
    let (stream, progress) = Watched::new(stream);
    let (head, idle) = (settings.head_timeout, settings.idle_timeout);
    let timer = HeadTimer { progress: progress.clone(), head, idle };
    let handover = Handover::new(progress);
    let (of_request, of_response) = (handover.clone(), handover.clone());
    let service = router
        .map_request(move |request: Request<Incoming>| {
            of_request.note(&request);
            let mut request = request.map(Body::new);
            // The rate limits need the address.
            request.extensions_mut().insert(ConnectInfo(peer));
            request
        })
        .map_response(move |response| of_response.take_body(response));
    let mut builder = http1::Builder::new();
    builder.timer(timer).header_read_timeout(head).max_buf_size(MAX_HEAD_BYTES);
    let mut served = builder.serve_connection(TokioIo::new(stream), TowerToHyperService::new(service));
    let step = tokio::select! {
        step = poll_fn(|context| poll_step(&mut served, &handover, context)) => step,
        () = stop.cancelled() => {
            Pin::new(&mut served).graceful_shutdown();
            poll_fn(|context| poll_step(&mut served, &handover, context)).await
        }
    };
    match step {
        Step::Ended(Ok(())) => {}
        Step::Ended(Err(error)) => tracing::debug!(%peer, %error, "a connection ended early"),
        Step::Idle(body) => {
            let stream = served.into_parts().io.into_inner().into_inner();
            // In a task of its own, as this one is as large as what it has done before.
            connections.spawn(async move {
                let _permit = permit;
                if let Err(error) = idle_stream::send(stream, body).await {
                    tracing::debug!(%peer, %error, "a stream of events ended early");
                }
            });
        }
    }
}

fn poll_step(
    served: &mut (impl Future<Output = hyper::Result<()>> + Unpin),
    handover: &Handover,
    context: &mut Context<'_>,
) -> Poll<Step> {
    match Pin::new(served).poll(context) {
        Poll::Ready(outcome) => Poll::Ready(Step::Ended(outcome)),
        Poll::Pending => handover.body_to_send().map_or(Poll::Pending, |body| Poll::Ready(Step::Idle(body))),
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
