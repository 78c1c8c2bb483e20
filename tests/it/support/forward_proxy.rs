//! A proxy as companies have one: for https a tunnel (`CONNECT`), for http a reader of the requests. All names lead to the
//! servers that the test names.

use std::{
    collections::HashMap,
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

#[derive(Clone)]
pub struct ForwardProxy {
    address: SocketAddr,
    /// The servers, by `host:port`.
    servers: HashMap<String, SocketAddr>,
    heads: Arc<Mutex<Vec<String>>>,
}

impl ForwardProxy {
    pub async fn start(servers: &[(&str, SocketAddr)]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let servers = servers.iter().map(|(name, server)| ((*name).to_owned(), *server)).collect();
        let proxy = Self { address: listener.local_addr().unwrap(), servers, heads: Arc::default() };
        let serving = proxy.clone();
        tokio::spawn(async move {
            while let Ok((connection, _)) = listener.accept().await {
                let serving = serving.clone();
                tokio::spawn(async move { serving.serve(connection).await });
            }
        });
        proxy
    }

    /// `host:port`
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The head of each request to it, in lower case.
    pub fn heads(&self) -> Vec<String> {
        self.heads.lock().unwrap().clone()
    }

    /// Whether there was a request that begins so.
    pub fn has_seen(&self, beginning: &str) -> bool {
        self.heads().iter().any(|head| head.starts_with(&beginning.to_lowercase()))
    }

    async fn serve(&self, mut client: TcpStream) -> Option<()> {
        let mut head = vec![];
        while !head.ends_with(b"\r\n\r\n") {
            head.push(client.read_u8().await.ok()?);
        }
        let text = String::from_utf8_lossy(&head).to_lowercase();
        self.heads.lock().unwrap().push(text.clone());
        let mut line = text.split_whitespace();
        let (method, target) = (line.next()?, line.next()?);
        let name = match method {
            "connect" => target.to_owned(),
            _ => format!("{}:80", target.strip_prefix("http://")?.split('/').next()?),
        };
        let Some(server) = self.servers.get(&name) else {
            client.write_all(b"HTTP/1.1 502 Bad Gateway\r\ncontent-length: 0\r\n\r\n").await.ok()?;
            return None;
        };
        let mut server = TcpStream::connect(server).await.ok()?;
        match method {
            "connect" => client.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await.ok()?,
            _ => server.write_all(&head).await.ok()?,
        }
        tokio::io::copy_bidirectional(&mut client, &mut server).await.ok().map(drop)
    }
}
