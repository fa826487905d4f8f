//! Results from the cache: found by what a node reads, kept when it has succeeded. What goes wrong with the cache
//! costs a lookup, never the run.

use serde::{Deserialize, Serialize};
use serde_json::value::{RawValue, to_raw_value};
use std::error::Error as StdError;
use std::time::Duration;
use xxhash_rust::xxh3::xxh3_128;

use super::failures::Fault;
use super::tasks::Stage;
use crate::cache::CacheKey;
use crate::definition::{Ended, GraphNode, StateGraph};
use crate::event::{Event, Kind};
use crate::frontier::Activation;
use crate::policy::{Caching, Policy};
use crate::secret::StoredUpdate;

/// Where a result is kept, and what it is made of.
struct Place {
    key: CacheKey,
    reads: Box<RawValue>,
}

/// A result as it is kept: beside what it is made of, so that two that have one hash aren't taken for each other.
#[derive(Serialize, Deserialize)]
struct Known<'a> {
    #[serde(borrow)]
    reads: &'a RawValue,
    #[serde(borrow)]
    set: &'a RawValue,
}

type Trouble = Box<dyn StdError + Send + Sync>;

impl<'a, G: StateGraph> Stage<'a, G> {
    /// Runs a task unless its result is known.
    pub(super) async fn run_or_look_up(
        self,
        activation: &'a Activation<G>,
        item: u32,
        policy: Policy,
    ) -> Result<Ended<G>, Fault> {
        let ttl = match policy.caching() {
            Caching::Never => return self.run_guarded(activation, item, policy).await,
            Caching::Always => None,
            Caching::For(ttl) => Some(ttl),
        };
        let found = match self.place(activation, item) {
            Ok(place) => (self.look_up(activation, &place).await).map(|known| (place, known)),
            Err(trouble) => Err(trouble),
        };
        let place = match found {
            Ok((_, Some(update))) => {
                self.listener.tell(Kind::Tasks, || Event::Cached {
                    node: activation.node,
                    item: activation.item(item),
                    step: self.step,
                });
                return Ok(Ended::Update(update));
            }
            Ok((place, None)) => Some(place),
            Err(trouble) => {
                self.tell_trouble(activation, item, &*trouble);
                None
            }
        };
        let ended = self.run_guarded(activation, item, policy).await?;
        if let (Some(place), Ended::Update(update)) = (place, &ended)
            && let Err(trouble) = self.remember(&place, update, ttl).await
        {
            self.tell_trouble(activation, item, &*trouble);
        }
        Ok(ended)
    }

    fn place(&self, activation: &'a Activation<G>, item: u32) -> Result<Place, Trouble> {
        let reads = G::cache_key(&self.call(activation, item, 1))?;
        let reads =
            reads.ok_or("its attribute doesn't say `cache`, so what it reads isn't known")?;
        let namespace = self.setting.namespace.clone();
        Ok(Place {
            key: CacheKey::new(namespace, activation.node.name(), xxh3_128(&reads))?,
            reads: RawValue::from_string(String::from_utf8(reads)?)?,
        })
    }

    async fn look_up(
        &self,
        activation: &'a Activation<G>,
        place: &Place,
    ) -> Result<Option<G::Update>, Trouble> {
        let now = self.setting.clock.now();
        let Some(bytes) = self.setting.cache.get(&place.key, now).await? else {
            return Ok(None);
        };
        let known: Known<'_> = serde_json::from_slice(&bytes)?;
        if known.reads.get() != place.reads.get() {
            return Ok(None);
        }
        Ok(Some(G::read_update(activation.node, known.set)?))
    }

    async fn remember(
        &self,
        place: &Place,
        update: &G::Update,
        ttl: Option<Duration>,
    ) -> Result<(), Trouble> {
        let known = Known {
            reads: &place.reads,
            set: &to_raw_value(&StoredUpdate::<G>(update))?,
        };
        let bytes = serde_json::to_vec(&known)?;
        let now = self.setting.clock.now();
        let until = ttl.map(|ttl| now.saturating_add(ttl));
        self.setting
            .cache
            .put(&place.key, bytes, until, now)
            .await?;
        Ok(())
    }

    fn tell_trouble(
        &self,
        activation: &Activation<G>,
        item: u32,
        trouble: &(dyn StdError + 'static),
    ) {
        self.listener.tell(Kind::Tasks, || Event::CacheFailed {
            node: activation.node,
            item: activation.item(item),
            step: self.step,
            error: trouble.to_string(),
        });
    }
}
