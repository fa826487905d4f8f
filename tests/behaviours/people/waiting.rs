//! What waits while others take their steps: filled slots, and answers whose siblings are missing.

use graph_runtime::prelude::*;

use self::ballot::Ballot;
use graph_tests::store::Store;

// An answer that waits for its siblings is not taken away by what goes on beside it.
#[tokio::test]
async fn answers_wait_for_their_siblings_while_others_go_on() {
    let store = Store::memory();
    let process = async || {
        Ballot::graph()
            .checkpointer(store.open().await)
            .build()
            .thread("t")
    };
    let input = ballot::Input::new().people(vec![1, 2]);
    process()
        .await
        .invoke(input)
        .step_limit(1)
        .await
        .unwrap_err();
    let questions = process().await.questions().await.unwrap();
    let [
        ballot::Question::Vote(first),
        ballot::Question::Vote(second),
    ] = &questions[..]
    else {
        panic!("not two votes")
    };
    for answer in [first.answer(true), first.answer(true)] {
        process()
            .await
            .answer(answer)
            .step_limit(1)
            .await
            .unwrap_err();
        assert_eq!(process().await.questions().await.unwrap().len(), 1);
    }
    let done = process()
        .await
        .answer(second.answer(false))
        .await
        .unwrap()
        .done()
        .unwrap();
    let history = process().await.history().await.unwrap();
    let voted = history
        .iter()
        .find(|moment| moment.ran.contains(&ballot::Node::Vote) && moment.ran.len() > 1);
    // In the order in which they are declared, whatever was there first.
    assert_eq!(voted.unwrap().ran, [ballot::Node::Work, ballot::Node::Vote]);
    assert_eq!(done.votes.into_values().collect::<Vec<_>>(), [true, false]);
    assert_eq!(done.rounds, 5);
}

// A slot that is filled stays so while others take their steps, and is empty once the join is complete.
#[tokio::test]
async fn a_slot_outlives_any_number_of_steps_beside_it() {
    let store = Store::memory();
    let thread = async || {
        Ballot::graph()
            .checkpointer(store.open().await)
            .build()
            .thread("t")
    };
    for _ in 0..2 {
        let input = ballot::Input::new()
            .page("a page of text ".repeat(100))
            .rounds(0);
        let mut result = thread().await.invoke(input).step_limit(1).await;
        while let Err(Error::StepLimit { .. }) = result {
            result = thread().await.resume().step_limit(1).await;
        }
        assert_eq!(result.unwrap().done().unwrap().rounds, 5);
        let last = thread().await.history().limit(1).await.unwrap().remove(0);
        assert_eq!(last.ran, [ballot::Node::Over]);
    }
}

/// Two votes, and work that goes on beside them.
#[graph(id = "ballot")]
mod ballot {
    use std::collections::BTreeMap;

    #[state]
    pub struct Ballot {
        #[input]
        pub people: Vec<u32>,
        pub votes: BTreeMap<u32, bool>,
        #[input]
        pub rounds: u32,
        #[input]
        pub page: String,
    }

    edges! {
        start -> {for person in &state.people { vote(person) }, work};
        work -> if state.rounds < 5 { work } else { rest };
        {vote, rest} -> over -> end;
    }

    /// Writes the page anew each time, so that there is soon too much to read.
    #[node(writes(rounds, page))]
    fn work(rounds: u32, page: String) -> (u32, String) {
        (rounds + 1, page)
    }

    #[ask(into = votes)]
    fn vote(person: u32) -> u32 {
        person
    }

    #[node]
    fn rest() {}

    #[node]
    fn over() {}
}
