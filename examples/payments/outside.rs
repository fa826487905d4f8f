//! A bank and a courier, as they are: each keeps a book in a file, and neither knows of graphs.

use std::error::Error;
use std::fmt;
use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::time::sleep;

use crate::graph::Trouble;

/// More than that the bank doesn't give.
const LIMIT: u64 = 100_000;

/// A line for each thing that happened.
struct Book(PathBuf);

impl Book {
    fn lines(&self) -> Vec<String> {
        let text = fs::read_to_string(&self.0).unwrap_or_default();
        text.lines().map(str::to_owned).collect()
    }

    fn add(&self, line: &str) -> std::io::Result<()> {
        let mut file = OpenOptions::new().create(true).append(true).open(&self.0)?;
        writeln!(file, "{line}")
    }
}

/// What the bank says of a charge.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    pub number: usize,
    pub amount: u64,
}

/// The bank has looked at it and said no.
#[derive(Debug)]
pub struct Refused;

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the bank refuses")
    }
}

impl Error for Refused {}

/// A bank at the end of a bad line.
pub struct Bank {
    charges: Book,
    quotes: Book,
    /// How many of the next replies are lost.
    lost: AtomicU32,
    slow: Duration,
}

impl Bank {
    pub fn new(directory: &Path, lost: u32, slow: Duration) -> Self {
        Self {
            charges: Book(directory.join("charges")),
            quotes: Book(directory.join("quotes")),
            lost: AtomicU32::new(lost),
            slow,
        }
    }

    /// What a cent costs today.
    pub async fn quote(&self) -> Result<u64, Trouble> {
        sleep(Duration::ZERO).await;
        self.quotes.add("1")?;
        Ok(1)
    }

    /// Takes the money, once for each key. The reply takes its time, and may be lost on the way.
    pub async fn charge(&self, key: &str, amount: u64) -> Result<Receipt, Trouble> {
        if amount > LIMIT {
            return Err(Refused.into());
        }
        let line = format!("{key} {amount}");
        let known = self.charges.lines().iter().position(|known| *known == line);
        let number = if let Some(number) = known {
            number
        } else {
            self.charges.add(&line)?;
            self.charges.lines().len() - 1
        };
        sleep(self.slow).await;
        let lost = self
            .lost
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |lost| {
                lost.checked_sub(1)
            });
        match lost {
            Ok(_) => Err("the line broke before the reply".into()),
            Err(_) => Ok(Receipt { number, amount }),
        }
    }
}

/// A courier who sends a parcel for each call.
pub struct Courier {
    parcels: Book,
    slow: Duration,
}

impl Courier {
    pub fn new(directory: &Path, slow: Duration) -> Self {
        Self {
            parcels: Book(directory.join("parcels")),
            slow,
        }
    }

    /// Sends a parcel and gives its number.
    pub async fn send(&self, order: &str) -> Result<String, Trouble> {
        self.parcels.add(order)?;
        sleep(self.slow).await;
        Ok(format!("parcel {}", self.parcels.lines().len()))
    }
}
