//! A moment server on a loopback port, and its client.

use std::net::SocketAddr;
use std::sync::Arc;

use graph_checkpointers::{HttpSaver, Server};
use graph_runtime::Checkpointer;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

pub(crate) const TOKEN: &str = "a-token-of-acme-that-is-no-secret";
pub(crate) const OTHER_TOKEN: &str = "a-token-of-globex-that-is-no-secret";

/// A server that runs until it is stopped, or its runtime ends.
pub(crate) struct Served {
    pub(crate) address: SocketAddr,
    stop: oneshot::Sender<()>,
    ended: JoinHandle<()>,
}

/// A server with two tenants.
pub(crate) fn server(store: Arc<dyn Checkpointer>) -> Server {
    let server = Server::new(store).tenant("acme", [TOKEN]).unwrap();
    server.tenant("globex", [OTHER_TOKEN]).unwrap()
}

pub(crate) async fn serve(server: Server) -> Served {
    serve_at(server, "127.0.0.1:0".parse().unwrap()).await
}

pub(crate) async fn serve_at(server: Server, address: SocketAddr) -> Served {
    let listener = TcpListener::bind(address).await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel();
    let ended = tokio::spawn(server.serve(listener, async { drop(stopped.await) }));
    Served {
        address,
        stop,
        ended,
    }
}

impl Served {
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) async fn client(&self) -> HttpSaver {
        HttpSaver::connect(&self.url(), TOKEN).await.unwrap()
    }

    /// Stops it in order.
    pub(crate) async fn stop(self) {
        let _ = self.stop.send(());
        self.ended.await.unwrap();
    }

    /// Lets it run as long as its runtime does.
    pub(crate) fn leave(self) {
        std::mem::forget(self.stop);
    }
}

/// A client of a server that lives as long as the test.
pub(crate) async fn client_of(store: Arc<dyn Checkpointer>) -> HttpSaver {
    let served = serve(server(store)).await;
    let client = served.client().await;
    served.leave();
    client
}
