//! A server that speaks MongoDB's protocol: a Python package, kept in an environment of its own beside what cargo builds.

use std::env;
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::programs::{program, run};
use super::server::{Folder, Plan, Server, free_port};

const PACKAGE: &str = "nx-27017";

/// Pinned, so that a suite doesn't change its mind overnight.
const VERSION: &str = "0.8.1";

/// # Errors
/// A text for people.
pub(super) fn start() -> Result<Server, String> {
    let program = installed(&environment()?)?;
    let port = free_port()?;
    let folder = Folder::new("mongodb", None)?;
    let plan = Plan {
        program,
        arguments: serve(folder.path(), port),
        signal: "TERM",
        url: format!("mongodb://127.0.0.1:{port}/"),
    };
    Server::start(plan, folder, || {
        TcpStream::connect(("127.0.0.1", port)).is_ok()
    })
}

/// The folder of the Python environment; the version is in its name, so that another one is installed anew.
fn environment() -> Result<PathBuf, String> {
    let this = env::current_exe().map_err(|error| format!("where are we? {error}"))?;
    let target = this.ancestors().nth(2).unwrap_or(&this);
    Ok(target.join("servers").join(format!("{PACKAGE}-{VERSION}")))
}

fn installed(environment: &Path) -> Result<PathBuf, String> {
    let server = environment.join("bin").join(PACKAGE);
    if server.is_file() {
        return Ok(server);
    }
    println!("installing {PACKAGE} {VERSION}");
    let python = program("python3", "python3-venv")?;
    run(Command::new(python).args(["-m", "venv"]).arg(environment))?;
    let pip = environment.join("bin").join("pip");
    run(Command::new(pip).args(["install", "--quiet", &format!("{PACKAGE}=={VERSION}")]))?;
    Ok(server)
}

fn serve(folder: &Path, port: u16) -> Vec<String> {
    let file = |name: &str| folder.join(name).display().to_string();
    vec![
        "--host=127.0.0.1".to_owned(),
        format!("--port={port}"),
        // What a disk keeps is a real server's promise, and the suites would wait for a disk that others use.
        "--data-dir=memory".to_owned(),
        format!("--pid-file={}", file("pid")),
        format!("--log-file={}", file("server.log")),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_its_files_are_in_the_given_folder() {
        let arguments = serve(Path::new("/somewhere"), 27018);
        assert!(arguments.contains(&"--data-dir=memory".to_owned()));
        assert!(arguments.contains(&"--log-file=/somewhere/server.log".to_owned()));
        assert!(arguments.contains(&"--pid-file=/somewhere/pid".to_owned()));
        assert!(arguments.contains(&"--port=27018".to_owned()));
    }
}
