//! What a checkpointer stores under: a thread in its namespace, or a child graph's part of it.

use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::{InvalidId, check_name};

/// Longest path of a child graph, in bytes.
pub const MAX_PATH_BYTES: usize = 2048;

/// A thread in its namespace: the key under which a checkpointer stores.
///
/// What a child graph stores lies under its parent's thread, at a *path*: one step for each graph on the
/// way down. The thread's own path is empty.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ThreadKey {
    namespace: Arc<str>,
    thread: Arc<str>,
    path: Arc<str>,
}

impl ThreadKey {
    /// Names a thread.
    ///
    /// # Errors
    /// [`InvalidId`] if either part is empty, longer than [`MAX_ID_BYTES`](crate::MAX_ID_BYTES) or holds a
    /// NUL.
    ///
    /// ```
    /// # use graph_runtime::ThreadKey;
    /// let key = ThreadKey::new("support", "user-42")?;
    /// assert_eq!(key.thread(), "user-42");
    /// assert!(ThreadKey::new("support", "").is_err());
    /// # Ok::<(), graph_runtime::InvalidId>(())
    /// ```
    pub fn new(
        namespace: impl Into<Arc<str>>,
        thread: impl Into<Arc<str>>,
    ) -> Result<Self, InvalidId> {
        let (namespace, thread) = (namespace.into(), thread.into());
        check_name("namespace", &namespace)?;
        check_name("thread", &thread)?;
        Ok(Self {
            namespace,
            thread,
            path: Arc::default(),
        })
    }

    /// Where a child graph stores: one step further down.
    ///
    /// # Errors
    /// [`InvalidId`] if the step is empty, holds a NUL or a `/`, which is what separates steps, or if the
    /// path becomes longer than [`MAX_PATH_BYTES`].
    ///
    /// ```
    /// # use graph_runtime::ThreadKey;
    /// let key = ThreadKey::new("support", "user-42")?;
    /// let search = key.child("web@1")?.child("search@3")?;
    /// assert_eq!(search.path(), "web@1/search@3");
    /// assert_eq!(search.thread(), "user-42");
    /// # Ok::<(), graph_runtime::InvalidId>(())
    /// ```
    pub fn child(&self, step: &str) -> Result<Self, InvalidId> {
        if step.contains('/') {
            return Err(InvalidId::Malformed {
                what: "child graph",
                text: step.to_owned(),
                form: "search@01J9ZQ4S7N2K0M4T3V5W6X7Y8Z-0",
            });
        }
        let path: Arc<str> = match &*self.path {
            "" => step.into(),
            path => format!("{path}/{step}").into(),
        };
        InvalidId::check_length("child graph", step, path.len(), MAX_PATH_BYTES)?;
        Ok(Self {
            path,
            ..self.clone()
        })
    }

    /// The same thread at another path, as [`ThreadKey::path`] gives it.
    ///
    /// # Errors
    /// [`InvalidId`] if it isn't the path of a child graph.
    ///
    /// ```
    /// # use graph_runtime::ThreadKey;
    /// let key = ThreadKey::new("support", "user-42")?;
    /// assert_eq!(key.at_path("web@1/search@3")?, key.child("web@1")?.child("search@3")?);
    /// assert_eq!(key.child("web@1")?.at_path("")?, key);
    /// # Ok::<(), graph_runtime::InvalidId>(())
    /// ```
    pub fn at_path(&self, path: &str) -> Result<Self, InvalidId> {
        let mut steps = path.split('/').filter(|_| !path.is_empty());
        steps.try_fold(self.root(), |key, step| key.child(step))
    }

    /// What separates graphs in one database.
    pub fn namespace(&self) -> &str {
        &self.namespace
    }

    /// The thread's own id.
    pub fn thread(&self) -> &str {
        &self.thread
    }

    /// The way down to a child graph, its steps joined by `/`; empty for the thread itself.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The thread itself, without a path.
    #[must_use]
    pub fn root(&self) -> Self {
        Self {
            path: Arc::default(),
            ..self.clone()
        }
    }

    /// Whether the other one is this one or lies below it: what goes when this one is deleted.
    ///
    /// ```
    /// # use graph_runtime::ThreadKey;
    /// let thread = ThreadKey::new("support", "user-42")?;
    /// assert!(thread.contains(&thread.child("web")?));
    /// assert!(!thread.child("web")?.contains(&thread.child("web2")?));
    /// # Ok::<(), graph_runtime::InvalidId>(())
    /// ```
    pub fn contains(&self, other: &Self) -> bool {
        (&self.namespace, &self.thread) == (&other.namespace, &other.thread)
            && (self.path.is_empty()
                || other
                    .path
                    .strip_prefix(&*self.path)
                    .is_some_and(|rest| rest.is_empty() || rest.starts_with('/')))
    }

    /// What comes before every key of a namespace: to look from there on.
    pub(crate) fn before_all(namespace: &str) -> Self {
        Self {
            namespace: namespace.into(),
            thread: Arc::default(),
            path: Arc::default(),
        }
    }
}

/// Stored and sent as its three parts.
impl Serialize for ThreadKey {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        (self.namespace(), self.thread(), self.path()).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for ThreadKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (namespace, thread, path) = <(String, String, String)>::deserialize(deserializer)?;
        Self::new(namespace, thread)
            .and_then(|key| key.at_path(&path))
            .map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_ways_down_are_one_path() {
        let key = ThreadKey::new("a", "b").unwrap();
        let path = |steps: &[&str]| {
            let step = |key: ThreadKey, step: &&str| key.child(step);
            steps.iter().try_fold(key.clone(), step)
        };
        assert_eq!(path(&["x", "y"]).unwrap().path(), "x/y");
        for refused in [&["x/y"][..], &["/"], &["x", ""], &[""], &["x\0"]] {
            assert!(path(refused).is_err(), "{refused:?}");
        }
    }

    #[test]
    fn a_path_may_be_as_long_as_is_said_and_no_longer() {
        let key = ThreadKey::new("a", "b").unwrap().child("x").unwrap();
        let rest = "y".repeat(MAX_PATH_BYTES - 2);
        assert_eq!(key.child(&rest).unwrap().path().len(), MAX_PATH_BYTES);
        assert!(matches!(
            key.child(&format!("{rest}y")),
            Err(InvalidId::TooLong {
                bytes: 2049,
                limit: MAX_PATH_BYTES,
                ..
            })
        ));
    }
}
