//! Which tests and benches the workspace has: cargo is asked, so that none is forgotten.

use std::env;
use std::process::Command;

use serde_json::Value;

/// The names of all targets of a kind, sorted.
///
/// # Errors
/// A text for people, if cargo doesn't answer or names none.
pub(crate) fn targets(kind: &str) -> Result<Vec<String>, String> {
    let metadata = metadata()?;
    let packages = metadata["packages"].as_array().into_iter().flatten();
    let targets = packages.flat_map(|package| package["targets"].as_array().into_iter().flatten());
    let of_kind = targets.filter(|target| {
        let kinds = target["kind"].as_array();
        kinds.is_some_and(|kinds| kinds.iter().any(|one| one == kind))
    });
    let mut names: Vec<String> = of_kind
        .filter_map(|target| Some(target["name"].as_str()?.to_owned()))
        .collect();
    names.sort_unstable();
    names.dedup();
    if names.is_empty() {
        return Err(format!(
            "cargo knows no target of kind `{kind}` in this workspace"
        ));
    }
    Ok(names)
}

fn metadata() -> Result<Value, String> {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args(["metadata", "--no-deps", "--format-version", "1"])
        .output()
        .map_err(|error| format!("cargo can't be started: {error}"))?;
    serde_json::from_slice(&output.stdout)
        .map_err(|error| format!("`cargo metadata` can't be read: {error}"))
}
