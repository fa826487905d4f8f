//! What the forms of edges mean when they run.

use graph_runtime::prelude::*;

/// Every form of an edge, chosen by the input.
#[graph(id = "forms")]
mod forms {
    #[derive(Clone, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
    pub enum Way {
        #[default]
        Straight,
        Both,
        Guarded(bool),
        Each(Vec<u32>),
        Nested(Option<u32>),
    }

    #[state]
    pub struct Forms {
        #[input]
        pub way: Way,
        #[input]
        pub fast: bool,
        #[scope(run)]
        pub tries: u32,
        #[scope(run)]
        #[reduce(append)]
        pub path: Vec<String>,
    }

    edges! {
        start -> pick -> match &state.way {
            Way::Straight => last,
            Way::Both => {left, right},
            Way::Guarded(_) => {left, right if state.way == Way::Guarded(true)},
            Way::Each(items) => for item in items, limit = 2 { each(item) },
            Way::Nested(inner) => match inner {
                Some(n) if *n > 10 => last,
                Some(_) => if state.fast { each_done } else { last },
                None => end,
            },
        };
        // `left` takes its time: it goes round until it may arrive.
        left -> if state.tries < 3 { again } else { meet };
        again -> left;
        {left, right} -> meet -> last;
        each | each_done -> last;
        last -> end;
    }

    #[node(writes(path))]
    fn pick() -> String {
        "pick".to_owned()
    }

    #[node(writes(path))]
    fn left() -> String {
        "left".to_owned()
    }

    #[node(writes(tries))]
    fn again(tries: u32) -> u32 {
        tries + 1
    }

    #[node(writes(path))]
    fn right() -> String {
        "right".to_owned()
    }

    #[node(writes(path))]
    fn meet() -> String {
        "meet".to_owned()
    }

    #[node(writes(path))]
    fn each(item: u32) -> String {
        format!("each {item}")
    }

    #[node(writes(path))]
    fn each_done() -> String {
        "each_done".to_owned()
    }

    #[node(writes(path))]
    fn last() -> String {
        "last".to_owned()
    }
}

use forms::{Forms, Way};

async fn path(way: Way, fast: bool) -> String {
    let graph = Forms::graph().checkpointer(MemorySaver::new()).build();
    let input = forms::Input::new().way(way).fast(fast);
    graph
        .thread("t")
        .invoke(input)
        .await
        .unwrap()
        .done()
        .unwrap()
        .path
        .join(" ")
}

#[tokio::test]
async fn every_form_of_an_edge_leads_where_it_says() {
    assert_eq!(path(Way::Straight, false).await, "pick last");
    // The join waits for `left`, however many rounds that takes.
    assert_eq!(
        path(Way::Both, false).await,
        "pick left right left left left meet last"
    );
    assert_eq!(
        path(Way::Guarded(true), false).await,
        "pick left right left left left meet last"
    );
    // Skipped, `right` fills its slot.
    assert_eq!(
        path(Way::Guarded(false), false).await,
        "pick left left left left meet last"
    );
    assert_eq!(
        path(Way::Each(vec![3, 1, 2]), false).await,
        "pick each 3 each 1 each 2 last"
    );
    assert_eq!(path(Way::Each(vec![]), false).await, "pick last");
    assert_eq!(path(Way::Nested(Some(11)), true).await, "pick last");
    assert_eq!(
        path(Way::Nested(Some(1)), true).await,
        "pick each_done last"
    );
    assert_eq!(path(Way::Nested(Some(1)), false).await, "pick last");
    assert_eq!(path(Way::Nested(None), false).await, "pick");
}

#[tokio::test]
async fn routes_can_be_called_by_themselves() {
    let graph = Forms::graph().checkpointer(MemorySaver::new()).build();
    let thread = graph.thread("t");
    thread.invoke(forms::Input::new()).await.unwrap();
    let mut state = thread.state().await.unwrap().unwrap().state;
    state.way = Way::Both;
    assert_eq!(
        forms::Node::Pick.route(&state),
        [forms::Node::Left, forms::Node::Right]
    );
    state.way = Way::Nested(None);
    assert_eq!(forms::Node::Pick.route(&state), []);
}

/// Slots with alternatives, and a node that is both a member and the target of its own route.
#[graph(id = "slots")]
mod slots {
    #[state]
    pub struct Slots {
        #[input]
        pub short: bool,
        #[reduce(append)]
        #[scope(run)]
        pub path: Vec<String>,
    }

    edges! {
        start -> {a, c};
        a -> if state.short { x } else { b };
        {b | x, c} -> d -> end;
    }

    #[node(writes(path))]
    fn a() -> String {
        "a".to_owned()
    }
    #[node(writes(path))]
    fn b() -> String {
        "b".to_owned()
    }
    #[node(writes(path))]
    fn c() -> String {
        "c".to_owned()
    }
    #[node(writes(path))]
    fn x() -> String {
        "x".to_owned()
    }
    #[node(writes(path))]
    fn d() -> String {
        "d".to_owned()
    }
}

#[tokio::test]
async fn one_of_the_alternatives_fills_a_slot() {
    let thread = slots::Slots::graph()
        .checkpointer(MemorySaver::new())
        .build()
        .thread("t");
    for (short, expected) in [(true, "a c x d"), (false, "a c b d")] {
        let done = thread
            .invoke(slots::Input::new().short(short))
            .await
            .unwrap()
            .done()
            .unwrap();
        assert_eq!(done.path.join(" "), expected);
    }
}
