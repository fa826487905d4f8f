//! The server that the tests of `MongoSaver` use, and databases on it that are a test's own.

#![allow(dead_code, reason = "each test file uses its part")]

use std::collections::HashSet;
use std::env;
use std::sync::{Mutex, PoisonError};

use ::mongodb::{Client, Database};
use graph_checkpointers::MongoSaver;

/// The variables that may name the server.
const VARIABLES: [&str; 2] = ["GRAPH_TEST_MONGODB", "MONGODB_URI"];

/// Where the server is.
pub(crate) fn uri() -> String {
    let mut given = VARIABLES.iter().filter_map(|name| env::var(name).ok());
    let Some(uri) = given.find(|uri| !uri.is_empty()) else {
        unreachable!(
            "no MongoDB server is named: run `cargo xtask test mongodb`, or set `MONGODB_URI`"
        );
    };
    uri
}

/// A database without this library.
pub(crate) async fn database(name: &str) -> Database {
    let client = Client::with_uri_str(uri()).await.unwrap();
    client.database(name)
}

/// Opens a database, which is empty when it is opened for the first time: one of an earlier run may have its name.
pub(crate) async fn open(name: &str) -> MongoSaver {
    static OPENED: Mutex<Option<HashSet<String>>> = Mutex::new(None);
    let is_new = {
        let mut opened = OPENED.lock().unwrap_or_else(PoisonError::into_inner);
        opened.get_or_insert_default().insert(name.to_owned())
    };
    if is_new {
        database(name).await.drop().await.unwrap();
    }
    MongoSaver::connect(&uri(), name).await.unwrap()
}
