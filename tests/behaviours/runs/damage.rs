//! What is stored and isn't what was written: always an error, never another state.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use graph_runtime::prelude::*;
use graph_runtime::{
    At, Chain, Checkpointer, MemorySaver, MomentId, StoreError, ThreadKey, Timestamp,
};

use graph_tests::between::{Between, Over};
use graph_tests::office::office::{Node, Office};
use graph_tests::office::{Desk, builder, input, to_the_end, yes};

type Harm = Box<dyn Fn(&mut Chain) + Send + Sync>;

/// A memory that gives back something else than it was given.
struct Damaged {
    inner: MemorySaver,
    harm: Mutex<Option<Harm>>,
}

impl Damaged {
    fn new() -> Arc<Over<Self>> {
        Arc::new(Over(Self {
            inner: MemorySaver::new(),
            harm: Mutex::new(None),
        }))
    }

    fn harm(&self, harm: impl Fn(&mut Chain) + Send + Sync + 'static) {
        *self.harm.lock().unwrap() = Some(Box::new(harm));
    }

    async fn chain(&self) -> Chain {
        let key = ThreadKey::new("office", "t").unwrap();
        self.inner.load(&key, At::Head).await.unwrap().unwrap()
    }
}

#[async_trait]
impl Between for Damaged {
    fn inner(&self) -> &dyn Checkpointer {
        &self.inner
    }

    async fn load(&self, thread: &ThreadKey, at: At) -> Result<Option<Chain>, StoreError> {
        let mut chain = self.inner.load(thread, at).await?;
        if let (Some(chain), Some(harm)) = (&mut chain, &*self.harm.lock().unwrap()) {
            harm(chain);
        }
        Ok(chain)
    }
}

fn thread(saver: &Arc<Over<Damaged>>, desk: &Arc<Desk>) -> Thread<Office> {
    let saver = Arc::clone(saver);
    builder(desk).checkpointer(saver).build().thread("t")
}

/// Whether an error says that what is stored is damaged, and where.
fn is_damage(error: &Error) -> bool {
    matches!(error, Error::Corrupt { .. })
        || matches!(
            error,
            Error::Store {
                source: StoreError::Corrupt(_) | StoreError::FormatTooNew { .. },
                ..
            }
        )
}

#[tokio::test]
async fn every_flipped_bit_of_every_record_is_found_out() {
    let saver = Damaged::new();
    let thread = thread(&saver, &Arc::default());
    thread.invoke(input()).await.unwrap();
    let chain = saver.chain().await;
    for (place, record) in chain.records.iter().enumerate() {
        for bit in 0..record.payload.len() * 8 {
            saver.harm(move |chain| chain.records[place].payload[bit / 8] ^= 1 << (bit % 8));
            let error = thread.state().await.unwrap_err();
            assert!(is_damage(&error), "record {place}, bit {bit}: {error}");
        }
    }
    let last = chain.records.len() - 1;
    saver.harm(move |chain| chain.records[last].payload[40] ^= 1);
    let id = chain.records[last].id.to_string();
    for error in [
        thread.resume().await.err(),
        thread.invoke(input()).await.err(),
        thread.questions().await.err(),
    ] {
        let error = error.unwrap();
        assert!(
            is_damage(&error) && error.to_string().contains(&id),
            "{error}"
        );
    }
}

#[tokio::test]
async fn records_that_are_missing_or_elsewhere_are_found_out() {
    let saver = Damaged::new();
    let thread = thread(&saver, &Arc::default());
    thread.invoke(input()).await.unwrap();
    let count = saver.chain().await.records.len();
    for place in 0..count - 1 {
        saver.harm(move |chain| drop(chain.records.remove(place)));
        assert!(
            is_damage(&thread.state().await.unwrap_err()),
            "without record {place}"
        );
        saver.harm(move |chain| chain.records.swap(place, place + 1));
        assert!(
            is_damage(&thread.state().await.unwrap_err()),
            "records {place} and the next one"
        );
        saver.harm(move |chain| {
            let copy = chain.records[place].clone();
            chain.records[place + 1].payload = copy.payload;
        });
        assert!(
            is_damage(&thread.state().await.unwrap_err()),
            "record {place} as the next one"
        );
    }
    let elsewhere = MomentId::at(Timestamp::now());
    let last = count - 1;
    let harms: [Harm; 6] = [
        Box::new(move |chain| chain.records[last].id = elsewhere),
        Box::new(move |chain| chain.records[last].base = elsewhere),
        Box::new(move |chain| chain.records[last].sequence += 1),
        Box::new(move |chain| chain.records[last].step += 1),
        Box::new(move |chain| chain.records[last].created_at = Timestamp::from_micros(1)),
        Box::new(move |chain| chain.records[last].payload.clear()),
    ];
    for (number, harm) in harms.into_iter().enumerate() {
        saver.harm(harm);
        assert!(
            is_damage(&thread.state().await.unwrap_err()),
            "harm {number}"
        );
    }
}

#[tokio::test]
async fn what_is_kept_beside_the_records_is_checked_too() {
    let saver = Damaged::new();
    let desk = Arc::<Desk>::default();
    let thread = thread(&saver, &desk);
    desk.fail(&["print 0"]);
    let pause = thread.invoke(input()).await.unwrap().paused().unwrap();
    thread.answer(yes(&pause.questions()[0])).await.unwrap_err();
    desk.fail(&[]);
    let writes = saver.chain().await.writes;
    assert_eq!(writes.len(), 2);
    for bit in 0..writes[0].payload.len() * 8 {
        saver.harm(move |chain| chain.writes[0].payload[bit / 8] ^= 1 << (bit % 8));
        assert!(is_damage(&thread.resume().await.unwrap_err()), "bit {bit}");
    }
    // What the one item came to isn't taken for what the other one did.
    saver.harm(|chain| {
        let copy = chain.writes[0].payload.clone();
        chain.writes[1].payload = copy;
    });
    assert!(is_damage(&thread.resume().await.unwrap_err()));
    let begun = desk.begun().len();
    saver.harm(|_| ());
    let outcome = thread.resume().await.unwrap();
    assert_eq!(desk.begun()[begun..], ["print 0"]);
    to_the_end(&thread, outcome).await.unwrap();
}

#[tokio::test]
async fn a_newer_format_is_told_as_such() {
    let saver = Damaged::new();
    let thread = thread(&saver, &Arc::default());
    thread.invoke(input()).await.unwrap();
    saver.harm(|chain| {
        if let Some(last) = chain.records.last_mut() {
            last.payload[7] = b'2';
        }
    });
    let error = thread.resume().await.unwrap_err();
    let newer = StoreError::FormatTooNew {
        found: 2,
        supported: 1,
    };
    assert!(
        matches!(&error, Error::Store { source, .. } if source.to_string() == newer.to_string()),
        "{error}"
    );
    assert!(error.to_string().contains("update the library"), "{error}");
    saver.harm(|_| ());
    assert_eq!(thread.state().await.unwrap().unwrap().next, [Node::Consent]);
}
