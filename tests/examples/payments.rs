//! Orders that are paid for once and sent once.

use std::fs;
use std::time::Duration;

use tempfile::TempDir;

use crate::program::{Ended, Program, run};

/// Where the bank and the courier keep their books.
struct Books(TempDir);

impl Books {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn args<'a>(&'a self, order: &'a [&'a str]) -> Vec<&'a str> {
        [order, &["--books", self.0.path().to_str().unwrap()]].concat()
    }

    async fn run(&self, order: &[&str]) -> Ended {
        run("payments", &self.args(order), "").await
    }

    /// Starts it with a slow partner, and kills it as soon as something is in that partner's book.
    async fn killed_at(&self, book: &str, order: &[&str]) {
        let order = [order, &["--slow", book]].concat();
        let program = Program::start("payments", &self.args(&order), &[]);
        let patience = async {
            while self.lines(book).is_empty() {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(Duration::from_mins(1), patience)
            .await
            .unwrap();
        program.kill().await;
    }

    fn lines(&self, book: &str) -> Vec<String> {
        let text = fs::read_to_string(self.0.path().join(book)).unwrap_or_default();
        text.lines().map(str::to_owned).collect()
    }

    fn count(&self) -> (usize, usize, usize) {
        (
            self.lines("quotes").len(),
            self.lines("charges").len(),
            self.lines("parcels").len(),
        )
    }
}

#[tokio::test]
async fn an_order_is_paid_for_and_sent() {
    let books = Books::new();
    let ended = books.run(&["order-7", "4200"]).await;
    assert_eq!((ended.code, ended.complained.as_str()), (Some(0), ""));
    assert_eq!(ended.said, "· charge\n· ship\norder-7: parcel 1\n");
    // Started again, nothing is done, and the end is the same.
    let ended = books.run(&["order-7", "4200"]).await;
    assert_eq!(ended.said, "order-7: parcel 1\n");
    assert_eq!(books.count(), (1, 1, 1));
}

#[tokio::test]
async fn lost_replies_are_no_second_charges() {
    let books = Books::new();
    let ended = books.run(&["order-7", "4200", "--lose", "3"]).await;
    assert!(
        ended.said.contains("· charge, attempt 3: the line broke"),
        "{}",
        ended.said
    );
    assert!(
        ended.said.ends_with("order-7: parcel 1\n"),
        "{}",
        ended.said
    );
    assert_eq!(books.count(), (1, 1, 1));
}

#[tokio::test]
async fn a_line_that_stays_broken_is_a_refusal() {
    let books = Books::new();
    let ended = books.run(&["order-7", "4200", "--lose", "9"]).await;
    let refused = "order-7: not paid after 5 attempts: the line broke before the reply\n";
    assert!(ended.said.ends_with(refused), "{}", ended.said);
    assert_eq!((ended.code, books.count().2), (Some(0), 0));
}

#[tokio::test]
async fn what_the_bank_refuses_is_not_tried_again() {
    let books = Books::new();
    let ended = books.run(&["order-7", "4200000"]).await;
    let refused = "· charge\n· refuse\norder-7: not paid after 1 attempts: the bank refuses\n";
    assert_eq!(ended.said, refused);
}

#[tokio::test]
async fn killed_between_the_charge_and_its_reply_it_is_charged_once() {
    let books = Books::new();
    books.killed_at("charges", &["order-7", "4200"]).await;
    let ended = books.run(&["order-7", "4200"]).await;
    assert_eq!(ended.said, "· charge\n· ship\norder-7: parcel 1\n");
    assert_eq!(
        books.count(),
        (1, 1, 1),
        "one quote, one charge, one parcel"
    );
}

#[tokio::test]
async fn killed_while_the_courier_is_called_no_second_parcel_leaves() {
    let books = Books::new();
    books.killed_at("parcels", &["order-7", "4200"]).await;
    let ended = books.run(&["order-7", "4200"]).await;
    let looked = "· ship\n· look\norder-7: paid, but `ship` failed: it may happen only once";
    assert!(ended.said.starts_with(looked), "{}", ended.said);
    assert_eq!(books.count(), (1, 1, 1));
}
