//! Tables that are made, found, too new or somebody else's, rights that are missing, and what a person is told.

#![allow(clippy::unwrap_used, reason = "these are tests")]

#[path = "support/postgres.rs"]
mod server;
mod support;

use graph_checkpointers::{PostgresOptions, PostgresSaver};
use graph_runtime::{At, Checkpointer, StoreError};
use server::{database, fresh_schema, open, options, plain, rows, run};
use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions, Row};
use support::{adding, first, key};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

async fn assert_works(saver: &PostgresSaver) {
    let record = first();
    let thread = key(&record.id.to_string());
    saver.commit(&thread, adding(None, &record)).await.unwrap();
    let chain = saver.load(&thread, At::Head).await.unwrap();
    assert_eq!(chain.unwrap().records, [record]);
    saver.check().await.unwrap();
}

/// The message of an opening that fails.
async fn refused(url: &str, schema: &str) -> String {
    let error = options(schema).connect(url).await.unwrap_err();
    assert!(matches!(error, StoreError::Unavailable(_)), "{error:?}");
    error.to_string()
}

/// The URL, with something else in it.
async fn changed(change: impl FnOnce(PgConnectOptions) -> PgConnectOptions) -> String {
    let options: PgConnectOptions = database().await.parse().unwrap();
    change(options).to_url_lossy().to_string()
}

#[tokio::test]
async fn tables_are_made_once_and_found_again() {
    let schema = fresh_schema();
    for _ in 0..3 {
        assert_works(&open(&schema).await).await;
    }
    let formats = rows(
        &mut plain().await,
        &format!("SELECT format FROM {schema}.formats"),
    )
    .await;
    let formats: Vec<i32> = formats.iter().map(|row| row.get(0)).collect();
    assert_eq!(formats, [1]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_may_make_them_at_the_same_time() {
    let level = "options[default_transaction_isolation]=serializable";
    let plain = database().await;
    for url in [format!("{plain}&{level}"), plain] {
        let schema = fresh_schema();
        let mut openings = JoinSet::new();
        for _ in 0..12 {
            let (url, options) = (url.clone(), options(&schema));
            openings
                .spawn(async move { assert_works(&options.connect(&url).await.unwrap()).await });
        }
        openings.join_all().await;
    }
}

#[tokio::test]
async fn schemas_keep_stores_apart() {
    let (one, two) = (open(&fresh_schema()).await, open(&fresh_schema()).await);
    one.commit(&key("t"), adding(None, &first())).await.unwrap();
    assert!(two.load(&key("t"), At::Head).await.unwrap().is_none());
}

#[tokio::test]
async fn a_newer_format_is_refused_and_left_alone() {
    let schema = fresh_schema();
    let saver = open(&schema).await;
    let mut connection = plain().await;
    run(
        &mut connection,
        &format!("INSERT INTO {schema}.formats VALUES (7)"),
    )
    .await;
    let too_new = |error: &StoreError| {
        matches!(
            error,
            StoreError::FormatTooNew {
                found: 7,
                supported: 1
            }
        )
    };
    let error = options(&schema)
        .connect(&database().await)
        .await
        .unwrap_err();
    assert!(too_new(&error), "{error:?}");
    let error = saver.check().await.unwrap_err();
    assert!(too_new(&error), "{error:?}");
}

#[tokio::test]
async fn tables_of_another_program_are_refused_and_left_alone() {
    let schema = fresh_schema();
    let mut connection = plain().await;
    let theirs = format!("CREATE SCHEMA {schema}; CREATE TABLE {schema}.users (name text)");
    run(&mut connection, &theirs).await;
    let error = options(&schema)
        .connect(&database().await)
        .await
        .unwrap_err();
    assert!(matches!(error, StoreError::Unfit(_)), "{error:?}");
    assert!(error.to_string().contains("another program"), "{error}");
    let tables = format!(
        "SELECT FROM pg_class WHERE relnamespace = '{schema}'::regnamespace AND relkind = 'r'"
    );
    assert_eq!(rows(&mut connection, &tables).await.len(), 1);
}

#[tokio::test]
async fn tables_that_are_gone_are_said_to_be_gone() {
    let schema = fresh_schema();
    let saver = open(&schema).await;
    assert_works(&saver).await;
    run(&mut plain().await, &format!("DROP SCHEMA {schema} CASCADE")).await;
    for error in [
        saver.check().await.unwrap_err(),
        saver.load(&key("t"), At::Head).await.unwrap_err(),
        saver
            .commit(&key("t"), adding(None, &first()))
            .await
            .unwrap_err(),
    ] {
        assert!(error.to_string().contains("are gone"), "{error}");
    }
    assert_works(&open(&schema).await).await;
}

#[tokio::test]
async fn a_value_that_is_none_is_a_typed_error() {
    let schema = fresh_schema();
    let saver = open(&schema).await;
    saver
        .commit(&key("t"), adding(None, &first()))
        .await
        .unwrap();
    let mut connection = plain().await;
    for damage in [
        format!("UPDATE {schema}.records SET source = 'x'"),
        format!("UPDATE {schema}.records SET id = 'not an id'"),
        format!("UPDATE {schema}.threads SET head = 'not an id'"),
    ] {
        run(&mut connection, &damage).await;
        let error = saver.load(&key("t"), At::Head).await.unwrap_err();
        assert!(
            matches!(error, StoreError::Corrupt(_)),
            "{damage}: {error:?}"
        );
    }
    let commit = saver.commit(&key("t"), adding(None, &first())).await;
    assert!(matches!(commit, Err(StoreError::Corrupt(_))), "{commit:?}");
}

/// A role, which may do nothing yet.
struct Role {
    name: String,
    url: String,
}

impl Role {
    async fn new() -> Self {
        let name = format!("role_{}", fresh_schema());
        let make =
            format!("DROP ROLE IF EXISTS {name}; CREATE ROLE {name} LOGIN PASSWORD 's3cret'");
        run(&mut plain().await, &make).await;
        let url = changed(|options| options.username(&name).password("s3cret")).await;
        Self { name, url }
    }

    async fn grant(&self, what: &str) {
        let name = &self.name;
        run(&mut plain().await, &format!("GRANT {what} TO {name}")).await;
    }

    async fn drop(self) {
        let name = &self.name;
        run(
            &mut plain().await,
            &format!("DROP OWNED BY {name}; DROP ROLE {name}"),
        )
        .await;
    }
}

#[tokio::test]
async fn whoever_may_not_make_tables_is_told_so() {
    let (role, schema) = (Role::new().await, fresh_schema());
    let text = refused(&role.url, &schema).await;
    assert!(
        text.contains(&format!("`{}` lacks rights", role.name)),
        "{text}"
    );
    assert!(text.contains("GRANT CREATE ON DATABASE"), "{text}");
    assert!(!text.contains("s3cret"), "{text}");
    role.drop().await;
}

#[tokio::test]
async fn the_right_to_create_in_the_database_is_enough() {
    let (role, schema) = (Role::new().await, fresh_schema());
    let of_database = rows(&mut plain().await, "SELECT current_database()").await;
    let of_database: String = of_database[0].get(0);
    role.grant(&format!("CREATE ON DATABASE {of_database}"))
        .await;
    assert_works(&options(&schema).connect(&role.url).await.unwrap()).await;
    role.drop().await;
}

#[tokio::test]
async fn the_right_to_use_what_is_there_is_enough_and_each_that_lacks_is_named() {
    let (role, schema) = (Role::new().await, fresh_schema());
    open(&schema).await;
    let text = refused(&role.url, &schema).await;
    assert!(text.contains("lacks rights on"), "{text}");
    assert!(text.contains(&format!("the schema `{schema}`")), "{text}");
    role.grant(&format!("USAGE ON SCHEMA {schema}")).await;
    role.grant(&format!("SELECT ON ALL TABLES IN SCHEMA {schema}"))
        .await;
    let text = refused(&role.url, &schema).await;
    assert!(
        text.contains("`epochs`, `messages`, `numbers`, `positions`, `records`"),
        "{text}"
    );
    assert!(!text.contains("`formats`"), "{text}");
    role.grant(&format!(
        "INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {schema}"
    ))
    .await;
    role.grant(&format!("USAGE ON ALL SEQUENCES IN SCHEMA {schema}"))
        .await;
    let saver = options(&schema).connect(&role.url).await.unwrap();
    assert_works(&saver).await;
    let lose = format!("REVOKE INSERT ON {schema}.records FROM {}", role.name);
    run(&mut plain().await, &lose).await;
    for error in [
        saver.check().await.unwrap_err(),
        saver
            .commit(&key("t"), adding(None, &first()))
            .await
            .unwrap_err(),
    ] {
        assert!(error.to_string().contains("lacks rights"), "{error}");
    }
    role.drop().await;
}

#[tokio::test]
async fn a_standby_is_told_from_a_primary() {
    let schema = fresh_schema();
    open(&schema).await;
    let url = format!(
        "{}&options[default_transaction_read_only]=on",
        database().await
    );
    assert!(refused(&url, &schema).await.contains("read-only"));
}

#[tokio::test]
async fn a_database_that_cannot_hold_every_id_is_refused() {
    let name = format!("latin_{}", fresh_schema());
    let make = format!("CREATE DATABASE {name} ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0");
    run(&mut plain().await, &make).await;
    let url = changed(|options| options.database(&name)).await;
    let error = PostgresSaver::connect(&url).await.unwrap_err();
    assert!(matches!(error, StoreError::Unfit(_)), "{error:?}");
    assert!(error.to_string().contains("LATIN1"), "{error}");
    run(
        &mut plain().await,
        &format!("DROP DATABASE {name} WITH (FORCE)"),
    )
    .await;
}

#[tokio::test]
async fn a_database_that_is_not_there_is_named() {
    let url = changed(|options| options.database("nowhere").password("s3cret")).await;
    let text = refused(&url, "graph").await;
    assert!(text.contains("there is no database `nowhere`"), "{text}");
    assert!(!text.contains("s3cret"), "{text}");
}

#[tokio::test]
async fn a_user_that_is_not_there_is_named() {
    let url = changed(|options| options.username("nobody_at_all").password("s3cret")).await;
    let text = refused(&url, "graph").await;
    assert!(text.contains("nobody_at_all"), "{text}");
    assert!(!text.contains("s3cret"), "{text}");
}

/// At once, though a server that goes away later is waited for.
#[tokio::test]
async fn a_server_that_is_not_there_is_named_at_once() {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let url = format!("postgres://ada:s3cret@127.0.0.1:{port}/shop");
    let text = refused(&url, "graph").await;
    assert!(text.contains(&format!("127.0.0.1:{port}")), "{text}");
    assert!(text.contains("is the server running"), "{text}");
    assert!(!text.contains("s3cret"), "{text}");
    let text = refused("postgres://ada:s3cret@no.such.host.invalid/shop", "graph").await;
    assert!(text.contains("no.such.host.invalid"), "{text}");
}

#[tokio::test]
async fn a_server_of_another_kind_is_not_waited_for() {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((mut client, _)) = listener.accept().await {
            client
                .write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n")
                .await
                .unwrap();
        }
    });
    let text = refused(&format!("postgres://ada@127.0.0.1:{port}/shop"), "graph").await;
    assert!(text.contains(&format!("127.0.0.1:{port}")), "{text}");
}

#[tokio::test]
async fn a_schema_whose_name_is_none_is_refused() {
    for name in ["", "a b", "x\"; DROP SCHEMA graph; --", &"x".repeat(64)] {
        let error = PostgresOptions::new()
            .schema(name)
            .connect(&database().await)
            .await;
        assert!(matches!(error, Err(StoreError::Unfit(_))), "{error:?}");
    }
}

#[tokio::test]
async fn what_is_shown_of_a_saver_has_no_password() {
    let role = Role::new().await;
    let schema = fresh_schema();
    open(&schema).await;
    role.grant(&format!("USAGE ON SCHEMA {schema}")).await;
    role.grant(&format!("ALL ON ALL TABLES IN SCHEMA {schema}"))
        .await;
    role.grant(&format!("ALL ON ALL SEQUENCES IN SCHEMA {schema}"))
        .await;
    let saver = options(&schema).connect(&role.url).await.unwrap();
    let shown = format!("{saver:?}");
    assert!(
        shown.contains(&schema) && shown.contains(&role.name),
        "{shown}"
    );
    assert!(!shown.contains("s3cret"), "{shown}");
    role.drop().await;
}
