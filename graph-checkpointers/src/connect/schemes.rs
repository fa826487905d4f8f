//! What the URL of each backend may say.

use super::url::Parts;
use super::{Config, ConnectError};

/// The schemes of URLs, as they are told to whoever wrote another one.
const SCHEMES: &[&str] = &[
    "memory", "file", "sqlite", "postgres", "mongodb", "redis", "http", "https",
];

/// What `PostgreSQL`'s driver takes, beside what is ours.
const POSTGRES: &[&str] = &[
    "schema",
    "max_connections",
    "application_name",
    "dbname",
    "host",
    "hostaddr",
    "options",
    "password",
    "port",
    "sslcert",
    "sslkey",
    "sslmode",
    "sslrootcert",
    "statement-cache-capacity",
    "user",
];

impl Parts<'_> {
    /// The backend that the URL names.
    pub(super) fn config(mut self) -> Result<Config, ConnectError> {
        let scheme = self.scheme.to_ascii_lowercase();
        match scheme.as_str() {
            "memory" => self.memory(),
            "file" => {
                let path = self.path_of("it names no directory; write `file:moments`")?;
                Ok(Config::File { path })
            }
            "sqlite" => {
                let path = self.path_of("it names no file; write `sqlite://support.db`")?;
                Ok(Config::Sqlite { path })
            }
            "postgres" | "postgresql" => self.postgres(),
            // What else there is its driver knows, and refuses what it doesn't.
            "mongodb" | "mongodb+srv" => self.mongodb(),
            "redis" | "rediss" => self.redis(),
            "http" | "https" => self.http(),
            _ => Err(ConnectError::UnknownScheme {
                scheme,
                known: SCHEMES,
            }),
        }
    }

    fn memory(self) -> Result<Config, ConnectError> {
        self.only(&[])?;
        if self.place.is_empty() {
            return Ok(Config::Memory);
        }
        Err(self.malformed("memory has no place; write `memory:`"))
    }

    fn path_of(self, missing: &'static str) -> Result<std::path::PathBuf, ConnectError> {
        self.only(&[])?;
        match self.path()?.as_str() {
            "" => Err(self.malformed(missing)),
            path => Ok(path.into()),
        }
    }

    fn postgres(&mut self) -> Result<Config, ConnectError> {
        self.only(POSTGRES)?;
        self.host("it names no server; write `postgres://user@host/database`")?;
        let schema = self.take("schema");
        let count = self.take("max_connections").map(|count| count.parse());
        let max_connections = count
            .transpose()
            .map_err(|_| self.malformed("`max_connections` is no number"))?;
        Ok(Config::Postgres {
            url: self.rest().into(),
            schema,
            max_connections,
        })
    }

    fn mongodb(&mut self) -> Result<Config, ConnectError> {
        let host = self.host("it names no server; write `mongodb://host/database`")?;
        let path = self.place[2 + host..].trim_start_matches('/');
        let database = match path {
            "" => super::config::usual_database(),
            path => self.decoded(path)?,
        };
        Ok(Config::Mongodb {
            url: self.rest().into(),
            database,
        })
    }

    fn redis(&mut self) -> Result<Config, ConnectError> {
        self.only(&["prefix", "protocol"])?;
        self.host("it names no server; write `redis://host`")?;
        let prefix = self.take("prefix");
        Ok(Config::Redis {
            url: self.rest().into(),
            prefix,
        })
    }

    fn http(&mut self) -> Result<Config, ConnectError> {
        self.only(&[])?;
        let host = self.host("it names no server; write `https://:TOKEN@host`")?;
        let (authority, path) = self.place[2..].split_at(host);
        let missing = || self.malformed("it has no token; write `https://:TOKEN@host`");
        let (user, address) = authority.rsplit_once('@').ok_or_else(missing)?;
        let (_, token) = user.split_once(':').ok_or_else(missing)?;
        let token = self.decoded(token)?;
        if token.is_empty() {
            return Err(missing());
        }
        Ok(Config::Http {
            url: format!("{}://{address}{path}", self.scheme).into(),
            token: token.into(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(url: &str) -> Config {
        url.parse().unwrap()
    }

    fn sqlite(path: &str) -> Config {
        Config::Sqlite { path: path.into() }
    }

    #[test]
    fn a_url_says_where() {
        for (url, config) in [
            ("memory:", Config::Memory),
            ("MEMORY:", Config::Memory),
            (
                "file:moments",
                Config::File {
                    path: "moments".into(),
                },
            ),
            (
                "file:///var/lib/moments",
                Config::File {
                    path: "/var/lib/moments".into(),
                },
            ),
            ("sqlite:support.db", sqlite("support.db")),
            ("sqlite://support.db", sqlite("support.db")),
            ("sqlite:///var/lib/a%20b.db", sqlite("/var/lib/a b.db")),
            ("sqlite::memory:", sqlite(":memory:")),
        ] {
            assert_eq!(read(url), config, "{url}");
        }
    }

    #[test]
    fn ours_is_taken_out_of_what_a_driver_is_given() {
        let url =
            "postgres://ada:s3c%40t@db:5433/support?schema=a%20b&sslmode=require&max_connections=3";
        let config = Config::Postgres {
            url: "postgres://ada:s3c%40t@db:5433/support?sslmode=require".into(),
            schema: Some("a b".to_owned()),
            max_connections: Some(3),
        };
        assert_eq!(read(url), config);
        let config = Config::Redis {
            url: "rediss://db/2".into(),
            prefix: Some("desk".to_owned()),
        };
        assert_eq!(read("rediss://db/2?prefix=desk"), config);
    }

    #[test]
    fn a_database_has_its_name_from_the_path() {
        for (url, name) in [
            ("mongodb://db", "graph"),
            ("mongodb://db/", "graph"),
            ("mongodb://a,b:27018/desk?replicaSet=r", "desk"),
            ("mongodb+srv://ada:pw@db/desk", "desk"),
        ] {
            let Config::Mongodb {
                url: kept,
                database,
            } = read(url)
            else {
                panic!("{url}");
            };
            assert_eq!((kept.reveal(), &*database), (url, name));
        }
    }

    #[test]
    fn a_token_stands_where_a_password_would() {
        let config = Config::Http {
            url: "https://moments.example.com/a".into(),
            token: "t/1".into(),
        };
        assert_eq!(read("https://:t%2F1@moments.example.com/a"), config);
    }

    #[test]
    fn what_is_wrong_is_said() {
        for (url, text) in [
            ("support.db", "`support.db` names no backend; write it as"),
            (
                "oracle://db",
                "no backend `oracle`; there are `memory`, `file`, `sqlite`",
            ),
            ("memory:here", "memory has no place"),
            ("file:", "it names no directory"),
            ("sqlite://", "it names no file"),
            (
                "sqlite://a.db?mode=ro",
                "`sqlite` has no option `mode`; it has none",
            ),
            ("sqlite://%FF", "is no text"),
            ("postgres:support", "it names no server"),
            ("postgres://?schema=a", "it names no server"),
            (
                "postgres://ada:s3cret@db/a?shcema=b",
                "no option `shcema`; it has `schema`",
            ),
            (
                "postgres://ada:s3cret@db/a?max_connections=many",
                "`max_connections` is no number",
            ),
            ("redis://:s3cret@db?perfix=b", "no option `perfix`"),
            ("mongodb://", "it names no server"),
            ("https://moments.example.com", "it has no token"),
            ("https://s3cret@moments.example.com", "it has no token"),
            ("https://:@moments.example.com", "it has no token"),
        ] {
            let error = url.parse::<Config>().unwrap_err().to_string();
            assert!(error.contains(text), "{error}");
            assert!(!error.contains("s3cret"), "{error}");
        }
    }

    #[test]
    fn a_configuration_is_read_strictly_and_shows_no_secret() {
        let json = |json: &str| serde_json::from_str::<Config>(json);
        assert_eq!(json(r#"{"backend":"memory"}"#).unwrap(), Config::Memory);
        let error = json(r#"{"backend":"sqlite","path":"a","paht":"b"}"#).unwrap_err();
        assert!(error.to_string().contains("`paht`"), "{error}");
        let error = json(r#"{"backend":"sqlight","path":"a"}"#).unwrap_err();
        assert!(error.to_string().contains("`sqlite`"), "{error}");
        for config in [
            r#"{"backend":"postgres","url":"postgres://ada:s3cret@db/a"}"#,
            r#"{"backend":"mongodb","url":"mongodb://ada:s3cret@db"}"#,
            r#"{"backend":"http","url":"https://db","token":"s3cret"}"#,
        ] {
            let config = json(config).unwrap();
            assert!(!format!("{config:?}").contains("s3cret"), "{config:?}");
        }
    }
}
