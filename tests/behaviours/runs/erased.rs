//! Graphs without their types: one program serves many, in JSON.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use graph_runtime::prelude::*;
use graph_runtime::{
    Busy, CancellationToken, Clock, ErasedGraph, ErasedOutcome, ErasedThread, JsonPart, Kind,
    MomentId, Page, Timestamp,
};
use serde_json::{Value, json, to_value};

use graph_tests::errand::{errands, stops};
use graph_tests::graphs::approval::{self, Approval};
use graph_tests::graphs::risky::Risky;
use graph_tests::graphs::row::{self, Row};
use graph_tests::nested;
use graph_tests::office::{Desk, builder};
use graph_tests::store::{Store, on_every_backend};
use graph_tests::watch::{DAY, Watch};

/// Three graphs that have nothing in common, by their ids.
type Registry = HashMap<&'static str, ErasedGraph>;

async fn registry(store: &Store) -> Registry {
    let row = Row::graph().checkpointer(store.open().await).build();
    let approval = Approval::graph().checkpointer(store.open().await).build();
    let office = builder(&Arc::new(Desk::default()));
    let office = office.checkpointer(store.open().await).build();
    let all = [row.erased(), approval.erased(), office.erased()];
    all.into_iter().map(|graph| (graph.id(), graph)).collect()
}

async fn approvals(store: &Store) -> ErasedGraph {
    let graph = Approval::graph().checkpointer(store.open().await);
    graph.build().erased()
}

/// What one program does for all of them: `[graph, thread, what, with what]`.
async fn serve(registry: &Registry, said: [Value; 4]) -> Result<Value, Error> {
    let [graph, thread, what, with] = said;
    let thread = registry[graph.as_str().unwrap()].thread(thread.as_str().unwrap());
    let outcome = |outcome: ErasedOutcome| to_value(outcome).unwrap();
    Ok(match what.as_str().unwrap() {
        "invoke" => outcome(thread.invoke(with).await?),
        "answer" => outcome(thread.answer(with).await?),
        "state" => thread.state().await?.unwrap_or_default(),
        "questions" => thread.questions().await?.into(),
        "history" => thread.history().await?.into(),
        "drawing" => thread.drawing().await?.mermaid().into(),
        other => panic!("{other} isn't served"),
    })
}

/// All that can be seen of a thread.
async fn seen(thread: &ErasedThread) -> (Option<Value>, Vec<Value>, Vec<Value>) {
    (
        thread.state().await.unwrap(),
        thread.history().with_inputs().await.unwrap(),
        thread.questions().await.unwrap(),
    )
}

/// Its id, as the handle takes it.
fn id(moment: &Value) -> MomentId {
    moment["id"].as_str().unwrap().parse().unwrap()
}

/// Answers whatever is asked, by nothing but the questions' ids.
async fn to_the_end(thread: &ErasedThread, mut outcome: ErasedOutcome) -> Value {
    while outcome.is_paused() {
        let answers = outcome.questions().iter();
        let answers = answers.map(|question| json!({"id": question["id"], "value": true}));
        outcome = thread.answers(answers.collect::<Vec<_>>()).await.unwrap();
    }
    outcome.done().unwrap()
}

/// Without what is different for each run.
fn without_ids(mut event: Value) -> Value {
    event.as_object_mut().unwrap().remove("moment");
    for question in event["questions"].as_array_mut().into_iter().flatten() {
        question["id"] = Value::Null;
    }
    if event["questions"].is_null() {
        event.as_object_mut().unwrap().remove("questions");
    }
    event
}

on_every_backend! {
    async fn one_program_serves_many_graphs(store) {
        let registry = registry(&store).await;
        let say = |graph: &str, what: &str, with: Value| serve(&registry, [json!(graph), json!("t"), json!(what), with]);

        let done = say("row", "invoke", json!({"ran": ["zeroth"]})).await.unwrap();
        assert_eq!((&done["outcome"], &done["went_on"]), (&json!("done"), &json!(false)));
        assert_eq!(done["output"], json!({"ran": ["zeroth", "first", "second", "third"]}));
        assert_eq!(done["moment"], say("row", "state", Value::Null).await.unwrap()["id"]);

        let paused = say("approval", "invoke", json!({"amount": 7})).await.unwrap();
        assert_eq!((&paused["outcome"], &paused["before"], &paused["after"]), (&json!("paused"), &json!([]), &json!([])));
        let [question] = &paused["questions"].as_array().unwrap()[..] else { panic!("not one question") };
        assert_eq!((&question["node"], &question["question"]), (&json!("approve"), &json!("pay 7?")));
        assert_eq!(say("approval", "questions", Value::Null).await.unwrap(), paused["questions"]);
        let answer = json!({"node": "approve", "id": question["id"], "value": true});
        let done = say("approval", "answer", answer).await.unwrap();
        assert_eq!((&done["output"]["paid"], &done["went_on"]), (&json!(true), &json!(true)));

        let people = json!({"topic": "bees", "parts": [7, 8], "people": ["ada", "bob"]});
        let paused = say("office", "invoke", people).await.unwrap();
        let consent = json!({"id": paused["questions"][0]["id"], "value": true});
        let paused = say("office", "answer", consent).await.unwrap();
        assert_eq!(paused["questions"].as_array().unwrap().len(), 2);
        let history = say("office", "history", Value::Null).await.unwrap();
        assert_eq!(history[0]["next"], json!(["vote"]));
        assert!(say("office", "drawing", Value::Null).await.unwrap().as_str().unwrap().contains("waiting"));
    }

    async fn a_moment_is_written_as_it_is_typed(store) {
        let saver = store.open().await;
        let graph = Approval::graph().checkpointer(saver).build();
        let (typed, erased) = (graph.thread("t"), graph.erased().thread("t"));
        assert_eq!(erased.state().await.unwrap(), None);
        erased.invoke(json!({"amount": 7})).metadata("who", "ada").await.unwrap();
        let moment = typed.state().await.unwrap().unwrap();
        let expected = json!({
            "id": moment.id, "parent": moment.parent.unwrap(), "sequence": moment.sequence, "step": moment.step,
            "source": "step", "created_at": moment.created_at.to_string(), "run": moment.run,
            "metadata": {"who": "ada"}, "ran": moment.ran.iter().map(|node| node.name()).collect::<Vec<_>>(), "next": ["approve"],
            "state": {"amount": 7, "asked": 1, "approved": null, "paid": false},
        });
        assert_eq!(erased.state().await.unwrap().unwrap(), expected);
        assert_eq!(to_value(&moment).unwrap(), erased.moment(moment.id).await.unwrap());
        let ran = erased.history().await.unwrap().iter().map(|moment| moment["ran"].clone()).collect::<Vec<_>>();
        assert!(ran.contains(&json!(["prepare"])), "{ran:?}");
    }

    async fn an_answer_needs_no_more_than_its_question_s_id(store) {
        let registry = registry(&store).await;
        let thread = registry["office"].thread("t");
        let outcome = thread.invoke(json!({"topic": "bees", "parts": [7], "people": ["ada", "bob"]})).await.unwrap();
        let output = to_the_end(&thread, outcome).await;
        assert_eq!(output["votes"], json!({"ada": true, "bob": true}));
        assert_eq!(output["consent"], json!(true));
    }

    async fn an_answer_by_id_is_stale_or_the_same_as_any_other(store) {
        let graph = approvals(&store).await;
        let (ours, theirs) = (graph.thread("ours"), graph.thread("theirs"));
        let first = ours.invoke(json!({"amount": 7})).await.unwrap().questions()[0]["id"].clone();
        let foreign = theirs.invoke(json!({"amount": 7})).await.unwrap().questions()[0]["id"].clone();
        let no = json!({"id": first, "value": false});
        let second = ours.answer(no.clone()).await.unwrap().questions()[0]["id"].clone();
        assert_ne!(first, second);
        // A double click is one answer.
        assert_eq!(ours.answer(no).await.unwrap().questions()[0]["id"], second);
        let before = seen(&ours).await;
        for id in [&first, &foreign, &json!(format!("{}-0", MomentId::at(Timestamp::now())))] {
            let refused = ours.answer(json!({"id": id, "value": true})).await;
            assert!(matches!(refused, Err(Error::Stale { .. })), "{refused:?}");
        }
        assert_eq!(seen(&ours).await, before);
        let unknown = graph.thread("nobody").answer(json!({"id": first, "value": true})).await;
        assert!(matches!(unknown, Err(Error::NothingToResume { .. })), "{unknown:?}");
        assert_eq!(ours.answer(json!({"id": second, "value": true})).await.unwrap().done().unwrap()["paid"], json!(true));
    }

    async fn a_question_of_a_graph_within_a_graph_is_answered_by_its_id(store) {
        let desk = Arc::<Desk>::default();
        let graph = nested::builder(&desk).checkpointer(store.open().await).build().erased();
        let thread = graph.thread("t");
        let (pair, topics) = (("a?", "b?"), ["x?", "y"]);
        let outcome = thread.invoke(to_value(nested::input(pair, &topics)).unwrap()).await.unwrap();
        let [one, two] = outcome.questions() else { panic!("two questions") };
        let innermost = json!({"node": "confirm", "question": "may we look into a?"});
        assert_eq!((&one["node"], &one["question"]), (&json!("one"), &json!({"node": "dig", "question": innermost})));
        assert_eq!(thread.state().await.unwrap().unwrap()["children"].as_array().unwrap().len(), 2);
        let yes = json!({"id": one["id"], "value": true});
        let outcome = thread.answer(yes.clone()).await.unwrap();
        assert_eq!(outcome.questions(), std::slice::from_ref(two));
        // Taken by now; once more it changes nothing, and another one is refused.
        let before = seen(&thread).await;
        thread.answer(yes).await.unwrap();
        let refused = thread.answer(json!({"id": one["id"], "value": false})).await;
        assert!(matches!(refused, Err(Error::Stale { .. })), "{refused:?}");
        let refused = thread.answer(json!({"id": two["id"], "value": 7})).await;
        assert!(matches!(refused, Err(Error::Json { part: JsonPart::Answer(0), .. })), "{refused:?}");
        assert_eq!(seen(&thread).await, before);
        let output = to_the_end(&thread, outcome).await;
        assert_eq!(output["log"], json!(nested::log(pair, &topics)));
    }

    async fn json_that_does_not_fit_changes_nothing(store) {
        let graph = approvals(&store).await;
        let inputs = [json!(null), json!(7), json!([]), json!([7]), json!("amount"), json!({"amount": "x"}), json!({"amuont": 7})];
        for input in &inputs {
            let fresh = graph.thread("fresh");
            for run in [fresh.invoke(input.clone()), fresh.from_start(input.clone())] {
                let refused = run.await;
                assert!(matches!(refused, Err(Error::Json { part: JsonPart::Input, .. })), "{refused:?}");
            }
            let told: Vec<_> = fresh.invoke(input.clone()).stream().collect().await;
            assert!(matches!(told[..], [Err(Error::Json { part: JsonPart::Input, .. })]), "{told:?}");
        }
        assert_eq!(graph.threads(&Page::default()).await.unwrap(), [""; 0]);

        let thread = graph.thread("t");
        let open = thread.invoke(json!({"amount": 7})).await.unwrap().questions()[0]["id"].clone();
        let before = seen(&thread).await;
        let head = id(before.0.as_ref().unwrap());
        for values in [json!(null), json!([]), json!({"amount": -1}), json!({"amuont": 7})] {
            for refused in [thread.update(values.clone()).await, thread.at(head).fork(values.clone()).await] {
                assert!(matches!(refused, Err(Error::Json { part: JsonPart::Values, .. })), "{refused:?}");
            }
            let refused = thread.update(values).resume().await;
            assert!(matches!(refused, Err(Error::Json { part: JsonPart::Values, .. })), "{refused:?}");
        }
        let answers = [
            json!(null), json!({}), json!([open, true]), json!({"id": open}), json!({"value": true}), json!({"id": "approve", "value": true}),
            json!({"id": open, "value": "yes"}), json!({"id": open, "value": null}), json!({"node": 7, "id": open, "value": true}),
            json!({"node": "approve", "id": open, "value": "yes"}), json!({"node": "pay", "id": open, "value": true}),
        ];
        for answer in answers {
            let refused = thread.answer(answer.clone()).await;
            assert!(matches!(refused, Err(Error::Json { part: JsonPart::Answer(0), .. })), "{answer}: {refused:?}");
            // One that fits isn't taken with one that doesn't.
            let good = json!({"id": open, "value": true});
            let refused = thread.answers([good, answer]).await.unwrap_err();
            assert!(matches!(refused, Error::Json { part: JsonPart::Answer(1), .. }), "{refused}");
            assert!(refused.to_string().starts_with("answer 2 of thread `t` of graph `approval` can't be read: "), "{refused}");
        }
        assert_eq!(seen(&thread).await, before);
    }

    async fn names_that_no_node_has_are_told_apart_from_those_that_one_has(store) {
        let graph = approvals(&store).await;
        let thread = graph.thread("t");
        let open = thread.invoke(json!({"amount": 7})).await.unwrap().questions()[0]["id"].clone();
        let before = seen(&thread).await;
        let unknown = [
            thread.answer(json!({"node": "aprove", "id": open, "value": true})).await.unwrap_err(),
            thread.update(json!({})).as_node("aprove").await.unwrap_err(),
            thread.update(json!({})).as_node("aprove").resume().await.unwrap_err(),
            thread.resume().pause_before(["pay", "aprove"]).await.unwrap_err(),
            thread.resume().pause_after(["aprove"]).await.unwrap_err(),
        ];
        for error in unknown {
            assert!(matches!(&error, Error::UnknownNode { node, .. } if node == "aprove"), "{error}");
            assert_eq!(error.to_string(), "graph `approval` has no node `aprove`; its nodes are `prepare`, `approve`, `pay`");
        }
        assert_eq!(seen(&thread).await, before);
    }

    async fn a_stream_tells_what_the_typed_one_tells(store) {
        let graph = Approval::graph().checkpointer(store.open().await).build();
        let everything = [Kind::Updates, Kind::Emitted, Kind::Tasks, Kind::Moments, Kind::Values];
        for (place, kinds) in [None, Some(&everything[..]), Some(&everything[3..4])].into_iter().enumerate() {
            let (typed, erased) = (graph.thread(format!("typed {place}")), graph.erased().thread(format!("erased {place}")));
            let mut typed = typed.invoke(approval::Input::new().amount(7));
            let mut run = erased.invoke(json!({"amount": 7}));
            if let Some(kinds) = kinds {
                typed = typed.only(kinds.iter().copied());
                run = run.only(kinds.iter().copied());
            }
            let typed: Vec<_> = typed.stream().map(|event| without_ids(event.unwrap().to_json().unwrap())).collect().await;
            let told: Vec<_> = run.stream().map(Result::unwrap).collect().await;
            assert_eq!(told.last().unwrap()["questions"], json!(erased.questions().await.unwrap()));
            assert_eq!(told.into_iter().map(without_ids).collect::<Vec<_>>(), typed);
            assert!(typed.len() > 1);
        }
    }

    async fn a_stream_that_is_dropped_keeps_what_was_acknowledged(store) {
        let graph = Row::graph().checkpointer(store.open().await).build().erased();
        let thread = graph.thread("t");
        let mut stream = thread.invoke(json!({})).durability(Durability::Sync).stream();
        loop {
            let event = stream.next().await.unwrap().unwrap();
            if (&event["event"], &event["step"]) == (&json!("step"), &json!(2)) {
                break;
            }
        }
        drop(stream);
        assert_eq!(thread.state().await.unwrap().unwrap()["state"]["ran"], json!(["first"]));
        assert_eq!(thread.resume().await.unwrap().done().unwrap()["ran"], json!(["first", "second", "third"]));
    }

    async fn history_is_read_a_page_and_a_line_at_a_time(store) {
        let graph = Row::graph().checkpointer(store.open().await).build();
        let (typed, thread) = (graph.thread("t"), graph.erased().thread("t"));
        thread.invoke(json!({})).await.unwrap();
        let moments = thread.history().await.unwrap();
        assert_eq!(moments.len(), 3);
        thread.at(id(&moments[2])).replay().await.unwrap();
        let write = |moments: Vec<Moment<Row>>| moments.iter().map(|moment| to_value(moment).unwrap()).collect::<Vec<_>>();
        let tip = id(&moments[0]);
        assert_eq!(thread.history().await.unwrap(), write(typed.history().await.unwrap()));
        assert_eq!(thread.history().with_inputs().await.unwrap(), write(typed.history().with_inputs().await.unwrap()));
        assert_eq!(thread.history().limit(2).before(tip).await.unwrap(), moments[1..]);
        assert_eq!(thread.history().line().await.unwrap(), write(typed.history().line().await.unwrap()));
        assert_eq!(thread.history().line_to(tip).await.unwrap(), moments);
    }

    async fn values_are_set_by_hand_and_branches_begin(store) {
        let graph = approvals(&store).await;
        let thread = graph.thread("t");
        let asked = thread.invoke(json!({"amount": 7})).await.unwrap();
        assert!(asked.is_paused());
        let first = thread.state().await.unwrap().unwrap();

        let moment = thread.update(json!({"amount": 8})).metadata("who", "ada").await.unwrap();
        assert_eq!((&moment["source"], &moment["parent"], &moment["metadata"]), (&json!("update"), &first["id"], &json!({"who": "ada"})));
        assert_eq!((&moment["state"]["amount"], &moment["next"]), (&json!(8), &json!(["approve"])));
        let moment = thread.update(json!({"approved": true})).as_node("approve").await.unwrap();
        assert_eq!(moment["next"], json!(["pay"]));
        assert_eq!(thread.resume().await.unwrap().done().unwrap()["paid"], json!(true));

        let then = thread.at(id(&first));
        assert_eq!(then.state().await.unwrap(), first);
        let fork = then.fork(json!({"amount": 9})).await.unwrap();
        assert_eq!((&fork["source"], &fork["parent"], &fork["state"]["amount"]), (&json!("fork"), &first["id"], &json!(9)));
        let done = then.fork(json!({"approved": true})).as_node("approve").metadata("why", "late").resume().await.unwrap();
        assert_eq!(done.done().unwrap()["paid"], json!(true));
        assert_eq!(thread.state().await.unwrap().unwrap()["metadata"], json!({"why": "late"}));
        for outcome in [then.replay().await.unwrap(), then.resume().await.unwrap()] {
            assert_eq!(outcome.questions()[0]["question"], json!("pay 7?"));
        }
        let end = id(&thread.history().line().await.unwrap().pop().unwrap());
        let refused = thread.at(end).invoke(json!({"amount": 1})).await;
        assert!(refused.is_ok() || matches!(refused, Err(Error::Paused { .. })), "{refused:?}");

        let elsewhere = then.into("elsewhere");
        assert!(elsewhere.replay().await.unwrap().is_paused());
        let copied = graph.thread("elsewhere").state().await.unwrap().unwrap();
        assert_eq!(copied["state"], first["state"]);
        assert!(matches!(elsewhere.replay().await, Err(Error::NotEmpty { .. })));
    }

    async fn a_run_is_done_as_it_is_told(store) {
        let graph = Row::graph().checkpointer(store.open().await).build().erased();
        let thread = graph.thread("t");
        let ErasedOutcome::Paused { before, .. } = thread.invoke(json!({})).pause_before(["second"]).await.unwrap() else { panic!() };
        assert_eq!(before, ["second"]);
        let ErasedOutcome::Paused { after, .. } = thread.resume().pause_after(["second"]).await.unwrap() else { panic!() };
        assert_eq!(after, ["second"]);
        let token = CancellationToken::new();
        token.drain();
        assert!(matches!(thread.resume().cancelled_by(&token).await, Err(Error::Drained { .. })));
        assert!(matches!(thread.resume().deadline(Duration::ZERO).await, Err(Error::Deadline { .. })));
        assert!(matches!(thread.resume().step_limit(0).await, Err(Error::StepLimit { .. })));
        let done = thread.resume().metadata("who", "ada").durability(Durability::Exit).await.unwrap();
        assert_eq!(done.done().unwrap()["ran"], json!(["first", "second", "third"]));
        assert_eq!(thread.state().await.unwrap().unwrap()["metadata"], json!({"who": "ada"}));
    }

    async fn a_thread_is_let_go_on_and_forgotten(store) {
        let graph = Risky::graph().checkpointer(store.open().await).build().erased();
        let thread = graph.thread_of("ada").await.unwrap();
        assert_eq!(graph.thread_of("ada").await.unwrap().id(), thread.id());
        assert!(matches!(thread.requeue().await, Err(Error::NothingToResume { .. })));
        assert!(matches!(thread.invoke(json!({"step": 1})).await, Err(Error::Node { node: "risk", .. })));
        thread.requeue().await.unwrap();
        let done = thread.invoke(json!({"step": 2})).await.unwrap();
        assert!(matches!(done, ErasedOutcome::Done { went_on: true, .. }), "{done:?}");
        let again = thread.from_start(json!({"step": 3})).await.unwrap();
        assert!(matches!(again, ErasedOutcome::Done { went_on: false, .. }), "{again:?}");
        assert_eq!(graph.threads(&Page::default()).await.unwrap(), [thread.id()]);
        thread.reset().await.unwrap();
        assert_eq!(thread.state().await.unwrap(), None);
        assert!(graph.threads(&Page::default()).await.unwrap().is_empty());
    }

    async fn threads_are_woken_when_their_time_has_come(store) {
        let watch = Watch::new();
        let graph = errands(&store, &watch).await.erased();
        let thread = graph.thread("t");
        let outcome = thread.invoke(json!({"stops": stops()})).await.unwrap();
        let ErasedOutcome::Paused { due: Some(due), ref questions, .. } = outcome else { panic!("{outcome:?}") };
        assert_eq!(due, watch.now().saturating_add(DAY));
        assert_eq!(questions[0]["due"], json!(due.to_string()));
        assert_eq!(to_value(&outcome).unwrap()["due"], json!(due.to_string()));
        assert_eq!(thread.state().await.unwrap().unwrap()["due"], json!(due.to_string()));
        assert!(graph.due(watch.now()).await.unwrap().is_empty());
        assert!(thread.wake().await.unwrap().is_paused());
        watch.set(due);
        let [(woken, at)] = &graph.due(watch.now()).await.unwrap()[..] else { panic!("not one thread") };
        assert_eq!((woken.id(), *at), ("t", due));
        let done = woken.wake().await.unwrap().done().unwrap();
        assert_eq!(done, json!({"visited": stops(), "signed": false}));
    }

    async fn a_handle_is_used_from_several_tasks(store) {
        let graph = Row::graph().checkpointer(store.open().await).build().erased();
        let shared = graph.thread("shared");
        let tasks = (0..6).map(|task| {
            let (graph, shared) = (graph.clone(), shared.clone());
            tokio::spawn(async move {
                let own = graph.thread(format!("own {task}")).invoke(json!({"ran": [task.to_string()]})).await.unwrap();
                assert_eq!(own.done().unwrap()["ran"], json!([task.to_string(), "first", "second", "third"]));
                shared.invoke(json!({"ran": [task.to_string()]})).if_busy(Busy::Enqueue).await.unwrap();
            })
        });
        for task in tasks.collect::<Vec<_>>() {
            task.await.unwrap();
        }
        assert_eq!(graph.threads(&Page::default()).await.unwrap().len(), 7);
        let state = shared.state().await.unwrap().unwrap();
        assert_eq!(state["state"]["ran"].as_array().unwrap().len(), 6 * 4);
    }
}

#[tokio::test]
async fn a_graph_without_its_types_is_still_drawn() {
    let graph = Row::graph().checkpointer(MemorySaver::new()).build();
    let erased = graph.erased();
    assert_eq!((erased.id(), erased.namespace()), ("row", "row"));
    assert_eq!(erased.topology(), Row::topology());
    assert!(erased.topology().mermaid().contains("second"));
    // As it is for whoever knows the types.
    let outcome = graph.thread("t").invoke(row::Input::new()).await.unwrap();
    assert!(!outcome.is_paused());
    assert!(erased.thread("t").state().await.unwrap().is_some());
}
