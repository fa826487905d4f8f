//! What is `SQLite`'s own: the file, who else has it open, what may be wrong with it.

#![allow(clippy::unwrap_used, reason = "these are tests")]

mod support;

use std::fs;
use std::future::{Future, poll_fn};
use std::path::{Path, PathBuf};
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, mpsc};
use std::task::{Context, Poll, Wake, Waker};
use std::thread;
use std::time::Duration;

use graph_checkpointers::SqliteSaver;
use graph_runtime::{At, Checkpointer, Page, StoreError};
use rusqlite::Connection;
use support::{adding, after, first, key};
use tempfile::TempDir;

fn file() -> (TempDir, PathBuf) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("moments.db");
    (directory, path)
}

/// The message of an opening that fails, which names the path.
async fn refused(path: &Path) -> StoreError {
    let error = SqliteSaver::open(path).await.unwrap_err();
    let text = error.to_string();
    assert!(text.contains(&*path.to_string_lossy()), "{text}");
    error
}

async fn assert_works(saver: &SqliteSaver) {
    let record = first();
    saver
        .commit(&key("works"), adding(None, &record))
        .await
        .unwrap();
    let chain = saver.load(&key("works"), At::Head).await.unwrap();
    assert_eq!(chain.unwrap().records, [record]);
}

#[tokio::test]
async fn the_directory_is_made() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("a/b/moments.db");
    assert_works(&SqliteSaver::open(&path).await.unwrap()).await;
    assert!(path.exists());
}

#[tokio::test]
async fn memory_makes_no_file_and_is_not_shared() {
    let one = SqliteSaver::open(":memory:").await.unwrap();
    let two = SqliteSaver::open(":memory:").await.unwrap();
    assert_works(&one).await;
    assert_works(&two).await;
    assert!(!Path::new(":memory:").exists());
}

#[tokio::test]
async fn a_path_means_itself_whatever_it_looks_like() {
    let directory = tempfile::tempdir().unwrap();
    for name in [
        "file:x?mode=memory",
        "ü 'quoted'.db",
        "a%20b",
        "?mode=ro",
        ":memory:",
    ] {
        let path = directory.path().join(name);
        assert_works(&SqliteSaver::open(&path).await.unwrap()).await;
        assert!(path.is_file(), "{name}");
    }
}

#[tokio::test]
async fn an_empty_file_becomes_a_database() {
    let (_directory, path) = file();
    fs::write(&path, "").unwrap();
    assert_works(&SqliteSaver::open(&path).await.unwrap()).await;
}

#[tokio::test]
async fn what_is_no_database_is_refused_and_left_alone() {
    let (_directory, path) = file();
    for content in ["x", "{\"json\": true}", &"no database ".repeat(1000)] {
        fs::write(&path, content).unwrap();
        assert!(matches!(refused(&path).await, StoreError::Corrupt(_)));
        assert_eq!(fs::read_to_string(&path).unwrap(), content);
    }
}

#[tokio::test]
async fn the_database_of_another_program_is_refused_and_left_alone() {
    let (_directory, path) = file();
    let theirs = Connection::open(&path).unwrap();
    theirs
        .execute_batch("CREATE TABLE users (name); PRAGMA user_version = 1")
        .unwrap();
    drop(theirs);
    let before = fs::read(&path).unwrap();
    let error = refused(&path).await;
    assert!(error.to_string().contains("another program"), "{error}");
    assert_eq!(fs::read(&path).unwrap(), before);
}

#[tokio::test]
async fn a_newer_format_is_refused_and_left_alone() {
    let (_directory, path) = file();
    assert_works(&SqliteSaver::open(&path).await.unwrap()).await;
    let newer = Connection::open(&path).unwrap();
    newer.pragma_update(None, "user_version", 7).unwrap();
    drop(newer);
    let error = SqliteSaver::open(&path).await.unwrap_err();
    assert!(
        matches!(
            error,
            StoreError::FormatTooNew {
                found: 7,
                supported: 3
            }
        ),
        "{error:?}"
    );
}

#[tokio::test]
async fn a_damaged_file_is_a_typed_error() {
    let (_directory, path) = file();
    let saver = SqliteSaver::open(&path).await.unwrap();
    let mut last = first();
    saver.commit(&key("t"), adding(None, &last)).await.unwrap();
    for _ in 0..500 {
        let next = after(&last);
        saver
            .commit(&key("t"), adding(Some(&last), &next))
            .await
            .unwrap();
        last = next;
    }
    drop(saver);
    // All pages but the first, which says that it is a database.
    let mut bytes = fs::read(&path).unwrap();
    bytes[4096..].fill(0x5a);
    fs::write(&path, bytes).unwrap();
    let error = match SqliteSaver::open(&path).await {
        Ok(saver) => saver.load(&key("t"), At::Head).await.unwrap_err(),
        Err(error) => error,
    };
    assert!(matches!(error, StoreError::Corrupt(_)), "{error:?}");
    assert!(error.to_string().contains("moments.db"), "{error}");
}

#[tokio::test]
async fn a_file_that_was_cut_is_a_typed_error() {
    let (_directory, path) = file();
    assert_works(&SqliteSaver::open(&path).await.unwrap()).await;
    let bytes = fs::read(&path).unwrap();
    fs::write(&path, &bytes[..bytes.len() / 2]).unwrap();
    let error = match SqliteSaver::open(&path).await {
        Ok(saver) => saver
            .commit(&key("t"), adding(None, &first()))
            .await
            .unwrap_err(),
        Err(error) => error,
    };
    assert!(matches!(error, StoreError::Corrupt(_)), "{error:?}");
}

#[tokio::test]
async fn an_id_that_is_none_is_a_typed_error() {
    let (_directory, path) = file();
    let saver = SqliteSaver::open(&path).await.unwrap();
    assert_works(&saver).await;
    let meddler = Connection::open(&path).unwrap();
    meddler
        .execute("UPDATE records SET id = 'not an id'", ())
        .unwrap();
    let error = saver.load(&key("works"), At::Head).await.unwrap_err();
    assert!(matches!(error, StoreError::Corrupt(_)), "{error:?}");
    let error = saver
        .commit(&key("works"), adding(None, &first()))
        .await
        .unwrap_err();
    assert!(matches!(error, StoreError::Corrupt(_)), "{error:?}");
}

#[tokio::test]
async fn a_path_that_cannot_be_a_file_is_refused() {
    let (directory, path) = file();
    fs::write(&path, "").unwrap();
    for path in [
        directory.path(),
        &path.join("below-a-file.db"),
        Path::new(""),
        Path::new("/"),
    ] {
        assert!(
            matches!(
                SqliteSaver::open(path).await.unwrap_err(),
                StoreError::Unavailable(_)
            ),
            "{path:?}"
        );
    }
}

/// A directory that not even the superuser may write to.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_directory_that_cannot_be_written_to_is_refused() {
    let error = refused(Path::new("/proc/self/moments.db")).await;
    assert!(matches!(error, StoreError::Unavailable(_)), "{error:?}");
    let error = SqliteSaver::open("/proc/self/below/moments.db")
        .await
        .unwrap_err();
    assert!(error.to_string().contains("/proc/self/below"), "{error}");
}

/// Permissions bind everybody but the superuser, for whom this passes without a word.
#[cfg(unix)]
#[tokio::test]
async fn a_read_only_directory_or_file_is_refused() {
    use std::os::unix::fs::PermissionsExt;
    let (directory, path) = file();
    assert_works(&SqliteSaver::open(&path).await.unwrap()).await;
    let set =
        |path: &Path, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    set(&path, 0o444);
    let superuser = fs::OpenOptions::new().write(true).open(&path).is_ok();
    if !superuser {
        assert!(refused(&path).await.to_string().contains("read-only"));
    }
    set(&path, 0o644);
    set(directory.path(), 0o555);
    if !superuser {
        refused(&directory.path().join("new.db")).await;
    }
    set(directory.path(), 0o755);
}

#[tokio::test]
async fn the_log_is_folded_into_the_file_when_the_last_handle_goes() {
    let (directory, path) = file();
    let saver = SqliteSaver::open(&path).await.unwrap();
    let clone = saver.clone();
    assert_works(&saver).await;
    drop(saver);
    assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 3);
    drop(clone);
    assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);
}

#[tokio::test]
async fn dropping_the_last_handle_writes_what_was_accepted() {
    let (_directory, path) = file();
    let saver = SqliteSaver::open(&path).await.unwrap();
    for place in 0..300 {
        let thread = key(&format!("t{place}"));
        let mut commit = pin!(saver.commit(&thread, adding(None, &first())));
        // Accepted at the first poll; the reply is nobody's concern any more.
        let _ = poll_fn(|context| Poll::Ready(commit.as_mut().poll(context))).await;
    }
    drop(saver);
    let saver = SqliteSaver::open(&path).await.unwrap();
    let threads = saver.threads("tests", &Page::default()).await;
    assert_eq!(threads.unwrap().len(), 300);
}

/// A task that goes on wherever it is woken: here on the writer's own thread.
struct Inline {
    task: Mutex<Option<Pin<Box<dyn Future<Output = ()> + Send>>>>,
}

impl Wake for Inline {
    fn wake(self: Arc<Self>) {
        let waker = Waker::from(self.clone());
        let mut task = self.task.lock().unwrap();
        let Some(mut running) = task.take() else {
            return;
        };
        if running
            .as_mut()
            .poll(&mut Context::from_waker(&waker))
            .is_pending()
        {
            *task = Some(running);
        }
    }
}

#[test]
fn the_last_handle_may_go_on_the_writers_thread() {
    let (_directory, path) = file();
    let (done, ended) = mpsc::channel();
    let task = async move {
        let saver = SqliteSaver::open(path).await.unwrap();
        assert_works(&saver).await;
        drop(saver);
        done.send(thread::current().name().map(str::to_owned))
            .unwrap();
    };
    let task = Inline {
        task: Mutex::new(Some(Box::pin(task))),
    };
    Arc::new(task).wake();
    let thread = ended.recv_timeout(Duration::from_secs(20)).unwrap();
    assert!(thread.is_some_and(|name| name.starts_with("sqlite-")));
}

#[tokio::test]
async fn reading_does_not_wait_for_writers_and_writing_waits_for_its_turn() {
    let (_directory, path) = file();
    let saver = SqliteSaver::open(&path).await.unwrap();
    assert_works(&saver).await;
    let other = Connection::open(&path).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let writer = saver.clone();
    let commit =
        tokio::spawn(async move { writer.commit(&key("t"), adding(None, &first())).await });
    for _ in 0..20 {
        assert!(saver.load(&key("works"), At::Head).await.unwrap().is_some());
        assert!(saver.load(&key("t"), At::Head).await.unwrap().is_none());
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert!(!commit.is_finished());
    other.execute_batch("COMMIT").unwrap();
    commit.await.unwrap().unwrap();
    assert!(saver.load(&key("t"), At::Head).await.unwrap().is_some());
}
