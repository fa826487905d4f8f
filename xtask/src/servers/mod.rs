//! The servers that suites need: found or installed, started on loopback, named to the suites by environment variables, and stopped.
//!
//! What a server is lives in a file of its own; how any is started and stopped is in `server`, how programs are had in `programs`.

mod mongodb;
mod postgres;
mod programs;
mod redis;
mod server;

use std::env;

pub(crate) use programs::run;
use server::Server;

/// A kind of server that a suite may need.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Postgres,
    Redis,
    Mongodb,
}

/// The servers that were asked for so far; they stop when this is dropped.
#[derive(Default)]
pub(crate) struct Servers {
    known: Vec<(Kind, Result<Address, String>)>,
}

/// Where a server is.
enum Address {
    /// Started here.
    Ours(Server),
    /// Given by whoever called us.
    Given,
}

impl Kind {
    pub(crate) const ALL: [Self; 3] = [Self::Postgres, Self::Redis, Self::Mongodb];

    /// What a test target needs, by its name.
    pub(crate) fn of_target(target: &str) -> Option<Self> {
        let subject = target.strip_prefix("conformance_").unwrap_or(target);
        Self::ALL
            .into_iter()
            .find(|kind| subject.starts_with(kind.name()))
    }

    fn name(self) -> &'static str {
        match self {
            Self::Postgres => "postgres",
            Self::Redis => "redis",
            Self::Mongodb => "mongodb",
        }
    }

    /// The variable that tells a suite where the server is.
    fn variable(self) -> &'static str {
        match self {
            Self::Postgres => "GRAPH_TEST_POSTGRES",
            Self::Redis => "GRAPH_TEST_REDIS",
            Self::Mongodb => "GRAPH_TEST_MONGODB",
        }
    }

    fn start(self) -> Result<Server, String> {
        match self {
            Self::Postgres => postgres::start(),
            Self::Redis => redis::start(),
            Self::Mongodb => mongodb::start(),
        }
    }
}

impl Servers {
    /// Sees that a server runs. One that can't be had is asked for once; the reason is kept.
    ///
    /// # Errors
    /// A text for people: why there is no such server.
    pub(crate) fn need(&mut self, kind: Kind) -> Result<(), String> {
        if !self.known.iter().any(|(known, _)| *known == kind) {
            self.known.push((kind, address(kind)));
        }
        let found = self.known.iter().find(|(known, _)| *known == kind);
        match found {
            Some((_, Err(why))) => Err(format!("no {}: {why}", kind.name())),
            _ => Ok(()),
        }
    }

    /// The variables that name the servers started here; those given from outside are inherited.
    pub(crate) fn variables(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.known.iter().filter_map(|(kind, address)| {
            let Ok(Address::Ours(server)) = address else {
                return None;
            };
            Some((kind.variable(), server.url()))
        })
    }
}

fn address(kind: Kind) -> Result<Address, String> {
    if env::var_os(kind.variable()).is_some_and(|url| !url.is_empty()) {
        return Ok(Address::Given);
    }
    kind.start().map(Address::Ours)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_says_by_its_name_which_server_it_needs() {
        assert_eq!(
            Kind::of_target("conformance_postgres"),
            Some(Kind::Postgres)
        );
        assert_eq!(Kind::of_target("postgres_restart"), Some(Kind::Postgres));
        assert_eq!(Kind::of_target("conformance_redis"), Some(Kind::Redis));
        assert_eq!(Kind::of_target("redis"), Some(Kind::Redis));
        assert_eq!(Kind::of_target("conformance_mongodb"), Some(Kind::Mongodb));
        assert_eq!(Kind::of_target("mongodb_lease"), Some(Kind::Mongodb));
    }

    #[test]
    fn other_targets_need_none() {
        for target in ["conformance_sqlite", "conformance", "units", "no_postgres"] {
            assert_eq!(Kind::of_target(target), None, "{target}");
        }
    }

    #[test]
    fn a_server_that_cannot_be_had_is_asked_for_once_and_its_reason_kept() {
        let known = vec![(Kind::Redis, Err("nobody may install it".to_owned()))];
        let mut servers = Servers { known };
        for _ in 0..2 {
            let why = servers.need(Kind::Redis);
            assert_eq!(why, Err("no redis: nobody may install it".to_owned()));
        }
        assert_eq!(servers.variables().count(), 0);
    }
}
