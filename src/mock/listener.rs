//! What the mocks listen with: HTTP, or HTTPS with a certificate, on connections that a handler can close without a
//! response. axum offers neither.

use std::{
    io,
    net::SocketAddr,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};

use axum::{
    extract::connect_info::Connected,
    response::{IntoResponse, Response},
    serve::{self, IncomingStream},
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{TcpListener, TcpStream},
    task::JoinSet,
    time::timeout,
};
use tokio_rustls::{TlsAcceptor, server::TlsStream};

use super::certificate::Certificate;

/// The handler's side of a connection.
#[derive(Debug, Clone, Default)]
pub struct Connection {
    is_closed: Arc<AtomicBool>,
}

/// A listening socket.
pub struct Listener {
    tcp: TcpListener,
    tls: Option<TlsAcceptor>,
    /// One that takes its time must not hold up the others.
    handshakes: JoinSet<Option<(TlsStream<TcpStream>, SocketAddr)>>,
}

/// A stream whose writes fail once its connection is to be closed.
pub struct Stream {
    transport: Box<dyn Transport>,
    connection: Connection,
}

trait Transport: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Transport for T {}

const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);

impl Connection {
    /// Returns a response that is never sent: the connection closes instead.
    pub fn close_without_answer(&self) -> Response {
        self.is_closed.store(true, Ordering::Relaxed);
        ().into_response()
    }

    fn check(&self) -> io::Result<()> {
        match self.is_closed.load(Ordering::Relaxed) {
            true => Err(io::ErrorKind::ConnectionReset.into()),
            false => Ok(()),
        }
    }
}

impl Listener {
    /// Port 0: a free one. With a certificate, it speaks HTTPS.
    pub async fn bind(address: SocketAddr, certificate: Option<&Certificate>) -> io::Result<Listener> {
        let tls = certificate.map(|certificate| TlsAcceptor::from(certificate.config()));
        Ok(Listener { tcp: TcpListener::bind(address).await?, tls, handshakes: JoinSet::new() })
    }

    /// `http://127.0.0.1:9400`
    pub fn origin(&self) -> io::Result<String> {
        let scheme = if self.tls.is_some() { "https" } else { "http" };
        Ok(format!("{scheme}://{}", self.tcp.local_addr()?))
    }
}

impl serve::Listener for Listener {
    type Io = Stream;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Stream, SocketAddr) {
        loop {
            tokio::select! {
                (tcp, address) = serve::Listener::accept(&mut self.tcp) => match self.tls.clone() {
                    None => return (Stream::over(tcp), address),
                    Some(acceptor) => drop(self.handshakes.spawn(async move {
                        let stream = timeout(HANDSHAKE_TIMEOUT, acceptor.accept(tcp)).await.ok()?.ok()?;
                        Some((stream, address))
                    })),
                },
                // Those that failed are dropped.
                Some(done) = self.handshakes.join_next() => if let Ok(Some((tls, address))) = done {
                    return (Stream::over(tls), address);
                },
            }
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.tcp.local_addr()
    }
}

impl Connected<IncomingStream<'_, Listener>> for Connection {
    fn connect_info(stream: IncomingStream<'_, Listener>) -> Connection {
        stream.io().connection.clone()
    }
}

impl Stream {
    fn over(transport: impl Transport + 'static) -> Stream {
        Stream { transport: Box::new(transport), connection: Connection::default() }
    }
}

impl AsyncRead for Stream {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.transport).poll_read(cx, buf)
    }
}

impl AsyncWrite for Stream {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        self.connection.check()?;
        Pin::new(&mut self.transport).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.transport).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.transport).poll_shutdown(cx)
    }
}
