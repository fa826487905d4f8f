//! The state: which of its fields come in and go out, and who can see it.

use syn::Visibility;

use super::{Field, forms};
use crate::ast::{self, Module, ReduceHow, State};
use crate::findings::Findings;
use crate::names::{both, plain};
use crate::text;

/// The fields. Without any `#[input]` every field is one, and so for `#[output]`, where secrets never are.
pub(super) fn fields<'a>(state: &'a State, findings: &mut Findings) -> Vec<Field<'a>> {
    let any_input = state.fields.iter().any(|field| field.input.is_some());
    let any_output = state.fields.iter().any(|field| field.output.is_some());
    for field in &state.fields {
        twice_optional(field, findings);
    }
    state
        .fields
        .iter()
        .map(|field| Field {
            ast: field,
            input: !any_input || field.input.is_some(),
            output: !field.is_secret() && (!any_output || field.output.is_some()),
            misfit: misfit(field, findings),
        })
        .collect()
}

/// JSON has one `null`, so one of the two `None`s, or the `()`, would come back as the other.
fn twice_optional(field: &ast::Field, findings: &mut Findings) {
    if forms::inner(&field.ty, "Option").is_some_and(forms::is_unit) {
        findings.at(
            &field.ty,
            format!(
                "`{}` can't be stored as `{}`: in JSON `Some(())` and `None` are both `null`; make it an `Option<bool>`, or an enum of its own",
                plain(&field.name),
                text::ty(&field.ty)
            ),
        );
    }
    if forms::inner(&field.ty, "Option").is_some_and(forms::is_option) {
        findings.at(
            &field.ty,
            format!(
                "`{}` can't be stored as `{}`: in JSON `Some(None)` and `None` are both `null`; give it an enum of its own, with a variant for each case",
                plain(&field.name),
                text::ty(&field.ty)
            ),
        );
    }
}

/// Whether a reducer of ours can't reduce a type of std. What else there is the compiler knows.
fn misfit(field: &ast::Field, findings: &mut Findings) -> bool {
    let Some(ast::Reduce {
        how: ReduceHow::Named(word) | ReduceHow::Upsert { word, .. },
        ..
    }) = &field.reduce
    else {
        return false;
    };
    let name = plain(word);
    let fitting: &[&str] = match name.as_str() {
        "append" => &["Vec", "VecDeque"],
        "upsert" => &["Vec"],
        "union" => &["BTreeSet", "HashSet"],
        "merge" => &["BTreeMap", "HashMap"],
        "and" | "or" => &["bool"],
        "keep_first" => &["Option"],
        "sum" => &NUMBERS,
        _ => return false,
    };
    let ty = &field.ty;
    let known = forms::is_one_of(ty, &NUMBERS) || forms::is_one_of(ty, &OTHERS);
    if !known || forms::is_one_of(ty, fitting) {
        return false;
    }
    let fitting = if name == "sum" {
        "numbers".to_owned()
    } else {
        both(fitting)
    };
    findings.at(
        word,
        format!(
            "`{name}` doesn't fit a field of type `{}`; it is for {fitting}",
            text::ty(ty)
        ),
    );
    true
}

const NUMBERS: [&str; 14] = [
    "f32", "f64", "i128", "i16", "i32", "i64", "i8", "isize", "u128", "u16", "u32", "u64", "u8",
    "usize",
];

const OTHERS: [&str; 9] = [
    "BTreeMap", "BTreeSet", "HashMap", "HashSet", "Option", "String", "Vec", "VecDeque", "bool",
];

/// What anybody who looks at the state may see of it.
pub(super) fn check(module: &Module, state: &State, findings: &mut Findings) {
    check_visibility(module, state, findings);
    check_debug(state, findings);
}

/// A derived `Debug` knows no secrets. One that is written by hand says what it says on purpose.
fn check_debug(state: &State, findings: &mut Findings) {
    let secret = state.fields.iter().filter(|field| field.is_secret());
    let secret: Vec<_> = secret.map(|field| plain(&field.name)).collect();
    if secret.is_empty() {
        return;
    }
    let mut derived = ast::derived(&state.attrs);
    if let Some(path) = derived.find(|path| ast::ends_in(path, "Debug")) {
        findings.at(
            path,
            format!(
                "a derived `Debug` would show {}; leave it out, and the state gets one that doesn't",
                both(&secret)
            ),
        );
    }
}

/// What is generated is as visible as the state, so that has to be seen from outside of the module.
fn check_visibility(module: &Module, item: &State, findings: &mut Findings) {
    if reach(&item.vis) == Reach::Module {
        findings.at(
            &item.name,
            format!(
                "nothing outside of `{}` can see `{}`, so nobody could run the graph; write `pub struct {1}` or `pub(crate) struct {1}`",
                module.name, item.name
            ),
        );
    } else if let Some(context) = &module.context
        && reach(&context.vis) < reach(&item.vis)
    {
        findings.at(
            &context.name,
            format!(
                "`{}` is given when the graph is built, so it has to be as visible as `{}`; write the same `pub` before both",
                context.name, item.name
            ),
        );
    }
}

/// How far an item is seen.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Reach {
    Module,
    Some,
    Crate,
    All,
}

fn reach(vis: &Visibility) -> Reach {
    match vis {
        Visibility::Inherited => Reach::Module,
        Visibility::Public(_) => Reach::All,
        Visibility::Restricted(vis) if vis.path.is_ident("self") => Reach::Module,
        Visibility::Restricted(vis) if vis.path.is_ident("crate") => Reach::Crate,
        Visibility::Restricted(_) => Reach::Some,
    }
}
