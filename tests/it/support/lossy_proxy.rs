//! A TCP proxy in front of Redis that can drop a response, or everything.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicUsize, Ordering},
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, copy},
    net::{TcpListener, TcpStream},
    sync::watch,
};

pub struct LossyProxy {
    port: u16,
    fault: Arc<Fault>,
}

/// What becomes of connections.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Link {
    #[default]
    Works,
    /// All are closed, and new ones at once.
    Closed,
    /// They stay open, and nothing comes through, as behind a firewall that drops packets.
    Silent,
}

#[derive(Default)]
struct Fault {
    drop_next: AtomicBool,
    dropped: AtomicUsize,
    link: watch::Sender<Link>,
}

impl LossyProxy {
    pub async fn before(redis: &str) -> Self {
        let address = redis.trim_start_matches("redis://").to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (port, fault) = (listener.local_addr().unwrap().port(), Arc::<Fault>::default());
        let connection_fault = fault.clone();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(connection_fault.clone().serve(client, address.clone()));
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

    /// For all connections. Those that were open are closed, at the latest when they would work again.
    pub fn set(&self, link: Link) {
        self.fault.link.send_replace(link);
    }
}

impl Fault {
    async fn serve(self: Arc<Self>, client: TcpStream, address: String) {
        let mut link = self.link.subscribe();
        let mut client = client;
        if *link.borrow_and_update() == Link::Works {
            let Ok(server) = TcpStream::connect(address).await else { return };
            tokio::select! {
                () = self.forward(&mut client, server) => return,
                _ = link.changed() => {}
            }
        }
        let _ = link.wait_for(|link| *link != Link::Silent).await;
    }

    async fn forward(&self, client: &mut TcpStream, mut server: TcpStream) {
        let (mut from_client, mut to_client) = client.split();
        let (mut from_server, mut to_server) = server.split();
        let responses = async {
            let mut bytes = [0; 4096];
            while let Ok(read @ 1..) = from_server.read(&mut bytes).await {
                if self.drop_next.swap(false, Ordering::SeqCst) {
                    self.dropped.fetch_add(1, Ordering::SeqCst);
                    return;
                }
                if to_client.write_all(&bytes[..read]).await.is_err() {
                    return;
                }
            }
        };
        tokio::select! {
            () = responses => {}
            _ = copy(&mut from_client, &mut to_server) => {}
        }
    }
}
