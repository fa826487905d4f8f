//! A language server and what it takes to talk to one: framed JSON over pipes, requests and their answers, a time limit on
//! every wait. Nothing here knows a graph.

use std::{
    fs::File,
    io::{self, BufRead, BufReader, Write},
    path::Path,
    process::{Child, ChildStdin, Command, Stdio},
    sync::mpsc::{self, Receiver, RecvTimeoutError, Sender},
    thread,
    time::{Duration, Instant},
};

use serde_json::{Value, json};

pub(crate) type Result<T> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// Loading compiles the macros and their dependencies, on a machine that may be busy with other tests.
const LOADING: Duration = Duration::from_mins(10);
const ANSWER: Duration = Duration::from_mins(5);

/// What a server says when a change overtook the question; asking again is the remedy.
const CONTENT_MODIFIED: i64 = -32801;

/// A running server. It ends when its input closes, so at the latest with this process.
pub(crate) struct Server {
    process: Child,
    input: ChildStdin,
    output: Receiver<Value>,
    last_id: u64,
}

impl Server {
    /// Starts `command` on the workspace at `root` and shakes hands; its log goes to `log`.
    pub(crate) fn start(
        command: &mut Command,
        root: &Path,
        log: File,
        settings: &Value,
    ) -> Result<Self> {
        let mut process = command
            .current_dir(root)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()?;
        let input = process.stdin.take().ok_or("the server has no input")?;
        let pipe = process.stdout.take().ok_or("the server has no output")?;
        let (sender, output) = mpsc::channel();
        thread::spawn(move || read_all(BufReader::new(pipe), &sender));
        let mut server = Self {
            process,
            input,
            output,
            last_id: 0,
        };

        server.request(
            "initialize",
            &json!({
                "processId": std::process::id(),
                "rootUri": uri(root),
                "workspaceFolders": [{ "uri": uri(root), "name": "project" }],
                "initializationOptions": settings,
                "capabilities": {
                    "general": { "positionEncodings": ["utf-8"] },
                    "textDocument": {
                        "completion": { "completionItem": { "snippetSupport": true } },
                        "rename": { "prepareSupport": true },
                    },
                    "workspace": { "workspaceEdit": { "documentChanges": true } },
                    "experimental": { "serverStatusNotification": true },
                },
            }),
        )?;
        server.notify("initialized", &json!({}))?;
        Ok(server)
    }

    /// Waits until the workspace, its build scripts and its procedural macros are loaded.
    pub(crate) fn wait_until_ready(&mut self) -> Result<()> {
        let deadline = Instant::now() + LOADING;
        loop {
            let message = self.receive(deadline)?;
            if message["method"] != "experimental/serverStatus" {
                continue;
            }
            let status = &message["params"];
            if status["health"] == "error" {
                return Err(format!("the server can't work: {}", status["message"]).into());
            }
            if status["quiescent"] == true {
                return Ok(());
            }
        }
    }

    /// Asks, and waits for the answer; what else arrives meanwhile is dropped, since no test looks at it.
    pub(crate) fn request(&mut self, method: &str, params: &Value) -> Result<Value> {
        let deadline = Instant::now() + ANSWER;
        loop {
            self.last_id += 1;
            let id = self.last_id;
            self.send(&json!({ "id": id, "method": method, "params": params }))?;
            let mut answer = loop {
                let message = self.receive(deadline)?;
                if message["id"] == id && message.get("method").is_none() {
                    break message;
                }
            };
            match answer.get("error") {
                None => return Ok(answer["result"].take()),
                Some(error) if error["code"] == CONTENT_MODIFIED => {}
                Some(error) => return Err(format!("{method}: {}", error["message"]).into()),
            }
        }
    }

    pub(crate) fn notify(&mut self, method: &str, params: &Value) -> Result<()> {
        self.send(&json!({ "method": method, "params": params }))
    }

    /// The next message that is for us; what the server asks of its client is answered with null on the way.
    fn receive(&mut self, deadline: Instant) -> Result<Value> {
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let message = match self.output.recv_timeout(left) {
                Ok(message) => message,
                Err(RecvTimeoutError::Timeout) => {
                    // The next one to ask shall not wait as long for nothing.
                    self.process.kill()?;
                    return Err("the server took too long".into());
                }
                Err(RecvTimeoutError::Disconnected) => return Err("the server has ended".into()),
            };
            match (message.get("id"), message.get("method")) {
                (Some(id), Some(_)) => self.send(&json!({ "id": id, "result": null }))?,
                _ => return Ok(message),
            }
        }
    }

    fn send(&mut self, message: &Value) -> Result<()> {
        let mut body = message.clone();
        body["jsonrpc"] = json!("2.0");
        let body = body.to_string();
        write!(self.input, "Content-Length: {}\r\n\r\n{body}", body.len())?;
        self.input.flush()?;
        Ok(())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // A server that failed to start has to go too; one that has gone by itself is no mishap.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

pub(crate) fn uri(path: &Path) -> String {
    let encode = |&byte: &u8| match byte {
        b'/' | b'-' | b'.' | b'_' | b'~' | b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' => {
            char::from(byte).to_string()
        }
        _ => format!("%{byte:02X}"),
    };
    let path = path.as_os_str().as_encoded_bytes();
    format!("file://{}", path.iter().map(encode).collect::<String>())
}

fn read_all(mut from: impl BufRead, to: &Sender<Value>) {
    while let Ok(message) = read_one(&mut from) {
        if to.send(message).is_err() {
            break;
        }
    }
}

fn read_one(from: &mut impl BufRead) -> io::Result<Value> {
    let mut length = 0;
    loop {
        let mut header = String::new();
        if from.read_line(&mut header)? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let header = header.trim_end();
        if header.is_empty() {
            break;
        }
        if let Some(value) = header.strip_prefix("Content-Length: ") {
            length = value.parse().map_err(io::Error::other)?;
        }
    }
    let mut body = vec![0; length];
    from.read_exact(&mut body)?;
    Ok(serde_json::from_slice(&body)?)
}
