//! What a server said is wrong, as the error that it was there.

use graph_runtime::{InvalidId, StoreError};

use super::words::kept;
use crate::wire::{BadId, Kind, Problem};

/// The error of the contract that a server sent.
pub(super) fn error_of(problem: Problem) -> StoreError {
    match problem.kind {
        Kind::Conflict { expected, found } => StoreError::Conflict { expected, found },
        Kind::Rewritten => StoreError::Rewritten,
        Kind::Leased { holder, until } => StoreError::Leased { holder, until },
        Kind::Fenced { epoch, current } => StoreError::Fenced { epoch, current },
        Kind::Unknown { cause } => StoreError::Unknown(cause.into()),
        Kind::Corrupt { what } => StoreError::Corrupt(what),
        Kind::TooLarge { what, bytes, limit } => StoreError::TooLarge {
            what: kept(&what),
            bytes,
            limit,
        },
        Kind::FormatTooNew { found, supported } => StoreError::FormatTooNew { found, supported },
        Kind::Malformed { what } => StoreError::Malformed(kept(&what)),
        Kind::Unsupported { what } => StoreError::Unsupported(kept(&what)),
        Kind::InvalidId { id } => StoreError::InvalidId(bad_id(id)),
        Kind::Unfit { what } => StoreError::Unfit(what),
        Kind::Unavailable { cause } => StoreError::unavailable(cause),
        Kind::BadRequest | Kind::KeyReused => StoreError::Unfit(problem.detail),
        Kind::Unauthorized | Kind::NoMoment | Kind::NoRoute | Kind::Slow => {
            StoreError::unavailable(problem.detail)
        }
    }
}

fn bad_id(id: BadId) -> InvalidId {
    match id {
        BadId::Empty { what } => InvalidId::Empty { what: kept(&what) },
        BadId::TooLong { what, bytes, limit } => InvalidId::TooLong {
            what: kept(&what),
            bytes,
            limit,
        },
        BadId::Nul { what, text } => InvalidId::Nul {
            what: kept(&what),
            id: text,
        },
        BadId::Malformed { what, text, form } => InvalidId::Malformed {
            what: kept(&what),
            text,
            form: kept(&form),
        },
    }
}

#[cfg(test)]
mod tests {
    use graph_runtime::{MomentId, Timestamp};

    use super::*;

    /// Over the wire and back.
    fn sent(error: &StoreError) -> StoreError {
        let problem = Problem {
            status: 0,
            title: String::new(),
            detail: error.to_string(),
            kind: Kind::from(error),
        };
        let text = serde_json::to_string(&problem).unwrap();
        error_of(serde_json::from_str(&text).unwrap())
    }

    #[test]
    fn every_error_arrives_as_it_was_sent() {
        let time = Timestamp::from_micros(u64::MAX);
        let id = MomentId::at(time);
        let errors = [
            StoreError::Conflict {
                expected: None,
                found: Some(id),
            },
            StoreError::Conflict {
                expected: Some(id),
                found: None,
            },
            StoreError::Rewritten,
            StoreError::Leased {
                holder: "a \"b\"\n".to_owned(),
                until: time,
            },
            StoreError::Fenced {
                epoch: u64::MAX,
                current: 0,
            },
            StoreError::Unknown("broke".into()),
            StoreError::Corrupt("flipped".to_owned()),
            StoreError::TooLarge {
                what: "a record",
                bytes: 2,
                limit: 1,
            },
            StoreError::FormatTooNew {
                found: 2,
                supported: 1,
            },
            StoreError::Malformed("it removes the thread's head"),
            StoreError::Unsupported("inbox"),
            InvalidId::Empty { what: "user" }.into(),
            InvalidId::TooLong {
                what: "user",
                bytes: 513,
                limit: 512,
            }
            .into(),
            InvalidId::Nul {
                what: "holder",
                id: "\0".to_owned(),
            }
            .into(),
            InvalidId::Malformed {
                what: "moment",
                text: "x".to_owned(),
                form: "01J9ZQ4S7N2K0M4T3V5W6X7Y8Z",
            }
            .into(),
            StoreError::Unfit("no room".to_owned()),
            StoreError::unavailable("down"),
        ];
        for error in &errors {
            assert_eq!(format!("{:?}", sent(error)), format!("{error:?}"));
        }
    }
}
