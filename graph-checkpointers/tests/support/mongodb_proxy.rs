//! A connection to a server that fails at the worst moment.

#![allow(dead_code, reason = "each test file uses its part")]

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, watch};

/// What happens to a request that is marked.
#[derive(Clone, Copy)]
pub(crate) enum Act {
    /// The server gets it, and its reply is swallowed with the connection.
    Cut,
    /// It is held up until it is let go.
    Hold,
}

/// Stands before a server. Once armed, it acts on the next request that holds all the marks.
#[derive(Clone)]
pub(crate) struct Proxy {
    pub(crate) address: String,
    armed: Arc<AtomicBool>,
    caught: Arc<Notify>,
    go: Arc<Notify>,
    act: Act,
    marks: &'static [&'static str],
}

impl Proxy {
    /// Listens before the server at an address.
    pub(crate) async fn before(server: String, act: Act, marks: &'static [&'static str]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let proxy = Self {
            address: listener.local_addr().unwrap().to_string(),
            armed: Arc::default(),
            caught: Arc::default(),
            go: Arc::default(),
            act,
            marks,
        };
        let listening = proxy.clone();
        tokio::spawn(async move {
            loop {
                let (client, _) = listener.accept().await.unwrap();
                let server = TcpStream::connect(&server).await.unwrap();
                tokio::spawn(listening.clone().pass(client, server));
            }
        });
        proxy
    }

    pub(crate) fn arm(&self) {
        self.armed.store(true, Ordering::SeqCst);
    }

    /// Waits until a request was caught.
    pub(crate) async fn caught(&self) {
        self.caught.notified().await;
    }

    /// Lets go the one that is held up.
    pub(crate) fn let_go(&self) {
        self.go.notify_one();
    }

    async fn pass(self, client: TcpStream, server: TcpStream) {
        let (from_client, to_client) = client.into_split();
        let (from_server, to_server) = server.into_split();
        let (cut, is_cut) = watch::channel(false);
        tokio::join!(
            self.requests(from_client, to_server, &cut),
            replies(from_server, to_client, is_cut),
        );
    }

    async fn requests(
        &self,
        mut from: OwnedReadHalf,
        mut to: OwnedWriteHalf,
        cut: &watch::Sender<bool>,
    ) {
        let mut bytes = vec![0; 1 << 20];
        while let Ok(length @ 1..) = from.read(&mut bytes).await {
            let sent = &bytes[..length];
            let holds = |mark: &&str| sent.windows(mark.len()).any(|part| part == mark.as_bytes());
            if self.marks.iter().all(holds) && self.armed.swap(false, Ordering::SeqCst) {
                self.caught.notify_one();
                match self.act {
                    Act::Cut => drop(cut.send_replace(true)),
                    Act::Hold => self.go.notified().await,
                }
            }
            if to.write_all(sent).await.is_err() {
                return;
            }
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
