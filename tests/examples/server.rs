//! A model's server: what it answers is scripted, how it answers is the real protocol.

use std::sync::Arc;

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// What the server does with a request.
pub(crate) enum Reply {
    /// Streams these pieces.
    Says(&'static [&'static str]),
    /// Streams these pieces, and then nothing more.
    Stalls(&'static [&'static str]),
    /// Streams these pieces, and hangs up.
    HangsUp(&'static [&'static str]),
    /// Refuses.
    Refuses,
}

/// Begins to serve, and gives the address.
pub(crate) async fn serve(script: impl Fn(&Value) -> Reply + Send + Sync + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let script = Arc::new(script);
    tokio::spawn(async move {
        while let Ok((connection, _)) = listener.accept().await {
            let script = Arc::clone(&script);
            // A client that is killed breaks its connection.
            tokio::spawn(async move { answer(connection, &*script).await.ok() });
        }
    });
    format!("http://{address}/v1")
}

async fn answer(
    mut connection: TcpStream,
    script: &(impl Fn(&Value) -> Reply + Sync),
) -> std::io::Result<()> {
    let request = request(&mut connection).await?;
    let (pieces, reply) = match script(&request) {
        Reply::Refuses => {
            let body = json!({"error": {"message": "who are you?", "type": "auth"}}).to_string();
            let head = "HTTP/1.1 401 Unauthorized\r\ncontent-type: application/json\r\nconnection: close\r\n";
            let response = format!("{head}content-length: {}\r\n\r\n{body}", body.len());
            return connection.write_all(response.as_bytes()).await;
        }
        reply @ (Reply::Says(pieces) | Reply::Stalls(pieces) | Reply::HangsUp(pieces)) => {
            (pieces, reply)
        }
    };
    let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n";
    connection.write_all(head.as_bytes()).await?;
    for piece in pieces {
        connection
            .write_all(chunk(Some(piece), None).as_bytes())
            .await?;
    }
    match reply {
        Reply::Stalls(_) => std::future::pending().await,
        Reply::Says(_) => {
            connection
                .write_all(chunk(None, Some("stop")).as_bytes())
                .await?;
            connection.write_all(b"data: [DONE]\n\n").await
        }
        Reply::HangsUp(_) | Reply::Refuses => Ok(()),
    }
}

/// The body of a request to the one address that there is.
async fn request(connection: &mut TcpStream) -> std::io::Result<Value> {
    let mut reader = BufReader::new(connection);
    let (mut line, mut length) = (String::new(), 0);
    while reader.read_line(&mut line).await? > 2 {
        if let Some(value) = line.to_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
        line.clear();
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).await?;
    Ok(serde_json::from_slice(&body)?)
}

fn chunk(piece: Option<&str>, finish: Option<&str>) -> String {
    let choice = json!({"index": 0, "delta": {"content": piece}, "finish_reason": finish});
    let chunk = json!({
        "id": "1", "object": "chat.completion.chunk", "created": 1, "model": "any", "choices": [choice],
    });
    format!("data: {chunk}\n\n")
}
