//! A checkpointer by a URL.

#![allow(clippy::unwrap_used, reason = "these are tests")]

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

/// A port of the loopback that nobody listens at.
#[cfg(any(
    feature = "postgres",
    feature = "mongodb",
    feature = "redis",
    feature = "http"
))]
fn nobody() -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

#[tokio::test]
#[cfg(any(
    feature = "postgres",
    feature = "mongodb",
    feature = "redis",
    feature = "http"
))]
async fn a_server_that_is_not_there_is_said_without_the_password() {
    let port = nobody();
    let urls = [
        #[cfg(feature = "postgres")]
        format!("postgres://ada:s3cret@127.0.0.1:{port}/desk"),
        #[cfg(feature = "mongodb")]
        format!("mongodb://ada:s3cret@127.0.0.1:{port}/desk?serverSelectionTimeoutMS=500"),
        #[cfg(feature = "redis")]
        format!("redis://ada:s3cret@127.0.0.1:{port}/"),
        #[cfg(feature = "http")]
        format!("http://:s3cret@127.0.0.1:{port}"),
    ];
    for url in urls {
        let error = connect(&url).await.map(drop).unwrap_err();
        assert!(
            matches!(error, ConnectError::Store(StoreError::Unavailable(_))),
            "{url}: {error:?}"
        );
        let said = format!("{error} {error:?}");
        assert!(said.contains("127.0.0.1"), "{said}");
        assert!(!said.contains("s3cret"), "{said}");
    }
}

#[tokio::test]
#[cfg(feature = "mongodb")]
async fn an_option_that_a_driver_does_not_know_is_said() {
    let error = connect("mongodb://ada:s3cret@127.0.0.1/desk?retryWirtes=true")
        .await
        .map(drop)
        .unwrap_err();
    assert!(error.to_string().contains("retrywirtes"), "{error}");
    assert!(!format!("{error} {error:?}").contains("s3cret"), "{error}");
}

#[tokio::test]
#[cfg(feature = "file")]
async fn a_configuration_can_be_checked() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("moments");
    let config = graph_checkpointers::Config::File { path: path.clone() };
    config.clone().check().await.unwrap();
    std::fs::remove_dir_all(&path).unwrap();
    std::fs::write(&path, "a file").unwrap();
    assert!(config.check().await.is_err());
}
