//! A graph within another that remembers its calls, by choice.

use std::sync::Arc;

use graph_runtime::Checkpointer;
use graph_runtime::prelude::*;

use graph_tests::store::on_every_backend;

/// Counts, and asks at every second call.
#[graph(id = "counter")]
pub(crate) mod counter {
    #[state]
    pub struct Counter {
        #[input]
        pub name: String,
        #[reduce(append)]
        pub names: Vec<String>,
        #[reduce(sum)]
        pub rounds: u32,
        #[scope(run)]
        pub approved: Option<bool>,
    }

    edges! {
        start -> count -> if state.rounds % 2 == 0 { confirm } else { end };
        confirm -> end;
    }

    #[node(writes(names, rounds))]
    fn count(name: &str) -> (String, u32) {
        (name.to_owned(), 1)
    }

    #[ask(into = approved)]
    fn confirm(rounds: u32) -> u32 {
        rounds
    }
}

/// Calls it four times, and beside it one that forgets.
#[graph(id = "caller")]
pub(crate) mod caller {
    use super::*;

    #[state]
    pub struct Caller {
        #[reduce(sum)]
        pub rounds: u32,
        pub kept: Option<counter::Output>,
        pub fresh: Option<counter::Output>,
    }

    edges! {
        start -> remembering -> forgetting -> if state.rounds < 4 { remembering } else { end };
    }

    #[subgraph(counter::Counter, memory, share(rounds), into = kept)]
    fn remembering(rounds: u32) -> counter::Input {
        counter::Input::new().name(format!("call {rounds}"))
    }

    #[subgraph(counter::Counter, into = fresh)]
    fn forgetting() -> counter::Input {
        counter::Input::new()
    }
}

fn thread(saver: Arc<dyn Checkpointer>) -> Thread<caller::Caller> {
    caller::Caller::graph()
        .checkpointer(saver)
        .build()
        .thread("t")
}

on_every_backend! {
    async fn a_call_goes_on_with_what_the_last_one_left(store) {
        let mut outcome = thread(store.open().await).invoke(caller::Input::new()).await.unwrap();
        let mut asked = Vec::new();
        while let Outcome::Paused(pause) = outcome {
            let caller::Question::Remembering(question) = &pause.questions()[0] else {
                panic!("only the one that counts further than one asks")
            };
            let counter::Question::Confirm(confirm) = &**question;
            asked.push(confirm.question);
            // Each answer in a process of its own.
            let answer = question.answer(confirm.answer(true));
            outcome = thread(store.open().await).answer(answer).await.unwrap();
        }
        assert_eq!(asked, [2, 4]);
        let done = outcome.done().unwrap();
        assert_eq!(done.rounds, 4, "shared as differences");
        let kept = done.kept.unwrap();
        assert_eq!(kept.names, ["call 0", "call 1", "call 2", "call 3"]);
        let fresh = done.fresh.unwrap();
        assert_eq!((fresh.names.len(), fresh.rounds), (1, 1));
    }

    async fn a_new_run_of_the_thread_finds_the_memory(store) {
        let thread = thread(store.open().await);
        for round in 1..=2 {
            let mut outcome = thread.invoke(caller::Input::new()).await.unwrap();
            while let Outcome::Paused(pause) = outcome {
                let caller::Question::Remembering(question) = &pause.questions()[0] else { panic!() };
                let counter::Question::Confirm(confirm) = &**question;
                outcome = thread.answer(question.answer(confirm.answer(true))).await.unwrap();
            }
            let kept = outcome.done().unwrap().kept.unwrap();
            assert_eq!(kept.names.len(), if round == 1 { 4 } else { 5 });
        }
    }
}
