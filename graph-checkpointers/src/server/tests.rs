//! That the description names what there is, and nothing else.

#![allow(clippy::unwrap_used, reason = "these are tests")]

use std::collections::BTreeSet;

use graph_runtime::{InvalidId, StoreError, Timestamp};
use serde_json::Value;

use super::app::OPENAPI;
use super::routes::{ROUTES, Verb};
use crate::wire::{Kind, Problem};

fn described() -> Value {
    serde_json::from_str(OPENAPI).unwrap()
}

#[test]
fn every_route_is_described() {
    let described = described();
    let mut named = BTreeSet::new();
    for (path, verbs) in described["paths"].as_object().unwrap() {
        let verbs = verbs.as_object().unwrap().keys();
        named.extend(verbs.map(|verb| (path.as_str(), verb.as_str())));
    }
    let routes = ROUTES.iter().map(|route| {
        let verb = match route.verb {
            Verb::Get => "get",
            Verb::Post => "post",
            Verb::Put => "put",
            Verb::Delete => "delete",
        };
        (route.path, verb)
    });
    let open = [("/health", "get"), ("/openapi.json", "get")];
    assert_eq!(named, routes.chain(open).collect());
}

/// What changes something says by which headers it may be repeated, and is no `GET`.
#[test]
fn every_change_may_be_repeated() {
    let described = described();
    for route in ROUTES {
        assert_eq!(route.changes, route.verb != Verb::Get, "{}", route.path);
    }
    for verbs in described["paths"].as_object().unwrap().values() {
        for (verb, operation) in verbs.as_object().unwrap() {
            let said = operation["parameters"].to_string();
            for name in ["Key", "Repeats"] {
                let reference = format!("#/components/parameters/{name}\"");
                assert_eq!(said.contains(&reference), verb != "get", "{operation}");
            }
        }
    }
}

fn kinds() -> Vec<Kind> {
    let errors = [
        StoreError::Conflict {
            expected: None,
            found: None,
        },
        StoreError::Rewritten,
        StoreError::Leased {
            holder: "a".to_owned(),
            until: Timestamp::from_micros(1),
        },
        StoreError::Fenced {
            epoch: 1,
            current: 2,
        },
        StoreError::Unknown("a".into()),
        StoreError::Corrupt("a".to_owned()),
        StoreError::TooLarge {
            what: "a",
            bytes: 2,
            limit: 1,
        },
        StoreError::FormatTooNew {
            found: 2,
            supported: 1,
        },
        StoreError::Malformed("a"),
        StoreError::Unsupported("a"),
        InvalidId::Empty { what: "a" }.into(),
        StoreError::Unfit("a".to_owned()),
        StoreError::unavailable("a"),
    ];
    let own = [
        Kind::BadRequest,
        Kind::Unauthorized,
        Kind::NoMoment,
        Kind::NoRoute,
        Kind::KeyReused,
        Kind::Slow,
    ];
    errors.iter().map(Kind::from).chain(own).collect()
}

#[test]
fn every_kind_of_problem_is_described_with_its_fields() {
    let described = described();
    let schema = &described["components"]["schemas"]["Problem"]["properties"];
    let mut named = BTreeSet::new();
    for kind in kinds() {
        let problem = Problem {
            status: 400,
            title: String::new(),
            detail: String::new(),
            kind,
        };
        let sent = serde_json::to_value(&problem).unwrap();
        for name in sent.as_object().unwrap().keys() {
            assert!(schema.get(name).is_some(), "{sent}");
        }
        named.insert(sent["kind"].as_str().unwrap().to_owned());
    }
    let listed = schema["kind"]["enum"].as_array().unwrap();
    let listed: BTreeSet<_> = listed
        .iter()
        .map(|kind| kind.as_str().unwrap().to_owned())
        .collect();
    assert_eq!(named, listed);
}
