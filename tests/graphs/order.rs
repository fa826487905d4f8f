//! An order with compensation: what was done is undone when a later part can't be.

use std::collections::BTreeSet;

use graph_runtime::prelude::*;

/// Takes an order, or leaves nothing behind.
#[graph(id = "order")]
pub mod order {
    use super::*;

    /// The order and how far it has come.
    #[state]
    pub struct Order {
        /// What was ordered.
        #[input(required)]
        pub items: Vec<String>,
        /// What the customer may spend.
        #[input]
        pub limit: u32,
        /// What is in stock is put aside.
        pub reserved: bool,
        /// The customer has paid.
        pub charged: Option<bool>,
        /// What has happened, for the books.
        #[reduce(union)]
        #[output]
        pub log: BTreeSet<String>,
        /// Whether the goods are on their way.
        #[output]
        pub shipped: bool,
        /// All that may go out.
        #[reduce(and)]
        #[default(true)]
        pub cleared: bool,
    }

    edges! {
        start -> check -> {reserve, charge if state.cleared, notify if state.limit > 100};
        {reserve, charge, notify} -> settle;
        settle -> match (state.reserved, state.charged) {
            (true, Some(true)) => ship,
            (true, _) => release,
            (false, Some(true)) => refund,
            (false, _) => end,
        };
        ship | release | refund -> end;
    }

    #[node(writes(cleared))]
    fn check(items: &[String]) -> bool {
        !items.is_empty()
    }

    #[node(writes(reserved, log))]
    fn reserve(items: &[String]) -> update::Reserve {
        let reserved = !items.iter().any(|item| item == "unicorn");
        update::Reserve::new()
            .reserved(reserved)
            .log(["reserve".to_owned()])
    }

    #[node(writes(charged, log), blocking)]
    fn charge(items: Vec<String>, limit: u32) -> update::Charge {
        let cost = u32::try_from(items.len())
            .unwrap_or(u32::MAX)
            .saturating_mul(10);
        update::Charge::new()
            .charged(Some(cost <= limit))
            .log(["charge".to_owned()])
    }

    #[node(writes(log))]
    fn notify() -> String {
        "notify".to_owned()
    }

    #[node]
    fn settle() {}

    #[node(writes(shipped))]
    fn ship() -> bool {
        true
    }

    #[node(writes(reserved, log))]
    fn release() -> (bool, String) {
        (false, "release".to_owned())
    }

    #[node(writes(charged, log))]
    fn refund() -> (Option<bool>, String) {
        (Some(false), "refund".to_owned())
    }
}
