//! Graphs within graphs, three deep: one graph as three nodes of another, two of them side by side, one in a
//! `for`; questions at the bottom; a log that all of them share.

use std::sync::Arc;

use graph_runtime::prelude::*;
use graph_runtime::{Checkpointer, Run};

use crate::office::Desk;

/// At the bottom: it looks, and asks where the topic has a question mark.
#[graph(id = "leaf")]
pub mod leaf {
    use super::*;

    #[state]
    pub struct Leaf {
        #[input(required)]
        pub topic: String,
        #[reduce(append)]
        pub log: Vec<String>,
        pub approved: Option<bool>,
    }

    #[context]
    pub struct Tools {
        pub desk: Arc<Desk>,
    }

    edges! {
        start -> look -> if state.topic.ends_with('?') { confirm } else { write };
        confirm -> write -> end;
    }

    #[node(writes(log))]
    async fn look(run: &Run, desk: &Desk, topic: &str) -> Result<String, String> {
        desk.work(run, &format!("look {topic}")).await
    }

    #[ask(into = approved)]
    fn confirm(topic: &str) -> String {
        format!("may we look into {topic}")
    }

    #[node(writes(log))]
    async fn write(
        run: &Run,
        desk: &Desk,
        topic: &str,
        approved: Option<bool>,
    ) -> Result<String, String> {
        let word = approved.map(|approved| if approved { " yes" } else { " no" });
        let name = format!("write {topic}{}", word.unwrap_or_default());
        desk.work(run, &name).await
    }
}

/// In the middle.
#[graph(id = "middle")]
pub mod middle {
    use super::*;

    #[state]
    pub struct Middle {
        #[input(required)]
        pub topic: String,
        #[reduce(append)]
        pub log: Vec<String>,
        pub found: Option<leaf::Output>,
    }

    #[context]
    pub struct Tools {
        pub unused: u8,
        pub desk: Arc<Desk>,
    }

    edges! { start -> open -> dig -> close -> end; }

    #[node(writes(log))]
    async fn open(run: &Run, desk: &Desk, topic: &str) -> Result<String, String> {
        desk.work(run, &format!("open {topic}")).await
    }

    #[subgraph(leaf::Leaf, share(log), into = found)]
    async fn dig(topic: String) -> leaf::Input {
        leaf::Input::new(topic)
    }

    #[node(writes(log))]
    async fn close(run: &Run, desk: &Desk, topic: &str) -> Result<String, String> {
        desk.work(run, &format!("close {topic}")).await
    }
}

/// At the top.
#[graph(id = "top")]
pub mod top {
    use super::*;

    #[state]
    pub struct Top {
        #[input]
        pub topics: Vec<String>,
        #[input]
        pub pair: (String, String),
        #[reduce(append)]
        pub log: Vec<String>,
        pub first: Option<middle::Output>,
        pub second: Option<middle::Output>,
        #[reduce(append)]
        pub all: Vec<middle::Output>,
    }

    #[context]
    pub struct Tools {
        pub desk: Arc<Desk>,
        pub unused: u8,
        pub only_here: Option<String>,
    }

    edges! {
        start -> plan -> {one, two} -> gather;
        gather -> for topic in &state.topics, limit = 2 { each(topic) };
        each -> finish -> end;
    }

    #[node(writes(log))]
    async fn plan(run: &Run, desk: &Desk) -> Result<String, String> {
        desk.work(run, "plan it").await
    }

    #[subgraph(middle::Middle, share(log), into = first)]
    #[allow(clippy::unnecessary_wraps)] // a graph's input may fail to be made
    fn one(pair: &(String, String)) -> Result<middle::Input, String> {
        Ok(middle::Input::new(&*pair.0))
    }

    #[subgraph(middle::Middle, into = second, share(log))]
    fn two(pair: &(String, String)) -> middle::Input {
        middle::Input::new(&*pair.1)
    }

    #[node(writes(log))]
    async fn gather(run: &Run, desk: &Desk) -> Result<String, String> {
        desk.work(run, "gather it").await
    }

    #[subgraph(middle::Middle, share(log), into = all)]
    fn each(topic: &str) -> middle::Input {
        middle::Input::new(topic)
    }

    #[node(writes(log))]
    async fn finish(run: &Run, desk: &Desk) -> Result<String, String> {
        desk.work(run, "finish it").await
    }
}

/// The graph at a desk.
pub fn builder(
    desk: &Arc<Desk>,
) -> graph_runtime::Builder<top::Top, graph_runtime::Unsaved, top::Tools> {
    top::Top::graph().context(top::Tools {
        desk: Arc::clone(desk),
        unused: 0,
        only_here: None,
    })
}

/// A process of its own: nothing but the store is the same.
pub fn process(saver: Arc<dyn Checkpointer>, desk: &Arc<Desk>) -> Thread<top::Top> {
    builder(desk).checkpointer(saver).build().thread("t")
}

/// Two side by side, three after each other; those with a question mark ask.
pub fn input(pair: (&str, &str), topics: &[&str]) -> top::Input {
    let topics = topics.iter().map(|topic| (*topic).to_owned()).collect();
    let pair = (pair.0.to_owned(), pair.1.to_owned());
    top::Input::new().pair(pair).topics(topics)
}

/// What an undisturbed run of that input writes into its log, where everybody says yes.
pub fn log(pair: (&str, &str), topics: &[&str]) -> Vec<String> {
    let one = |topic: &&str| {
        let yes = if topic.ends_with('?') { " yes" } else { "" };
        [
            format!("open {topic}"),
            format!("look {topic}"),
            format!("write {topic}{yes}"),
            format!("close {topic}"),
        ]
    };
    let mut log = vec!["plan it".to_owned()];
    let mut pair = [pair.0, pair.1];
    // Whoever waits for an answer comes after who doesn't.
    pair.sort_by_key(|topic| topic.ends_with('?'));
    log.extend(pair.iter().flat_map(one));
    log.push("gather it".to_owned());
    log.extend(topics.iter().flat_map(one));
    log.push("finish it".to_owned());
    log
}

/// What is looked into where nobody is asked.
pub const PAIR: (&str, &str) = ("a", "b");
pub const TOPICS: [&str; 3] = ["x", "y", "z"];

/// The answer that everybody gives here.
pub fn yes(question: &top::Question) -> top::Answer {
    answered(question, true)
}

/// An answer from the bottom, handed up.
pub fn answered(question: &top::Question, yes: bool) -> top::Answer {
    let inner = |question: &middle::Question| {
        let middle::Question::Dig(dig) = question;
        let leaf::Question::Confirm(confirm) = &dig.question;
        dig.answer(confirm.answer(yes))
    };
    match question {
        top::Question::One(one) => one.answer(inner(one)),
        top::Question::Two(two) => two.answer(inner(two)),
        top::Question::Each(each) => each.answer(inner(each)),
    }
}

/// Answers whatever is asked until the run comes to its end.
pub async fn to_the_end(
    thread: &Thread<top::Top>,
    mut outcome: Outcome<top::Top>,
) -> Result<top::Output, Error> {
    loop {
        match outcome {
            Outcome::Done(done) => return Ok(done.output),
            Outcome::Paused(pause) => {
                let answers: Vec<_> = pause.questions().iter().map(yes).collect();
                outcome = thread.answers(answers).await?;
            }
        }
    }
}
