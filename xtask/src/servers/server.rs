//! A server that lives no longer than this program, however this program ends.
//!
//! A guard, a few lines of shell, starts the server and then reads from a pipe whose other end is held here. When the pipe closes, because the
//! server is dropped or because this program was killed, the guard stops the server and removes its folder.

use std::fs::{self, File};
use std::net::TcpListener;
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{self, Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// How long a server may take until it answers.
const PATIENCE: Duration = Duration::from_mins(1);

/// How often a starting server is asked.
const LOOK: Duration = Duration::from_millis(50);

/// `$1` is the folder, `$2` the signal that stops the server; the rest is the server's command.
const GUARD: &str = r#"
folder=$1 signal=$2
shift 2
"$@" &
server=$!
read -r _
kill -s "$signal" "$server"
(sleep 10; kill -s KILL "$server") &
late=$!
wait "$server"
kill "$late"
rm -rf "$folder"
"#;

/// The user and the group that a server runs as.
pub(super) type Owner = (u32, u32);

/// A running server.
pub(super) struct Server {
    url: String,
    guard: Guard,
}

/// How a server is started.
pub(super) struct Plan {
    pub(super) program: PathBuf,
    pub(super) arguments: Vec<String>,
    /// The signal that makes it stop soon and in order.
    pub(super) signal: &'static str,
    pub(super) url: String,
}

/// A folder in the temporary folder, removed when dropped.
pub(super) struct Folder {
    path: PathBuf,
    owner: Option<Owner>,
}

struct Guard {
    process: Child,
    folder: Folder,
}

impl Server {
    /// Starts a server and waits until it answers.
    ///
    /// # Errors
    /// A text for people, with the end of what the server said.
    pub(super) fn start(
        plan: Plan,
        folder: Folder,
        answers: impl Fn() -> bool,
    ) -> Result<Self, String> {
        let guard = Guard::start(&plan, folder)?;
        let began = Instant::now();
        while !answers() {
            if began.elapsed() > PATIENCE {
                let said = guard.folder.said();
                return Err(format!(
                    "`{}` doesn't answer; it said:\n{said}",
                    plan.program.display()
                ));
            }
            thread::sleep(LOOK);
        }
        Ok(Self {
            url: plan.url,
            guard,
        })
    }

    pub(super) fn url(&self) -> &str {
        // The guard is what keeps the server running.
        let Guard { .. } = &self.guard;
        &self.url
    }
}

impl Guard {
    fn start(plan: &Plan, folder: Folder) -> Result<Self, String> {
        let failed = |error| format!("`{}` can't be started: {error}", plan.program.display());
        let log = File::create(folder.log()).map_err(failed)?;
        let mut command = folder.command("sh");
        command
            .args(["-c", GUARD, "guard"])
            .arg(&folder.path)
            .arg(plan.signal)
            .arg(&plan.program)
            .args(&plan.arguments)
            .stdin(Stdio::piped())
            .stdout(log.try_clone().map_err(failed)?)
            .stderr(log)
            // An interrupt from the keyboard is for us; the guard does its work afterwards.
            .process_group(0);
        let process = command.spawn().map_err(failed)?;
        Ok(Self { process, folder })
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        drop(self.process.stdin.take());
        if let Err(error) = self.process.wait() {
            eprintln!("a server can't be waited for: {error}");
        }
    }
}

impl Folder {
    /// A new folder, of `owner` where one is named.
    ///
    /// # Errors
    /// A text for people.
    pub(super) fn new(name: &str, owner: Option<Owner>) -> Result<Self, String> {
        let path = std::env::temp_dir().join(format!("graph-{name}-{}", process::id()));
        let failed = |error| format!("`{}` can't be made: {error}", path.display());
        fs::create_dir(&path).map_err(failed)?;
        let folder = Self {
            path: path.clone(),
            owner,
        };
        fs::set_permissions(&path, fs::Permissions::from_mode(0o700)).map_err(failed)?;
        if let Some((user, group)) = owner {
            chown(&path, Some(user), Some(group)).map_err(failed)?;
        }
        Ok(folder)
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// A command that runs in the folder, as its owner.
    pub(super) fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new(program);
        command.current_dir(&self.path);
        if let Some((user, group)) = self.owner {
            command.uid(user).gid(group);
        }
        command
    }

    fn log(&self) -> PathBuf {
        self.path.join("log")
    }

    /// The last lines of what the server said.
    fn said(&self) -> String {
        let log = fs::read_to_string(self.log()).unwrap_or_default();
        let lines: Vec<&str> = log.lines().collect();
        lines[lines.len().saturating_sub(20)..].join("\n")
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // The guard has removed it already, unless the server was never started.
        if let Err(error) = fs::remove_dir_all(&self.path)
            && error.kind() != std::io::ErrorKind::NotFound
        {
            eprintln!("`{}` can't be removed: {error}", self.path.display());
        }
    }
}

/// A port of the loopback that nobody listens at.
///
/// # Errors
/// A text for people.
pub(super) fn free_port() -> Result<u16, String> {
    TcpListener::bind(("127.0.0.1", 0))
        .and_then(|listener| listener.local_addr())
        .map(|address| address.port())
        .map_err(|error| format!("there is no free port: {error}"))
}
