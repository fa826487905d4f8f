//! Where refunds are paid: a stand-in for a payment service, as a text file, that keeps a real one's promise: it takes
//! each key once.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::PathBuf;
use std::time::Duration;

/// A list of what was paid, a line a refund.
#[derive(Debug)]
pub struct Ledger {
    path: PathBuf,
    pace: Duration,
}

impl Ledger {
    pub fn new(path: PathBuf, pace: Duration) -> Self {
        Self { path, pace }
    }

    /// Pays, unless that was done under this key already.
    pub async fn pay(&self, key: &str, reason: &str) -> io::Result<()> {
        if !self.has(key)? {
            let mut file = OpenOptions::new()
                .create(true)
                .append(true)
                .open(&self.path)?;
            // In one piece, so that a kill leaves the whole line or nothing.
            let line = format!("{key}\t{}\n", reason.replace(['\n', '\t'], " "));
            file.write_all(line.as_bytes())?;
            file.sync_all()?;
        }
        tokio::time::sleep(self.pace).await;
        Ok(())
    }

    fn has(&self, key: &str) -> io::Result<bool> {
        match fs::read_to_string(&self.path) {
            Ok(lines) => Ok(lines
                .lines()
                .any(|line| line.split('\t').next() == Some(key))),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_key_is_paid_once() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("refunds");
        let ledger = Ledger::new(path.clone(), Duration::ZERO);
        for (key, reason) in [("a", "broken"), ("b", "late\nvery"), ("a", "broken")] {
            ledger.pay(key, reason).await.unwrap();
        }
        assert_eq!(
            fs::read_to_string(path).unwrap(),
            "a\tbroken\nb\tlate very\n"
        );
    }
}
