//! Names: how they are spelled, which are near to each other, which are taken.

use std::fmt::Display;

use proc_macro2::Ident;
use syn::ext::IdentExt as _;
use syn::{Item, UseTree};

/// The name without `r#`, as it is shown and compared.
pub(crate) fn plain(ident: &Ident) -> String {
    ident.unraw().to_string()
}

/// `search_docs` as `SearchDocs`; nothing if that isn't an identifier.
pub(crate) fn camel(ident: &Ident) -> Option<Ident> {
    let mut camel = String::new();
    for word in plain(ident).split('_') {
        let mut letters = word.chars();
        camel.extend(letters.next().into_iter().flat_map(char::to_uppercase));
        camel.push_str(letters.as_str());
    }
    let ident = Ident::new(&spelled(&camel)?, ident.span());
    Some(ident)
}

/// `Self` is the one keyword in camel case, and `search_1` without its letters is none.
fn spelled(camel: &str) -> Option<String> {
    let starts_well = camel.chars().next().is_some_and(char::is_alphabetic);
    (starts_well && camel != "Self").then(|| camel.to_owned())
}

/// The types and constants that stand beside the user's own items.
pub(crate) const GENERATED: [&str; 13] = [
    "Answer", "Graph", "Input", "Node", "Output", "Pause", "Question", "TOPOLOGY", "Update",
    "Values", "Within", "question", "update",
];

/// The names that an item brings into the module, as far as they could be ours.
pub(crate) fn brought_in(item: &Item) -> Vec<&Ident> {
    match item {
        Item::Const(item) => vec![&item.ident],
        Item::Enum(item) => vec![&item.ident],
        Item::Mod(item) => vec![&item.ident],
        Item::Static(item) => vec![&item.ident],
        Item::Struct(item) => vec![&item.ident],
        Item::Trait(item) => vec![&item.ident],
        Item::Type(item) => vec![&item.ident],
        Item::Union(item) => vec![&item.ident],
        Item::Use(item) => imported(&item.tree),
        _ => Vec::new(),
    }
}

fn imported(tree: &UseTree) -> Vec<&Ident> {
    match tree {
        UseTree::Path(path) => imported(&path.tree),
        UseTree::Name(name) => vec![&name.ident],
        UseTree::Rename(rename) => vec![&rename.rename],
        UseTree::Glob(_) => Vec::new(),
        UseTree::Group(group) => group.items.iter().flat_map(imported).collect(),
    }
}

/// A list for a message: `` `a`, `b` or `c` ``.
pub(crate) fn either<T: Display>(names: impl IntoIterator<Item = T>) -> String {
    list(names, "or")
}

/// A list for a message: `` `a`, `b` and `c` ``.
pub(crate) fn both<T: Display>(names: impl IntoIterator<Item = T>) -> String {
    list(names, "and")
}

fn list<T: Display>(names: impl IntoIterator<Item = T>, last: &str) -> String {
    let mut quoted: Vec<String> = names.into_iter().map(|name| format!("`{name}`")).collect();
    match quoted.pop() {
        None => String::new(),
        Some(only) if quoted.is_empty() => only,
        Some(end) => format!("{} {last} {end}", quoted.join(", ")),
    }
}

/// The known name that was most likely meant.
pub(crate) fn nearest<'a>(
    wrong: &str,
    known: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    // A third of the letters may differ, and of one letter none: `a` isn't near to `b`.
    let letters = wrong.chars().count();
    let allowed = (letters / 3).max(1).min(letters - letters.min(1));
    known
        .into_iter()
        .map(|name| (distance(wrong, name), name))
        .filter(|(distance, _)| *distance <= allowed)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name)
}

/// The number of letters to insert, remove, replace or swap with their neighbour.
fn distance(from: &str, to: &str) -> usize {
    let from: Vec<char> = from.chars().collect();
    let to: Vec<char> = to.chars().collect();
    let mut before_last = Vec::new();
    let mut last: Vec<usize> = (0..=to.len()).collect();
    for (i, a) in from.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, b) in to.iter().enumerate() {
            let replaced = last[j] + usize::from(a != b);
            let mut best = replaced.min(last[j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && *a == to[j - 1] && from[i - 1] == *b {
                let swapped: &Vec<usize> = &before_last;
                best = best.min(swapped[j - 1] + 1);
            }
            row.push(best);
        }
        before_last = std::mem::replace(&mut last, row);
    }
    last[to.len()]
}

#[cfg(test)]
mod tests {
    use proc_macro2::Span;

    use super::*;

    fn ident(name: &str) -> Ident {
        syn::parse_str(name).unwrap_or_else(|_| Ident::new_raw(&name[2..], Span::call_site()))
    }

    #[test]
    fn camel_case_drops_what_no_type_has() {
        assert_eq!(camel(&ident("search_docs")).unwrap(), "SearchDocs");
        assert_eq!(camel(&ident("r#type")).unwrap(), "Type");
        assert_eq!(camel(&ident("_quiet")).unwrap(), "Quiet");
        assert_eq!(camel(&ident("step_2b")).unwrap(), "Step2b");
    }

    #[test]
    fn camel_case_refuses_what_is_no_identifier() {
        assert!(camel(&ident("_1")).is_none());
        assert!(camel(&ident("self_")).is_none());
    }

    #[test]
    fn nearest_finds_slips_but_not_other_words() {
        let known = ["classify", "reply", "refund", "end"];
        assert_eq!(nearest("clasify", known), Some("classify"));
        assert_eq!(nearest("repyl", known), Some("reply"));
        assert_eq!(nearest("edn", known), Some("end"));
        assert_eq!(nearest("approve", known), None);
        assert_eq!(nearest("x", known), None);
    }

    #[test]
    fn lists_read_like_a_sentence() {
        assert_eq!(either(["a"]), "`a`");
        assert_eq!(either(["a", "b", "c"]), "`a`, `b` or `c`");
        assert_eq!(both(["a", "b"]), "`a` and `b`");
    }
}
