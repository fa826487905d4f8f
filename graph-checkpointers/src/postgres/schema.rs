//! The schema that holds the tables, as statements name it.

use graph_runtime::StoreError;
use sqlx::AssertSqlSafe;
use sqlx::SqlSafeStr as _;
use sqlx::SqlStr;

/// Longer names are cut by the server, so that two might become one.
const MAX_BYTES: usize = 63;

/// A schema's name, of letters, digits and `_`.
#[derive(Clone, Debug)]
pub(super) struct Schema(String);

impl Schema {
    /// # Errors
    /// [`StoreError::Unfit`] for a name that can't be one.
    pub(super) fn new(name: &str) -> Result<Self, StoreError> {
        let is_fit = !name.is_empty()
            && name.len() <= MAX_BYTES
            && name
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        if is_fit {
            Ok(Self(name.to_owned()))
        } else {
            Err(StoreError::Unfit(format!(
                "the name of a schema has 1 to {MAX_BYTES} letters, digits and `_`, which {name:?} hasn't"
            )))
        }
    }

    pub(super) fn name(&self) -> &str {
        &self.0
    }

    /// A statement of ours with the schema's name in the place of `{schema}`.
    pub(super) fn sql(&self, statement: &'static str) -> SqlStr {
        // Nothing in the name could end the quotes.
        let quoted = format!("\"{}\"", self.0);
        AssertSqlSafe(statement.replace("{schema}", &quoted)).into_sql_str()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_could_be_more_than_a_name_is_refused() {
        for name in [
            "",
            "a b",
            "a\"; DROP",
            "a$graph$",
            "ü",
            "a.b",
            &"x".repeat(64),
        ] {
            assert!(Schema::new(name).is_err(), "{name}");
        }
        for name in ["graph", "Graph_2", "2", &"x".repeat(63)] {
            assert!(Schema::new(name).is_ok(), "{name}");
        }
    }

    #[test]
    fn statements_name_it() {
        let schema = Schema::new("Support").unwrap();
        let sql = schema.sql("SELECT * FROM {schema}.users, {schema}.threads");
        assert_eq!(
            sql.as_str(),
            r#"SELECT * FROM "Support".users, "Support".threads"#
        );
    }
}
