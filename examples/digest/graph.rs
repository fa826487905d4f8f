//! The graph: how a directory becomes a report.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context;
use graph_runtime::prelude::*;
use serde::{Deserialize, Serialize};

use crate::reading::{self, Reading};
use crate::report;

/// What a person is asked before anything is written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReportQuestion {
    pub report: String,
    pub out: PathBuf,
}

/// Reads files side by side and writes a report on them, if a person agrees.
#[graph(id = "digest")]
pub mod digest {
    use super::*;

    /// What is known of a directory.
    #[state]
    #[derive(Default)]
    pub struct Digest {
        #[input(required)]
        pub directory: PathBuf,
        /// Files within the directory.
        #[input(required)]
        pub files: Vec<String>,
        /// Where the report goes.
        #[input(required)]
        pub out: PathBuf,
        /// What was read, in the order of the files.
        #[scope(run)]
        #[reduce(append)]
        pub readings: Vec<Reading>,
        #[scope(run)]
        pub report: String,
        #[scope(run)]
        pub approved: Option<bool>,
    }

    /// What the nodes use; no moment stores it.
    #[context]
    pub struct Reader {
        /// How long to look at each file beside reading it.
        pub pace: Duration,
    }

    edges! {
        start -> for file in state.files.clone(), limit = 8 { read(file) };
        read -> merge -> approve -> if state.approved == Some(true) { write } else { end };
        write -> end;
    }

    #[node(writes(readings), blocking)]
    fn read(directory: &Path, file: String, pace: Duration) -> Reading {
        std::thread::sleep(pace);
        reading::read(directory, file)
    }

    #[node(writes(report))]
    fn merge(directory: &Path, readings: &[Reading]) -> String {
        report::compose(directory, readings)
    }

    /// The run stops here until somebody answers, be it days later.
    #[ask(into = approved)]
    fn approve(report: &str, out: &Path) -> ReportQuestion {
        ReportQuestion {
            report: report.to_owned(),
            out: out.to_owned(),
        }
    }

    #[node(blocking)]
    fn write(report: &str, out: &Path) -> anyhow::Result<()> {
        report::write(out, report).with_context(|| format!("{} can't be written", out.display()))
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn every_file_is_read() {
            let files = vec!["a.md".to_owned(), "b.md".to_owned()];
            let state = Digest {
                files,
                ..Digest::default()
            };
            assert_eq!(Node::route_from_start(&state), [Node::Read]);
        }

        #[test]
        fn nothing_is_written_without_a_yes() {
            let route = |approved| {
                Node::Approve.route(&Digest {
                    approved,
                    ..Digest::default()
                })
            };
            assert_eq!(route(Some(true)), [Node::Write]);
            assert_eq!(route(Some(false)), []);
            assert_eq!(route(None), []);
        }
    }
}
