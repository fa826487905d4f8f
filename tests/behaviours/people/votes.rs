//! An ask for each item of a `for`.

use graph_runtime::prelude::*;

/// An ask for each item, answered in any order.
#[graph(id = "votes")]
mod votes {
    use std::collections::BTreeMap;

    #[state]
    pub struct Meeting {
        #[input]
        pub people: Vec<String>,
        pub votes: BTreeMap<String, bool>,
        pub passed: bool,
    }

    edges! {
        start -> for person in &state.people { vote(person) };
        vote -> count -> end;
    }

    #[ask(into = votes)]
    fn vote(person: &String) -> Option<String> {
        (person != "nobody").then(|| format!("{person}, for or against?"))
    }

    #[node(writes(passed))]
    fn count(votes: &BTreeMap<String, bool>) -> bool {
        votes.values().filter(|vote| **vote).count() * 2 > votes.len()
    }
}

#[tokio::test]
async fn an_ask_for_each_item_waits_for_all_answers() {
    use votes::{Input, Meeting, Question};
    let thread = Meeting::graph()
        .checkpointer(MemorySaver::new())
        .build()
        .thread("t");
    let people = ["ada", "nobody", "bob", "cleo"].map(str::to_owned);
    let pause = thread
        .invoke(Input::new().people(people.to_vec()))
        .await
        .unwrap()
        .paused()
        .unwrap();
    let asked: Vec<_> = pause
        .questions()
        .iter()
        .map(|Question::Vote(vote)| vote.question.clone())
        .collect();
    assert_eq!(
        asked,
        [
            "ada, for or against?",
            "bob, for or against?",
            "cleo, for or against?"
        ]
    );
    let answer = |place: usize, yes| {
        let Question::Vote(vote) = &pause.questions()[place];
        vote.answer(yes)
    };
    let still = thread
        .answer(answer(2, true))
        .await
        .unwrap()
        .paused()
        .unwrap();
    assert_eq!(still.questions().len(), 2);
    let done = thread
        .answers([answer(0, true), answer(1, false)])
        .await
        .unwrap()
        .done()
        .unwrap();
    let votes: Vec<_> = done
        .votes
        .iter()
        .map(|(person, vote)| (person.as_str(), *vote))
        .collect();
    assert_eq!(votes, [("ada", true), ("bob", false), ("cleo", true)]);
    assert!(done.passed);
}
