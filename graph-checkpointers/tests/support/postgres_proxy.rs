//! A way to the server that counts its replies, loses them, can be cut, and closed for a while.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt, copy};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Mutex, MutexGuard, Notify};

/// The type of the message that ends a reply: `ReadyForQuery`.
const READY: u8 = b'Z';

pub(crate) struct Proxy {
    port: u16,
    way: Arc<Way>,
}

#[derive(Default)]
struct Way {
    replies: AtomicUsize,
    lose_next: AtomicBool,
    lost: Notify,
    cut: Notify,
    /// Held by whoever lets no new connection through.
    gate: Mutex<()>,
}

impl Proxy {
    /// Before the server at that address. Connections through it mustn't ask for TLS.
    pub(crate) async fn before(server: (String, u16)) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let way = Arc::<Way>::default();
        tokio::spawn(serve(listener, server, way.clone()));
        Self { port, way }
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// How many replies there were since this was asked last.
    pub(crate) fn take_replies(&self) -> usize {
        self.way.replies.swap(0, Ordering::SeqCst)
    }

    /// Cuts the connection instead of the next reply, after the server has done what it was asked.
    pub(crate) fn lose_next_reply(&self) {
        self.way.lose_next.store(true, Ordering::SeqCst);
    }

    /// Cuts all connections.
    pub(crate) fn cut(&self) {
        self.way.cut.notify_waiters();
    }

    /// Waits until a reply was lost.
    pub(crate) async fn lost(&self) {
        self.way.lost.notified().await;
    }

    /// Lets no new connection through until the guard is dropped.
    pub(crate) async fn close(&self) -> MutexGuard<'_, ()> {
        self.way.gate.lock().await
    }
}

async fn serve(listener: TcpListener, server: (String, u16), way: Arc<Way>) {
    while let Ok((client, _)) = listener.accept().await {
        let (server, way) = (server.clone(), way.clone());
        tokio::spawn(async move {
            drop(way.gate.lock().await);
            let server = TcpStream::connect(server).await.unwrap();
            let (mut from_client, to_client) = client.into_split();
            let (from_server, mut to_server) = server.into_split();
            tokio::select! {
                _ = copy(&mut from_client, &mut to_server) => {}
                _ = replies(from_server, to_client, &way) => {}
                () = way.cut.notified() => {}
            }
        });
    }
}

/// Hands messages on until one is to be lost.
async fn replies(
    mut server: OwnedReadHalf,
    mut client: OwnedWriteHalf,
    way: &Way,
) -> std::io::Result<()> {
    loop {
        // A byte says the type, four the length, which counts itself.
        let mut message = vec![0; 5];
        server.read_exact(&mut message).await?;
        let length = u32::from_be_bytes(message[1..].try_into().unwrap());
        message.resize(length as usize + 1, 0);
        server.read_exact(&mut message[5..]).await?;
        let is_lost = way.lose_next.load(Ordering::SeqCst);
        if message[0] == READY {
            way.replies.fetch_add(1, Ordering::SeqCst);
            if is_lost {
                way.lose_next.store(false, Ordering::SeqCst);
                way.lost.notify_one();
                return Ok(());
            }
        }
        if !is_lost {
            client.write_all(&message).await?;
        }
    }
}
