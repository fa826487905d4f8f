//! Attributes of items, and what is still to come.

use super::{about_items, messages, only};

fn about_attribute(attribute: &str) -> Vec<String> {
    messages(
        "id = \"test\"",
        &format!(
            "mod test {{
                #[state] pub struct Test {{ pub x: Option<u32> }}
                edges! {{ start -> a -> end; }}
                {attribute} fn a() {{}}
            }}"
        ),
    )
}

#[test]
fn misspelt_attributes_are_said() {
    assert_eq!(
        about_attribute("#[nod]"),
        [
            "there is no attribute `nod`; did you mean `#[node]`?",
            "`a` is a function but not a node; put `#[node]` on it",
        ]
    );
    assert_eq!(
        only(about_attribute("#[node(write(x))]")),
        "`node` has no argument `write`; did you mean `writes`?"
    );
}

#[test]
fn attributes_on_the_wrong_item_are_said() {
    assert_eq!(
        only(about_items("#[node] struct Thing;")),
        "`#[node]` belongs on a function; a node is a function of the module"
    );
    assert_eq!(
        only(about_items("#[state] enum Thing {}")),
        "`#[state]` belongs on a struct with named fields; write `#[state] pub struct Name { .. }`"
    );
    assert_eq!(
        only(about_attribute("#[node] #[cfg(test)]")),
        "`cfg` can't be evaluated on a node; put it on a field, or on code that a node calls"
    );
    assert_eq!(
        only(about_attribute("#[node] #[ask(into = x)]")),
        "`a` is a node already; leave one of the two attributes out"
    );
}

#[test]
fn places_to_run_are_one() {
    assert_eq!(
        only(about_attribute("#[node(spawn, blocking)]")),
        "a node runs in one place; choose `spawn` (other threads) or `blocking` (threads that may wait)"
    );
    assert_eq!(
        only(about_attribute("#[node(blocking)] async")),
        "`blocking` is for plain functions; leave out `async`, or use `spawn`"
    );
    assert_eq!(
        only(about_attribute("#[node(spawn = 1)]")),
        "`spawn` takes no value; write `#[node(spawn)]`"
    );
}

#[test]
fn an_alias_is_a_name_that_nobody_has() {
    let about = |items: &str| about_items(&format!("{items} fn b() {{}}"));
    assert_eq!(
        only(about("#[node(alias = \"a\")]")),
        "`a` is a node of this graph; an alias is a name that a node had before"
    );
    assert_eq!(
        only(about(
            "#[ask(into = x, alias = \"old\")] fn c() -> Q { Q } #[node(alias(\"old\"))]"
        )),
        "`old` is an alias of `c` already; leave one of them out"
    );
    assert_eq!(
        only(about("#[node(alias = old)]")),
        "`alias` takes text; write `alias = \"old_name\"`"
    );
}

#[test]
fn a_graph_has_one_migration() {
    let migrate = "#[migrate] fn upgrade(state: &mut Map) {}";
    assert_eq!(about_items(migrate), [""; 0]);
    assert_eq!(
        only(about_items(&format!(
            "{migrate} #[migrate] fn again() {{}}"
        ))),
        "a graph has one migration, and that is `upgrade`; go on from there"
    );
    assert_eq!(
        only(about_items("#[migrate] async fn upgrade() {}")),
        "a state is migrated while it is read, which can't wait; leave out `async`"
    );
    assert_eq!(
        only(about_items("#[migrate] struct Upgrade;")),
        "`#[migrate]` belongs on a function; write `#[migrate] fn upgrade(state: &mut Map<String, Value>) { .. }`"
    );
}
