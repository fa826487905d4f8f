//! A throwaway cluster of PostgreSQL.

use std::path::Path;
use std::process::Command;

use super::programs::{are_we_root, id, program, run};
use super::server::{Folder, Owner, Plan, Server, free_port};

/// Whoever root lends a cluster to: `postgres` refuses to run as root.
const UNPRIVILEGED: &str = "nobody";

/// # Errors
/// A text for people.
pub(super) fn start() -> Result<Server, String> {
    let initdb = program("initdb", "postgresql")?;
    let postgres = initdb.with_file_name("postgres");
    let is_ready = program("pg_isready", "postgresql")?;
    let port = free_port()?;
    let folder = Folder::new("postgres", owner()?)?;
    run(folder.command(initdb).args(initialise(folder.path())))?;
    let plan = Plan {
        program: postgres,
        arguments: serve(folder.path(), port),
        // Stops at once, in order; the usual signal would wait for the clients to go.
        signal: "INT",
        url: format!("postgres://postgres@127.0.0.1:{port}/postgres"),
    };
    let port = format!("--port={port}");
    Server::start(plan, folder, || {
        let mut ask = Command::new(&is_ready);
        run(ask.args(["--quiet", "--host=127.0.0.1", &port])).is_ok()
    })
}

fn owner() -> Result<Option<Owner>, String> {
    if !are_we_root() {
        return Ok(None);
    }
    Ok(Some((
        id(&["-u", UNPRIVILEGED])?,
        id(&["-g", UNPRIVILEGED])?,
    )))
}

fn initialise(folder: &Path) -> Vec<String> {
    vec![
        format!("--pgdata={}", folder.join("data").display()),
        "--username=postgres".to_owned(),
        "--auth=trust".to_owned(),
        "--encoding=UTF8".to_owned(),
        "--no-locale".to_owned(),
        // Of the empty cluster only: what the tests write is synced.
        "--no-sync".to_owned(),
    ]
}

fn serve(folder: &Path, port: u16) -> Vec<String> {
    let settings = [
        "listen_addresses=127.0.0.1".to_owned(),
        format!("port={port}"),
        format!("unix_socket_directories={}", folder.display()),
        "max_connections=300".to_owned(),
    ];
    let mut arguments = vec!["-D".to_owned(), folder.join("data").display().to_string()];
    for setting in settings {
        arguments.extend(["-c".to_owned(), setting]);
    }
    arguments
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cluster_trusts_only_the_loopback_and_syncs() {
        let arguments = serve(Path::new("/somewhere"), 5433);
        assert!(arguments.contains(&"listen_addresses=127.0.0.1".to_owned()));
        assert!(arguments.contains(&"unix_socket_directories=/somewhere".to_owned()));
        assert!(arguments.contains(&"port=5433".to_owned()));
        assert!(!arguments.iter().any(|one| one.contains("sync")));
    }

    #[test]
    fn the_data_has_a_folder_of_its_own() {
        let data = "/somewhere/data".to_owned();
        assert!(initialise(Path::new("/somewhere")).contains(&format!("--pgdata={data}")));
        assert!(serve(Path::new("/somewhere"), 1).contains(&data));
    }
}
