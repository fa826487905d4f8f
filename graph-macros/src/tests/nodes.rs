//! Nodes, their parameters, what they set.

use super::{about_items, messages, only};

fn about_node(node: &str) -> Vec<String> {
    messages(
        "id = \"test\"",
        &format!(
            "mod test {{
                #[state] pub struct Test {{ pub topic: Option<u32>, #[reduce(append)] pub messages: Vec<u32> }}
                #[context] pub struct App {{ pub client: Client }}
                edges! {{ start -> a -> for part in &state.messages {{ each(part) }} -> end; }}
                #[node] fn each(part: u32) {{}}
                {node}
            }}"
        ),
    )
}

#[test]
fn parameters_are_found_by_name() {
    let said = about_node(
        "#[node(writes(topic, messages))] async fn a(topic: Option<u32>, messages: &[u32], state: &Test, run: &Run, client: &Client) -> update::A { .. }"
            .replace("{ .. }", "{}")
            .as_str(),
    );
    assert_eq!(said, Vec::<String>::new());
}

#[test]
fn a_parameter_that_names_nothing_names_what_is_near() {
    assert_eq!(
        only(about_node("#[node] fn a(mesages: &[u32]) {}")),
        "`mesages` names nothing here; did you mean `messages`?"
    );
    assert_eq!(
        only(about_node("#[node] fn a(_topic: Option<u32>) {}")),
        "`_topic` names nothing here; did you mean `topic`?"
    );
    assert_eq!(
        only(about_node("#[node] fn a(weather: u32) {}")),
        "`weather` names nothing here; a parameter is called `topic`, `messages`, `client`, `state` or `run`"
    );
}

#[test]
fn parameters_that_cannot_be_given_are_refused() {
    assert_eq!(
        only(about_node("#[node] fn a(messages: &mut Vec<u32>) {}")),
        "a node shares the state and never changes it; take `&T`, and return what changes"
    );
    assert_eq!(
        only(about_node("#[node] fn a(messages: impl Iterator) {}")),
        "`impl` leaves the type open; name the type, or take `&dyn Trait`"
    );
    assert_eq!(
        only(about_node("#[node] fn a(Some(topic): Option<u32>) {}")),
        "a parameter is found by its name; write `field: &Type` and take it apart inside"
    );
    assert_eq!(
        only(about_node("#[node] fn a<T>(topic: Option<u32>) {}")),
        "a node can't be generic; name the type, or take `&dyn Trait`"
    );
}

#[test]
fn writes_name_fields() {
    assert_eq!(
        only(about_node("#[node(writes(topik))] fn a() -> u32 { 1 }")),
        "`Test` has no field `topik`; did you mean `topic`?"
    );
    assert_eq!(
        only(about_node("#[node(writes(price))] fn a() -> u32 { 1 }")),
        "`Test` has no field `price`; it has `topic` or `messages`"
    );
    assert_eq!(
        only(about_node("#[node(writes(topic, topic))] fn a() {}")),
        "`topic` is named twice; leave one of them out"
    );
    assert_eq!(
        only(about_node("#[node(writes = topic)] fn a() {}")),
        "`writes` takes a list; write `writes(field)`"
    );
}

#[test]
fn answers_need_a_field_of_their_own() {
    assert_eq!(
        only(about_node("#[ask(into = messages)] fn a() -> Q { Q }")),
        "an answer sets `messages`, but the field has a reducer; take the reducer off, or answer into another field"
    );
    assert_eq!(
        only(about_node("#[ask] fn a() -> Q { Q }")),
        "`ask` needs the field that takes the answer; write `#[ask(into = field)]`"
    );
}

#[test]
fn names_of_nodes_are_their_own() {
    let with = |extra: &str| only(about_node(&format!("#[node] fn a() {{}} {extra}")));
    assert_eq!(
        with("#[node] fn a_() {}"),
        "`a_` and `a` are both `A` as types; give one of them another name"
    );
    assert_eq!(
        with("#[node] fn state() {}"),
        "`state` is the whole state, as a parameter; give the node another name"
    );
    assert_eq!(
        with("#[node] fn _1() {}"),
        "`_1` makes no name for a type; begin it with a letter"
    );
}

#[test]
fn items_are_taken_or_said_to_be() {
    let said = |node: &str| {
        only(messages(
            "id = \"test\"",
            &format!(
                "mod test {{
                    #[state] pub struct Test {{ pub topic: Option<u32>, pub list: Vec<u32> }}
                    edges! {{ start -> for part in &state.list {{ b(part) }} -> end; }}
                    #[node] {node}
                }}"
            ),
        ))
    };
    assert_eq!(
        said("fn b() {}"),
        "`b` is called with `part` but doesn't take it; add a parameter `part`"
    );
    assert_eq!(
        said("fn b(part: u32, tpic: u32) {}"),
        "`tpic` names nothing here; did you mean `topic`?"
    );
}

#[test]
fn a_function_that_is_no_node_is_recognised() {
    let said = messages(
        "id = \"test\"",
        "mod test { #[state] pub struct Test {} edges! { start -> a -> b -> end; } #[node] fn a() {} fn b() {} }",
    );
    assert_eq!(
        only(said),
        "`b` is a function but not a node; put `#[node]` on it"
    );
}

#[test]
fn generated_names_are_reserved() {
    assert_eq!(
        only(about_items("pub struct Input;")),
        "`Input` is generated by `#[graph]`; give this another name"
    );
    assert_eq!(
        only(about_items("use super::Weather as Node;")),
        "`Node` is generated by `#[graph]`; give this another name"
    );
}
