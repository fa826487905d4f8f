//! The door for generated code. Nothing here is for people, and nothing here is kept from version to version.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

pub use graph_topology as topology;
#[cfg(feature = "schema")]
pub use schemars;
pub use serde;
pub use serde_json;
use serde_json::value::RawValue;
use tokio::runtime::Handle;
use tokio::task::JoinHandle;

pub use crate::context::{FromOuter, HasField, context_of};
pub use crate::definition::{
    Answering, BoxFuture, Call, Ended, GraphNode, Items, Migrate, Next, NoAnswer, NoItems,
    NoWithin, StateGraph, TellsWithin,
};
pub use crate::engine::{Nested, Nesting, Returned, read_within, subgraph};
pub use crate::error::NodeError;
use crate::id::{QuestionId, Timestamp};
pub use crate::interrupt::{Asking, Asks, interruptible};
pub use crate::policy::{Effect, Policy, Retry, error_is};
pub use crate::run::{Run, Shown};
#[cfg(feature = "schema")]
pub use crate::schema::{ObjectSchema, answers_within, object_schema, questions_within, schema_of};
pub use crate::secret::{agrees, read_secret, secret_from_raw};
pub use crate::sound::{
    Answered, If, Sound, a_field, a_part_of_the_context, a_question, a_question_with_its_answer,
    a_reducer, an_emitted_value, an_item, an_unsaved_field,
};
pub use crate::state::{
    And, Append, Change, Collects, FieldSpec, Fields, KeepFirst, KeyOf, Last, Max, Merge, Min,
    Never, Or, Patch, Reducer, Removes, Shares, Sum, Union, Upsert, entry, plain, replaced,
};
pub use crate::waiting::{Awaited, Due, Until};

/// What a function with `#[migrate]` may return: nothing, or a `Result` of it.
#[diagnostic::on_unimplemented(
    message = "a migration changes the state in place and returns nothing, or a `Result<(), E>`",
    label = "returns `{Self}`"
)]
pub trait Migrated {
    /// As a result.
    ///
    /// # Errors
    /// The migration's own.
    fn done(self) -> Result<(), BoxError>;
}

impl Migrated for () {
    fn done(self) -> Result<(), BoxError> {
        Ok(())
    }
}

impl<E: Into<BoxError>> Migrated for Result<(), E> {
    fn done(self) -> Result<(), BoxError> {
        self.map_err(Into::into)
    }
}

/// What any error of a node becomes.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// A node's own error.
pub fn failed(error: impl Into<BoxError>) -> NodeError {
    NodeError::Returned(error.into())
}

/// A node's future where it stays: it isn't moved, and its body isn't let into the caller's. One function that
/// polls all nodes of a large graph would take the compiler minutes.
#[derive(Debug)]
pub struct InPlace<'a, F>(pub Pin<&'a mut F>);

impl<F: Future> Future for InPlace<'_, F> {
    type Output = F::Output;

    #[inline(never)]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        self.0.as_mut().poll(cx)
    }
}

/// Runs a node on the runtime's threads. It is stopped when the run is.
///
/// # Errors
/// The node's own, its panic, or that there is no tokio runtime.
pub async fn spawned<T: Send + 'static>(
    node: impl Future<Output = Result<T, NodeError>> + Send + 'static,
) -> Result<T, NodeError> {
    let runtime = Handle::try_current().map_err(failed)?;
    joined(runtime.spawn(node)).await
}

/// Runs a node on the runtime's pool for work that blocks. It can't be stopped from outside; it may look at
/// `run.is_cancelled()`.
///
/// # Errors
/// The node's own, its panic, or that there is no tokio runtime.
pub async fn blocking<T: Send + 'static>(
    node: impl FnOnce() -> Result<T, NodeError> + Send + 'static,
) -> Result<T, NodeError> {
    let runtime = Handle::try_current().map_err(failed)?;
    joined(runtime.spawn_blocking(node)).await
}

async fn joined<T>(task: JoinHandle<Result<T, NodeError>>) -> Result<T, NodeError> {
    struct AbortOnDrop<T>(JoinHandle<T>);

    impl<T> Drop for AbortOnDrop<T> {
        fn drop(&mut self) {
            self.0.abort();
        }
    }

    let mut task = AbortOnDrop(task);
    match (&mut task.0).await {
        Ok(result) => result,
        Err(error) => Err(match error.try_into_panic() {
            Ok(payload) => NodeError::from_panic(&*payload),
            Err(error) => failed(error),
        }),
    }
}

/// What an ask may return: its question, or, as an `Option`, perhaps none. It is open for so many microseconds.
///
/// # Errors
/// If the question can't be encoded.
pub fn asks<G: StateGraph, Q: serde::Serialize>(
    call: &Call<'_, G>,
    question: Option<&Q>,
    within: Option<u64>,
) -> Result<Ended<G>, NodeError> {
    let Some(question) = question else {
        return Ok(Ended::Nothing);
    };
    Ok(Ended::Waits(vec![Awaited {
        id: call.turn().question_id(),
        question: Some(to_raw(question).map_err(failed)?),
        due: within.and_then(after),
    }]))
}

/// So many microseconds from now.
pub fn after(micros: u64) -> Option<Due> {
    Some(Due::After(Duration::from_micros(micros)))
}

/// The run of a node that asks while it runs.
pub fn asking<Q, G: StateGraph>(call: &Call<'_, G>) -> Asking<Q, G::Emit> {
    call.asking()
}

/// What a wait waits for.
pub fn waits<G: StateGraph>(call: &Call<'_, G>, due: Option<Due>) -> Ended<G> {
    let Some(due) = due else {
        return Ended::Nothing;
    };
    Ended::Waits(vec![Awaited {
        id: call.turn().question_id(),
        question: None,
        due: Some(due),
    }])
}

/// An open question of a graph within another one as JSON.
///
/// # Errors
/// If it can't be encoded.
pub fn serialize_within<Q: serde::Serialize, S: serde::Serializer>(
    serializer: S,
    node: &str,
    item: Option<u32>,
    question: &Q,
) -> Result<S::Ok, S::Error> {
    use serde::ser::SerializeMap as _;

    let mut fields = serializer.serialize_map(None)?;
    fields.serialize_entry("node", node)?;
    if let Some(item) = item {
        fields.serialize_entry("item", &item)?;
    }
    fields.serialize_entry("question", question)?;
    fields.end()
}

/// The way to whoever asked: a node that is a graph, and what is answered in there.
pub fn way(
    names: &'static [&'static str],
    answer: &impl Answering,
) -> Vec<&'static [&'static str]> {
    let mut way = vec![names];
    way.extend(answer.way());
    way
}

/// A value as JSON.
///
/// # Errors
/// If it can't be encoded.
pub fn to_raw<T: serde::Serialize + ?Sized>(value: &T) -> Result<Box<RawValue>, serde_json::Error> {
    serde_json::value::to_raw_value(value)
}

/// A value from JSON.
///
/// # Errors
/// If it isn't one of this type.
pub fn from_raw<T: serde::de::DeserializeOwned>(json: &RawValue) -> Result<T, serde_json::Error> {
    serde_json::from_str(json.get())
}

/// A question of a node that asks while it runs, from JSON.
///
/// # Errors
/// If it isn't one of this type.
pub fn question_from_raw<Q: Asks>(json: &RawValue) -> Result<Q, serde_json::Error> {
    from_raw(json)
}

/// What such a question is answered, from JSON.
///
/// # Errors
/// If it isn't one of this type.
pub fn answer_from_raw<Q: Asks>(json: &RawValue) -> Result<Q::Answer, serde_json::Error> {
    from_raw(json)
}

/// What such a question is answered, as JSON.
///
/// # Errors
/// If it can't be encoded.
pub fn answer_to_raw<Q: Asks>(answer: &Q::Answer) -> Result<Box<RawValue>, serde_json::Error> {
    to_raw(answer)
}

/// Writes what such a question is answered.
///
/// # Errors
/// If it can't be encoded.
pub fn write_answer<Q: Asks, S: serde::Serializer>(
    answer: &Q::Answer,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serde::Serialize::serialize(answer, serializer)
}

/// Reads what such a question is answered.
///
/// # Errors
/// If it isn't one of this type.
pub fn read_answer<'de, Q: Asks, D: serde::Deserializer<'de>>(
    deserializer: D,
) -> Result<Q::Answer, D::Error> {
    serde::Deserialize::deserialize(deserializer)
}

/// For a node that holds no questions, items or updates of its own.
pub fn unexpected<T>(what: &str, node: &str) -> Result<T, serde_json::Error> {
    Err(serde::de::Error::custom(format_args!(
        "node `{node}` has no {what}"
    )))
}

/// Serializes an open question.
///
/// # Errors
/// If it can't be encoded.
pub fn serialize_question<Q: serde::Serialize, S: serde::Serializer>(
    serializer: S,
    node: &'static str,
    id: &QuestionId,
    question: &Q,
    due: Option<Timestamp>,
) -> Result<S::Ok, S::Error> {
    #[derive(serde::Serialize)]
    struct Open<'a, Q> {
        node: &'static str,
        id: &'a QuestionId,
        question: &'a Q,
        #[serde(
            serialize_with = "Timestamp::write_text",
            skip_serializing_if = "Option::is_none"
        )]
        due: Option<Timestamp>,
    }

    serde::Serialize::serialize(
        &Open {
            node,
            id,
            question,
            due,
        },
        serializer,
    )
}

/// Serializes a hash map or set in the order of its encoding.
///
/// # Errors
/// If it can't be encoded.
pub fn serialize_sorted<T: serde::Serialize, S: serde::Serializer>(
    value: &T,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    let sorted = crate::state::sorted(value).map_err(serde::ser::Error::custom)?;
    serde::Serialize::serialize(&sorted, serializer)
}

/// An item of a `for`, taken from what the expression gives.
#[diagnostic::on_unimplemented(
    message = "the `for` gives items of type `{Self}`, and the node takes `{T}`",
    label = "not a `{T}`"
)]
pub trait IntoItem<T> {
    /// The item, owned.
    fn into_item(self) -> T;
}

impl<T> IntoItem<T> for T {
    fn into_item(self) -> T {
        self
    }
}

impl<T: Clone> IntoItem<T> for &T {
    fn into_item(self) -> T {
        self.clone()
    }
}

impl IntoItem<String> for &str {
    fn into_item(self) -> String {
        self.to_owned()
    }
}

/// The items of a `for`.
pub fn items<T, I: IntoIterator<Item: IntoItem<T>>>(items: I) -> Vec<T> {
    items.into_iter().map(IntoItem::into_item).collect()
}

/// The key under which the answer about an item is put: its index, or the item itself.
#[diagnostic::on_unimplemented(
    message = "an answer about an item of type `{I}` can't be kept under a key of type `{Self}`",
    note = "key the map by the item's index (`usize`, `u32`, `u64`) or by the item itself (`String`)"
)]
pub trait KeyFor<I> {
    /// The key.
    fn key_for(index: u32, item: &I) -> Self;
}

macro_rules! index_keys {
    ($($key:ty),*) => {$(
        impl<I> KeyFor<I> for $key {
            fn key_for(index: u32, _: &I) -> Self {
                // Items are counted in 32 bits, which every key type here holds.
                index as $key
            }
        }
    )*};
}

index_keys!(u32, u64, usize);

impl KeyFor<String> for String {
    fn key_for(_: u32, item: &String) -> Self {
        item.clone()
    }
}

/// The field that an ask fills: an `Option`, or in a `for` a map.
pub trait Fills {
    /// What it holds.
    type Answer;
}

impl<A> Fills for Option<A> {
    type Answer = A;
}

impl<K, A> Fills for std::collections::BTreeMap<K, A> {
    type Answer = A;
}

impl<K, A, S> Fills for std::collections::HashMap<K, A, S> {
    type Answer = A;
}

/// Something that a node reads.
pub trait Readable {
    /// Writes it as JSON, in the order of its encoding where it has none of its own.
    ///
    /// # Errors
    /// If it can't be encoded.
    fn write(&self, unordered: bool, out: &mut Vec<u8>) -> Result<(), serde_json::Error>;
}

impl<T: serde::Serialize> Readable for T {
    fn write(&self, unordered: bool, out: &mut Vec<u8>) -> Result<(), serde_json::Error> {
        crate::state::encode_into(out, self, unordered)
    }
}

/// What a node reads, each with its name and whether it has no order, as a JSON object.
///
/// # Errors
/// If something can't be encoded.
pub fn cache_key(
    reads: &[(&'static str, &dyn Readable, bool)],
) -> Result<Option<Vec<u8>>, serde_json::Error> {
    let mut key = vec![b'{'];
    for (place, (name, value, unordered)) in reads.iter().enumerate() {
        if place > 0 {
            key.push(b',');
        }
        serde_json::to_writer(&mut key, name)?;
        key.push(b':');
        value.write(*unordered, &mut key)?;
    }
    key.push(b'}');
    Ok(Some(key))
}

/// Shares what a node on another thread needs.
pub fn share<T>(it: &Arc<T>) -> Arc<T> {
    Arc::clone(it)
}
