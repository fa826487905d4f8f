//! A socket, its connections, and their end.

use std::pin::pin;
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;
use tokio::time::{sleep, timeout};

/// How long a connection may take to say what it wants, and may be silent in between.
const SILENCE: Duration = Duration::from_secs(30);

/// How long connections may take to end.
const FAREWELL: Duration = Duration::from_secs(30);

/// How long to wait where no connection can be accepted, as when there are too many open files.
const PAUSE: Duration = Duration::from_millis(500);

/// Serves until it is told to stop, and then until all connections have ended.
pub(super) async fn serve(
    router: Router,
    listener: TcpListener,
    shutdown: impl Future<Output = ()>,
) {
    let connections = GracefulShutdown::new();
    let mut shutdown = pin!(shutdown);
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = &mut shutdown => break,
        };
        let Ok((stream, _)) = accepted else {
            sleep(PAUSE).await;
            continue;
        };
        // Replies are small, and somebody waits for each.
        let _ = stream.set_nodelay(true);
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(SILENCE)
            .serve_connection(
                TokioIo::new(stream),
                TowerToHyperService::new(router.clone()),
            );
        let connection = connections.watch(connection);
        // What goes wrong with a connection is its client's to see.
        tokio::spawn(async move { drop(connection.await) });
    }
    drop(listener);
    let _ = timeout(FAREWELL, connections.shutdown()).await;
}
