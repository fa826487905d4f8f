//! HTTP as it is written, for what a well-behaved client doesn't send.

use std::net::SocketAddr;

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::support::served::TOKEN;

/// A request or a response.
#[derive(Clone, Debug)]
pub(crate) struct Http {
    /// The first line.
    pub(crate) line: String,
    /// Names in small letters.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Http {
    /// A request of the first tenant.
    pub(crate) fn ask(method: &str, target: &str) -> Self {
        let request = Self {
            line: format!("{method} {target} HTTP/1.1"),
            headers: vec![("host".to_owned(), "localhost".to_owned())],
            body: Vec::new(),
        };
        request.with("authorization", &format!("Bearer {TOKEN}"))
    }

    /// Sets a header.
    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.retain(|(other, _)| other != name);
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(crate) fn without(mut self, name: &str) -> Self {
        self.headers.retain(|(other, _)| other != name);
        self
    }

    pub(crate) fn with_body(self, content: &str, body: impl Into<Vec<u8>>) -> Self {
        let body = body.into();
        let sized = self
            .with("content-type", content)
            .with("content-length", &body.len().to_string());
        Self { body, ..sized }
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let (_, value) = self.headers.iter().find(|(other, _)| other == name)?;
        Some(value)
    }

    pub(crate) fn status(&self) -> u16 {
        self.line.split(' ').nth(1).unwrap().parse().unwrap()
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    /// What kind of problem it is.
    pub(crate) fn kind(&self) -> String {
        assert_eq!(
            self.header("content-type"),
            Some("application/problem+json")
        );
        self.json()["kind"].as_str().unwrap().to_owned()
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
        let mut text = format!("{}\r\n", self.line);
        for (name, value) in &self.headers {
            text.extend([name.as_str(), ": ", value.as_str(), "\r\n"]);
        }
        text += "\r\n";
        [text.as_bytes(), &self.body].concat()
    }

    /// Reads one; `None` where the other side has nothing more to say.
    pub(crate) async fn read(stream: &mut TcpStream) -> Option<Self> {
        let mut bytes = Vec::new();
        let head = loop {
            if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
                break end;
            }
            if stream.read_buf(&mut bytes).await.ok()? == 0 {
                return None;
            }
        };
        let text = String::from_utf8(bytes[..head].to_vec()).unwrap();
        let mut lines = text.split("\r\n").map(str::to_owned);
        let mut http = Self {
            line: lines.next()?,
            headers: lines
                .map(|line| {
                    let (name, value) = line.split_once(':').unwrap();
                    (name.to_ascii_lowercase(), value.trim().to_owned())
                })
                .collect(),
            body: bytes.split_off(head + 4),
        };
        let length = http
            .header("content-length")
            .map_or(0, |length| length.parse().unwrap());
        while http.body.len() < length {
            if stream.read_buf(&mut http.body).await.ok()? == 0 {
                return None;
            }
        }
        Some(http)
    }

    /// Sends it over a connection of its own, and reads the answer.
    pub(crate) async fn send(&self, address: SocketAddr) -> Self {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(&self.bytes()).await.unwrap();
        Self::read(&mut stream).await.unwrap()
    }
}
