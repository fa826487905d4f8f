//! A throwaway cluster of the test's own, which may be killed.

#![allow(dead_code, reason = "each test file uses its part")]

use std::env;
use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

/// Whoever root lends a cluster to: `postgres` refuses to run as root.
const UNPRIVILEGED: &str = "nobody";

/// Stops the server when its input closes, because the test is over or was killed. `$1` is `pg_ctl`, `$2` the data.
const GUARD: &str = r#"read -r _; "$1" stop -m immediate -D "$2" >&2"#;

pub(crate) struct Cluster {
    programs: PathBuf,
    folder: TempDir,
    owner: Option<(u32, u32)>,
    port: u16,
    guard: Child,
}

/// How a server goes.
#[derive(Clone, Copy, Debug)]
pub(crate) enum End {
    /// All its processes are killed at once.
    Killed,
    /// As if it had crashed: connections are cut.
    Immediate,
    /// In order: what is under way is undone.
    Fast,
}

impl Cluster {
    /// Starts one. `access` is a line for `pg_hba.conf` that comes before those which trust everybody.
    pub(crate) fn start(access: &str) -> Self {
        let programs = programs();
        let folder = tempfile::tempdir().unwrap();
        let owner = owner();
        if let Some((user, group)) = owner {
            chown(folder.path(), Some(user), Some(group)).unwrap();
        }
        let data = folder.path().join("data");
        let guard = command(owner, "sh")
            .args(["-c", GUARD, "guard"])
            .args([programs.join("pg_ctl"), data.clone()])
            .current_dir(folder.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()
            .unwrap();
        let cluster = Self {
            programs,
            folder,
            owner,
            port: free_port(),
            guard,
        };
        cluster.run(
            "initdb",
            &[
                "--username=postgres",
                "--auth=trust",
                "--encoding=UTF8",
                "--no-locale",
                "--no-sync",
            ],
        );
        let trusting = fs::read_to_string(data.join("pg_hba.conf")).unwrap();
        fs::write(data.join("pg_hba.conf"), format!("{access}\n{trusting}")).unwrap();
        let sockets = cluster.folder.path().display();
        let port = cluster.port;
        cluster.set(&format!(
            "listen_addresses = '127.0.0.1'\nport = {port}\nunix_socket_directories = '{sockets}'"
        ));
        cluster.go_on();
        cluster
    }

    /// Puts a file among the server's own, which nobody else may read.
    pub(crate) fn give(&self, name: &str, content: &[u8]) {
        let file = self.data().join(name);
        fs::write(&file, content).unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
        if let Some((user, group)) = self.owner {
            chown(&file, Some(user), Some(group)).unwrap();
        }
    }

    /// Adds lines to `postgresql.conf`, for when the server starts.
    pub(crate) fn set(&self, lines: &str) {
        let file = self.data().join("postgresql.conf");
        let given = fs::read_to_string(&file).unwrap();
        fs::write(file, format!("{given}\n{lines}\n")).unwrap();
    }

    pub(crate) fn url(&self) -> String {
        format!("postgres://postgres@127.0.0.1:{}/postgres", self.port)
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    pub(crate) fn end(&self, how: End) {
        match how {
            End::Killed => self.kill(),
            End::Immediate => self.run("pg_ctl", &["stop", "-m", "immediate"]),
            End::Fast => self.run("pg_ctl", &["stop", "-m", "fast"]),
        }
    }

    /// Starts the server again, once nothing of the one before is left.
    pub(crate) fn go_on(&self) {
        let log = self.folder.path().join("log");
        let log = format!("--log={}", log.display());
        for _ in 0..100 {
            if self
                .program("pg_ctl", &["start", "-w", &log])
                .status()
                .unwrap()
                .success()
            {
                return;
            }
            std::thread::sleep(std::time::Duration::from_millis(100));
        }
        let said = fs::read_to_string(self.folder.path().join("log"));
        unreachable!("the server doesn't start: {said:?}");
    }

    /// The server's process, then those that it has started, each by its number.
    fn kill(&self) {
        let file = fs::read_to_string(self.data().join("postmaster.pid")).unwrap();
        let server = file.lines().next().unwrap();
        let children = Command::new("ps")
            .args(["-o", "pid=", "--ppid", server])
            .output()
            .unwrap();
        let children = String::from_utf8(children.stdout).unwrap();
        let all = std::iter::once(server).chain(children.split_whitespace());
        // A child may have ended by itself.
        Command::new("kill")
            .arg("-KILL")
            .args(all)
            .stderr(Stdio::null())
            .status()
            .unwrap();
    }

    fn run(&self, program: &str, arguments: &[&str]) {
        let output = self.program(program, arguments).output().unwrap();
        assert!(output.status.success(), "{program}: {output:?}");
    }

    fn program(&self, program: &str, arguments: &[&str]) -> Command {
        let mut command = command(self.owner, self.programs.join(program));
        command
            .args(arguments)
            .arg("-D")
            .arg(self.data())
            .current_dir(self.folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        command
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        drop(self.guard.stdin.take());
        drop(self.guard.wait());
    }
}

fn command(owner: Option<(u32, u32)>, program: impl AsRef<std::ffi::OsStr>) -> Command {
    let mut command = Command::new(program);
    if let Some((user, group)) = owner {
        command.uid(user).gid(group);
    }
    command
}

/// Where the server's programs are. Debian keeps them out of the path, a folder a version.
fn programs() -> PathBuf {
    let path = env::var_os("PATH").unwrap_or_default();
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten();
    let versions = versions.filter_map(|version| Some(version.ok()?.path().join("bin")));
    let mut folders = env::split_paths(&path).chain(versions);
    folders
        .find(|folder| {
            ["initdb", "pg_ctl"]
                .iter()
                .all(|name| folder.join(name).is_file())
        })
        .unwrap_or_else(|| {
            unreachable!("`initdb` and `pg_ctl` aren't found; install PostgreSQL's server")
        })
}

fn owner() -> Option<(u32, u32)> {
    let id = |arguments: &[&str]| {
        let said = Command::new("id").args(arguments).output().unwrap().stdout;
        String::from_utf8(said)
            .unwrap()
            .trim()
            .parse::<u32>()
            .unwrap()
    };
    (id(&["-u"]) == 0).then(|| (id(&["-u", UNPRIVILEGED]), id(&["-g", UNPRIVILEGED])))
}

fn free_port() -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    listener.local_addr().unwrap().port()
}
