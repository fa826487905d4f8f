//! A join that another version of the graph has left half filled: the run doesn't end as if nothing were missing.

use std::sync::Arc;

use graph_runtime::prelude::*;

use self::after::After;
use self::before::Before;

/// Two ways into the join, one of them longer; it fails on the way while it is told to.
#[graph(id = "stranded")]
mod before {
    #[state]
    pub struct Before {
        #[input]
        pub fail: bool,
    }

    edges! {
        start -> {first, detour};
        detour -> second;
        {first, second} -> last -> end;
    }

    #[node]
    fn first() {}

    #[node]
    fn detour(fail: bool) -> Result<(), &'static str> {
        if fail { Err("not yet") } else { Ok(()) }
    }

    #[node]
    fn second() {}

    #[node]
    fn last() {}
}

/// The same nodes and the same join, but the longer way leads to the end.
#[graph(id = "stranded")]
mod after {
    #[state]
    pub struct After {
        #[input]
        pub fail: bool,
    }

    edges! {
        start -> if state.fail { detour } else { first, second };
        detour -> end;
        {first, second} -> last -> end;
    }

    #[node]
    fn first() {}

    #[node]
    fn detour() {}

    #[node]
    fn second() {}

    #[node]
    fn last() {}
}

#[tokio::test]
async fn a_join_that_nothing_leads_to_any_more_is_no_end() {
    let saver = Arc::new(MemorySaver::new());
    let old = Before::graph()
        .checkpointer(Arc::clone(&saver))
        .build()
        .thread("t");
    old.invoke(before::Input::new().fail(true))
        .await
        .unwrap_err();
    let new = After::graph().checkpointer(saver).build().thread("t");
    let error = new.resume().await.unwrap_err();
    assert!(matches!(error, Error::GraphChanged { .. }), "{error}");
    assert!(
        error
            .to_string()
            .contains("`{first, second} -> last` can never be complete"),
        "{error}"
    );
    // Beginning again is a way on.
    let done = new.from_start(after::Input::new()).await.unwrap().done();
    assert!(done.is_some());
}
