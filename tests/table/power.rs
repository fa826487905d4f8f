//! A power cut takes along what was written and not synced. Nobody pulls a plug here: the system calls of a walking
//! process are looked at instead. When a step begins, in sync durability, nothing may wait to be synced.

use std::collections::{BTreeSet, HashMap};

use graph_tests::walk::{self, LENGTH, Place};

use super::{file, sqlite};

/// What writes, what names files, and what syncs.
const CALLS: &str = "trace=write,writev,pwrite64,pwritev,ftruncate,rename,renameat,renameat2,mkdir,mkdirat,openat,fsync,fdatasync";

/// What a power cut would take along.
#[derive(Default)]
struct Disk {
    /// Where the store is: nothing else matters.
    root: String,
    /// The paths of files that were written to, and of directories in which there are new names.
    unsynced: BTreeSet<String>,
    /// The files that have been there already.
    known: BTreeSet<String>,
    /// The syncs that are on their way: by thread, what will be on the disk.
    syncing: HashMap<String, String>,
    synced: u32,
}

impl Disk {
    /// Takes in a line of the trace; tells the step that begins with it.
    fn take(&mut self, line: &str) -> Option<u32> {
        let (thread, call) = line.split_once(' ')?;
        let call = call.trim_start();
        if call.starts_with("<... ") {
            let path = self.syncing.remove(thread)?;
            return self.sync(&path, call);
        }
        let (name, arguments) = call.split_once('(')?;
        if call.contains(" = -1 ") {
            return None;
        }
        let path = between(arguments, '<', '>').unwrap_or_default();
        let named = arguments.split('"').skip(1).step_by(2).last();
        match (name, named) {
            ("fsync" | "fdatasync", _) if call.contains("<unfinished") => {
                self.syncing.insert(thread.to_owned(), path.to_owned());
            }
            ("fsync" | "fdatasync", _) => return self.sync(path, call),
            ("openat", _) if !arguments.contains("O_CREAT") => {}
            ("openat" | "mkdir" | "mkdirat" | "rename" | "renameat" | "renameat2", Some(new)) => {
                self.name(new, name.starts_with("rename"));
            }
            ("write", _) if path.is_empty() || !self.matters(path) => {
                return walk::begun(arguments.split("\\n").nth(1)?);
            }
            _ => self.write(path),
        }
        None
    }

    fn sync(&mut self, path: &str, call: &str) -> Option<u32> {
        if call.ends_with("= 0") {
            self.synced += 1;
            self.unsynced.remove(path);
        }
        None
    }

    fn write(&mut self, path: &str) {
        if self.matters(path) {
            self.unsynced.insert(path.to_owned());
            // What is being synced just now may not hold this any more.
            self.syncing.retain(|_, syncing| syncing != path);
        }
    }

    /// A name is new, or leads to something else from now on.
    fn name(&mut self, path: &str, leads_elsewhere: bool) {
        let is_new = self.matters(path) && self.known.insert(path.to_owned());
        if let Some((directory, _)) = path.rsplit_once('/')
            && (is_new || leads_elsewhere)
        {
            self.unsynced.insert(directory.to_owned());
        }
    }

    /// Locks, and memory that processes share, are nothing that a power cut could take along.
    fn matters(&self, path: &str) -> bool {
        path.starts_with(&self.root) && !path.contains("/~locks/") && !path.ends_with("-shm")
    }
}

fn between(text: &str, open: char, close: char) -> Option<&str> {
    let (_, rest) = text.split_once(open)?;
    rest.split_once(close).map(|(inner, _)| inner)
}

/// The system calls of a whole walk.
fn trace(url: &str, place: &Place) -> String {
    let trace = place.path("trace");
    let strace = ["strace", "-f", "-y", "-s", "60", "-e", CALLS, "-o", &trace];
    let walked = walk::start(&strace, url, "sync").output();
    let walked = walked.expect("`strace` is needed: install the package of that name");
    assert!(walked.status.success(), "{walked:?}");
    std::fs::read_to_string(trace).unwrap()
}

/// At which steps there was something that a power cut would have taken along.
fn steps_at_risk(place: &Place, trace: &str) -> (Vec<(u32, String)>, Disk) {
    let mut disk = Disk {
        root: place.path("moments"),
        ..Disk::default()
    };
    let mut at_risk = Vec::new();
    let mut begun = 0;
    for line in trace.lines() {
        if let Some(step) = disk.take(line) {
            begun += 1;
            at_risk.extend(disk.unsynced.iter().map(|path| (step, path.clone())));
        }
    }
    assert_eq!(begun, LENGTH, "the trace shows all steps");
    (at_risk, disk)
}

fn assert_safe(url: fn(&Place) -> String) {
    let place = Place::new();
    let trace = trace(&url(&place), &place);
    let (at_risk, disk) = steps_at_risk(&place, &trace);
    assert_eq!(at_risk, []);
    assert!(disk.synced >= LENGTH, "{} syncs", disk.synced);

    // Were the syncs of one step left out, it would show.
    let middle = format!("\\nbegun {}.", LENGTH / 2);
    let (before, after) = trace.split_once(&middle).unwrap();
    let next = format!("\\nbegun {}.", LENGTH / 2 + 1);
    let (step, rest) = after.split_once(&next).unwrap();
    let step = step.replace("sync(", "nosync(");
    let (at_risk, _) = steps_at_risk(&place, &[before, &middle, &step, &next, rest].concat());
    assert!(!at_risk.is_empty());
}

#[test]
fn a_power_cut_takes_nothing_from_files() {
    assert_safe(file);
}

#[test]
fn a_power_cut_takes_nothing_from_sqlite() {
    assert_safe(sqlite);
}
