//! Programs on this machine: where they are, and how they are installed if they are missing.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

/// Finds a program, after installing its package where it is missing and that can be done.
///
/// # Errors
/// A text for people: the program is missing, and why it isn't installed.
pub(super) fn program(name: &str, package: &str) -> Result<PathBuf, String> {
    if let Some(found) = find(name) {
        return Ok(found);
    }
    install(package).map_err(|why| format!("`{name}` isn't installed and {why}"))?;
    find(name).ok_or_else(|| format!("package `{package}` holds no `{name}`"))
}

/// Runs a command to its end, and says what it said if it fails.
///
/// # Errors
/// A text for people.
pub(crate) fn run(command: &mut Command) -> Result<String, String> {
    let name = command.get_program().to_string_lossy().into_owned();
    let output = command
        .stdin(Stdio::null())
        .output()
        .map_err(|error| format!("`{name}` can't be started: {error}"))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    Err(format!("`{name}` failed: {}", said.trim()))
}

/// A number that `id` knows of a user.
///
/// # Errors
/// A text for people.
pub(super) fn id(arguments: &[&str]) -> Result<u32, String> {
    let said = run(Command::new("id").args(arguments))?;
    said.parse()
        .map_err(|error| format!("`id` said `{said}`: {error}"))
}

pub(super) fn are_we_root() -> bool {
    id(&["-u"]) == Ok(0)
}

fn find(name: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let folders = env::split_paths(&path).chain(postgres_folders());
    folders
        .map(|folder| folder.join(name))
        .find(|file| file.is_file())
}

/// Debian keeps the server's programs out of the path, a folder a version; the newest comes first.
fn postgres_folders() -> Vec<PathBuf> {
    let versions = fs::read_dir("/usr/lib/postgresql");
    let mut folders: Vec<PathBuf> = versions
        .into_iter()
        .flatten()
        .filter_map(|entry| Some(entry.ok()?.path()))
        .collect();
    folders.sort_by_key(|folder| std::cmp::Reverse(version(folder)));
    folders.iter().map(|folder| folder.join("bin")).collect()
}

fn version(folder: &Path) -> Option<u32> {
    folder.file_name()?.to_str()?.parse().ok()
}

fn install(package: &str) -> Result<(), String> {
    static UPDATED: OnceLock<Result<(), String>> = OnceLock::new();
    if !are_we_root() {
        return Err(format!("only root can install package `{package}`"));
    }
    println!("installing package {package}");
    UPDATED
        .get_or_init(|| run(&mut apt(&["update"])).map(drop))
        .clone()?;
    run(&mut apt(&[
        "install",
        "--yes",
        "--no-install-recommends",
        package,
    ]))
    .map(drop)
}

fn apt(arguments: &[&str]) -> Command {
    let mut command = Command::new("apt-get");
    command
        .args(arguments)
        .env("DEBIAN_FRONTEND", "noninteractive")
        // In this run level the package's own service isn't started.
        .env("RUNLEVEL", "1");
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_compared_as_numbers() {
        assert!(version(Path::new("/any/15")) > version(Path::new("/any/9")));
        assert_eq!(version(Path::new("/any/common")), None);
    }

    #[test]
    fn a_command_that_fails_says_why() {
        let failed = run(Command::new("sh").args(["-c", "echo so >&2; exit 3"]));
        assert_eq!(failed, Err("`sh` failed: so".to_owned()));
    }
}
