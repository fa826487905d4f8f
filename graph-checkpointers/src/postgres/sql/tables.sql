-- A thread is a row, and so is each path below it: there its rows are. `root` is the number of the thread's own row,
-- which has the lease. `head`, `sequence` and `due` are those of the last record, so that a commit is judged by this
-- row alone and waking asks one index. `changes` rises with every change of what belongs to the row, so that under
-- any isolation level nobody judges by what is no longer so.
CREATE TABLE {schema}.threads (
    number    bigint PRIMARY KEY,
    root      bigint NOT NULL,
    namespace text COLLATE "C" NOT NULL,
    thread    text COLLATE "C" NOT NULL,
    path      text COLLATE "C" NOT NULL,
    head      text COLLATE "C",
    sequence  bigint NOT NULL DEFAULT 0,
    due       bigint,
    rewrites  bigint NOT NULL DEFAULT 0,
    changes   bigint NOT NULL DEFAULT 0,
    epoch     bigint NOT NULL DEFAULT 0,
    holder    text COLLATE "C",
    until     bigint
) WITH (fillfactor = 70);
CREATE UNIQUE INDEX threads_themselves ON {schema}.threads (namespace, thread) WHERE path = '';
CREATE UNIQUE INDEX threads_paths ON {schema}.threads (root, path);
CREATE INDEX threads_due ON {schema}.threads (namespace, due, thread) WHERE path = '' AND due IS NOT NULL;

-- Of these no number is ever given twice, whatever is deleted.
CREATE SEQUENCE {schema}.numbers;
CREATE SEQUENCE {schema}.epochs;
CREATE SEQUENCE {schema}.positions;

CREATE TABLE {schema}.records (
    thread     bigint NOT NULL,
    sequence   bigint NOT NULL,
    id         text COLLATE "C" NOT NULL,
    parent     text COLLATE "C",
    base       text COLLATE "C" NOT NULL,
    step       bigint NOT NULL,
    source     text COLLATE "C" NOT NULL,
    created_at bigint NOT NULL,
    due        bigint,
    payload    bytea NOT NULL,
    PRIMARY KEY (thread, sequence)
);
CREATE INDEX records_by_id ON {schema}.records (thread, id);

CREATE TABLE {schema}.writes (
    thread     bigint NOT NULL,
    activation text COLLATE "C" NOT NULL,
    item       bigint NOT NULL,
    kind       text COLLATE "C" NOT NULL,
    name       text COLLATE "C" NOT NULL,
    payload    bytea NOT NULL,
    PRIMARY KEY (thread, activation, item, kind, name)
);

CREATE TABLE {schema}.messages (
    thread   bigint NOT NULL,
    position bigint NOT NULL,
    payload  bytea NOT NULL,
    PRIMARY KEY (thread, position)
);

CREATE TABLE {schema}.users (
    namespace text COLLATE "C" NOT NULL,
    name      text COLLATE "C" NOT NULL,
    thread    text COLLATE "C" NOT NULL,
    PRIMARY KEY (namespace, name)
);
CREATE INDEX users_of_threads ON {schema}.users (namespace, thread);
