//! A moment server in front of an SQLite file, in this process; the one that is killed is its client.

use graph_checkpointers::{Server, SqliteSaver};
use graph_tests::walk::{Place, a_killed_process_costs};
use tokio::net::TcpListener;

const TOKEN: &str = "a-token-that-is-no-secret";

/// Starts a server that lives as long as this process, and gives its URL.
fn served(place: &Place) -> String {
    let path = place.path("moments.db");
    let (tell, told) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(async {
            let store = SqliteSaver::open(path).await.unwrap();
            let server = Server::new(std::sync::Arc::new(store));
            let server = server.tenant("acme", [TOKEN]).unwrap();
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            tell.send(listener.local_addr().unwrap()).unwrap();
            server.serve(listener, std::future::pending()).await;
        });
    });
    format!("http://:{TOKEN}@{}", told.recv().unwrap())
}

a_killed_process_costs!(behind_http, served);
