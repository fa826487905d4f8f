//! What things are called on the server.
//!
//! All keys of a namespace have one hash tag, the namespace itself, and so lie in one slot of a cluster: a commit
//! reaches the thread and the lists of its namespace in one script, everywhere alike.

use graph_runtime::{StoreError, ThreadKey};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// What stays as it is in a name. Everything else becomes `%` and digits, so that braces in a name make no hash tag
/// and a `:` or a `/` in it no other key.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'@')
    .remove(b'+');

fn encoded(name: &str) -> String {
    utf8_percent_encode(name, ENCODED).to_string()
}

/// What all keys of one saver begin with.
#[derive(Clone, Debug)]
pub(super) struct Prefix(String);

impl Prefix {
    /// # Errors
    /// [`StoreError::Unfit`] if it could be taken for another part of a key.
    pub(super) fn new(prefix: &str) -> Result<Self, StoreError> {
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.:".contains(&byte);
        if prefix.is_empty() || !prefix.bytes().all(fits) {
            return Err(StoreError::Unfit(format!(
                "`{prefix}` can't begin its keys; take letters, digits and `-_.:`, such as `graph`"
            )));
        }
        Ok(Self(prefix.to_owned()))
    }

    /// The number of the format in which everything below the prefix is kept.
    pub(super) fn format(&self) -> String {
        format!("{}:format", self.0)
    }

    pub(super) fn namespace(&self, namespace: &str) -> Namespace {
        Namespace(format!("{}:{{{}}}", self.0, encoded(namespace)))
    }

    pub(super) fn thread(&self, key: &ThreadKey) -> Thread {
        let namespace = self.namespace(key.namespace());
        let base = format!("{}/{}:", namespace.0, encoded(key.thread()));
        Thread { namespace, base }
    }

    pub(super) fn place(&self, key: &ThreadKey) -> Place {
        let thread = self.thread(key);
        let kinds = ["head", "order", "ids", "records", "writes", "inbox"];
        let below = match key.path() {
            "" => String::new(),
            path => format!("/{path}"),
        };
        let parts = kinds.map(|kind| format!("{}{kind}{below}", thread.base));
        Place { thread, parts }
    }
}

/// The keys that the threads of a namespace share.
#[derive(Debug)]
pub(super) struct Namespace(String);

impl Namespace {
    /// The ids of threads that have records, in byte order.
    pub(super) fn threads(&self) -> String {
        format!("{}:threads", self.0)
    }

    /// When threads are due, each with its thread.
    pub(super) fn due(&self) -> String {
        format!("{}:due", self.0)
    }

    /// When the heads of threads were written, each with its thread.
    pub(super) fn written(&self) -> String {
        format!("{}:written", self.0)
    }

    /// The threads of users.
    pub(super) fn users(&self) -> String {
        format!("{}:users", self.0)
    }

    /// The last epoch that a lease was given.
    pub(super) fn epoch(&self) -> String {
        format!("{}:epoch", self.0)
    }

    /// The last position that a message was given.
    pub(super) fn position(&self) -> String {
        format!("{}:position", self.0)
    }
}

/// The keys of a thread whatever the path.
#[derive(Debug)]
pub(super) struct Thread {
    pub(super) namespace: Namespace,
    /// How all its keys begin.
    pub(super) base: String,
}

impl Thread {
    /// The paths that hold anything, the thread's own among them.
    pub(super) fn paths(&self) -> String {
        format!("{}paths", self.base)
    }

    /// The users that lead to it.
    pub(super) fn users(&self) -> String {
        format!("{}users", self.base)
    }

    pub(super) fn lease(&self) -> String {
        format!("{}lease", self.base)
    }
}

/// The keys of a thread or of one path of it.
#[derive(Debug)]
pub(super) struct Place {
    thread: Thread,
    parts: [String; 6],
}

impl Place {
    /// What a script needs that reads the place.
    pub(super) fn reading(self) -> Vec<String> {
        let more = [self.thread.paths(), self.thread.namespace.threads()];
        self.parts.into_iter().chain(more).collect()
    }

    /// What a script needs that changes it.
    pub(super) fn changing(self) -> Vec<String> {
        let Thread { namespace, .. } = &self.thread;
        let more = [namespace.due(), namespace.written(), self.thread.lease()];
        let mut keys = self.reading();
        keys.extend(more);
        keys
    }

    /// What a script needs that sends to it.
    pub(super) fn sending(self) -> Vec<String> {
        let position = self.thread.namespace.position();
        let mut keys = self.changing();
        keys.push(position);
        keys
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a cluster takes for the part of a key that says where it lies.
    fn tag(key: &str) -> &str {
        let (_, after) = key.split_once('{').unwrap();
        after.split_once('}').unwrap().0
    }

    fn prefix() -> Prefix {
        Prefix::new("graph").unwrap()
    }

    #[test]
    fn keys_are_as_the_docs_say() {
        let key = ThreadKey::new("support", "user-42").unwrap();
        let below = key.child("web@1").unwrap().child("search").unwrap();
        let keys = prefix().place(&key).sending();
        assert_eq!(
            keys,
            [
                "graph:{support}/user-42:head",
                "graph:{support}/user-42:order",
                "graph:{support}/user-42:ids",
                "graph:{support}/user-42:records",
                "graph:{support}/user-42:writes",
                "graph:{support}/user-42:inbox",
                "graph:{support}/user-42:paths",
                "graph:{support}:threads",
                "graph:{support}:due",
                "graph:{support}:written",
                "graph:{support}/user-42:lease",
                "graph:{support}:position",
            ]
        );
        let keys = prefix().place(&below).reading();
        assert_eq!(keys[0], "graph:{support}/user-42:head/web@1/search");
        assert_eq!(keys[6], "graph:{support}/user-42:paths");
    }

    #[test]
    fn braces_in_names_are_no_hash_tag() {
        for namespace in ["{", "}", "{}", "}{", "a}b{c", "{x}", "ns"] {
            let mut tags = Vec::new();
            for thread in ["{", "}", "{}", "{x}", "}:{y}", "plain", "ns"] {
                let key = ThreadKey::new(namespace, thread).unwrap();
                let below = key.child("{z}").unwrap();
                for key in [key, below] {
                    let thread = prefix().thread(&key);
                    let own = [thread.users(), thread.paths(), thread.namespace.users()];
                    let keys = prefix().place(&key).sending();
                    tags.extend(keys.iter().chain(&own).map(|key| tag(key).to_owned()));
                }
            }
            tags.dedup();
            assert_eq!(tags, [encoded(namespace)], "{namespace}");
        }
    }

    #[test]
    fn no_two_places_share_a_key() {
        let names = [
            "a", "a:head", "a/b", "a%2Fb", "A", "threads", "ä", "{a}", "a:",
        ];
        let mut all = Vec::new();
        for namespace in names {
            for thread in names {
                let key = ThreadKey::new(namespace, thread).unwrap();
                let child = key.child("a").unwrap();
                let colon = key.child("a:head").unwrap();
                let keys = [key.clone(), child, colon];
                all.extend(keys.map(|key| prefix().place(&key).parts).concat());
                let thread = prefix().thread(&key);
                all.extend([thread.users(), thread.paths(), thread.lease()]);
            }
            let shared = prefix().namespace(namespace);
            all.extend([shared.threads(), shared.due(), shared.written()]);
            all.extend([shared.users(), shared.epoch(), shared.position()]);
        }
        let count = all.len();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), count);
    }

    #[test]
    fn a_prefix_makes_no_hash_tag() {
        assert!(Prefix::new("my-app:graph_2").is_ok());
        for prefix in ["", "a{b}", "{", "a b", "ä", "*"] {
            assert!(matches!(Prefix::new(prefix), Err(StoreError::Unfit(_))));
        }
    }
}
