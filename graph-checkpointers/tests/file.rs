//! What is the directory's own: names, left-overs, damage, several handles, and directories that are refused.

#![allow(clippy::unwrap_used, reason = "these are tests")]

mod support;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use graph_checkpointers::FileSaver;
use graph_runtime::{
    ActivationId, At, Chain, Checkpointer, Commit, Page, Query, Record, StoreError, ThreadKey,
    Write, WriteKey, WriteKind,
};
use support::{adding, after, first, key};
use tempfile::TempDir;
use tokio::sync::Barrier;
use tokio::task::JoinSet;

async fn open() -> (TempDir, FileSaver) {
    let directory = tempfile::tempdir().unwrap();
    let saver = FileSaver::open(store(&directory)).await.unwrap();
    (directory, saver)
}

fn store(directory: &TempDir) -> PathBuf {
    directory.path().join("store")
}

/// Where the thread `t` lies.
fn thread(directory: &TempDir) -> PathBuf {
    store(directory).join("tests/t")
}

async fn save(saver: &FileSaver, head: Option<&Record>, record: &Record) {
    saver.commit(&key("t"), adding(head, record)).await.unwrap();
}

async fn chain(saver: &FileSaver) -> Chain {
    saver.load(&key("t"), At::Head).await.unwrap().unwrap()
}

fn write_of(record: &Record) -> Write {
    let turn = ActivationId {
        moment: record.id,
        index: 0,
    };
    Write {
        key: WriteKey::of_turn(turn, WriteKind::Update),
        payload: b"done".to_vec(),
    }
}

/// The files below a directory.
fn files(directory: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(directory).unwrap();
    let below = entries.map(|entry| entry.unwrap().path()).map(|path| {
        if path.is_dir() {
            files(&path)
        } else {
            vec![path]
        }
    });
    below.flatten().collect()
}

fn records(directory: &TempDir) -> Vec<PathBuf> {
    let mut records = files(&thread(directory).join("records"));
    records.sort_unstable();
    records
}

fn assert_names(error: &StoreError, path: &Path) {
    assert!(matches!(error, StoreError::Corrupt(_)), "{error:?}");
    let name = path.file_name().unwrap().to_str().unwrap();
    assert!(error.to_string().contains(name), "{error}");
}

#[tokio::test]
async fn hostile_names_end_inside_the_directory() {
    let (directory, saver) = open().await;
    let long = "../".repeat(150);
    let names = [
        "..",
        ".",
        "../../x",
        "/etc",
        "~locks",
        "format.json",
        "records",
        "head.json",
        "+a",
        &long,
    ];
    for name in names {
        let thread = ThreadKey::new(name, name).unwrap();
        let record = first();
        saver.commit(&thread, adding(None, &record)).await.unwrap();
        assert_eq!(saver.thread_of(name, name, name).await.unwrap(), name);
        let step = name.replace('/', "\\");
        let below = thread.child(&step).unwrap().child(&step).unwrap();
        saver.commit(&below, adding(None, &record)).await.unwrap();
        assert_eq!(saver.threads(name, &Page::default()).await.unwrap(), [name]);
    }
    let beside: Vec<_> = fs::read_dir(directory.path()).unwrap().collect();
    assert_eq!(beside.len(), 1, "{beside:?}");
    let format = store(&directory).join("format.json");
    assert!(format.is_file());
}

#[tokio::test]
async fn a_person_finds_the_payload_as_it_is() {
    let (directory, saver) = open().await;
    let record = Record {
        payload: b"check\n{\"text\":\"hello\"}".to_vec(),
        ..first()
    };
    save(&saver, None, &record).await;
    let text = fs::read_to_string(&records(&directory)[0]).unwrap();
    assert!(text.ends_with("check\n{\"text\":\"hello\"}"), "{text}");
    assert!(text.contains(&record.id.to_string()) && text.contains("input"));
}

#[tokio::test]
async fn a_record_that_no_head_names_does_not_count_and_goes() {
    let (directory, saver) = open().await;
    let one = first();
    save(&saver, None, &one).await;
    let head = thread(&directory).join("head.json");
    let before = fs::read(&head).unwrap();
    let lost = after(&one);
    let commit = Commit {
        writes: vec![write_of(&lost)],
        ..adding(Some(&one), &lost)
    };
    saver.commit(&key("t"), commit).await.unwrap();
    // As if it had been killed before the head was replaced.
    fs::write(&head, before).unwrap();
    assert_eq!(records(&directory).len(), 2);
    let saver = FileSaver::open(store(&directory)).await.unwrap();
    assert_eq!(chain(&saver).await.records, std::slice::from_ref(&one));
    assert!(chain(&saver).await.writes.is_empty());
    let listed = saver.list(&key("t"), &Query::default()).await.unwrap();
    assert_eq!(listed, std::slice::from_ref(&one));
    assert_eq!(
        saver.load(&key("t"), At::Moment(lost.id)).await.unwrap(),
        None
    );
    // What comes next is above the left-over, and doesn't bring it back.
    let next = Record {
        sequence: 9,
        ..after(&one)
    };
    save(&saver, Some(&one), &next).await;
    assert_eq!(chain(&saver).await.records, [one, next]);
    assert_eq!(records(&directory).len(), 2);
    let is_writes = |path: &PathBuf| path.to_string_lossy().contains("writes-");
    assert!(!files(&thread(&directory)).iter().any(is_writes));
}

#[tokio::test]
async fn a_first_commit_that_was_killed_began_nothing() {
    let (directory, saver) = open().await;
    save(&saver, None, &first()).await;
    fs::remove_file(thread(&directory).join("head.json")).unwrap();
    assert_eq!(saver.load(&key("t"), At::Head).await.unwrap(), None);
    assert!(
        saver
            .threads("tests", &Page::default())
            .await
            .unwrap()
            .is_empty()
    );
    let record = first();
    save(&saver, None, &record).await;
    assert_eq!(chain(&saver).await.records, [record]);
    assert_eq!(records(&directory).len(), 1);
}

#[tokio::test]
async fn half_of_a_file_that_was_to_replace_another_is_passed_over() {
    let (directory, saver) = open().await;
    let one = first();
    save(&saver, None, &one).await;
    fs::write(thread(&directory).join("head.json~"), "{").unwrap();
    assert_eq!(chain(&saver).await.records, std::slice::from_ref(&one));
    let two = after(&one);
    save(&saver, Some(&one), &two).await;
    assert_eq!(chain(&saver).await.head, Some(two.id));
}

#[tokio::test]
async fn every_truncation_and_flip_of_a_file_is_corrupt() {
    let (directory, saver) = open().await;
    let one = Record {
        payload: b"x".to_vec(),
        ..first()
    };
    let commit = Commit {
        writes: vec![write_of(&one)],
        ..adding(None, &one)
    };
    saver.commit(&key("t"), commit).await.unwrap();
    let files = files(&thread(&directory));
    assert_eq!(files.len(), 3);
    for path in files {
        let sound = fs::read(&path).unwrap();
        for place in 0..sound.len() {
            fs::write(&path, &sound[..place]).unwrap();
            let error = saver.load(&key("t"), At::Head).await.unwrap_err();
            assert_names(&error, &path);
            let mut flipped = sound.clone();
            flipped[place] ^= 1 << (place % 8);
            fs::write(&path, &flipped).unwrap();
            let error = saver.load(&key("t"), At::Head).await.unwrap_err();
            assert_names(&error, &path);
        }
        fs::write(&path, sound).unwrap();
    }
    assert_eq!(chain(&saver).await.records, [one]);
}

#[tokio::test]
async fn a_record_that_is_missing_or_another_is_corrupt() {
    let (directory, saver) = open().await;
    let one = first();
    let two = after(&one);
    save(&saver, None, &one).await;
    save(&saver, Some(&one), &two).await;
    let records = records(&directory);
    fs::copy(&records[0], &records[1]).unwrap();
    assert_names(
        &saver.load(&key("t"), At::Head).await.unwrap_err(),
        &records[1],
    );
    fs::remove_file(&records[1]).unwrap();
    assert_names(
        &saver.load(&key("t"), At::Head).await.unwrap_err(),
        &records[1],
    );
}

#[tokio::test]
async fn a_thread_that_was_moved_is_corrupt() {
    let (directory, saver) = open().await;
    save(&saver, None, &first()).await;
    fs::rename(thread(&directory), store(&directory).join("tests/u")).unwrap();
    let moved = saver.load(&key("u"), At::Head).await.unwrap_err();
    assert!(matches!(moved, StoreError::Corrupt(_)), "{moved:?}");
}

#[tokio::test]
async fn sixteen_writers_on_two_handles_lose_nothing() {
    let (directory, one) = open().await;
    // Locks belong to opened files, so two handles meet as two processes do.
    let two = FileSaver::open(store(&directory)).await.unwrap();
    save(&one, None, &first()).await;
    let gate = Arc::new(Barrier::new(16));
    let mut writers = JoinSet::new();
    for number in 0..16 {
        let saver = if number % 2 == 0 {
            one.clone()
        } else {
            two.clone()
        };
        let gate = gate.clone();
        writers.spawn(async move {
            gate.wait().await;
            loop {
                let last = chain(&saver).await.records.pop().unwrap();
                let commit = adding(Some(&last), &after(&last));
                match saver.commit(&key("t"), commit).await {
                    Ok(()) => return,
                    Err(StoreError::Conflict { .. }) => {}
                    Err(error) => unreachable!("{error}"),
                }
            }
        });
    }
    writers.join_all().await;
    let chain = chain(&two).await;
    assert_eq!((chain.records.len(), chain.sequence), (17, 17));
}

#[tokio::test]
async fn a_directory_that_holds_other_things_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("thesis.txt"), "mine").unwrap();
    let refused = FileSaver::open(directory.path()).await.unwrap_err();
    assert!(matches!(refused, StoreError::Unfit(_)), "{refused:?}");
    assert!(refused.to_string().contains("thesis.txt"), "{refused}");
    assert_eq!(files(directory.path()).len(), 1);
}

#[tokio::test]
async fn a_directory_that_cannot_be_one_is_said_at_once() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("file");
    fs::write(&file, "").unwrap();
    for path in [file.clone(), file.join("below")] {
        let refused = FileSaver::open(&path).await.unwrap_err();
        assert!(matches!(refused, StoreError::Unavailable(_)), "{refused:?}");
        assert!(refused.to_string().contains("file"), "{refused}");
    }
}

#[cfg(unix)]
#[tokio::test]
async fn a_directory_without_rights_is_said_at_once() {
    use std::os::unix::fs::PermissionsExt;
    let (directory, saver) = open().await;
    drop(saver);
    fs::set_permissions(store(&directory), fs::Permissions::from_mode(0o500)).unwrap();
    // Who may do everything isn't refused anything.
    if fs::write(store(&directory).join("~rights"), "").is_err() {
        let refused = FileSaver::open(store(&directory)).await.unwrap_err();
        assert!(matches!(refused, StoreError::Unavailable(_)), "{refused:?}");
    }
    fs::set_permissions(store(&directory), fs::Permissions::from_mode(0o700)).unwrap();
}

#[tokio::test]
async fn a_newer_format_is_refused() {
    let (directory, saver) = open().await;
    drop(saver);
    let newer = r#"{"format":2}"#;
    let path = store(&directory).join("format.json");
    fs::write(&path, newer).unwrap();
    let refused = FileSaver::open(store(&directory)).await.unwrap_err();
    let too_new = StoreError::FormatTooNew {
        found: 2,
        supported: 1,
    };
    assert_eq!(refused.to_string(), too_new.to_string());
}
