//! Everything that a checkpointer does, once, on a thread and a path below it.

use std::time::Duration;

use graph_checkpointers::RedisSaver;
use graph_runtime::{
    ActivationId, At, Checkpointer, Commit, Expect, Page, Query, Record, Rewrite, ThreadKey,
    Timestamp, Write, WriteKey, WriteKind,
};

use crate::support::{adding, after, first};

/// A write of a record's first turn.
pub(crate) fn write_of(record: &Record) -> Write {
    let turn = ActivationId {
        moment: record.id,
        index: 0,
    };
    Write {
        key: WriteKey::of_turn(turn, WriteKind::Update),
        payload: b"written".to_vec(),
    }
}

/// A record that is due.
pub(crate) fn due(record: Record, micros: u64) -> Record {
    Record {
        due: Some(Timestamp::from_micros(micros)),
        ..record
    }
}

/// A line of three records with a write and a message at each end, a lease and a user. Gives its last record.
pub(crate) async fn fill(saver: &RedisSaver, key: &ThreadKey) -> Record {
    let lease = saver.lease(key, "holder", Duration::from_hours(1)).await;
    let epoch = lease.unwrap().unwrap().epoch;
    let mut last = None;
    for _ in 0..3 {
        let record = last.as_ref().map_or_else(first, after);
        let commit = Commit {
            epoch,
            ..adding(last.as_ref(), &due(record.clone(), 5))
        };
        saver.commit(key, commit).await.unwrap();
        last = Some(record);
    }
    let last = last.unwrap();
    let commit = Commit {
        writes: vec![write_of(&last)],
        ..Commit::default()
    };
    saver.commit(key, commit).await.unwrap();
    saver.send(key, b"message".to_vec()).await.unwrap();
    last
}

/// Does everything on a thread that isn't there yet, and leaves nothing of it.
pub(crate) async fn walk(saver: &RedisSaver, key: &ThreadKey) {
    let child = key.child("{below}").unwrap();
    let (namespace, thread) = (key.namespace(), key.thread());
    let last = fill(saver, key).await;
    fill(saver, &child).await;
    let user = saver.thread_of(namespace, "user", thread).await.unwrap();
    assert_eq!(user, thread);

    let chain = saver.load(key, At::Head).await.unwrap().unwrap();
    assert_eq!((chain.records.len(), chain.writes.len()), (3, 1));
    let oldest = chain.records[0].clone();
    assert!(
        saver
            .load(key, At::Moment(oldest.id))
            .await
            .unwrap()
            .is_some()
    );
    assert_eq!(
        saver.list(&child, &Query::default()).await.unwrap().len(),
        3
    );
    assert_eq!(saver.writes(key).await.unwrap().len(), 1);
    let message = saver.inbox(&child).await.unwrap().remove(0);
    assert_eq!(saver.paths(key).await.unwrap(), ["{below}"]);
    let usage = saver.usage(key).await.unwrap();
    assert_eq!((usage.records, usage.writes, usage.messages), (6, 2, 2));

    let now = Timestamp::now().saturating_add(Duration::from_hours(1));
    let threads = saver.threads(namespace, &Page::default()).await.unwrap();
    assert_eq!(threads, [thread]);
    let due = saver.due(namespace, now, &Page::default()).await.unwrap();
    assert_eq!(due, [(thread.to_owned(), Timestamp::from_micros(5))]);
    let idle = saver.idle(namespace, now, &Page::default()).await.unwrap();
    assert_eq!(idle.len(), 1);

    let snapshot = Record {
        base: chain.records[1].id,
        ..chain.records[1].clone()
    };
    let rewrite = Rewrite {
        expected: Expect::Head(Some(last.id)),
        removed: vec![oldest.id],
        replaced: vec![
            snapshot.clone(),
            Record {
                base: snapshot.id,
                ..chain.records[2].clone()
            },
        ],
        writes: vec![Write {
            payload: b"again".to_vec(),
            ..write_of(&last)
        }],
        ..Rewrite::default()
    };
    saver.rewrite(key, rewrite).await.unwrap();
    let chain = saver.load(key, At::Head).await.unwrap().unwrap();
    assert_eq!((chain.records.len(), chain.rewrites), (2, 1));
    let lease = saver.lease(key, "holder", Duration::from_hours(1)).await;
    let commit = Commit {
        received: vec![message.position],
        consumed: vec![write_of(&last).key.activation],
        ..Commit::default()
    };
    saver.commit(&child, commit).await.unwrap();
    saver.release(key, &lease.unwrap().unwrap()).await.unwrap();
    saver.delete(&child).await.unwrap();
    assert!(saver.paths(key).await.unwrap().is_empty());
    saver.delete(key).await.unwrap();
    assert!(
        saver
            .threads(namespace, &Page::default())
            .await
            .unwrap()
            .is_empty()
    );
    assert!(saver.load(key, At::Head).await.unwrap().is_none());
}
