//! The ward's book: one conversation, kept by two processes in one file.

use crate::ward::is_kept_on_two_terminals;

#[tokio::test]
async fn a_book_is_kept_on_two_terminals() {
    let folder = tempfile::tempdir().unwrap();
    let store = format!("sqlite:{}", folder.path().join("ward.db").display());
    is_kept_on_two_terminals(&store, "ward-3").await;
}
