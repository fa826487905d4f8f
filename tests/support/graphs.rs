//! The graphs of the other systems' own examples, in our words.

use graph_runtime::prelude::*;

/// A conversation of one node: counts its turns and echoes.
#[graph(id = "chat")]
pub mod chat {
    #[state]
    pub struct Chat {
        #[input]
        #[reduce(append)]
        pub messages: Vec<String>,
        #[reduce(sum)]
        pub turn_count: u32,
    }

    edges! {
        start -> reply -> end;
    }

    #[node(writes(messages, turn_count))]
    fn reply(messages: &[String]) -> (String, u32) {
        (
            format!("echo: {}", messages.last().map_or("", String::as_str)),
            1,
        )
    }
}

/// Two nodes; the second one fails while `step` is less than two.
#[graph(id = "risky")]
pub mod risky {
    #[state]
    pub struct Risky {
        #[input]
        pub step: u32,
        pub data: String,
        #[reduce(append)]
        pub ran: Vec<String>,
    }

    edges! {
        start -> prepare -> risk -> end;
    }

    #[node(writes(data, ran))]
    fn prepare() -> (String, String) {
        ("safe".to_owned(), "prepare".to_owned())
    }

    #[node(writes(data, ran))]
    fn risk(step: u32) -> Result<update::Risk, String> {
        if step < 2 {
            return Err(format!("step {step} is too early"));
        }
        Ok(update::Risk::new()
            .data("recovered")
            .ran(["risk".to_owned()]))
    }
}

/// Three nodes in a row.
#[graph(id = "row")]
pub mod row {
    #[state]
    pub struct Row {
        #[input]
        #[reduce(append)]
        pub ran: Vec<String>,
    }

    edges! {
        start -> first -> second -> third -> end;
    }

    #[node(writes(ran))]
    fn first() -> String {
        "first".to_owned()
    }

    #[node(writes(ran))]
    fn second() -> String {
        "second".to_owned()
    }

    #[node(writes(ran))]
    fn third() -> String {
        "third".to_owned()
    }
}

/// A person approves, and is asked again until the answer is yes.
#[graph(id = "approval")]
pub mod approval {
    #[state]
    pub struct Approval {
        #[input]
        pub amount: u32,
        #[reduce(sum)]
        pub asked: u32,
        #[scope(run)]
        pub approved: Option<bool>,
        pub paid: bool,
    }

    edges! {
        start -> prepare -> approve -> if state.approved == Some(true) { pay } else { prepare };
        pay -> end;
    }

    #[node(writes(asked))]
    fn prepare() -> u32 {
        1
    }

    #[ask(into = approved)]
    fn approve(amount: u32) -> String {
        format!("pay {amount}?")
    }

    #[node(writes(paid))]
    fn pay() -> bool {
        true
    }
}

/// Two branches: one asks, the other one goes on.
#[graph(id = "branches")]
pub mod branches {
    #[state]
    pub struct Branches {
        #[input]
        pub topic: String,
        #[scope(run)]
        pub consent: Option<bool>,
        #[reduce(append)]
        #[scope(run)]
        pub work: Vec<String>,
        #[scope(run)]
        pub report: String,
    }

    edges! {
        start -> {consent, research};
        research -> write_up;
        {consent, write_up} -> publish -> end;
    }

    #[ask(into = consent)]
    fn consent(topic: &str) -> String {
        format!("may we publish on {topic}?")
    }

    #[node(writes(work))]
    async fn research(topic: &str) -> String {
        format!("research on {topic}")
    }

    #[node(writes(work))]
    async fn write_up() -> String {
        "write-up".to_owned()
    }

    #[node(writes(report))]
    fn publish(work: &[String], consent: Option<&bool>) -> String {
        format!("{} / {consent:?}", work.join(" + "))
    }
}

/// A task an item; an item named "bad" fails while `strict`.
#[graph(id = "batch")]
pub mod batch {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering};

    #[state]
    pub struct Batch {
        #[input]
        pub items: Vec<String>,
        #[input]
        pub strict: bool,
        #[reduce(append)]
        pub done: Vec<String>,
        pub total: usize,
    }

    #[context]
    pub struct Tally {
        pub calls: Arc<AtomicU32>,
    }

    edges! {
        start -> for item in &state.items, limit = 4 { work(item) };
        work -> count -> end;
    }

    #[node(writes(done))]
    async fn work(item: &str, strict: bool, calls: &AtomicU32) -> Result<String, String> {
        calls.fetch_add(1, Ordering::Relaxed);
        if item == "bad" && strict {
            return Err("a bad item".to_owned());
        }
        Ok(item.to_uppercase())
    }

    #[node(writes(total))]
    fn count(done: &[String]) -> usize {
        done.len()
    }
}
