//! A graph with one of everything that a moment may have to do with: branches side by side and a join, a loop, an ask, a
//! graph that is called anew each time and asks in the middle, and one that remembers its calls.

use graph_runtime::prelude::*;

/// Looks into something, and asks where it is put as a question.
#[graph(id = "research")]
pub mod research {
    #[state]
    pub struct Research {
        #[input(required)]
        pub topic: String,
        #[reduce(append)]
        pub log: Vec<String>,
        #[reduce(append)]
        #[output]
        pub pages: Vec<String>,
        #[output]
        pub approved: Option<bool>,
    }

    edges! {
        start -> look -> if state.pages.len() < 3 { look } else if state.topic.ends_with('?') { confirm } else { write };
        confirm -> write -> end;
    }

    #[node(writes(pages, log))]
    fn look(topic: &str, pages: &[String]) -> (String, String) {
        let page = format!("page {} on {topic}", pages.len());
        (page.clone(), page)
    }

    #[ask(into = approved)]
    fn confirm(topic: &str) -> String {
        format!("may we look into {topic}")
    }

    #[node(writes(log))]
    fn write(pages: &[String], approved: Option<bool>) -> String {
        format!("{} pages, {approved:?}", pages.len())
    }
}

/// Remembers what it was told.
#[graph(id = "memory")]
pub mod memory {
    #[state]
    pub struct Memory {
        #[input]
        pub word: String,
        #[reduce(append)]
        #[output]
        pub words: Vec<String>,
    }

    edges! { start -> hear -> nod -> end; }

    #[node(writes(words))]
    fn hear(word: &str) -> String {
        word.to_owned()
    }

    #[node]
    fn nod() {}
}

/// Calls both, beside an ask, as often as it is told to.
#[graph(id = "desk")]
pub mod desk {
    use super::{memory, research};

    #[state]
    pub struct Desk {
        #[input]
        pub topics: Vec<String>,
        #[reduce(append)]
        pub log: Vec<String>,
        #[reduce(sum)]
        pub rounds: u64,
        #[scope(run)]
        #[reduce(sum)]
        pub place: u64,
        pub topic: String,
        pub consent: Option<bool>,
        pub notes: Option<research::Output>,
        pub kept: Option<memory::Output>,
    }

    edges! {
        start -> plan -> {consent if state.topic.len() % 2 == 0, search, remember} -> publish;
        publish -> if state.place < state.topics.len() as u64 { plan } else { end };
    }

    #[node(writes(topic, log))]
    fn plan(topics: &[String], place: u64) -> (String, String) {
        let topic = topics
            .get(usize::try_from(place).unwrap_or(0))
            .cloned()
            .unwrap_or_default();
        (topic.clone(), format!("plan {topic}"))
    }

    #[ask(into = consent)]
    fn consent(topic: &str) -> String {
        format!("is {topic} fine")
    }

    #[subgraph(research::Research, share(log), into = notes)]
    fn search(topic: String) -> research::Input {
        research::Input::new(topic)
    }

    #[subgraph(memory::Memory, memory, into = kept)]
    fn remember(topic: String) -> memory::Input {
        memory::Input::new().word(topic)
    }

    #[node(writes(log, rounds, place))]
    fn publish(consent: Option<bool>, kept: Option<&memory::Output>) -> (String, u64, u64) {
        (
            format!(
                "published: {consent:?}, after {} calls",
                kept.map_or(0, |kept| kept.words.len())
            ),
            1,
            1,
        )
    }
}

/// The answer to an open question.
pub fn answer(question: &desk::Question, yes: bool) -> desk::Answer {
    match question {
        desk::Question::Consent(open) => open.answer(yes),
        desk::Question::Search(within) => {
            let research::Question::Confirm(open) = &**within;
            within.answer(open.answer(yes))
        }
        desk::Question::Remember(within) => match **within {},
    }
}

/// Answers everything that is asked, until the run is over.
pub async fn see_through(
    thread: &Thread<desk::Desk>,
    mut outcome: Outcome<desk::Desk>,
) -> desk::Output {
    loop {
        match outcome {
            Outcome::Done(output) => return output.output,
            Outcome::Paused(pause) => {
                let first = answer(&pause.questions()[0], true);
                outcome = thread.answer(first).await.unwrap();
            }
        }
    }
}

pub fn topics(topics: &[&str]) -> desk::Input {
    desk::Input::new().topics(
        topics
            .iter()
            .map(|topic| (*topic).to_owned())
            .collect::<Vec<_>>(),
    )
}
