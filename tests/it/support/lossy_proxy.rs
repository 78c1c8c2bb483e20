//! A network that loses an answer when it is told to.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicUsize, Ordering},
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, copy},
    net::{TcpListener, TcpStream},
};

/// Before a Redis.
pub struct Lossy {
    port: u16,
    fault: Arc<Fault>,
}

#[derive(Default)]
struct Fault {
    lose_next: AtomicBool,
    lost: AtomicUsize,
}

impl Lossy {
    pub async fn before(redis: &str) -> Self {
        let there = redis.trim_start_matches("redis://").to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (port, fault) = (listener.local_addr().unwrap().port(), Arc::<Fault>::default());
        let told = fault.clone();
        tokio::spawn(async move {
            while let Ok((here, _)) = listener.accept().await {
                let there = TcpStream::connect(&there).await.unwrap();
                tokio::spawn(told.clone().pass(here, there));
            }
        });
        Self { port, fault }
    }

    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// The next thing that Redis says reaches nobody: the connection breaks in its place.
    pub fn lose_next_answer(&self) {
        self.fault.lose_next.store(true, Ordering::SeqCst);
    }

    pub fn lost(&self) -> usize {
        self.fault.lost.load(Ordering::SeqCst)
    }
}

impl Fault {
    async fn pass(self: Arc<Self>, mut here: TcpStream, mut there: TcpStream) {
        let (mut from_here, mut to_here) = here.split();
        let (mut from_there, mut to_there) = there.split();
        let answers = async {
            let mut bytes = [0; 4096];
            while let Ok(read @ 1..) = from_there.read(&mut bytes).await {
                if self.lose_next.swap(false, Ordering::SeqCst) {
                    self.lost.fetch_add(1, Ordering::SeqCst);
                    return;
                }
                to_here.write_all(&bytes[..read]).await.unwrap();
            }
        };
        tokio::select! {
            () = answers => {}
            _ = copy(&mut from_here, &mut to_there) => {}
        }
    }
}
