//! One connection: opened, checked to be ours, set to be durable, its tables made.

use std::fmt;
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::{Duration, Instant};

use graph_runtime::StoreError;
use rusqlite::{Connection, ErrorCode, MAIN_DB, OpenFlags};

use super::failure::{explain, no_database, read_only};
use super::worker::Role;
use super::{cache, store};

/// How long to wait for other processes. Nobody holds the lock for longer than one group of commits.
pub(super) const PATIENCE: Duration = Duration::from_secs(30);

/// The format of the tables, kept in `user_version`: how many of the additions a file has.
const FORMAT: u32 = 3;

/// What made the tables what they are, oldest first. What was released stays as it is, and what comes is
/// another addition.
const ADDITIONS: [&[&str]; FORMAT as usize] =
    [&[SCHEMA], &[store::TABLES, cache::TABLES], &[REWRITES]];

/// "grph": says whose database it is, kept in `application_id`.
const OURS: i64 = 0x6772_7068;

/// A thread has a number, and so has each path below it: there its rows are. `due` is that of its head, so
/// that waking asks one index. Records lie in the order of writing over all threads, so that a commit
/// appends. Their one index leads to the head, a page of a list, a moment by its id and the records of a
/// base, without touching a payload. Nothing is unique there: a commit compares sequences itself. Epochs and
/// positions are never given twice, which is what `AUTOINCREMENT` says.
const SCHEMA: &str = "
    CREATE TABLE threads (
        number    INTEGER PRIMARY KEY,
        namespace TEXT NOT NULL,
        thread    TEXT NOT NULL,
        path      TEXT NOT NULL,
        due       INTEGER,
        UNIQUE (namespace, thread, path)
    ) STRICT;
    CREATE INDEX threads_themselves ON threads (namespace, thread) WHERE path = '';
    CREATE INDEX threads_due ON threads (namespace, due, thread) WHERE path = '' AND due IS NOT NULL;
    CREATE TABLE records (
        thread     INTEGER NOT NULL,
        sequence   INTEGER NOT NULL,
        id         TEXT NOT NULL,
        parent     TEXT,
        base       TEXT NOT NULL,
        step       INTEGER NOT NULL,
        source     TEXT NOT NULL,
        created_at INTEGER NOT NULL,
        due        INTEGER,
        payload    BLOB NOT NULL
    ) STRICT;
    CREATE INDEX records_in_order ON records (thread, sequence, id, base);
    CREATE TABLE writes (
        thread     INTEGER NOT NULL,
        activation TEXT NOT NULL,
        item       INTEGER NOT NULL,
        kind       TEXT NOT NULL,
        name       TEXT NOT NULL,
        payload    BLOB NOT NULL,
        PRIMARY KEY (thread, activation, item, kind, name)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE messages (
        position INTEGER PRIMARY KEY AUTOINCREMENT,
        thread   INTEGER NOT NULL,
        payload  BLOB NOT NULL
    ) STRICT;
    CREATE INDEX messages_of_threads ON messages (thread);
    CREATE TABLE leases (
        epoch     INTEGER PRIMARY KEY AUTOINCREMENT,
        namespace TEXT NOT NULL,
        thread    TEXT NOT NULL,
        holder    TEXT NOT NULL,
        until     INTEGER NOT NULL,
        UNIQUE (namespace, thread)
    ) STRICT;
    CREATE TABLE users (
        namespace TEXT NOT NULL,
        user      TEXT NOT NULL,
        thread    TEXT NOT NULL,
        PRIMARY KEY (namespace, user)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX users_of_threads ON users (namespace, thread);
";

/// How often a thread was rewritten so that records went.
const REWRITES: &str = "ALTER TABLE threads ADD COLUMN rewrites INTEGER NOT NULL DEFAULT 0";

/// More than there are statements, so that each is prepared once.
const STATEMENTS: usize = 64;

/// No database is shorter.
const SMALLEST_PAGE: u64 = 512;

/// Where a database is.
#[derive(Clone, Debug)]
pub(super) enum Location {
    /// In the process's memory.
    Memory,
    /// In this file.
    File(PathBuf),
}

impl Location {
    fn path(&self) -> &Path {
        match self {
            Self::Memory => Path::new(":memory:"),
            Self::File(path) => path,
        }
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`", self.path().display())
    }
}

/// Opens a connection for a role, ready for use.
pub(super) fn open(role: Role, location: &Location) -> Result<Connection, StoreError> {
    make_directory(location)?;
    refuse_scraps(location)?;
    let broken = |error: rusqlite::Error| explain(&error, location);
    // Without URIs, so that a path means itself whatever it looks like.
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
        | OpenFlags::SQLITE_OPEN_CREATE
        | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(location.path(), flags).map_err(broken)?;
    connection.busy_timeout(PATIENCE).map_err(broken)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    match role {
        Role::Writer => prepare_writer(&connection, location)?,
        Role::Reader => prepare_reader(&connection).map_err(broken)?,
    }
    Ok(connection)
}

fn make_directory(location: &Location) -> Result<(), StoreError> {
    let Location::File(path) = location else {
        return Ok(());
    };
    let Some(directory) = path.parent() else {
        return Err(StoreError::unavailable(format!(
            "{location} is not a path to a file"
        )));
    };
    std::fs::create_dir_all(directory).map_err(|error| {
        let directory = directory.display();
        StoreError::unavailable(format!(
            "the directory `{directory}` can't be made: {error}"
        ))
    })
}

/// `SQLite` takes a very short file for an empty database, and writes over it.
fn refuse_scraps(location: &Location) -> Result<(), StoreError> {
    // By its length: reading a file and closing it would let go of the locks that this process has on it.
    let length = match location {
        Location::Memory => 0,
        Location::File(path) => path.metadata().map_or(0, |found| found.len()),
    };
    if (1..SMALLEST_PAGE).contains(&length) {
        return Err(StoreError::Corrupt(no_database(location)));
    }
    Ok(())
}

fn prepare_writer(connection: &Connection, location: &Location) -> Result<(), StoreError> {
    let broken = |error: rusqlite::Error| explain(&error, location);
    if connection.is_readonly(MAIN_DB).map_err(broken)? {
        return Err(StoreError::unavailable(read_only(location)));
    }
    // Before anything is written to what may be somebody else's.
    format(connection, location)?;
    make_durable(connection).map_err(broken)?;
    if format(connection, location)? < FORMAT {
        make_tables(connection, location)?;
    }
    Ok(())
}

fn prepare_reader(connection: &Connection) -> rusqlite::Result<()> {
    connection.pragma_update(None, "query_only", true)
}

/// The format of the tables that are there: 0 for an empty database.
fn format(connection: &Connection, location: &Location) -> Result<u32, StoreError> {
    let number = |query| connection.query_row(query, (), |row| row.get::<_, i64>(0));
    // In this order: whoever makes the tables meanwhile sets all three at once.
    let read = || {
        Ok((
            number("SELECT count(*) FROM sqlite_schema")?,
            number("SELECT * FROM pragma_user_version")?,
            number("SELECT * FROM pragma_application_id")?,
        ))
    };
    match read().map_err(|error| explain(&error, location))? {
        (_, found, OURS) => supported(u32::try_from(found).unwrap_or(u32::MAX)),
        (0, 0, 0) => Ok(0),
        _ => Err(StoreError::Corrupt(format!(
            "{location} is the database of another program; give moments a file of their own"
        ))),
    }
}

fn supported(found: u32) -> Result<u32, StoreError> {
    if found > FORMAT {
        return Err(StoreError::FormatTooNew {
            found,
            supported: FORMAT,
        });
    }
    Ok(found)
}

fn make_durable(connection: &Connection) -> rusqlite::Result<()> {
    // Changing the mode doesn't wait for others by itself.
    let deadline = Instant::now() + PATIENCE;
    while let Err(error) = connection.pragma_update(None, "journal_mode", "wal") {
        if !is_busy(&error) || Instant::now() > deadline {
            return Err(error);
        }
        sleep(Duration::from_millis(5));
    }
    connection.pragma_update(None, "synchronous", "full")?;
    // Where a plain sync stops at the disk's own cache.
    connection.pragma_update(None, "fullfsync", true)?;
    connection.pragma_update(None, "checkpoint_fullfsync", true)?;
    // A log that one huge commit has grown is cut again.
    connection.pragma_update(None, "journal_size_limit", 64 * 1024 * 1024)
}

fn is_busy(error: &rusqlite::Error) -> bool {
    use ErrorCode::{DatabaseBusy, FileLockingProtocolFailed};
    matches!(
        error.sqlite_error_code(),
        Some(DatabaseBusy | FileLockingProtocolFailed)
    )
}

fn make_tables(connection: &Connection, location: &Location) -> Result<(), StoreError> {
    let run = |sql: &str| {
        connection
            .execute_batch(sql)
            .map_err(|error| explain(&error, location))
    };
    run("BEGIN IMMEDIATE")?;
    // Another process may have been faster.
    let found = format(connection, location)? as usize;
    for tables in ADDITIONS.iter().skip(found).copied().flatten() {
        run(tables)?;
    }
    run(&format!(
        "PRAGMA application_id = {OURS}; PRAGMA user_version = {FORMAT};"
    ))?;
    run("COMMIT")
}
