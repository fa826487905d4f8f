//! A Redis server of a test's own: on a free port, in a folder of its own, gone with the test.

use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use graph_checkpointers::RedisSaver;
use redis::{Connection, FromRedisValue};
use tempfile::TempDir;

/// What a server is told that keeps what it acknowledges.
pub(crate) const DURABLE: &[&str] = &["--appendonly", "yes", "--appendfsync", "always"];

/// What a server is told that keeps nothing.
pub(crate) const FLEETING: &[&str] = &["--save", "", "--appendonly", "no"];

pub(crate) struct Server {
    settings: Vec<String>,
    folder: TempDir,
    port: u16,
    process: Child,
}

impl Server {
    pub(crate) fn start(settings: &[&str]) -> Self {
        let settings: Vec<_> = settings.iter().map(|&word| word.to_owned()).collect();
        let folder = tempfile::tempdir().unwrap();
        // Somebody else may take a port between our finding it free and the server's taking it.
        for _ in 0..10 {
            let port = free_port();
            let mut process = spawn(&settings, &folder, port);
            if is_up(&mut process, port) {
                return Self {
                    settings,
                    folder,
                    port,
                    process,
                };
            }
        }
        unreachable!("`redis-server` doesn't stay up: {settings:?}");
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    pub(crate) fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    pub(crate) fn url(&self) -> String {
        format!("redis://127.0.0.1:{}/", self.port)
    }

    pub(crate) async fn saver(&self) -> RedisSaver {
        RedisSaver::connect(&self.url()).await.unwrap()
    }

    /// Kills it without a warning.
    pub(crate) fn kill(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }

    /// Sends it a signal.
    pub(crate) fn signal(&self, name: &str) {
        let process = self.process.id().to_string();
        let sent = Command::new("kill").args(["-s", name, &process]).status();
        assert!(sent.unwrap().success());
    }

    /// Starts it again where it was, and waits until it has loaded what it had kept.
    pub(crate) fn start_again(&mut self) {
        self.process = spawn(&self.settings, &self.folder, self.port);
        assert!(is_up(&mut self.process, self.port));
    }

    pub(crate) fn connection(&self) -> Connection {
        let client = redis::Client::open(self.url()).unwrap();
        client.get_connection().unwrap()
    }

    /// Gives it a command.
    pub(crate) fn tell<T: FromRedisValue>(&self, words: &[&str]) -> T {
        let mut command = redis::Cmd::new();
        command.arg(words);
        command.query(&mut self.connection()).unwrap()
    }

    /// Waits until what it says of itself holds a text.
    pub(crate) fn wait_for(&self, words: &[&str], text: &str) {
        let began = Instant::now();
        while !self.tell::<String>(words).contains(text) {
            assert!(began.elapsed() < PATIENCE, "{words:?} never says {text}");
            sleep(LOOK);
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have been killed already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// How long a server may take for anything.
const PATIENCE: Duration = Duration::from_mins(1);

const LOOK: Duration = Duration::from_millis(20);

pub(crate) fn free_port() -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    listener.local_addr().unwrap().port()
}

fn spawn(settings: &[String], folder: &TempDir, port: u16) -> Child {
    let spawned = Command::new("redis-server")
        .args(["--bind", "127.0.0.1", "--port", &port.to_string()])
        .arg("--dir")
        .arg(folder.path())
        .args(settings)
        .stdout(Stdio::null())
        .spawn();
    let Ok(process) = spawned else {
        unreachable!(
            "these tests need the program `redis-server`; `cargo xtask test redis` installs it"
        );
    };
    process
}

/// Whether it answers before it ends.
fn is_up(process: &mut Child, port: u16) -> bool {
    let client = redis::Client::open(format!("redis://127.0.0.1:{port}/")).unwrap();
    let began = Instant::now();
    while process.try_wait().unwrap().is_none() && began.elapsed() < PATIENCE {
        let ping = |mut connection: Connection| redis::cmd("PING").query::<String>(&mut connection);
        let answer = client.get_connection().and_then(ping);
        // One that wants a password is up too.
        let is_up = answer.map_or_else(|error| error.code() == Some("NOAUTH"), |_| true);
        if is_up {
            return true;
        }
        sleep(LOOK);
    }
    false
}
