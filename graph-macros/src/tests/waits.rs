//! Asks with a deadline, waits, nodes that ask while they run.

use super::{messages, only};

/// What is said about an item on which the graph's second node is.
fn about(item: &str) -> Vec<String> {
    messages(
        "id = \"test\"",
        &format!(
            "mod test {{
                #[state] pub struct Test {{ pub x: Option<u32>, pub list: Vec<u32> }}
                edges! {{ start -> a -> b -> end; }}
                #[node] fn a() {{}}
                {item}
            }}"
        ),
    )
}

fn ask(args: &str) -> Vec<String> {
    about(&format!("#[ask(into = x, {args})] fn b() -> Q {{ Q }}"))
}

#[test]
fn an_ask_is_open_so_long_and_then_answers_itself() {
    assert_eq!(ask("within = \"1h 30m\""), Vec::<String>::new());
    assert_eq!(ask("within = \"3d\", else = 7"), Vec::<String>::new());
    assert_eq!(ask("else = { 7 }, within = \"3d\""), Vec::<String>::new());
    assert_eq!(
        only(ask("else = 7")),
        "`else` is the answer when the time is over, and there is no such time; add `within = \"3d\"`"
    );
    assert_eq!(
        only(ask("within = 3")),
        "`within` takes a length of time, as text; write `within = \"3d\"`"
    );
    assert_eq!(
        only(ask("within, else = 7")),
        "`within` takes a length of time, as text; write `within = \"3d\"`"
    );
    assert_eq!(
        only(ask("within = \"3 days\"")),
        "`3 days` is no length of time; write whole numbers with `ms`, `s`, `m`, `h`, `d` or `w`, like `1h 30m`"
    );
    assert_eq!(
        only(ask("within = \"3d\", else")),
        "`else` takes one value; write `else = answer`"
    );
}

#[test]
fn what_breaks_off_in_an_attribute_is_said_once() {
    let member = "a name is missing after `.`; write a field or a method";
    assert_eq!(only(ask("within = \"3d\", else = state.")), member);
    assert_eq!(only(ask("else = state., within = \"3d\"")), member);
    assert_eq!(only(about("#[wait(until = state.)] fn b() {}")), member);
}

#[test]
fn a_wait_has_one_time() {
    assert_eq!(
        about("#[wait(until = state.x.map(at))] fn b() {}"),
        Vec::<String>::new()
    );
    assert_eq!(
        about("#[wait(time = \"1h\")] fn b() {}"),
        Vec::<String>::new()
    );
    for none in ["#[wait]", "#[wait()]"] {
        assert_eq!(
            only(about(&format!("{none} fn b() {{}}"))),
            "`wait` needs its time; write `#[wait(until = state.field)]` or `#[wait(time = \"1h\")]`"
        );
    }
    assert_eq!(
        only(about("#[wait(until = state.x, time = \"1h\")] fn b() {}")),
        "a wait has one time; choose `until` (a point in time) or `time` (how long)"
    );
    assert_eq!(
        only(about("#[wait(until)] fn b() {}")),
        "`until` takes one value; write `until = state.field`"
    );
    assert_eq!(
        only(about("#[wait(time = \"\")] fn b() {}")),
        "`` is no length of time; write whole numbers with `ms`, `s`, `m`, `h`, `d` or `w`, like `1h 30m`"
    );
}

#[test]
fn a_wait_does_nothing_else() {
    let wait = |function: &str| only(about(&format!("#[wait(time = \"1h\")] {function}")));
    assert_eq!(
        wait("fn b(x: Option<u32>, typo: u32) {}"),
        "a wait does nothing but wait; leave out its parameters (`until` sees the `state`)"
    );
    assert_eq!(
        wait("fn b() -> u32 {}"),
        "a wait does nothing but wait; leave out its return type, and let the next node work"
    );
    assert_eq!(
        wait("fn b() { remind() }"),
        "a wait does nothing but wait; leave its body empty, and let the next node work"
    );
    let each = "mod test {
        #[state] pub struct Test { pub list: Vec<u32> }
        edges! { start -> for item in state.list { b(item) }; b -> end; }
        #[wait(time = \"1h\")] fn b() {}
    }";
    assert_eq!(
        only(messages("id = \"test\"", each)),
        "`b` waits once, not for each `item`; lead to it before or after the `for`"
    );
}

#[test]
fn a_node_that_asks_has_a_run_of_its_own() {
    let node = |args: &str, function: &str| about(&format!("#[node({args})] {function}"));
    assert_eq!(
        node("asks(Q)", "async fn b(run: &Asking<Q>) {}"),
        Vec::<String>::new()
    );
    assert_eq!(
        node("asks(Q)", "async fn b(run: &Aliased) {}"),
        Vec::<String>::new()
    );
    assert_eq!(
        only(node("asks(my::Q)", "async fn b() {}")),
        "a node asks by its run; add a parameter `run: &Asking<my::Q>`"
    );
    assert_eq!(
        only(node("asks(Q)", "async fn b(run: &Run) {}")),
        "the run of a node that asks is another; write `run: &Asking<Q>`"
    );
    assert_eq!(
        only(node("", "async fn b(run: &graph_runtime::Asking<Q>) {}")),
        "this node isn't declared to ask; write `#[node(asks(Question))]`, or `run: &Run`"
    );
    assert_eq!(
        only(node("asks(Q)", "fn b(run: &Asking<Q>) {}")),
        "`asks` is for functions that can wait; write `async fn`, or ask in a node of its own with `#[ask(into = field)]`"
    );
    assert_eq!(
        only(node("asks(Q, R)", "async fn b(run: &Asking<Q>) {}")),
        "a node asks questions of one type; make several kinds the variants of an `enum`"
    );
    for empty in ["asks", "asks()", "asks = Q"] {
        assert_eq!(
            node(empty, "async fn b() {}"),
            ["`asks` takes the type of the question; write `asks(Question)`"]
        );
    }
}

#[test]
fn nothing_can_not_be_told_from_none_in_the_state() {
    let unit = "mod test {
        #[state] pub struct Test { pub seen: Option<()> }
        edges! { start -> a -> end; }
        #[ask(into = seen)] fn a() -> Q { Q }
    }";
    assert_eq!(
        only(messages("id = \"test\"", unit)),
        "`seen` can't be stored as `Option<()>`: in JSON `Some(())` and `None` are both `null`; make it an `Option<bool>`, or an enum of its own"
    );
}
