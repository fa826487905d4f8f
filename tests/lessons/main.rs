//! Faults that other graph and workflow libraries have shipped, each with what would find it here. A name is that of
//! a test, a case of the conformance suite, or a message in `tests/ui`; this suite sees that all of them are there.
#![allow(clippy::unwrap_used, reason = "a test")]

mod faults;

use std::collections::HashSet;
use std::fs;
use std::path::Path;

/// What keeps a fault away.
pub enum Kept {
    /// These tests find it.
    By(&'static [&'static str]),
    /// It can't be written here.
    Out(&'static str),
    /// It can't be written here, which these show.
    OutBy(&'static str, &'static [&'static str]),
}

/// The names of all functions of the workspace's tests, and of the files of messages.
fn names() -> HashSet<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut names = HashSet::new();
    for folder in [
        "tests",
        "graph-topology/tests",
        "graph-topology/src",
        "graph-macros/src",
        "graph-runtime/src",
        "graph-checkpointers",
        "benches",
    ] {
        collect(&root.join(folder), &mut names);
    }
    names
}

fn collect(folder: &Path, names: &mut HashSet<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, names);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let stem = path.file_stem().unwrap().to_string_lossy();
            names.insert(stem.into_owned());
            let text = fs::read_to_string(&path).unwrap();
            let functions = text.split("fn ").skip(1);
            names.extend(functions.filter_map(|rest| {
                let end = rest.find(|letter: char| !letter.is_alphanumeric() && letter != '_')?;
                Some(rest[..end].to_owned())
            }));
        }
    }
}

#[test]
fn every_fault_is_kept_away_by_a_test_that_is_there() {
    let names = names();
    for (fault, kept) in faults::FAULTS {
        let (tests, reason) = match kept {
            Kept::By(tests) => (*tests, None),
            Kept::Out(reason) => (&[][..], Some(reason)),
            Kept::OutBy(reason, tests) => (*tests, Some(reason)),
        };
        assert!(
            !tests.is_empty() || reason.is_some_and(|reason| !reason.is_empty()),
            "{fault}"
        );
        for test in tests {
            assert!(names.contains(*test), "`{test}`, for: {fault}");
        }
    }
}
