//! Everything that is said in this process about runs, by everybody who can say something.

use std::error::Error;
use std::fmt::{Debug, Display, Write as _};
use std::sync::{LazyLock, Mutex};

use graph_runtime::{Event, StateGraph};
use serde::Serialize;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Metadata, Subscriber};

/// What was said, each with who said it.
#[derive(Default)]
pub struct Overheard(Vec<(&'static str, String)>);

impl Overheard {
    pub fn debug(&mut self, by: &'static str, what: &dyn Debug) {
        self.0.push((by, format!("{what:?} {what:#?}")));
    }

    pub fn json(&mut self, by: &'static str, what: &impl Serialize) {
        self.0.push((by, serde_json::to_string(what).unwrap()));
    }

    pub fn text(&mut self, by: &'static str, what: &dyn Display) {
        self.0.push((by, what.to_string()));
    }

    /// An error with all that is behind it.
    pub fn error(&mut self, by: &'static str, error: &(dyn Error + 'static)) {
        let causes = std::iter::successors(Some(error), |&error| error.source());
        for error in causes {
            self.text(by, &error);
            self.debug(by, &error);
        }
    }

    pub fn event<G: StateGraph>(&mut self, event: &Event<G>)
    where
        Event<G>: Debug,
    {
        self.debug("an event as text", event);
        self.json("an event as JSON", &event.to_json().unwrap());
    }

    /// Who has said this.
    pub fn who_said(&self, what: &str) -> Vec<&(&'static str, String)> {
        self.0
            .iter()
            .filter(|(_, said)| said.contains(what))
            .collect()
    }

    /// Whether somebody has said anything at all by that name.
    pub fn heard(&self, by: &str) -> bool {
        self.0
            .iter()
            .any(|(who, said)| *who == by && !said.is_empty())
    }

    /// What `tracing` was told.
    pub fn traces(&mut self) {
        let traced = TRACED.0.lock().unwrap().clone();
        self.0.push(("tracing", traced));
    }
}

struct Tracer(Mutex<String>);

static TRACED: LazyLock<&Tracer> = LazyLock::new(|| Box::leak(Box::new(Tracer(Mutex::default()))));

/// Listens to `tracing` from now on.
pub fn trace() {
    static ONCE: LazyLock<()> = LazyLock::new(|| {
        tracing::subscriber::set_global_default(*TRACED).unwrap();
    });
    LazyLock::force(&ONCE);
}

struct Text<'a>(&'a mut String);

impl Visit for Text<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        write!(self.0, " {}={value:?}", field.name()).unwrap();
    }
}

impl Subscriber for &'static Tracer {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        let mut text = self.0.lock().unwrap();
        text.push_str(span.metadata().name());
        span.record(&mut Text(&mut text));
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, values: &Record<'_>) {
        values.record(&mut Text(&mut self.0.lock().unwrap()));
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &tracing::Event<'_>) {
        event.record(&mut Text(&mut self.0.lock().unwrap()));
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}
