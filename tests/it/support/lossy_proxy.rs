//! A TCP proxy in front of Redis that can drop a response.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicUsize, Ordering},
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, copy},
    net::{TcpListener, TcpStream},
};

pub struct LossyProxy {
    port: u16,
    fault: Arc<Fault>,
}

#[derive(Default)]
struct Fault {
    drop_next: AtomicBool,
    dropped: AtomicUsize,
}

impl LossyProxy {
    pub async fn before(redis: &str) -> Self {
        let address = redis.trim_start_matches("redis://").to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (port, fault) = (listener.local_addr().unwrap().port(), Arc::<Fault>::default());
        let connection_fault = fault.clone();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let server = TcpStream::connect(&address).await.unwrap();
                tokio::spawn(connection_fault.clone().forward(client, server));
            }
        });
        Self { port, fault }
    }

    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// Drops the next response of Redis and closes the connection.
    pub fn drop_next_response(&self) {
        self.fault.drop_next.store(true, Ordering::SeqCst);
    }

    pub fn dropped(&self) -> usize {
        self.fault.dropped.load(Ordering::SeqCst)
    }
}

impl Fault {
    async fn forward(self: Arc<Self>, mut client: TcpStream, mut server: TcpStream) {
        let (mut from_client, mut to_client) = client.split();
        let (mut from_server, mut to_server) = server.split();
        let responses = async {
            let mut bytes = [0; 4096];
            while let Ok(read @ 1..) = from_server.read(&mut bytes).await {
                if self.drop_next.swap(false, Ordering::SeqCst) {
                    self.dropped.fetch_add(1, Ordering::SeqCst);
                    return;
                }
                to_client.write_all(&bytes[..read]).await.unwrap();
            }
        };
        tokio::select! {
            () = responses => {}
            _ = copy(&mut from_client, &mut to_server) => {}
        }
    }
}
