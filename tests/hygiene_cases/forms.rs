//! Every form that a parameter can take.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use graph_runtime::graph;

/// Something that can be behind a pointer.
pub trait Speaks: Send + Sync {
    /// What it says.
    fn say(&self) -> String;
}

impl Speaks for u32 {
    fn say(&self) -> String {
        self.to_string()
    }
}

/// A type without `Debug`, `PartialEq` or `Clone` in the context, and without the first two in the state.
pub mod plain {
    use serde::{Deserialize, Serialize};

    /// Nothing but what has to be.
    #[derive(Clone, Default, Serialize, Deserialize)]
    pub struct Plain {
        /// Something.
        pub x: u32,
    }
}

/// Takes them all.
#[graph(id = "forms")]
pub mod forms {
    use super::*;
    use graph_runtime::Run;
    use plain::Plain;

    /// The state.
    #[state]
    pub struct Forms {
        text: String,
        list: Vec<u8>,
        #[default("p".into())]
        path: PathBuf,
        maybe: Option<String>,
        /// Borrowed for ever.
        #[unsaved]
        word: &'static str,
        /// What each node saw.
        #[reduce(append)]
        #[output]
        pub seen: Vec<String>,
        #[default(Plain { x: 7 })]
        plain: Plain,
    }

    /// The context.
    #[context]
    pub struct App {
        /// A pointer.
        pub arc: Arc<u32>,
        /// An object.
        pub object: Arc<dyn Speaks>,
        /// Neither.
        pub number: u32,
    }

    edges! {
        start -> texts -> whole -> context -> each_of;
        each_of -> for part in [state.plain.x], limit = 2 { item(part) } -> end;
    }

    #[node(writes(seen))]
    fn texts(
        text: &str,
        list: &[u8],
        path: &Path,
        maybe: Option<&str>,
        word: &'static str,
    ) -> [String; 4] {
        let maybe = maybe.unwrap_or("-");
        [
            text.to_owned(),
            format!("{list:?}"),
            path.display().to_string(),
            format!("{maybe}{word}"),
        ]
    }

    #[node(writes(seen))]
    async fn whole(state: &Forms, run: &Run) -> Vec<String> {
        assert!(run.step() > 0);
        vec![state.plain.x.to_string()]
    }

    #[node(writes(seen))]
    fn context(
        arc: &u32,
        object: &dyn Speaks,
        number: u32,
        maybe: Option<&String>,
        run: Run,
    ) -> String {
        assert!(maybe.is_none() && run.step() > 0);
        format!("{arc} {} {number}", object.say())
    }

    #[node]
    fn each_of(state: Forms) {
        drop(state);
    }

    #[node(writes(seen), spawn)]
    async fn item(part: &u32, text: String, object: Arc<dyn Speaks>) -> Option<String> {
        assert!(text.is_empty() && object.say() == "4");
        Some(format!("{part} x"))
    }
}
