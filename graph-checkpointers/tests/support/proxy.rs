//! A connection to a server that can be cut at the worst moment.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// Stands before a server, and swallows the reply to what is marked.
pub(crate) struct Proxy {
    pub(crate) address: String,
    armed: Arc<AtomicBool>,
}

impl Proxy {
    /// Listens before the server at an address. Once armed, it cuts the connection over which something is sent
    /// that holds all the marks, after the server has answered.
    pub(crate) async fn before(server: String, marks: &'static [&'static str]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let armed = Arc::new(AtomicBool::new(false));
        let of_connections = armed.clone();
        tokio::spawn(async move {
            loop {
                let (client, _) = listener.accept().await.unwrap();
                let server = TcpStream::connect(&server).await.unwrap();
                let armed = of_connections.clone();
                tokio::spawn(pass(client, server, marks, armed));
            }
        });
        Self { address, armed }
    }

    /// The next one that is marked gets no reply.
    pub(crate) fn arm(&self) {
        self.armed.store(true, Ordering::SeqCst);
    }

    /// Whether a reply was swallowed since it was armed.
    pub(crate) fn has_cut(&self) -> bool {
        !self.armed.load(Ordering::SeqCst)
    }
}

async fn pass(
    client: TcpStream,
    server: TcpStream,
    marks: &'static [&'static str],
    armed: Arc<AtomicBool>,
) {
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    let (cut, is_cut) = watch::channel(false);
    tokio::join!(
        requests(from_client, to_server, marks, &armed, &cut),
        replies(from_server, to_client, is_cut),
    );
}

async fn requests(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    marks: &[&str],
    armed: &AtomicBool,
    cut: &watch::Sender<bool>,
) {
    let mut bytes = vec![0; 1 << 20];
    while let Ok(length @ 1..) = from.read(&mut bytes).await {
        let sent = &bytes[..length];
        let holds = |mark: &&str| sent.windows(mark.len()).any(|part| part == mark.as_bytes());
        if marks.iter().all(holds) && armed.swap(false, Ordering::SeqCst) {
            cut.send_replace(true);
        }
        if to.write_all(sent).await.is_err() {
            return;
        }
    }
}

async fn replies(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, is_cut: watch::Receiver<bool>) {
    let mut bytes = vec![0; 1 << 20];
    while let Ok(length @ 1..) = from.read(&mut bytes).await {
        // The server has done it, and nobody hears of it.
        if *is_cut.borrow() || to.write_all(&bytes[..length]).await.is_err() {
            return;
        }
    }
}
