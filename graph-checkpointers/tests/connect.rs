//! A checkpointer by a URL.

use graph_checkpointers::{ConnectError, connect};
use graph_runtime::{Page, StoreError};

#[tokio::test]
async fn memory_is_always_there() {
    let saver = connect("memory:").await.unwrap();
    assert_eq!(
        saver.threads("any", &Page::default()).await.unwrap(),
        [""; 0]
    );
}

#[tokio::test]
#[cfg(feature = "sqlite")]
async fn a_file_is_made_where_the_url_says() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a b.db");
    let url = format!(
        "sqlite://{}",
        file.display().to_string().replace(' ', "%20")
    );
    connect(&url).await.unwrap();
    assert!(file.exists());
}

#[tokio::test]
#[cfg(feature = "sqlite")]
async fn what_is_no_database_is_said_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("notes.txt");
    std::fs::write(
        &file,
        "not a database, but long enough to be taken for one".repeat(20),
    )
    .unwrap();
    let error = connect(&format!("sqlite://{}", file.display()))
        .await
        .map(drop)
        .unwrap_err();
    assert!(
        matches!(error, ConnectError::Store(StoreError::Corrupt(_))),
        "{error}"
    );
    assert!(error.to_string().contains("notes.txt"), "{error}");
}
