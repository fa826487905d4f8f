//! A backend and where it is, as a type that serde reads.

use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;

use graph_runtime::{Checkpointer, MemorySaver};
use serde::{Deserialize, Serialize};

use super::ConnectError;
use super::url::{Parts, redacted};

/// A backend and where it is: a part of a program's own configuration.
///
/// ```
/// # use graph_checkpointers::Config;
/// let config: Config = serde_json::from_str(r#"{"backend": "sqlite", "path": "support.db"}"#)?;
/// assert_eq!(config, Config::Sqlite { path: "support.db".into() });
/// // The same as a URL.
/// assert_eq!(config, "sqlite://support.db".parse().unwrap());
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "backend", rename_all = "snake_case", deny_unknown_fields)]
#[non_exhaustive]
pub enum Config {
    /// In this process, gone with its last handle.
    Memory,
    /// One `SQLite` file. Relative paths begin where the process runs; `:memory:` is a database in memory.
    Sqlite {
        /// The file.
        path: PathBuf,
    },
}

/// The schemes of URLs, which are the backends' names.
const SCHEMES: &[&str] = &["memory", "sqlite"];

impl Config {
    /// Opens it.
    ///
    /// # Errors
    /// [`ConnectError::FeatureOff`] if the backend isn't built in, [`ConnectError::Store`] if it can't be opened.
    pub async fn connect(self) -> Result<Arc<dyn Checkpointer>, ConnectError> {
        match self {
            Self::Memory => Ok(Arc::new(MemorySaver::new())),
            #[cfg(feature = "sqlite")]
            Self::Sqlite { path } => Ok(Arc::new(crate::SqliteSaver::open(path).await?)),
            #[cfg(not(feature = "sqlite"))]
            Self::Sqlite { .. } => Err(ConnectError::FeatureOff { scheme: "sqlite" }),
        }
    }
}

impl FromStr for Config {
    type Err = ConnectError;

    fn from_str(url: &str) -> Result<Self, ConnectError> {
        let parts = Parts::of(url)?;
        let malformed = |what| ConnectError::Malformed {
            url: redacted(url),
            what,
        };
        let config = match parts.scheme {
            "memory" if !parts.place.is_empty() => {
                return Err(malformed("memory has no place; write `memory:`"));
            }
            "memory" => Self::Memory,
            "sqlite" => {
                let path = parts.path(url)?;
                if path.is_empty() {
                    return Err(malformed("it names no file; write `sqlite://support.db`"));
                }
                Self::Sqlite { path: path.into() }
            }
            other => {
                return Err(ConnectError::UnknownScheme {
                    scheme: other.to_owned(),
                    known: SCHEMES,
                });
            }
        };
        parts.only(&[])?;
        Ok(config)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sqlite(path: &str) -> Config {
        Config::Sqlite { path: path.into() }
    }

    #[test]
    fn a_url_says_where() {
        for (url, config) in [
            ("memory:", Config::Memory),
            ("sqlite:support.db", sqlite("support.db")),
            ("sqlite://support.db", sqlite("support.db")),
            ("sqlite:///var/lib/a%20b.db", sqlite("/var/lib/a b.db")),
            ("sqlite::memory:", sqlite(":memory:")),
        ] {
            assert_eq!(url.parse::<Config>().unwrap(), config, "{url}");
        }
    }

    #[test]
    fn what_is_wrong_is_said() {
        for (url, text) in [
            ("support.db", "`support.db` names no backend; write it as"),
            (
                "oracle://db",
                "no backend `oracle`; there are `memory`, `sqlite`",
            ),
            ("memory:here", "memory has no place"),
            ("sqlite://", "it names no file"),
            (
                "sqlite://a.db?mode=ro",
                "`sqlite` has no option `mode`; it has none",
            ),
            ("sqlite://%FF", "is no text"),
        ] {
            let error = url.parse::<Config>().unwrap_err().to_string();
            assert!(error.contains(text), "{error}");
        }
    }

    #[test]
    fn a_configuration_is_read_strictly() {
        let read = |json: &str| serde_json::from_str::<Config>(json);
        assert_eq!(read(r#"{"backend":"memory"}"#).unwrap(), Config::Memory);
        let error = read(r#"{"backend":"sqlite","path":"a","paht":"b"}"#).unwrap_err();
        assert!(error.to_string().contains("`paht`"), "{error}");
        let error = read(r#"{"backend":"sqlight","path":"a"}"#).unwrap_err();
        assert!(error.to_string().contains("`sqlite`"), "{error}");
    }
}
