//! The digest of a directory.

use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::program::{Ended, Program, run};

const SOURCES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../graph-topology/src");

/// A directory to read, and a place for the report.
struct Place {
    directory: TempDir,
    out: String,
}

impl Place {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let out = directory.path().join("report.md").display().to_string();
        Self { directory, out }
    }

    /// Twenty files, in order.
    fn filled() -> (Self, String) {
        let place = Self::new();
        let notes = place.directory.path().join("notes");
        fs::create_dir(&notes).unwrap();
        for number in 0..20 {
            let text = format!("# Note {number}\n\nSomething about moments.\n");
            fs::write(notes.join(format!("{number:02}.md")), text).unwrap();
        }
        (place, notes.display().to_string())
    }

    fn start(&self, directory: &str, more: &[&str]) -> Program {
        Program::start(
            "digest",
            &[&[directory, "--out", &self.out][..], more].concat(),
            &[],
        )
    }

    async fn run(&self, directory: &str, input: &str) -> Ended {
        run("digest", &[directory, "--out", &self.out], input).await
    }

    fn report(&self) -> Option<String> {
        fs::read_to_string(&self.out).ok()
    }
}

fn files_read(said: &str) -> Vec<&str> {
    said.lines()
        .filter_map(|line| line.strip_prefix("· read "))
        .collect()
}

#[tokio::test]
async fn a_directory_becomes_a_report() {
    let place = Place::new();
    let ended = place.run(SOURCES, "y\n").await;
    assert_eq!((ended.code, ended.complained.as_str()), (Some(0), ""));
    assert!(
        ended.said.ends_with("· write\nThe report is written.\n"),
        "{}",
        ended.said
    );
    let report = place.report().unwrap();
    assert!(report.contains("## check/explore.rs\n"), "{report}");
    assert_eq!(
        report.matches("\n## ").count(),
        files_read(&ended.said).len()
    );
    assert!(ended.said.contains(&report));
    assert!(!Path::new(&format!("{}.part", place.out)).exists());
}

#[tokio::test]
async fn killed_while_it_reads_it_reads_only_the_rest() {
    let (place, notes) = Place::filled();
    let mut program = place.start(&notes, &["--slow", "200"]);
    // Eight are read at once: when the second eight are nearly there, the first are stored.
    for _ in 0..14 {
        program.until("· read ").await;
    }
    program.kill().await;

    let ended = place.run(&notes, "y\n").await;
    assert!(
        ended.said.starts_with("Going on where it was interrupted"),
        "{}",
        ended.said
    );
    let read = files_read(&ended.said);
    assert!((1..20).contains(&read.len()), "{read:?}");
    let report = place.report().unwrap();

    // The same as if nobody had pulled the plug.
    let place = Place::new();
    place.run(&notes, "y\n").await;
    assert_eq!(report, place.report().unwrap());
}

#[tokio::test]
async fn nothing_is_written_without_a_yes() {
    let (place, notes) = Place::filled();
    let ended = place.run(&notes, "").await;
    assert_eq!(ended.code, Some(0));
    assert!(
        ended
            .said
            .ends_with("The question stays open; start again to answer it.\n")
    );
    let ended = place.run(&notes, "n\n").await;
    assert!(
        ended.said.starts_with("Going on where it was interrupted"),
        "{}",
        ended.said
    );
    assert!(
        ended.said.ends_with("Nothing is written.\n"),
        "{}",
        ended.said
    );
    assert_eq!(files_read(&ended.said), Vec::<&str>::new());
    assert_eq!(place.report(), None);
}

#[tokio::test]
async fn what_is_no_text_is_left_out_and_said() {
    let (place, notes) = Place::filled();
    fs::write(PathBuf::from(&notes).join("photo.jpg"), [0xff, 0xd8, 0xff]).unwrap();
    place.run(&notes, "y\n").await;
    let report = place.report().unwrap();
    assert!(
        report.ends_with("## Left out\n\n- photo.jpg: not UTF-8 text\n"),
        "{report}"
    );
}

#[tokio::test]
async fn a_report_that_cant_be_written_is_tried_again_at_the_next_start() {
    let (place, notes) = Place::filled();
    fs::create_dir(&place.out).unwrap();
    let ended = place.run(&notes, "y\n").await;
    assert_eq!(ended.code, Some(1));
    assert!(
        ended.complained.contains("report.md can't be written"),
        "{}",
        ended.complained
    );
    fs::remove_dir(&place.out).unwrap();
    let ended = place.run(&notes, "").await;
    assert!(
        ended.said.ends_with("· write\nThe report is written.\n"),
        "{}",
        ended.said
    );
    assert!(place.report().is_some());
}

#[tokio::test]
async fn begun_again_it_reads_what_is_there_now() {
    let (place, notes) = Place::filled();
    place.run(&notes, "").await;
    fs::write(PathBuf::from(&notes).join("20.md"), "# New\n").unwrap();
    let mut program = place.start(&notes, &["--again"]);
    program.until("· read 20.md").await;
    assert_eq!(program.finish().await.code, Some(0));
}

#[tokio::test]
async fn what_is_wrong_is_said_kindly() {
    let place = Place::new();
    let empty = place.directory.path().join("empty");
    fs::create_dir(&empty).unwrap();
    let file = place.directory.path().join("file");
    fs::write(&file, "").unwrap();
    for (directory, code, complaint) in [
        (empty.to_str().unwrap(), 1, "there is no file in"),
        (file.to_str().unwrap(), 2, "Not a directory"),
        ("/nowhere", 2, "No such file or directory"),
    ] {
        let ended = place.run(directory, "").await;
        assert_eq!(ended.code, Some(code), "{directory}");
        assert!(ended.complained.contains(complaint), "{}", ended.complained);
    }
    let db = file.to_str().unwrap();
    fs::write(db, "a text").unwrap();
    let ended = run("digest", &[SOURCES, "--out", &place.out, "--db", db], "").await;
    assert_eq!(ended.code, Some(1));
    assert!(
        ended.complained.contains("is not an SQLite database"),
        "{}",
        ended.complained
    );
}
