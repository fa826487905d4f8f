//! The graph: how an order is paid for and sent.

use std::error::Error;

use graph_runtime::prelude::*;

use crate::outside::{Bank, Courier, Receipt, Refused};

/// Whatever goes wrong outside.
pub type Trouble = Box<dyn Error + Send + Sync>;

/// Charges an order and sends it, each once, whatever dies in between.
#[graph(id = "payments")]
pub mod payments {
    use super::*;

    /// What is known of an order.
    #[state]
    pub struct Payment {
        #[input(required)]
        pub order: String,
        /// In cents.
        #[input(required)]
        pub amount: u64,
        pub receipt: Option<Receipt>,
        pub parcel: Option<String>,
        /// Why the order isn't on its way.
        pub trouble: Option<String>,
    }

    /// What the nodes use; no moment stores it.
    #[context]
    pub struct Outside {
        pub bank: Bank,
        pub courier: Courier,
    }

    edges! {
        start -> charge -> ship -> end;
        refuse | look -> end;
    }

    /// The bank knows a request again by its key, so this may run as often as it has to. What was quoted once
    /// stays: the price doesn't change under a customer because a process died.
    #[node(
        writes(receipt),
        effect,
        retry(times = 4, delay = "20ms", not(Refused)),
        timeout = "2h",
        on_error = refuse
    )]
    async fn charge(amount: u64, run: &Run, bank: &Bank) -> Result<Option<Receipt>, Trouble> {
        let rate = run.once("quote", bank.quote()).await?;
        let key = run.idempotency_key().await?;
        Ok(Some(bank.charge(&key, amount * rate).await?))
    }

    /// The courier takes no keys: two calls are two parcels.
    #[node(writes(parcel), at_most_once, on_error = look)]
    async fn ship(order: &str, courier: &Courier) -> Result<Option<String>, Trouble> {
        Ok(Some(courier.send(order).await?))
    }

    #[node(writes(trouble))]
    fn refuse(run: &Run) -> Option<String> {
        let failure = run.failure()?;
        Some(format!(
            "not paid after {} attempts: {}",
            failure.attempts, failure.error
        ))
    }

    /// Somebody has to look: calling again could send a second parcel.
    #[node(writes(trouble))]
    fn look(run: &Run) -> Option<String> {
        Some(format!("paid, but {}", run.failure()?))
    }
}
