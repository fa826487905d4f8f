//! What suites need beside the compiler and servers: parts of the pinned toolchain, which rustup brings along unless it is told not to
//! install anything by itself, and a program of the system.

use std::path::Path;
use std::process::Command;

use crate::servers::{program, run};

/// Sees that a suite has what it needs.
///
/// # Errors
/// A text for people: why it can't be had.
pub(crate) fn need(suite: &str) -> Result<(), String> {
    match suite {
        // Messages of the compiler show the standard library's source.
        "ui" => components(&["rust-src"]),
        "editor" => components(&["rust-analyzer", "rust-src"]),
        // It looks at what is synced before what.
        "table" => program("strace", "strace").map(drop),
        _ => Ok(()),
    }
}

fn components(names: &[&str]) -> Result<(), String> {
    let missing: Vec<_> = names.iter().filter(|name| !is_there(name)).collect();
    if missing.is_empty() {
        return Ok(());
    }
    println!("adding {missing:?} to the toolchain");
    run(Command::new("rustup")
        .args(["component", "add"])
        .args(missing))
    .map(drop)
}

fn is_there(component: &str) -> bool {
    match component {
        "rust-src" => run(Command::new("rustc").args(["--print", "sysroot"])).is_ok_and(|root| {
            Path::new(&root)
                .join("lib/rustlib/src/rust/library")
                .is_dir()
        }),
        program => run(Command::new(program).arg("--version")).is_ok(),
    }
}
