//! A payment that is killed wherever it can be killed.

use std::fs;
use std::time::Duration;

use graph_runtime::testing::crash_everywhere;

use crate::graph::payments::{Input, Outside, Payment};
use crate::outside::{Bank, Courier};

/// How long a reply takes; it passes at once.
const REPLY: Duration = Duration::from_millis(5);

#[tokio::test(start_paused = true)]
async fn nobody_is_charged_twice_and_no_second_parcel_leaves_wherever_it_is_killed() {
    let books = tempfile::tempdir().unwrap();
    let books = books.path();
    let lines = |book: &str| {
        let book = fs::read_to_string(books.join(book)).unwrap_or_default();
        book.lines().count()
    };
    let (mut shipped, mut looked) = (0, 0);
    let survived = crash_everywhere(
        |saver| {
            let outside = Outside {
                bank: Bank::new(books, 1, REPLY),
                courier: Courier::new(books, REPLY),
            };
            Payment::graph()
                .context(outside)
                .checkpointer(saver)
                .build()
        },
        || Input::new("order-7", 4_200),
    )
    // Nobody knows whether the courier heard it, so somebody looks instead of calling again.
    .or_ending(|payment| {
        let trouble = payment.trouble.as_deref().unwrap_or_default();
        payment.receipt.is_some() && payment.parcel.is_none() && trouble.starts_with("paid, but")
    })
    .after_each(|payment| {
        assert_eq!(lines("charges"), 1);
        if payment.trouble.is_none() {
            assert_eq!(lines("parcels"), 1);
            shipped += 1;
        } else {
            assert!(lines("parcels") <= 1);
            looked += 1;
        }
        for book in fs::read_dir(books).unwrap() {
            fs::remove_file(book.unwrap().path()).unwrap();
        }
    })
    .await
    .unwrap();
    assert!(survived.calls > 5 && survived.polls > 10, "{survived:?}");
    assert!(shipped > looked && looked > 0, "{shipped} and {looked}");
}
