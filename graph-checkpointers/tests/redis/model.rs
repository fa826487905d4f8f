//! The scripts decide and keep as the rules of the contract do: the same changes, made at random, on Redis and in
//! memory, come to the same.

use std::time::Duration;

use graph_checkpointers::RedisSaver;
use graph_runtime::{
    ActivationId, At, Checkpointer, Commit, Expect, Lease, MemorySaver, Message, MomentId, Page,
    Query, Record, Rewrite, Source, StoreError, ThreadKey, Timestamp, Write, WriteKey, WriteKind,
};

use crate::server::{FLEETING, Server};

/// How many changes are made.
const CHANGES: usize = 800;

/// The same numbers each time.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 16).unwrap() % limit
    }

    /// Once in so many times.
    fn once_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }

    fn of<'a, T>(&mut self, things: &'a [T]) -> Option<&'a T> {
        (!things.is_empty()).then(|| &things[self.below(things.len())])
    }
}

struct Model {
    dice: Dice,
    memory: MemorySaver,
    redis: RedisSaver,
    keys: Vec<ThreadKey>,
    /// Leases and positions, as the two have given them.
    leases: Vec<[Lease; 2]>,
    positions: Vec<[u64; 2]>,
    ids: Vec<MomentId>,
    refusals: usize,
}

/// Which error it is. What else it says differs where the two count differently.
fn kind<T>(outcome: &Result<T, StoreError>) -> String {
    match outcome {
        Ok(_) => "done".to_owned(),
        Err(error @ (StoreError::Conflict { .. } | StoreError::Malformed(_))) => error.to_string(),
        Err(error) => format!("{error:?}")
            .split([' ', '(', '{'])
            .next()
            .unwrap()
            .to_owned(),
    }
}

/// That both answer the same.
macro_rules! assert_same {
    ($model:expr, $ask:ident($($argument:expr),*)) => {
        let memory = $model.memory.$ask($($argument),*).await.unwrap();
        let redis = $model.redis.$ask($($argument),*).await.unwrap();
        assert_eq!(redis, memory, "first what Redis has, then what it should have");
    };
}

/// Beyond 2^53, where a script's numbers aren't exact.
const LARGE: u64 = (1 << 53) - 20;

impl Model {
    async fn change(&mut self) {
        let key = self.dice.of(&self.keys.clone()).unwrap().clone();
        let what = self.dice.below(40);
        let outcomes = match what {
            0..=21 => self.commit(&key).await,
            22..=26 => self.rewrite(&key).await,
            27..=30 => self.lease(&key).await,
            31 => self.release(&key).await,
            32..=35 => self.send(&key).await,
            36 | 37 => self.thread_of(&key).await,
            38 if self.dice.once_in(2) => self.delete(&key).await,
            _ => return,
        };
        let [memory, redis] = outcomes;
        self.refusals += usize::from(memory != "done");
        assert_eq!(redis, memory, "first what Redis says");
    }

    async fn commit(&mut self, key: &ThreadKey) -> [String; 2] {
        let chain = self
            .memory
            .load(key, At::Head)
            .await
            .unwrap()
            .unwrap_or_default();
        let records = self.records(&chain.records, chain.sequence);
        let expected = match self.dice.below(12) {
            0 => Expect::Head(self.dice.of(&self.ids).copied()),
            1 => Expect::Head(None),
            2 if records.is_empty() => Expect::Any,
            _ => Expect::Head(chain.head),
        };
        let turns: Vec<_> = chain
            .writes
            .iter()
            .map(|write| write.key.activation)
            .collect();
        let consumed = self
            .dice
            .of(&turns)
            .copied()
            .filter(|_| self.dice.once_in(3));
        let lease = self
            .dice
            .of(&self.leases.clone())
            .filter(|_| self.dice.once_in(3))
            .cloned();
        let received = self
            .dice
            .of(&self.positions.clone())
            .filter(|_| self.dice.once_in(2))
            .copied();
        let commit = Commit {
            expected,
            records,
            writes: self.writes(),
            consumed: consumed.into_iter().collect(),
            rewrites: chain.rewrites + u64::from(self.dice.once_in(15)),
            ..Commit::default()
        };
        let of = |side: usize| Commit {
            epoch: lease.as_ref().map_or(0, |leases| leases[side].epoch),
            received: received.iter().map(|positions| positions[side]).collect(),
            ..commit.clone()
        };
        let outcomes = [
            kind(&self.memory.commit(key, of(0)).await),
            kind(&self.redis.commit(key, of(1)).await),
        ];
        self.ids
            .extend(commit.records.iter().map(|record| record.id));
        outcomes
    }

    /// None, one or several that go on from one that is there, mostly.
    fn records(&mut self, line: &[Record], highest: u64) -> Vec<Record> {
        let mut records: Vec<Record> = Vec::new();
        let mut sequence = if highest == 0 && self.dice.once_in(2) {
            LARGE
        } else {
            highest
        };
        for _ in 0..self.dice.below(4) {
            let parent = records.last().or_else(|| self.dice.of(line)).cloned();
            let id = MomentId::at(Timestamp::now());
            sequence += 1 + self.dice.below(2) as u64;
            if self.dice.once_in(25) {
                sequence = sequence.saturating_sub(3);
            }
            let base = parent.as_ref().map_or(id, |parent| parent.base);
            let sources = [Source::Input, Source::Step, Source::Fork];
            records.push(Record {
                id,
                parent: parent.map(|parent| parent.id),
                base: if self.dice.once_in(5) { id } else { base },
                sequence,
                step: self.dice.below(9) as u64,
                source: *self.dice.of(&sources).unwrap(),
                created_at: Timestamp::from_micros(u64::MAX - self.dice.below(5) as u64),
                due: self
                    .dice
                    .once_in(2)
                    .then(|| Timestamp::from_micros(LARGE + self.dice.below(30) as u64)),
                payload: vec![7; self.dice.below(50)],
            });
        }
        records
    }

    fn writes(&mut self) -> Vec<Write> {
        let mut writes = Vec::new();
        for _ in 0..self.dice.below(3) {
            let Some(&moment) = self.dice.of(&self.ids.clone()) else {
                break;
            };
            let index = u32::try_from(self.dice.below(12)).unwrap();
            let mut key = WriteKey::of_turn(ActivationId { moment, index }, WriteKind::Once);
            key.item = self.dice.once_in(2).then_some(index + 1);
            key.name = self.dice.once_in(2).then(|| "a/b.c:d".into());
            let payload = vec![3; self.dice.below(20)];
            writes.push(Write { key, payload });
        }
        writes
    }

    async fn rewrite(&mut self, key: &ThreadKey) -> [String; 2] {
        let chain = self
            .memory
            .load(key, At::Head)
            .await
            .unwrap()
            .unwrap_or_default();
        let stored = self.memory.list(key, &Query::default()).await.unwrap();
        let others = || stored.iter().filter(|record| Some(record.id) != chain.head);
        let removed: Vec<_> = others()
            .filter(|_| self.dice.once_in(3))
            .map(|record| record.id)
            .collect();
        let kept = stored.iter().filter(|record| !removed.contains(&record.id));
        let replaced = kept.filter(|_| self.dice.once_in(2)).map(|record| Record {
            base: record.id,
            source: Source::Update,
            created_at: Timestamp::from_micros(record.created_at.as_micros() - 1),
            payload: vec![8; record.payload.len() + 3],
            ..record.clone()
        });
        let replaced = replaced.collect();
        let writes = chain.writes.iter().map(|write| Write {
            payload: b"anew".to_vec(),
            ..write.clone()
        });
        let rewrite = Rewrite {
            expected: if self.dice.once_in(9) {
                Expect::Head(None)
            } else {
                Expect::Head(chain.head)
            },
            rewrites: chain.rewrites + u64::from(self.dice.once_in(9)),
            removed,
            replaced,
            writes: writes.chain(self.writes()).collect(),
        };
        [
            kind(&self.memory.rewrite(key, rewrite.clone()).await),
            kind(&self.redis.rewrite(key, rewrite).await),
        ]
    }

    async fn lease(&mut self, key: &ThreadKey) -> [String; 2] {
        let holder = *self.dice.of(&["ada", "bob"]).unwrap();
        let ttl = if self.dice.once_in(2) {
            Duration::ZERO
        } else {
            Duration::MAX
        };
        let memory = self.memory.lease(key, holder, ttl).await;
        let redis = self.redis.lease(key, holder, ttl).await;
        let outcomes = [kind(&memory), kind(&redis)];
        if let (Ok(Some(memory)), Ok(Some(redis))) = (memory, redis) {
            self.leases.push([memory, redis]);
        }
        outcomes
    }

    async fn release(&mut self, key: &ThreadKey) -> [String; 2] {
        let Some([memory, redis]) = self.dice.of(&self.leases).cloned() else {
            return Default::default();
        };
        [
            kind(&self.memory.release(key, &memory).await),
            kind(&self.redis.release(key, &redis).await),
        ]
    }

    async fn send(&mut self, key: &ThreadKey) -> [String; 2] {
        let message = vec![5; self.dice.below(30)];
        let memory = self.memory.send(key, message.clone()).await.unwrap();
        let redis = self.redis.send(key, message).await.unwrap();
        self.positions.push([memory, redis]);
        Default::default()
    }

    async fn thread_of(&mut self, key: &ThreadKey) -> [String; 2] {
        let user = format!("user {}", self.dice.below(5));
        [
            self.memory
                .thread_of(key.namespace(), &user, key.thread())
                .await
                .unwrap(),
            self.redis
                .thread_of(key.namespace(), &user, key.thread())
                .await
                .unwrap(),
        ]
    }

    async fn delete(&mut self, key: &ThreadKey) -> [String; 2] {
        [
            kind(&self.memory.delete(key).await),
            kind(&self.redis.delete(key).await),
        ]
    }

    async fn compare(&mut self) {
        for key in self.keys.clone() {
            let key = &key;
            assert_same!(self, load(key, At::Head));
            if let Some(&id) = self.dice.of(&self.ids) {
                assert_same!(self, load(key, At::Moment(id)));
            }
            let query = Query {
                before: self
                    .dice
                    .once_in(2)
                    .then(|| LARGE + self.dice.below(40) as u64),
                limit: self.dice.once_in(2).then(|| self.dice.below(5)),
                without_inputs: self.dice.once_in(2),
            };
            assert_same!(self, list(key, &query));
            assert_same!(self, writes(key));
            assert_same!(self, paths(key));
            assert_same!(self, usage(key));
            let memory = payloads(self.memory.inbox(key).await.unwrap());
            assert_eq!(payloads(self.redis.inbox(key).await.unwrap()), memory);
        }
        self.compare_lists().await;
    }

    async fn compare_lists(&mut self) {
        let now = Timestamp::from_micros(LARGE + self.dice.below(40) as u64);
        let end = Timestamp::from_micros(u64::MAX - self.dice.below(7) as u64);
        let limit = self.dice.once_in(2).then(|| self.dice.below(3));
        let page = Page { after: None, limit };
        assert_same!(self, due("model", now, &page));
        assert_same!(self, idle("model", end, &page));
        let page = Page { after: None, limit };
        assert_same!(self, threads("model", &page));
    }
}

fn payloads(messages: Vec<Message>) -> Vec<Vec<u8>> {
    let payloads = messages.into_iter().map(|message| message.payload);
    payloads.collect()
}

#[tokio::test]
async fn changes_at_random_come_to_the_same_as_in_memory() {
    let server = Server::start(FLEETING);
    let mut keys = Vec::new();
    for thread in ["a", "b"] {
        let thread = ThreadKey::new("model", thread).unwrap();
        let child = thread.child("x").unwrap();
        keys.extend([child.child("y").unwrap(), child, thread.clone(), thread]);
    }
    let mut model = Model {
        dice: Dice(0x9e37_79b9_7f4a_7c15),
        memory: MemorySaver::new(),
        redis: server.saver().await,
        keys,
        leases: Vec::new(),
        positions: Vec::new(),
        ids: Vec::new(),
        refusals: 0,
    };
    for _ in 0..CHANGES {
        model.change().await;
        model.compare().await;
    }
    // Of both there were many.
    assert!(
        (CHANGES / 20..CHANGES * 2 / 3).contains(&model.refusals),
        "{}",
        model.refusals
    );
}
