//! The state, its fields, the context, the module around them.

use super::{messages, only};

fn about_field(field: &str) -> Vec<String> {
    messages(
        "id = \"test\"",
        &format!(
            "mod test {{ #[state] pub struct Test {{ {field} }} edges! {{ start -> a -> end; }} #[node] fn a() {{}} }}"
        ),
    )
}

#[test]
fn a_graph_has_what_it_needs() {
    assert_eq!(
        messages("", "mod test {}"),
        [
            "a graph needs an id, by which its threads are found again; write `#[graph(id = \"test\")]`",
            "a graph needs a state; write `#[state] pub struct State { .. }`",
            "a graph needs its edges; write `edges! { start -> first; first -> end; }`",
        ]
    );
    assert_eq!(
        only(messages("id = \"x\"", "mod test;")),
        "the graph has to be seen whole; write the module here, `mod name { .. }`"
    );
}

#[test]
fn arguments_of_graph_are_checked() {
    let said = |args: &str| {
        only(messages(
            args,
            "mod test { #[state] pub struct Test {} edges! { start -> a -> end; } #[node] fn a() {} }",
        ))
    };
    assert_eq!(
        said("id = \"\""),
        "the id of a graph can't be empty; write `id = \"test\"`"
    );
    assert_eq!(
        said("id = test"),
        "`id` takes one value; write `id = \"test\"`"
    );
    assert_eq!(
        said("id = \"a\", id = \"b\""),
        "`id` is given twice; leave one of them out"
    );
    assert_eq!(
        said("id = \"a\", crat = x"),
        "`graph` has no argument `crat`; did you mean `crate`?"
    );
    assert_eq!(
        said("id = \"a\", version = 2"),
        "`graph` has no argument `version`; it takes `id`, `crate` or `emits`"
    );
}

#[test]
fn every_attribute_of_a_field_is_read() {
    let fields = "
        #[input] #[reduce(append)] pub a: Vec<u32>,
        #[input(required)] pub b: String,
        #[output] #[scope(run)] #[default(3)] pub c: u32,
        #[scope(step)] #[reduce(upsert(key = id))] pub d: Vec<Item>,
        #[unsaved] pub e: Cache,
        #[reduce(crate::Newest)] pub f: u32,
        #[reduce(Newest<u32>)] pub g: u32,
        #[serde(rename = \"old\", alias = \"older\", default, deserialize_with = \"x\")] pub h: u32,
        #[cfg(test)] pub i: u32,
        #[secret] #[input(required)] pub j: String,
        #[secret] #[unsaved] pub k: String,
    ";
    assert_eq!(about_field(fields), Vec::<String>::new());
}

#[test]
fn a_secret_is_no_output() {
    assert_eq!(
        only(about_field("#[secret] #[output] pub token: String")),
        "`token` is a secret, and what goes out is shown; leave `output` out, and read it where it is kept: `moment.state.token`"
    );
}

#[test]
fn a_state_with_secrets_derives_no_debug() {
    let about = |derive: &str, field: &str| {
        messages(
            "id = \"test\"",
            &format!(
                "mod test {{ #[state] #[derive({derive})] pub struct Test {{ {field} }} edges! {{ start -> a -> end; }} #[node] fn a() {{}} }}"
            ),
        )
    };
    let secret = "#[secret] pub token: String";
    for derive in ["Debug", "Clone, std::fmt::Debug"] {
        assert_eq!(
            only(about(derive, secret)),
            "a derived `Debug` would show `token`; leave it out, and the state gets one that doesn't"
        );
    }
    assert_eq!(about("Clone, PartialEq", secret), Vec::<String>::new());
    assert_eq!(about("Debug", "pub token: String"), Vec::<String>::new());
}

#[test]
fn misspelt_attributes_and_reducers_name_the_nearest() {
    assert_eq!(
        only(about_field("#[inputs] pub a: u32")),
        "there is no attribute `inputs`; did you mean `#[input]`?"
    );
    assert_eq!(
        only(about_field("#[reduce(apend)] pub a: u32")),
        "there is no reducer `apend`; did you mean `append`?"
    );
    assert_eq!(
        only(about_field("#[input(require)] pub a: u32")),
        "`input` has no argument `require`; did you mean `required`?"
    );
    assert_eq!(
        only(about_field("#[scope(steps)] pub a: u32")),
        "`scope` has no argument `steps`; did you mean `step`?"
    );
}

#[test]
fn an_option_of_an_option_is_not_told_apart_in_json() {
    assert_eq!(
        only(about_field("pub a: Option<std::option::Option<u32>>")),
        "`a` can't be stored as `Option<std::option::Option<u32>>`: in JSON `Some(None)` and `None` are both `null`; give it an enum of its own, with a variant for each case"
    );
    assert_eq!(
        about_field("pub a: Option<Vec<Option<u32>>>"),
        Vec::<String>::new()
    );
}

#[test]
fn attributes_that_lack_something_say_what() {
    assert_eq!(
        only(about_field("#[reduce] pub a: u32")),
        "`reduce` needs to know how; write `#[reduce(append)]`"
    );
    assert_eq!(
        only(about_field("#[default] pub a: u32")),
        "`default` needs its value in parentheses; write `#[default(expr)]`, or leave it out for the `Default` of the type"
    );
    assert_eq!(
        only(about_field("#[scope] pub a: u32")),
        "`scope` needs its length; write `#[scope(step)]` or `#[scope(run)]`"
    );
    assert_eq!(
        only(about_field("#[reduce(upsert)] pub a: u32")),
        "`upsert` needs the field that tells items apart; write `upsert(key = id)`"
    );
}

#[test]
fn serde_is_followed_as_far_as_it_goes() {
    assert_eq!(
        only(about_field("#[serde(skip)] pub a: u32")),
        "`skip` can't be followed here; mark the field `#[unsaved]`, and it is never stored"
    );
    assert_eq!(
        only(about_field("#[serde(with = \"x\")] pub a: u32")),
        "`with` can't be followed here; give the field a type of its own that implements `Serialize` and `Deserialize`"
    );
}

#[test]
fn names_that_mean_something_else_are_refused() {
    assert_eq!(
        only(about_field("pub run: u32")),
        "a parameter `run` means the run; give the field another name"
    );
}

#[test]
fn names_of_generated_methods_are_refused() {
    assert_eq!(
        only(about_field("pub new: u32")),
        "`new` is a method of generated types, which makes them; give the field another name"
    );
    assert_eq!(
        only(about_field("pub x: u32, pub set_x: u32")),
        "`set_x` is a method of generated types, for `x`; give the field another name"
    );
}

#[test]
fn what_nobody_could_see_is_said() {
    let private =
        "mod test { #[state] struct Test {} edges! { start -> a -> end; } #[node] fn a() {} }";
    assert_eq!(
        only(messages("id = \"x\"", private)),
        "nothing outside of `test` can see `Test`, so nobody could run the graph; write `pub struct Test` or `pub(crate) struct Test`"
    );
    let context = "mod test { #[state] pub struct Test {} #[context] struct App; edges! { start -> a -> end; } #[node] fn a() {} }";
    assert_eq!(
        only(messages("id = \"x\"", context)),
        "`App` is given when the graph is built, so it has to be as visible as `Test`; write the same `pub` before both"
    );
}

#[test]
fn the_state_is_one_plain_struct() {
    let said = |state: &str| {
        only(messages(
            "id = \"x\"",
            &format!("mod test {{ {state} edges! {{ start -> a -> end; }} #[node] fn a() {{}} }}"),
        ))
    };
    assert_eq!(
        said("#[state] pub struct Test<T> { pub x: Vec<T> }"),
        "the state can't be generic; name the types; what differs from use to use belongs into the context"
    );
    assert_eq!(
        said("#[state] pub struct Test(u32);"),
        "the fields of the state are found by name; write `{ name: Type }`"
    );
    assert_eq!(
        said("#[state] pub struct Test {} #[state] pub struct Other {}"),
        "a graph has one state, and that is `Test`; move the fields there"
    );
}
