//! How a parameter takes what it names: by reference, inside an `Option`, or as a copy of its own.

use quote::ToTokens as _;
use syn::{GenericArgument, PathArguments, Type, TypePath, TypeReference, parse_quote};

/// How a value is handed to a parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// `&value`; coercion does the rest.
    Reference,
    /// `&*value`: a trait object out of its `Arc` or `Box`.
    Pointee,
    /// `value.as_ref()` of an `Option`.
    OptionReference,
    /// `value.as_deref()` of an `Option`.
    OptionPointee,
    /// `value.clone()`
    Clone,
}

/// The form of a parameter of type `ty` for a value of type `owner`, where that is known.
pub(super) fn form(ty: &Type, owner: Option<&Type>) -> Result<Form, &'static str> {
    if owner.is_some_and(|owner| same(ty, owner)) {
        return Ok(Form::Clone);
    }
    match bare(ty) {
        Type::Reference(reference) => by_reference(reference, owner),
        Type::ImplTrait(_) => {
            Err("`impl` leaves the type open; name the type, or take `&dyn Trait`")
        }
        Type::Path(_) => match inner(ty, "Option").map(bare) {
            Some(Type::Reference(reference)) => in_option(reference),
            _ => Ok(Form::Clone),
        },
        _ => Ok(Form::Clone),
    }
}

/// The owned type of an item whose node takes it as `ty`.
pub(super) fn owned(ty: &Type) -> Type {
    let Type::Reference(reference) = bare(ty) else {
        return bare(ty).clone();
    };
    match bare(&reference.elem) {
        Type::Slice(slice) => {
            let elem = &slice.elem;
            parse_quote!(::std::vec::Vec<#elem>)
        }
        Type::Path(path) if path.path.is_ident("str") => parse_quote!(::std::string::String),
        Type::Path(path) if ends_with(path, "Path") => parse_quote!(::std::path::PathBuf),
        other => other.clone(),
    }
}

/// What a reference refers to; any other type as it is.
pub(super) fn referred(ty: &Type) -> &Type {
    match bare(ty) {
        Type::Reference(reference) => bare(&reference.elem),
        other => other,
    }
}

/// Whether a type is written as an `Option`.
pub(crate) fn is_option(ty: &Type) -> bool {
    is_one_of(ty, &["Option"])
}

/// Whether a type is `()`.
pub(super) fn is_unit(ty: &Type) -> bool {
    matches!(bare(ty), Type::Tuple(tuple) if tuple.elems.is_empty())
}

/// Whether a type is written as a map.
pub(super) fn is_map(ty: &Type) -> bool {
    is_one_of(ty, &["BTreeMap", "HashMap"])
}

/// Whether the order in which a type gives its items is accidental.
pub(crate) fn is_unordered(ty: &Type) -> bool {
    is_one_of(ty, &["HashMap", "HashSet"])
}

/// Whether a type is written with one of these names.
pub(crate) fn is_one_of(ty: &Type, names: &[&str]) -> bool {
    matches!(bare(ty), Type::Path(path) if names.iter().any(|name| ends_with(path, name)))
}

/// The first type in the angle brackets.
pub(crate) fn inner<'a>(ty: &'a Type, name: &str) -> Option<&'a Type> {
    arguments(ty, &[name]).first().copied()
}

/// The types in the angle brackets, if the type is written with one of these names.
pub(crate) fn arguments<'a>(ty: &'a Type, names: &[&str]) -> Vec<&'a Type> {
    let Type::Path(path) = bare(ty) else {
        return Vec::new();
    };
    if !names.iter().any(|name| ends_with(path, name)) {
        return Vec::new();
    }
    let Some(PathArguments::AngleBracketed(arguments)) =
        path.path.segments.last().map(|last| &last.arguments)
    else {
        return Vec::new();
    };
    let ty = |argument: &'a GenericArgument| match argument {
        GenericArgument::Type(ty) => Some(ty),
        _ => None,
    };
    arguments.args.iter().filter_map(ty).collect()
}

fn by_reference(reference: &TypeReference, owner: Option<&Type>) -> Result<Form, &'static str> {
    if reference.mutability.is_some() {
        return Err(
            "a node shares the state and never changes it; take `&T`, and return what changes",
        );
    }
    let held = owner.is_some_and(|owner| is_one_of(owner, &["Arc", "Box", "Rc"]));
    match bare(&reference.elem) {
        Type::TraitObject(_) if held => Ok(Form::Pointee),
        _ => Ok(Form::Reference),
    }
}

fn in_option(reference: &TypeReference) -> Result<Form, &'static str> {
    if reference.mutability.is_some() {
        return Err(
            "a node shares the state and never changes it; take `Option<&T>`, and return what changes",
        );
    }
    Ok(match bare(&reference.elem) {
        Type::Slice(_) | Type::TraitObject(_) => Form::OptionPointee,
        Type::Path(path) if path.path.is_ident("str") || ends_with(path, "Path") => {
            Form::OptionPointee
        }
        _ => Form::OptionReference,
    })
}

fn ends_with(path: &TypePath, name: &str) -> bool {
    path.path
        .segments
        .last()
        .is_some_and(|last| last.ident == name)
}

/// The type without parentheses and the invisible groups of macros.
fn bare(ty: &Type) -> &Type {
    match ty {
        Type::Paren(inner) => bare(&inner.elem),
        Type::Group(inner) => bare(&inner.elem),
        other => other,
    }
}

fn same(a: &Type, b: &Type) -> bool {
    bare(a).to_token_stream().to_string() == bare(b).to_token_stream().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(ty: &Type, owner: &Type) -> Form {
        form(ty, Some(owner)).unwrap()
    }

    #[test]
    fn a_reference_is_left_to_coercion() {
        let owner = parse_quote!(Vec<Message>);
        assert_eq!(of(&parse_quote!(&[Message]), &owner), Form::Reference);
        assert_eq!(of(&parse_quote!(&Vec<Message>), &owner), Form::Reference);
        assert_eq!(of(&parse_quote!(Vec<Message>), &owner), Form::Clone);
    }

    #[test]
    fn a_trait_object_is_taken_out_of_its_pointer() {
        let wanted = parse_quote!(&(dyn Llm + Send));
        assert_eq!(
            of(&wanted, &parse_quote!(std::sync::Arc<dyn Llm + Send>)),
            Form::Pointee
        );
        assert_eq!(of(&wanted, &parse_quote!(Client)), Form::Reference);
    }

    #[test]
    fn options_are_looked_into() {
        let owner = parse_quote!(Option<String>);
        assert_eq!(
            of(&parse_quote!(Option<&String>), &owner),
            Form::OptionReference
        );
        assert_eq!(of(&parse_quote!(Option<&str>), &owner), Form::OptionPointee);
        assert_eq!(of(&parse_quote!(&Option<String>), &owner), Form::Reference);
        assert_eq!(
            of(
                &parse_quote!(Option<&'static str>),
                &parse_quote!(Option<&'static str>)
            ),
            Form::Clone
        );
    }

    #[test]
    fn items_are_owned() {
        let text = |ty: Type| owned(&ty).to_token_stream().to_string();
        assert_eq!(text(parse_quote!(&str)), ":: std :: string :: String");
        assert_eq!(text(parse_quote!(&[Part])), ":: std :: vec :: Vec < Part >");
        assert_eq!(text(parse_quote!(&Path)), ":: std :: path :: PathBuf");
        assert_eq!(text(parse_quote!(&Part)), "Part");
        assert_eq!(text(parse_quote!(u32)), "u32");
    }
}
