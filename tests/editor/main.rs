//! Editors work inside a graph: completion, go-to-definition, references, rename and underlined errors, asked of a real
//! rust-analyzer, each on a sound graph and on the same graph with something wrong elsewhere in it.

mod completion;
mod diagnostics;
mod lsp;
mod navigation;
mod page;
mod project;
mod rename;

use std::{
    io::{self, Write},
    sync::{LazyLock, Mutex, PoisonError},
};

use lsp::Result;
use project::Project;

/// Runs `test` on the one project that all tests share: loading it is what costs.
fn in_editor(test: impl FnOnce(&mut Project) -> Result<()>) -> Result<()> {
    static PROJECT: LazyLock<Mutex<Result<Option<Project>>>> = LazyLock::new(|| {
        let project = Project::open();
        if matches!(project, Ok(None)) {
            // Not `println!`: the harness swallows what a passing test prints.
            let _ = writeln!(io::stderr(), "skipped: rust-analyzer is not installed");
        }
        Mutex::new(project)
    });

    // A test that failed leaves nothing behind: each question brings its own text.
    let mut project = PROJECT.lock().unwrap_or_else(PoisonError::into_inner);
    match &mut *project {
        Ok(Some(project)) => test(project),
        Ok(None) => Ok(()),
        Err(error) => Err(error.to_string().into()),
    }
}
