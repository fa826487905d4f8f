//! The `serde` attributes of a field: which can be followed, and what to do instead of the others.

use syn::punctuated::Punctuated;
use syn::{Attribute, Meta, Token};

use crate::findings::Findings;
use crate::names::plain;

/// These change how a stored field is read, never how it is written.
const FOLLOWED: [&str; 4] = ["rename", "alias", "default", "deserialize_with"];

/// Reports what can't be followed.
pub(super) fn check(attr: &Attribute, findings: &mut Findings) {
    let parser = Punctuated::<Meta, Token![,]>::parse_terminated;
    let Some(metas) = findings.keep(attr.parse_args_with(parser)) else {
        return;
    };
    for meta in metas {
        let Some(name) = meta.path().get_ident().map(plain) else {
            continue;
        };
        let one_sided = name == "rename" && matches!(meta, Meta::List(_));
        if one_sided || !FOLLOWED.contains(&name.as_str()) {
            findings.at(
                &meta,
                format!("`{name}` can't be followed here; {}", remedy(&name)),
            );
        }
    }
}

/// A field is stored alone, in changes, so what reaches beyond it can't be kept.
fn remedy(name: &str) -> &'static str {
    match name {
        "skip" | "skip_serializing" | "skip_deserializing" => {
            "mark the field `#[unsaved]`, and it is never stored"
        }
        "skip_serializing_if" => "leave it out: a field is stored only when it changes",
        "flatten" => "keep the parts in one field, or make each a field of the state",
        "rename" => "give both directions one name, `rename = \"..\"`",
        "with" | "serialize_with" => {
            "give the field a type of its own that implements `Serialize` and `Deserialize`"
        }
        _ => "a field knows `rename`, `alias`, `default` and `deserialize_with`",
    }
}
