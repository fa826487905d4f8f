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
fn what_is_still_to_come_says_what_to_do() {
    assert_eq!(
        only(about_attribute("#[subgraph(other::Other, into = x)]")),
        "`#[subgraph]` is not there yet; for now, call the other graph inside a node"
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
