//! Questions of a graph within a graph within a graph: asked at the top, answered there, by id.

use std::sync::Arc;

use graph_runtime::prelude::*;
use graph_runtime::{Answering, Checkpointer, Schemas, ThreadKey};

use graph_tests::nested::top::{self, Node, Question};
use graph_tests::nested::{answered, input, leaf, log, middle, process, to_the_end, yes};
use graph_tests::office::Desk;
use graph_tests::store::on_every_backend;

const PAIR: (&str, &str) = ("a?", "b");
const TOPICS: [&str; 3] = ["x?", "y", "z?"];

/// What is kept beside the records of the thread itself.
async fn writes(saver: &dyn Checkpointer) -> usize {
    let key = ThreadKey::new("top", "t").unwrap();
    saver.writes(&key).await.unwrap().len()
}

fn text(question: &Question) -> (Node, Option<u32>, String) {
    let (item, middle) = match question {
        Question::One(asked) => (asked.item, &asked.question),
        Question::Two(asked) => (asked.item, &asked.question),
        Question::Each(asked) => (asked.item, &asked.question),
    };
    let middle::Question::Dig(dig) = middle;
    let leaf::Question::Confirm(confirm) = &dig.question;
    (question.node(), item, confirm.question.clone())
}

#[test]
fn schemas_reach_down_to_whoever_asks() {
    let questions = top::Top::question_schemas();
    assert_eq!(
        questions.keys().collect::<Vec<_>>(),
        [&"each", &"one", &"two"]
    );
    let innermost = &questions["one"]["anyOf"][0]["anyOf"][0];
    assert_eq!(
        (&innermost["type"], &innermost["$id"]),
        (&"string".into(), &"urn:graph:leaf:question:confirm".into())
    );
    let answers = top::Top::answer_schemas();
    let dig = &answers["two"]["properties"]["answer"]["anyOf"][0];
    assert_eq!(dig["properties"]["node"]["const"], "dig");
    let confirm = &dig["properties"]["answer"]["anyOf"][0];
    assert_eq!(confirm["properties"]["value"]["type"], "boolean");
    // What a graph gives is a part of what the outer one gives.
    let output = top::Top::output_schema();
    assert_eq!(
        output["$defs"]["leaf.Output"]["properties"]["topic"]["type"],
        "string"
    );
}

on_every_backend! {
    async fn a_question_from_below_is_asked_at_the_top_and_answered_there(store) {
        let (saver, desk) = (store.open().await, Arc::<Desk>::default());
        let thread = process(Arc::clone(&saver), &desk);
        let outcome = thread.invoke(input(PAIR, &[])).await.unwrap();
        // The other branch has gone on as far as it can.
        assert!(desk.begun().contains(&"close b".to_owned()));
        let pause = outcome.paused().unwrap();
        let one = pause.one().unwrap();
        assert!(pause.two().is_none());
        let middle::Question::Dig(dig) = &**one;
        let leaf::Question::Confirm(confirm) = &**dig;
        assert_eq!(confirm.question, "may we look into a?");
        assert_eq!(pause.questions()[0].id(), confirm.id);
        let answer = one.answer(dig.answer(confirm.answer(true)));
        assert_eq!(answer.path(), ["one", "dig", "confirm"]);
        let outcome = thread.answer(answer).await.unwrap();
        assert_eq!(outcome.done().unwrap().log, log(PAIR, &[]));
        assert_eq!(desk.begun().len(), log(PAIR, &[]).len(), "each once");
        assert_eq!(writes(&*saver).await, 0);
    }

    async fn questions_survive_the_process_and_are_answered_in_any_order(store) {
        let (saver, desk) = (store.open().await, Arc::<Desk>::default());
        let outcome = process(Arc::clone(&saver), &desk).invoke(input(PAIR, &TOPICS)).await.unwrap();
        let pause = outcome.paused().unwrap();
        process(store.open().await, &desk).answer(yes(&pause.questions()[0])).await.unwrap();
        // Two items of the `for` wait, the third is done.
        let open = process(store.open().await, &desk).questions().await.unwrap();
        let asked: Vec<_> = open.iter().map(text).collect();
        let about = |item, topic: &str| (Node::Each, Some(item), format!("may we look into {topic}"));
        assert_eq!(asked, [about(0, "x?"), about(2, "z?")]);
        assert!(desk.begun().contains(&"close y".to_owned()));
        // The last one first; nobody waits for the other.
        let outcome = process(store.open().await, &desk).answer(yes(&open[1])).await.unwrap();
        assert!(desk.begun().contains(&"close z?".to_owned()));
        let left = outcome.paused().unwrap();
        assert_eq!(left.questions().iter().map(text).collect::<Vec<_>>(), [about(0, "x?")]);
        assert_eq!(left.questions()[0].id(), open[0].id(), "the question is still the same");
        let outcome = process(store.open().await, &desk).answer(yes(&open[0])).await.unwrap();
        assert_eq!(outcome.done().unwrap().log, log(PAIR, &TOPICS));
        assert_eq!(desk.begun().len(), log(PAIR, &TOPICS).len(), "each once: {:?}", desk.begun());
        assert_eq!(writes(&*saver).await, 0);
    }

    async fn several_are_answered_at_once(store) {
        let desk = Arc::<Desk>::default();
        let thread = process(store.open().await, &desk);
        let pause = thread.invoke(input(("a?", "b?"), &[])).await.unwrap().paused().unwrap();
        let answers: Vec<_> = pause.questions().iter().map(yes).collect();
        assert_eq!(answers.len(), 2);
        let done = thread.answers(answers).await.unwrap().done().unwrap();
        assert_eq!(done.log, log(("a?", "b?"), &[]));
    }

    async fn the_same_answer_twice_is_one_and_another_is_refused(store) {
        let desk = Arc::<Desk>::default();
        let thread = process(store.open().await, &desk);
        let pause = thread.invoke(input(("a?", "b?"), &[])).await.unwrap().paused().unwrap();
        let [one, two] = pause.questions() else { panic!("two questions") };
        thread.answer(yes(one)).await.unwrap();
        // Taken by now; said once more it changes nothing.
        thread.answer(yes(one)).await.unwrap();
        let error = thread.answer(answered(one, false)).await.unwrap_err();
        assert!(matches!(error, Error::Stale { .. }), "{error}");
        // An answer to one graph's question doesn't reach the other's, though the graphs are the same.
        let Question::Two(two) = two else { panic!("not of `two`") };
        let top::Answer::Two { answer } = yes(&Question::Two(two.clone())) else { panic!("not of `two`") };
        let error = thread.answer(top::Answer::One { answer }).await.unwrap_err();
        assert!(matches!(error, Error::Stale { .. }), "{error}");
        let done = thread.answer(yes(&Question::Two(two.clone()))).await.unwrap().done().unwrap();
        assert_eq!(done.log, log(("a?", "b?"), &[]));
        assert_eq!(desk.begun().len(), done.log.len());
    }

    async fn questions_and_answers_are_json_too(store) {
        let desk = Arc::<Desk>::default();
        let thread = process(store.open().await, &desk);
        let pause = thread.invoke(input(PAIR, &[])).await.unwrap().paused().unwrap();
        let question = serde_json::to_value(&pause.questions()[0]).unwrap();
        assert_eq!(question["node"], "one");
        let innermost = &question["question"]["question"];
        assert_eq!((&innermost["node"], &innermost["question"]), (&"confirm".into(), &"may we look into a?".into()));
        let answer = serde_json::json!({
            "node": "one",
            "answer": {
                "node": "dig",
                "answer": { "node": "confirm", "id": innermost["id"], "value": true },
            },
        });
        let answer: top::Answer = serde_json::from_value(answer).unwrap();
        let outcome = thread.answer(answer).await.unwrap();
        assert_eq!(to_the_end(&thread, outcome).await.unwrap().log, log(PAIR, &[]));
    }

    async fn a_waiting_child_is_seen_until_it_ends(store) {
        let desk = Arc::<Desk>::default();
        let thread = process(store.open().await, &desk);
        let pause = thread.invoke(input(PAIR, &[])).await.unwrap().paused().unwrap();
        let stands = thread.state().await.unwrap().unwrap();
        // It waits since the step in which the other one ended.
        assert!(stands.children.iter().map(|child| child.node.as_str()).eq(["one", "two"]));
        let one = thread.child::<middle::Middle>(&stands.children[0]).unwrap().state().await.unwrap();
        assert_eq!(one.next, [middle::Node::Dig]);
        thread.answer(yes(&pause.questions()[0])).await.unwrap();
        let history = thread.history().await.unwrap();
        assert!(history[0].children.is_empty());
    }

    async fn beginning_again_forgets_what_was_asked_and_answered(store) {
        let (saver, desk) = (store.open().await, Arc::<Desk>::default());
        let thread = process(Arc::clone(&saver), &desk);
        let pause = thread.invoke(input(PAIR, &[])).await.unwrap().paused().unwrap();
        // Stored, and taken by nobody.
        let answer = thread.answer(yes(&pause.questions()[0])).step_limit(0).await;
        assert!(matches!(answer, Err(Error::StepLimit { .. })));
        assert!(thread.questions().await.unwrap().is_empty());
        let outcome = thread.from_start(input(PAIR, &[])).await.unwrap();
        assert_eq!(writes(&*saver).await, 0);
        let again = outcome.paused().unwrap();
        assert_ne!(again.questions()[0].id(), pause.questions()[0].id());
        let error = thread.answer(yes(&pause.questions()[0])).await.unwrap_err();
        assert!(matches!(error, Error::Stale { .. }), "{error}");
        thread.answer(yes(&again.questions()[0])).await.unwrap().done().unwrap();
    }

    async fn on_a_branch_a_waiting_graph_asks_for_itself(store) {
        let (saver, desk) = (store.open().await, Arc::<Desk>::default());
        let thread = process(Arc::clone(&saver), &desk);
        let pause = thread.invoke(input(PAIR, &[])).await.unwrap().paused().unwrap();
        let branch = thread.at(pause.moment()).replay().await.unwrap().paused().unwrap();
        assert_ne!(branch.questions()[0].id(), pause.questions()[0].id());
        // The question of the old branch is nobody's any more.
        let error = thread.answer(yes(&pause.questions()[0])).await.unwrap_err();
        assert!(matches!(error, Error::Stale { .. }), "{error}");
        let done = thread.answer(yes(&branch.questions()[0])).await.unwrap().done().unwrap();
        assert_eq!(done.log, log(PAIR, &[]));
        assert_eq!(writes(&*saver).await, 0);
    }

    async fn a_resumed_thread_asks_what_it_asked(store) {
        let desk = Arc::<Desk>::default();
        let thread = process(store.open().await, &desk);
        let first = thread.invoke(input(PAIR, &[])).await.unwrap().paused().unwrap();
        let again = process(store.open().await, &desk).resume().await.unwrap().paused().unwrap();
        assert_eq!(first.questions()[0].id(), again.questions()[0].id());
        let error = thread.invoke(input(PAIR, &[])).await.unwrap_err();
        assert!(matches!(error, Error::Paused { .. }), "{error}");
    }
}
