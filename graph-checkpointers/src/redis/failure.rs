//! What went wrong, in the words of the contract and of a person. No password is among them, and nothing of what is
//! stored: the server's own words are shown, and the driver's about a connection, but never an answer.

use std::fmt;

use ::redis::{ErrorKind, RedisError};
use graph_runtime::StoreError;

/// Why a call didn't end well, by what may have happened.
#[derive(Debug)]
pub(super) enum Failure {
    /// There is no connection, and nothing was sent.
    Unreached(RedisError),
    /// It was sent, or may have been, and there is no answer.
    Lost(RedisError),
    /// The server said no. Scripts judge before they change anything, so nothing was changed.
    Refused(RedisError),
    /// It happened, and too few replicas have said that they have it.
    Unconfirmed { had: u64, wanted: u32 },
}

impl Failure {
    /// What it means for a call that changes nothing.
    pub(super) fn of_read(&self, address: &str) -> StoreError {
        StoreError::unavailable(self.text(address))
    }

    /// What it means for a call that changes something.
    pub(super) fn of_change(&self, address: &str) -> StoreError {
        let text = self.text(address);
        match self {
            Self::Unreached(_) | Self::Refused(_) => StoreError::unavailable(text),
            Self::Lost(_) | Self::Unconfirmed { .. } => StoreError::Unknown(text.into()),
        }
    }

    fn text(&self, address: &str) -> String {
        let (error, what) = match self {
            Self::Unreached(error) => (error, "can't be reached"),
            Self::Lost(error) => (error, "has given no answer"),
            Self::Refused(error) => (error, "refuses"),
            Self::Unconfirmed { had, wanted } => {
                return format!(
                    "redis at {address} has it, and {had} of {wanted} replicas have said in time that they do"
                );
            }
        };
        match words(error) {
            Some(words) => format!("redis at {address} {words}"),
            None => format!("redis at {address} {what}: {}", Shown(error)),
        }
    }
}

/// What is known of a connection or what the server said; nothing of an answer that couldn't be read.
struct Shown<'e>(&'e RedisError);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.kind() {
            ErrorKind::Io => self.0.fmt(f),
            ErrorKind::Server(_) | ErrorKind::Extension => {
                f.write_str(self.0.code().unwrap_or("an error"))?;
                match self.0.detail() {
                    Some(detail) => write!(f, " {detail}"),
                    None => Ok(()),
                }
            }
            _ => f.write_str(self.0.category()),
        }
    }
}

/// What the server's refusals mean and what to do, by their codes.
const WORDS: &[(&str, &str)] = &[
    (
        "NOAUTH",
        "wants a password; put it into the URL: `redis://:password@host`",
    ),
    ("WRONGPASS", "refuses the user's name or password"),
    (
        "NOPERM",
        "doesn't let this user do that; it needs the prefix's keys, and the commands of scripts, hashes, strings, sets and sorted sets",
    ),
    (
        "OOM",
        "has no memory left; make room, or raise its `maxmemory`",
    ),
    (
        "READONLY",
        "is a replica, or has become one; connect to the primary",
    ),
    (
        "LOADING",
        "is loading what it has kept; try again in a while",
    ),
    (
        "MISCONF",
        "takes no writes because it couldn't save its last snapshot; its log says why",
    ),
    (
        "NOREPLICAS",
        "takes no writes because too few of its replicas are there (`min-replicas-to-write`)",
    ),
    (
        "MASTERDOWN",
        "is a replica that has lost its primary; connect to the primary",
    ),
    ("BUSY", "is kept busy by somebody's script; try again"),
    (
        "MOVED",
        "is one node of a cluster, and another one has the keys of this namespace; this library doesn't follow it there",
    ),
    ("CLUSTERDOWN", "is a node of a cluster that is down"),
];

fn words(error: &RedisError) -> Option<&'static str> {
    if error.kind() == ErrorKind::AuthenticationFailed {
        let text = error.to_string();
        let code = if text.contains("NOAUTH") {
            "NOAUTH"
        } else {
            "WRONGPASS"
        };
        return of_code(code);
    }
    let code = error.code()?;
    of_code(code).or_else(|| {
        // Before version 7 an error within a script is wrapped in another one, with its code behind a `-`.
        let detail = error.detail()?;
        let inner = WORDS
            .iter()
            .find(|(code, _)| detail.contains(&format!("-{code} ")))?;
        Some(inner.1)
    })
}

fn of_code(code: &str) -> Option<&'static str> {
    let found = WORDS.iter().find(|(known, _)| *known == code)?;
    Some(found.1)
}

/// The text of a URL that the driver doesn't take. It isn't shown: there may be a password in it.
pub(super) fn bad_url(error: &RedisError) -> StoreError {
    let remedy = "write it as `redis://host:6379/`, or `rediss://host:6379/` for TLS";
    let why = match error.kind() {
        ErrorKind::InvalidClientConfig if error.to_string().contains("TLS") => {
            "it asks for TLS, which isn't built in; add the feature `tls` of `graph-checkpointers`"
        }
        _ => remedy,
    };
    StoreError::Unfit(format!("the URL names no redis server: {why}"))
}

#[cfg(test)]
mod tests {
    use ::redis::make_extension_error;

    use super::*;

    fn said(code: &str, detail: &str) -> String {
        let error = make_extension_error(code.to_owned(), Some(detail.to_owned()));
        Failure::Refused(error).of_change("here:1").to_string()
    }

    #[test]
    fn a_refusal_says_what_to_do() {
        let text = said("OOM", "command not allowed when used memory > 'maxmemory'.");
        assert!(
            text.contains("redis at here:1 has no memory left; make room"),
            "{text}"
        );
        let wrapped = "Error running script (call to f_1): @user_script:9: -READONLY You can't";
        assert!(said("ERR", wrapped).contains("connect to the primary"));
        assert!(said("ODD", "words").contains("redis at here:1 refuses: ODD words"));
    }

    #[test]
    fn what_may_have_happened_is_unknown() {
        let broken = || RedisError::from(std::io::Error::from(std::io::ErrorKind::BrokenPipe));
        let lost = Failure::Lost(broken());
        assert!(matches!(lost.of_change("x"), StoreError::Unknown(_)));
        assert!(matches!(lost.of_read("x"), StoreError::Unavailable(_)));
        let unreached = Failure::Unreached(broken());
        assert!(matches!(
            unreached.of_change("x"),
            StoreError::Unavailable(_)
        ));
        let unconfirmed = Failure::Unconfirmed { had: 0, wanted: 1 };
        let StoreError::Unknown(cause) = unconfirmed.of_change("x") else {
            unreachable!("it has happened here, and perhaps nowhere else");
        };
        assert!(cause.to_string().contains("0 of 1 replicas"));
    }
}
