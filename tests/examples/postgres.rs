//! One conversation, continued by two processes over PostgreSQL.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // helpers are tests too, which Clippy can't see

#[allow(dead_code, reason = "other examples use more of it")]
mod program;
mod ward;

#[tokio::test]
async fn a_book_is_kept_on_two_terminals() {
    let store = std::env::var("GRAPH_TEST_POSTGRES")
        .expect("the url of a server; `cargo xtask test postgres_examples` starts one");
    let ward = format!("ward-{}", std::process::id());
    ward::is_kept_on_two_terminals(&store, &ward).await;
}
