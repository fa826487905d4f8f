//! The parts of the pinned toolchain that suites need beside the compiler: rustup brings them with the toolchain, unless it is told not
//! to install anything by itself.

use std::path::Path;
use std::process::Command;

use crate::servers::run;

/// What a suite needs, by its name.
pub(crate) fn components_of(suite: &str) -> &'static [&'static str] {
    match suite {
        // Messages of the compiler show the standard library's source.
        "ui" => &["rust-src"],
        "editor" => &["rust-analyzer", "rust-src"],
        _ => &[],
    }
}

/// Sees that the components are there.
///
/// # Errors
/// A text for people: why they can't be had.
pub(crate) fn need(components: &[&str]) -> Result<(), String> {
    let missing: Vec<_> = components.iter().filter(|name| !is_there(name)).collect();
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
