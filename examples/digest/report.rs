//! The report: composing it, and putting it where it was asked for.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::Path;

use crate::reading::{Reading, Summary, most_frequent};

/// The report on a directory, as Markdown.
pub fn compose(directory: &Path, readings: &[Reading]) -> String {
    let read: Vec<_> = readings
        .iter()
        .filter_map(|Reading { file, summary }| Some((file, summary.as_ref().ok()?)))
        .collect();
    let left_out: Vec<_> = readings
        .iter()
        .filter_map(|Reading { file, summary }| Some((file, summary.as_ref().err()?)))
        .collect();
    let lines: usize = read.iter().map(|(_, summary)| summary.lines).sum();
    let words: usize = read.iter().map(|(_, summary)| summary.words).sum();
    let terms = read
        .iter()
        .flat_map(|(_, summary)| summary.terms.iter().cloned());
    let mut report = format!(
        "# Digest of {}\n\n{} files, {lines} lines, {words} words. In most of them: {}.\n",
        directory.display(),
        read.len(),
        most_frequent(terms, 5).join(", "),
    );
    for (file, summary) in read {
        section(&mut report, file, summary);
    }
    if !left_out.is_empty() {
        report.push_str("\n## Left out\n\n");
        for (file, why) in left_out {
            // Writing to a `String` can't fail.
            let _ = writeln!(report, "- {file}: {why}");
        }
    }
    report
}

fn section(report: &mut String, file: &str, summary: &Summary) {
    let Summary {
        title,
        opening,
        lines,
        words,
        terms,
    } = summary;
    let about = terms.join(", ");
    // Writing to a `String` can't fail.
    let _ = writeln!(
        report,
        "\n## {file}\n\n**{title}** ({lines} lines, {words} words: {about})"
    );
    if !opening.is_empty() {
        let _ = writeln!(report, "\n> {opening}");
    }
}

/// Writes a file whole or not at all, whenever the process or the machine stops.
pub fn write(path: &Path, text: &str) -> io::Result<()> {
    let mut beside = path.as_os_str().to_owned();
    beside.push(".part");
    let mut file = File::create(&beside)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    fs::rename(beside, path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_has_what_was_read_and_what_was_left_out() {
        let summary = Summary {
            title: "Threads".to_owned(),
            opening: "A thread holds moments.".to_owned(),
            lines: 3,
            words: 9,
            terms: vec!["thread".to_owned()],
        };
        let readings = [
            Reading {
                file: "a.md".to_owned(),
                summary: Ok(summary),
            },
            Reading {
                file: "b.bin".to_owned(),
                summary: Err("not UTF-8 text".to_owned()),
            },
        ];
        let expected = "# Digest of notes\n\n1 files, 3 lines, 9 words. In most of them: thread.\n\n\
            ## a.md\n\n**Threads** (3 lines, 9 words: thread)\n\n> A thread holds moments.\n\n\
            ## Left out\n\n- b.bin: not UTF-8 text\n";
        assert_eq!(compose(Path::new("notes"), &readings), expected);
    }

    #[test]
    fn a_written_report_takes_the_place_of_an_old_one() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("report.md");
        for text in ["old and long", "new"] {
            write(&path, text).unwrap();
            assert_eq!(fs::read_to_string(&path).unwrap(), text);
        }
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);
    }
}
