//! Search by meaning, for any store: texts become vectors once, when they are put.

use std::sync::Arc;

use async_trait::async_trait;
use serde_json::Value;

use super::{Entry, Field, Found, Near, Prefix, Prefixes, Put, Search, Store, Vectors};
use crate::checkpointer::{Cause, StoreError};
use crate::id::Timestamp;

/// A model that makes vectors of texts: texts that mean alike point alike.
#[async_trait]
pub trait Embed: Send + Sync + 'static {
    /// The model's name, with its version. Only vectors of one model are compared, so after a change of model
    /// a value is found by meaning once it has been put again.
    fn model(&self) -> &str;

    /// A vector for each text, in their order, all of one length.
    async fn embed(&self, texts: &[String]) -> Result<Vec<Vec<f32>>, Cause>;
}

macro_rules! pointers {
    ($($pointer:ident),*) => {$(
        #[async_trait]
        impl<E: Embed + ?Sized> Embed for $pointer<E> {
            fn model(&self) -> &str {
                (**self).model()
            }

            async fn embed(&self, texts: &[String]) -> Result<Vec<Vec<f32>>, Cause> {
                (**self).embed(texts).await
            }
        }
    )*};
}

pointers!(Arc, Box);

/// A store whose values are found by what they mean, too.
///
/// A value is embedded once, when it is put; its vectors lie beside it. An entry with several texts is as near
/// as the nearest of them.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), graph_runtime::StoreError> {
/// use std::sync::Arc;
/// use graph_runtime::{Cause, Embed, Embedded, MemoryStore, Search, Shelf};
///
/// /// Counts letters, where a real one would ask a model.
/// struct Letters;
///
/// #[async_trait::async_trait]
/// impl Embed for Letters {
///     fn model(&self) -> &str {
///         "letters-1"
///     }
///
///     async fn embed(&self, texts: &[String]) -> Result<Vec<Vec<f32>>, Cause> {
///         let count = |text: &String, letter| text.matches(letter).count() as f32;
///         Ok(texts.iter().map(|text| ('a'..='z').map(|letter| count(text, letter)).collect()).collect())
///     }
/// }
///
/// let store = Shelf::new(Arc::new(Embedded::new(MemoryStore::new(), Letters)));
/// store.put("one", "green tea").await?;
/// store.put("two", "a dog").await?;
/// let found = store.search::<String>(Search::default().query("tree").limit(1)).await?;
/// assert_eq!(found[0].entry.value, "green tea");
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Embedded<S, E> {
    store: S,
    embed: E,
    fields: Vec<Field>,
}

impl<S: Store, E: Embed> Embedded<S, E> {
    /// Embeds whole values: strings as they are, everything else as its JSON.
    pub fn new(store: S, embed: E) -> Self {
        let fields = vec![Field::from([])];
        Self {
            store,
            embed,
            fields,
        }
    }

    /// Embeds these fields of a value, each by itself. Those that a value doesn't have, or that are `null` or
    /// empty, are left out; a value without any is not found by meaning.
    #[must_use]
    pub fn fields<F: Into<Field>>(self, fields: impl IntoIterator<Item = F>) -> Self {
        Self {
            fields: fields.into_iter().map(Into::into).collect(),
            ..self
        }
    }

    fn texts(&self, value: &Value) -> Vec<String> {
        let text = |value: &Value| match value {
            Value::Null => None,
            Value::String(text) => Some(text.clone()),
            other => Some(other.to_string()),
        };
        self.fields
            .iter()
            .filter_map(|field| text(field.of(value)?))
            .filter(|text| !text.is_empty())
            .collect()
    }

    async fn vectors(&self, texts: &[String]) -> Result<Vec<Vec<f32>>, StoreError> {
        let model = self.embed.model();
        let fault = |fault: String| StoreError::unavailable(format!("the model `{model}` {fault}"));
        let vectors = self
            .embed
            .embed(texts)
            .await
            .map_err(|error| fault(format!("made no vectors: {error}")))?;
        let (made, wanted) = (vectors.len(), texts.len());
        if made != wanted {
            return Err(fault(format!("made {made} vectors of {wanted} texts")));
        }
        if vectors.iter().flatten().any(|number| !number.is_finite()) {
            return Err(fault("made a vector with a number that is none".into()));
        }
        Ok(vectors)
    }
}

#[async_trait]
impl<S: Store, E: Embed> Store for Embedded<S, E> {
    async fn put(&self, mut put: Put, now: Timestamp) -> Result<(), StoreError> {
        // Before the model is asked for what can't be stored.
        put.check()?;
        let texts = self.texts(&put.value);
        if put.vectors.is_none() && !texts.is_empty() {
            put.vectors = Some(Vectors {
                model: self.embed.model().to_owned(),
                each: self.vectors(&texts).await?,
            });
        }
        self.store.put(put, now).await
    }

    async fn get(
        &self,
        prefix: &Prefix,
        key: &str,
        now: Timestamp,
    ) -> Result<Option<Entry>, StoreError> {
        self.store.get(prefix, key, now).await
    }

    async fn delete(&self, prefix: &Prefix, key: &str) -> Result<(), StoreError> {
        self.store.delete(prefix, key).await
    }

    async fn clear(&self, prefix: &Prefix) -> Result<(), StoreError> {
        self.store.clear(prefix).await
    }

    async fn search(&self, search: &Search, now: Timestamp) -> Result<Vec<Found>, StoreError> {
        let Some(query) = search.query.as_ref().filter(|_| search.near.is_none()) else {
            return self.store.search(search, now).await;
        };
        let texts = [query.clone()];
        let vector = self.vectors(&texts).await?.swap_remove(0);
        let model = self.embed.model().to_owned();
        let near = Some(Near { model, vector });
        let search = Search {
            near,
            ..search.clone()
        };
        self.store.search(&search, now).await
    }

    async fn prefixes(
        &self,
        prefixes: &Prefixes,
        now: Timestamp,
    ) -> Result<Vec<Prefix>, StoreError> {
        self.store.prefixes(prefixes, now).await
    }

    async fn sweep(&self, now: Timestamp) -> Result<usize, StoreError> {
        self.store.sweep(now).await
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use serde_json::json;

    use super::*;
    use crate::store::MemoryStore;

    /// Says what it was asked, and answers what it was told.
    #[derive(Default)]
    struct Told {
        answer: Vec<Vec<f32>>,
        asked: Mutex<Vec<Vec<String>>>,
    }

    #[async_trait]
    impl Embed for Told {
        fn model(&self) -> &'static str {
            "told"
        }

        async fn embed(&self, texts: &[String]) -> Result<Vec<Vec<f32>>, Cause> {
            self.asked.lock().unwrap().push(texts.to_vec());
            if self.answer.is_empty() {
                return Err("out of order".into());
            }
            Ok(self.answer.clone())
        }
    }

    fn told(answer: &[&[f32]]) -> Arc<Told> {
        let answer = answer.iter().map(|vector| vector.to_vec()).collect();
        let asked = Mutex::default();
        Arc::new(Told { answer, asked })
    }

    fn put(key: &str, value: Value) -> Put {
        Put::new(Prefix::default(), key, value)
    }

    const NOW: fn() -> Timestamp = || Timestamp::from_micros(1);

    #[tokio::test]
    async fn the_chosen_fields_are_embedded_in_one_call() {
        let embed = told(&[&[1.0], &[2.0]]);
        let store = Embedded::new(MemoryStore::new(), embed.clone()).fields([
            Field::from("title"),
            Field::from(["author", "name"]),
            Field::from("none"),
            Field::from("null"),
            Field::from("empty"),
        ]);
        let value = json!({"title": ["x"], "author": {"name": "Ada"}, "null": null, "empty": "", "other": 1});
        store.put(put("k", value), NOW()).await.unwrap();
        store
            .put(put("nothing", json!({"other": 1})), NOW())
            .await
            .unwrap();
        assert_eq!(*embed.asked.lock().unwrap(), [[r#"["x"]"#, "Ada"]]);
    }

    #[tokio::test]
    async fn a_value_that_cannot_be_stored_is_not_embedded() {
        let embed = told(&[&[1.0]]);
        let store = Embedded::new(MemoryStore::new(), embed.clone());
        store.put(put("", json!("x")), NOW()).await.unwrap_err();
        assert!(embed.asked.lock().unwrap().is_empty());
    }

    #[tokio::test]
    async fn a_model_that_fails_is_named_and_nothing_is_stored() {
        let answers: [&[&[f32]]; 3] = [&[], &[&[1.0], &[1.0]], &[&[f32::NAN]]];
        for answer in answers {
            let store = Embedded::new(MemoryStore::new(), told(answer));
            let error = store.put(put("k", json!("x")), NOW()).await.unwrap_err();
            assert!(matches!(error, StoreError::Unavailable(_)), "{error:?}");
            assert!(error.to_string().contains("`told`"), "{error}");
            let kept = store.get(&Prefix::default(), "k", NOW()).await.unwrap();
            assert_eq!(kept, None);
        }
    }

    #[tokio::test]
    async fn a_query_without_a_model_is_refused() {
        let search = Search::default().query("x");
        let error = MemoryStore::new().search(&search, NOW()).await.unwrap_err();
        assert!(matches!(error, StoreError::Unsupported(_)), "{error:?}");
        assert!(error.to_string().contains("`Embedded`"), "{error}");
    }
}
