//! Drawings of what a thread's runs did, gathered from its moments.

use std::time::Duration;

use graph_runtime::prelude::*;
use graph_runtime::topology::{Now, Source, Way};
use graph_runtime::{RunDrawing, Trail};

use graph_tests::errand::errand::Values;
use graph_tests::errand::{Input, Node, errands, stops};
use graph_tests::graphs::risky::{self, Risky};
use graph_tests::graphs::row::{self, Row};
use graph_tests::store::on_every_backend;
use graph_tests::watch::{DAY, HOUR, MINUTE, Watch};

fn index(node: Node) -> u16 {
    u16::try_from(node.index()).unwrap()
}

/// How often a way was taken.
fn taken(drawing: &RunDrawing, from: Node, to: Option<Node>) -> u32 {
    let way = Way {
        from: Source::Node(index(from)),
        to: to.map(index),
    };
    drawing.trail().ways.get(&way).copied().unwrap_or_default()
}

/// How many turns of a node have ended, how long it was active, and what it does now; `None` if no run came there.
fn visit(drawing: &RunDrawing, node: Node) -> Option<(u32, Duration, Option<Now>)> {
    let visit = drawing.trail().nodes.get(&index(node))?;
    Some((visit.turns, visit.time, visit.now))
}

on_every_backend! {
    async fn a_drawing_shows_where_a_run_went_how_long_and_where_it_waits(store) {
        let watch = Watch::new();
        let thread = errands(&store, &watch).await.thread("t");
        let pause = thread.invoke(Input::new().stops(stops())).await.unwrap().paused().unwrap();
        let drawing = thread.drawing().await.unwrap();
        assert_eq!(visit(&drawing, Node::Pack), Some((3, 3 * MINUTE, None)));
        assert_eq!(visit(&drawing, Node::Leave), Some((1, Duration::ZERO, None)));
        // Both items are one turn.
        assert_eq!(visit(&drawing, Node::Visit), Some((1, 2 * HOUR, None)));
        assert_eq!(visit(&drawing, Node::Sign), Some((0, Duration::ZERO, Some(Now::Waiting))));
        assert_eq!((visit(&drawing, Node::Close), visit(&drawing, Node::Complain)), (None, None));
        assert_eq!(taken(&drawing, Node::Pack, Some(Node::Pack)), 2);
        assert_eq!(taken(&drawing, Node::Pack, Some(Node::Leave)), 1);
        assert_eq!(taken(&drawing, Node::Visit, Some(Node::Sign)), 1);
        for text in [drawing.mermaid(), drawing.dot(), drawing.svg()] {
            assert!(text.contains("3x") && text.contains("2 h") && text.contains("waiting"), "{text}");
        }

        watch.advance(2 * HOUR);
        thread.answer(pause.sign().unwrap().answer(true)).await.unwrap().done().unwrap();
        let drawing = thread.drawing().await.unwrap();
        assert_eq!(visit(&drawing, Node::Sign), Some((1, 2 * HOUR, None)));
        assert_eq!(taken(&drawing, Node::Sign, Some(Node::Close)), 1);
        assert_eq!(taken(&drawing, Node::Close, None), 1);
        assert!(!drawing.mermaid().contains("waiting"));
        // The moment at which it waited is still there to be drawn.
        let then = thread.at(pause.moment()).drawing().await.unwrap();
        assert_eq!(visit(&then, Node::Sign), Some((0, Duration::ZERO, Some(Now::Waiting))));
    }

    async fn a_drawing_shows_one_line_and_not_what_other_branches_did(store) {
        let watch = Watch::new();
        let thread = errands(&store, &watch).await.thread("t");
        thread.invoke(Input::new().stops(stops())).await.unwrap();
        let asked = thread.state().await.unwrap().unwrap();
        watch.advance(DAY);
        thread.wake().await.unwrap().done().unwrap();
        let late = thread.state().await.unwrap().unwrap();
        let signed = thread.at(asked.id).fork(Values::new().signed(Some(true))).as_node(Node::Sign);
        signed.resume().await.unwrap().done().unwrap();
        let drawing = thread.drawing().await.unwrap();
        assert_eq!(taken(&drawing, Node::Sign, Some(Node::Close)), 1);
        assert_eq!(visit(&drawing, Node::Complain), None);
        assert_eq!(visit(&drawing, Node::Pack).unwrap().0, 3);
        let old = thread.at(late.id).drawing().await.unwrap();
        assert_eq!(taken(&old, Node::Sign, Some(Node::Complain)), 1);
        assert_eq!(visit(&old, Node::Close), None);
    }

    async fn a_thread_that_was_never_run_is_drawn_without_a_trail(store) {
        let graph = Row::graph().checkpointer(store.open().await).build();
        let drawing = graph.thread("t").drawing().await.unwrap();
        assert_eq!(*drawing.trail(), Trail::default());
        assert!(drawing.mermaid().contains("second"));
        // A moment that isn't the thread's is no such thing.
        graph.thread("u").invoke(row::Input::new()).await.unwrap();
        let foreign = graph.thread("u").state().await.unwrap().unwrap().id;
        let refused = graph.thread("t").at(foreign).drawing().await;
        assert!(matches!(refused, Err(Error::UnknownMoment { .. })), "{refused:?}");
    }

    async fn a_drawing_marks_the_node_that_an_error_names(store) {
        let thread = Risky::graph().checkpointer(store.open().await).build().thread("t");
        let error = thread.invoke(risky::Input::new().step(1)).await.unwrap_err();
        let drawing = thread.drawing().await.unwrap();
        let risk = u16::try_from(risky::Node::Risk.index()).unwrap();
        assert_eq!(drawing.trail().nodes[&risk].now, Some(Now::Active));
        let drawing = drawing.failed(&error);
        assert_eq!(drawing.trail().nodes[&risk].now, Some(Now::Failed));
        assert!(drawing.svg().contains("failed"));
    }
}
