//! The tables: whether they are there, of which format, and whether we may use them; made where they are missing.

use graph_runtime::StoreError;
use sqlx::postgres::PgConnection;
use sqlx::{Row as _, query, raw_sql};

use super::failure::{Ending, Place};
use super::schema::Schema;

/// The format of the tables, kept in `formats`: how many of the additions there are.
const FORMAT: u32 = 1;

/// What made the tables what they are, oldest first. What was released stays as it is, and what comes is another
/// addition, which leaves to older processes what they use.
const ADDITIONS: [&[&str]; FORMAT as usize] = [&[
    include_str!("sql/tables.sql"),
    include_str!("sql/functions.sql"),
    include_str!("sql/view.sql"),
]];

/// Keeps apart those who make the same tables at the same time.
const LOCK: &str =
    "SELECT pg_advisory_xact_lock(hashtextextended('graph-checkpointers ' || $1, 0))";

const FORMATS: &str = "CREATE TABLE {schema}.formats (
    format integer PRIMARY KEY,
    since  timestamptz NOT NULL DEFAULT now()
)";

/// What the catalogue says of a schema, one row. What isn't there lacks nothing.
const LOOK: &str = "
    WITH place AS (SELECT oid FROM pg_namespace WHERE nspname = $1),
    lacking AS (
        SELECT format('the schema `%s`', $1) AS name FROM place WHERE NOT has_schema_privilege(oid, 'USAGE')
        UNION ALL
        SELECT format('`%s`', c.relname) FROM pg_class c JOIN place ON place.oid = c.relnamespace WHERE CASE
            WHEN c.relname = ANY ('{threads,records,writes,messages,users}') AND c.relkind = 'r' THEN NOT (
                has_table_privilege(c.oid, 'SELECT') AND has_table_privilege(c.oid, 'INSERT')
                AND has_table_privilege(c.oid, 'UPDATE') AND has_table_privilege(c.oid, 'DELETE'))
            WHEN c.relname = ANY ('{numbers,epochs,positions}') AND c.relkind = 'S'
                THEN NOT has_sequence_privilege(c.oid, 'USAGE')
            WHEN c.relname = 'formats' AND c.relkind = 'r' THEN NOT has_table_privilege(c.oid, 'SELECT')
            ELSE false
        END
    )
    SELECT
        current_setting('server_encoding') AS encoding,
        current_setting('transaction_read_only')::boolean AS read_only,
        EXISTS (SELECT FROM place) AS has_schema,
        EXISTS (SELECT FROM pg_class c JOIN place ON place.oid = c.relnamespace WHERE c.relname = 'formats') AS has_tables,
        (SELECT string_agg(name, ', ' ORDER BY name) FROM lacking) AS lacking";

/// What there is.
struct Found {
    has_schema: bool,
    has_tables: bool,
    read_only: bool,
    format: u32,
}

/// Sees that the tables are there and may be used; with `make`, makes what is missing.
pub(super) async fn prepare(
    connection: &mut PgConnection,
    schema: &Schema,
    place: &Place,
    make: bool,
) -> Result<(), Ending> {
    let found = look(connection, schema, place).await?;
    if found.read_only {
        return Err(Ending::Failed(StoreError::unavailable(format!(
            "{place} is read-only for us, as a standby is; give the URL of the primary"
        ))));
    }
    if found.format == FORMAT {
        return Ok(());
    }
    if !make {
        return Err(Ending::Failed(StoreError::unavailable(format!(
            "the tables in the schema `{}` of {place} are gone; open the checkpointer anew",
            schema.name()
        ))));
    }
    let broken = |error| place.ending(error);
    raw_sql("BEGIN ISOLATION LEVEL READ COMMITTED")
        .execute(&mut *connection)
        .await
        .map_err(broken)?;
    query(LOCK)
        .bind(schema.name())
        .execute(&mut *connection)
        .await
        .map_err(broken)?;
    // Another process may have been faster.
    let found = look(connection, schema, place).await?;
    for statement in missing(&found) {
        raw_sql(schema.sql(statement))
            .execute(&mut *connection)
            .await
            .map_err(broken)?;
    }
    query(
        schema.sql(
            "INSERT INTO {schema}.formats (format) SELECT generate_series($1::integer + 1, $2)",
        ),
    )
    .bind(found.format.cast_signed())
    .bind(FORMAT.cast_signed())
    .execute(&mut *connection)
    .await
    .map_err(broken)?;
    raw_sql("COMMIT")
        .execute(connection)
        .await
        .map_err(broken)?;
    Ok(())
}

fn missing(found: &Found) -> impl Iterator<Item = &'static str> {
    let schema = (!found.has_schema).then_some("CREATE SCHEMA {schema}");
    let formats = (!found.has_tables).then_some(FORMATS);
    let additions = ADDITIONS.iter().skip(found.format as usize);
    schema
        .into_iter()
        .chain(formats)
        .chain(additions.copied().flatten().copied())
}

async fn look(
    connection: &mut PgConnection,
    schema: &Schema,
    place: &Place,
) -> Result<Found, Ending> {
    let broken = |error| place.ending(error);
    let row = query(LOOK)
        .bind(schema.name())
        .fetch_one(&mut *connection)
        .await
        .map_err(broken)?;
    let encoding: String = row.try_get("encoding").map_err(broken)?;
    if encoding != "UTF8" {
        return Err(Ending::Failed(StoreError::Unfit(format!(
            "{place} holds text in {encoding}, which isn't enough for every id; use a database with the encoding UTF8"
        ))));
    }
    let lacking: Option<String> = row.try_get("lacking").map_err(broken)?;
    if let Some(names) = lacking {
        return Err(Ending::Failed(place.lacking(&names)));
    }
    let mut found = Found {
        has_schema: row.try_get("has_schema").map_err(broken)?,
        has_tables: row.try_get("has_tables").map_err(broken)?,
        read_only: row.try_get("read_only").map_err(broken)?,
        format: 0,
    };
    if found.has_tables {
        found.format = format(connection, schema, place).await?;
    }
    Ok(found)
}

/// How many additions there are.
async fn format(
    connection: &mut PgConnection,
    schema: &Schema,
    place: &Place,
) -> Result<u32, Ending> {
    let newest = "SELECT coalesce(max(format), 0) FROM {schema}.formats";
    let row = query(schema.sql(newest)).fetch_one(connection).await;
    let found: i32 = row
        .and_then(|row| row.try_get(0))
        .map_err(|error| place.ending(error))?;
    let found = found.cast_unsigned();
    if found > FORMAT {
        return Err(Ending::Failed(StoreError::FormatTooNew {
            found,
            supported: FORMAT,
        }));
    }
    Ok(found)
}
