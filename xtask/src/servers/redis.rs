//! A Redis that keeps what it has acknowledged.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::time::Duration;

use super::programs::program;
use super::server::{Folder, Plan, Server, free_port};

/// # Errors
/// A text for people.
pub(super) fn start() -> Result<Server, String> {
    let program = program("redis-server", "redis-server")?;
    let port = free_port()?;
    let folder = Folder::new("redis", None)?;
    let plan = Plan {
        program,
        arguments: serve(folder.path(), port),
        signal: "TERM",
        url: format!("redis://127.0.0.1:{port}/"),
    };
    Server::start(plan, folder, || ping(port).unwrap_or(false))
}

fn serve(folder: &Path, port: u16) -> Vec<String> {
    let options = [
        ("bind", "127.0.0.1".to_owned()),
        ("port", port.to_string()),
        ("dir", folder.display().to_string()),
        ("daemonize", "no".to_owned()),
        ("appendonly", "yes".to_owned()),
        ("appendfsync", "always".to_owned()),
    ];
    let pairs = options.into_iter();
    pairs
        .flat_map(|(name, value)| [format!("--{name}"), value])
        .collect()
}

/// Whether it answers, its data loaded.
fn ping(port: u16) -> std::io::Result<bool> {
    let mut stream = TcpStream::connect(("127.0.0.1", port))?;
    stream.set_read_timeout(Some(Duration::from_secs(1)))?;
    stream.write_all(b"PING\r\n")?;
    let mut answer = [0; 7];
    stream.read_exact(&mut answer)?;
    Ok(&answer == b"+PONG\r\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_write_is_synced_into_the_given_folder() {
        let line = serve(Path::new("/somewhere"), 6380).join(" ");
        assert!(line.contains("--appendonly yes --appendfsync always"));
        assert!(line.contains("--dir /somewhere"));
        assert!(line.contains("--bind 127.0.0.1 --port 6380"));
    }
}
