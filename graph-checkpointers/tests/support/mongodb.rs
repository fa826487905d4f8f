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

/// The user that the server is given, with the `@` behind, and what follows.
fn user_and_place() -> (String, String) {
    let uri = uri();
    let rest = uri.split_once("//").map_or(&*uri, |(_, rest)| rest);
    match rest.rsplit_once('@') {
        Some((user, place)) => (format!("{user}@"), place.to_owned()),
        None => (String::new(), rest.to_owned()),
    }
}

/// The address of the first server that is named.
pub(crate) fn host() -> String {
    let (_, place) = user_and_place();
    let host = place.split(['/', ',', '?']).next().unwrap();
    let port = if host.contains(':') { "" } else { ":27017" };
    format!("{host}{port}")
}

/// The same server at another address.
pub(crate) fn at(address: &str) -> String {
    let (user, place) = user_and_place();
    let given = place.split_once('?').map_or("", |(_, options)| options);
    let given = given
        .split('&')
        .filter(|one| !one.is_empty() && !one.starts_with("replicaSet="));
    let ours = ["directConnection=true", "serverSelectionTimeoutMS=2000"];
    let options: Vec<_> = ours.into_iter().chain(given).collect();
    format!("mongodb://{user}{address}/?{}", options.join("&"))
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
    let database = database(name).await;
    if is_new {
        database.drop().await.unwrap();
    }
    MongoSaver::with_database(database).await.unwrap()
}
