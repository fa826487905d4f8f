//! What nodes may return, decided by traits: whatever alias a type has, the compiler knows what it is.

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};
use syn::{ReturnType, Type};

use super::accepted::{Accepted, markers};
use super::emit::{Emit, update_of, value_of};
use super::fields::Writable;
use super::updates::{has_update, update_type};
use super::within::children;
use crate::ast::NodeRole;
use crate::model::{Node, forms};
use crate::names::{both, plain};

/// The traits of all nodes.
pub(super) fn returns(emit: &Emit<'_>) -> TokenStream {
    let nodes = || emit.graph.nodes.iter().filter(|node| node.whole);
    let tasks = || nodes().filter(|node| matches!(node.ast.role, NodeRole::Task(_)));
    let tupled =
        |field: &usize| tasks().any(|node| node.writes.len() > 1 && node.writes.contains(field));
    // What a subgraph gives goes into its field as a part of what the node sets.
    let outputs = children(emit);
    let given = |field: &usize| {
        let mut into = outputs.iter().filter_map(|each| each.child.into.as_ref());
        into.any(|into| into.field == *field)
    };
    let values = (0..emit.graph.fields.len())
        .filter(|field| tupled(field) || given(field))
        .map(|field| Writable::new(emit, field).value_trait());
    let returned = tasks().map(|node| task(emit, node));
    let asked = emit
        .asks()
        .filter(|(node, _)| node.whole)
        .map(|(node, _)| ask(emit, node));
    let (markers, fails) = (markers(), fails(emit));
    quote!(#markers #fails #(#values)* #(#returned)* #(#asked)*)
}

/// The trait of what a node may fail with.
fn fails(emit: &Emit<'_>) -> TokenStream {
    let door = &emit.door;
    let said = emit.unimplemented(
        "`{Self}` can't be the error of a node",
        "its error isn't one",
        Some("implement `std::error::Error` for `{Self}`, or return what can become a `Box<dyn Error + Send + Sync>`"),
    );
    let quiet = emit.not_recommended();
    quote! {
        #said
        trait __Fails: ::core::convert::Into<#door::BoxError> {}
        #quiet
        impl<E: ::core::convert::Into<#door::BoxError>> __Fails for E {}
    }
}

/// The type of what an ask asks: its return type without `Result` and `Option`.
pub(super) fn question_type<'a>(node: &'a Node<'_>) -> Option<&'a Type> {
    match &node.ast.signature.as_ref()?.output {
        ReturnType::Default => None,
        ReturnType::Type(_, ty) => {
            let fallible = forms::inner(ty, "Result").unwrap_or(ty);
            Some(forms::inner(fallible, "Option").unwrap_or(fallible))
        }
    }
}

fn task(emit: &Emit<'_>, node: &Node<'_>) -> TokenStream {
    let Emit { door, .. } = emit;
    let value = format_ident!("__Value{}", node.camel);
    let returned = format_ident!("__Return{}", node.camel);
    let update = update_type(node);
    let message = expected(emit, node);
    let said = emit.unimplemented(&message, &label(emit, node), None);
    let impls = accepted(emit, node).into_iter().map(|accepted| {
        let Accepted {
            generics,
            marker,
            ty,
            patch: made,
            readable,
        } = accepted;
        let quiet = (!readable).then(|| emit.not_recommended());
        quote! {
            #quiet
            impl<#(#generics),*> #value<#marker> for #ty {
                fn update(self) -> #update { #made }
            }
            #quiet
            impl<#(#generics),*> #returned<#marker> for #ty {
                fn update(self) -> ::core::result::Result<#update, #door::NodeError> {
                    ::core::result::Result::Ok(#value::update(self))
                }
            }
        }
    });
    quote! {
        #said
        trait #value<M> {
            fn update(self) -> #update;
        }
        #said
        trait #returned<M> {
            fn update(self) -> ::core::result::Result<#update, #door::NodeError>;
        }
        #(#impls)*
        impl<T: #value<M>, M, E: __Fails> #returned<(M,)>
            for ::core::result::Result<T, E>
        {
            fn update(self) -> ::core::result::Result<#update, #door::NodeError> {
                match self {
                    ::core::result::Result::Ok(value) => ::core::result::Result::Ok(#value::update(value)),
                    ::core::result::Result::Err(error) => ::core::result::Result::Err(#door::failed(error)),
                }
            }
        }
    }
}

/// What a node may return beside a `Result` of it.
fn accepted(emit: &Emit<'_>, node: &Node<'_>) -> Vec<Accepted> {
    if !has_update(node) {
        return vec![Accepted::new("__Update", quote!(()), quote!(self))];
    }
    let name = update_of(node);
    let whole = Accepted::new("__Update", quote!(#name), quote!(self));
    let mut accepted = match node.writes.as_slice() {
        [field] => {
            let write = Writable::new(emit, *field);
            let field = write.name();
            let of = |each: Accepted| {
                let patch = each.patch;
                Accepted {
                    patch: quote!(#name { #field: #patch }),
                    ..each
                }
            };
            write.accepted().into_iter().map(of).collect()
        }
        fields => vec![tuple(emit, &name, fields)],
    };
    accepted.push(whole);
    accepted
}

fn tuple(emit: &Emit<'_>, update: &Ident, fields: &[usize]) -> Accepted {
    let types: Vec<_> = (0..fields.len()).map(|at| format_ident!("T{at}")).collect();
    let markers: Vec<_> = (0..fields.len()).map(|at| format_ident!("M{at}")).collect();
    let bounds = types
        .iter()
        .zip(&markers)
        .zip(fields)
        .map(|((ty, marker), field)| {
            let value = value_of(*field);
            quote!(#ty: #value<#marker>)
        });
    let made = fields.iter().enumerate().map(|(at, field)| {
        let (name, value) = (&emit.graph.fields[*field].ast.name, value_of(*field));
        let at = syn::Index::from(at);
        quote!(#name: #value::patch(self.#at))
    });
    Accepted {
        readable: true,
        generics: bounds
            .chain(markers.iter().map(|marker| quote!(#marker)))
            .collect(),
        marker: quote!((#(#markers,)*)),
        ty: quote!((#(#types,)*)),
        patch: quote!(#update { #(#made),* }),
    }
}

fn expected(emit: &Emit<'_>, node: &Node<'_>) -> String {
    let name = plain(node.name());
    if !has_update(node) {
        return format!(
            "node `{name}` writes nothing, so it returns `()`, or a `Result` of it; what it sets is named in `writes(..)`"
        );
    }
    let writes: Vec<Writable<'_>> = node
        .writes
        .iter()
        .map(|field| Writable::new(emit, *field))
        .collect();
    let fields = both(writes.iter().map(|write| plain(write.name())));
    let value = match writes.as_slice() {
        [write] => write.takes(),
        writes => {
            let types: Vec<String> = writes
                .iter()
                .map(|write| crate::text::ty(&write.field.ast.ty))
                .collect();
            format!("`({})`", types.join(", "))
        }
    };
    format!(
        "node `{name}` writes {fields}, so it returns {value} or `update::{}`, or a `Result` of one",
        node.camel
    )
}

fn label(emit: &Emit<'_>, node: &Node<'_>) -> String {
    if !has_update(node) {
        return "nothing is written by this node".to_owned();
    }
    let fields = node
        .writes
        .iter()
        .map(|field| plain(&emit.graph.fields[*field].ast.name));
    format!("can't be written to {}", both(fields))
}

fn ask(emit: &Emit<'_>, node: &Node<'_>) -> TokenStream {
    let Some(question) = question_type(node) else {
        return TokenStream::new();
    };
    let door = &emit.door;
    let name = format_ident!("__Ask{}", node.camel);
    let message = format!(
        "`{}` asks, so it returns its question, an `Option` of it, or a `Result` of one",
        plain(node.name())
    );
    let said = emit.unimplemented(&message, "not a question", None);
    let asked = quote!(::core::result::Result<::core::option::Option<#question>, #door::NodeError>);
    let fallible = |ty: TokenStream, value: TokenStream| {
        quote! {
            impl<E: __Fails> #name for ::core::result::Result<#ty, E> {
                fn ask(self) -> #asked {
                    match self {
                        ::core::result::Result::Ok(question) => ::core::result::Result::Ok(#value),
                        ::core::result::Result::Err(error) => ::core::result::Result::Err(#door::failed(error)),
                    }
                }
            }
        }
    };
    let always = fallible(
        quote!(#question),
        quote!(::core::option::Option::Some(question)),
    );
    let perhaps = fallible(quote!(::core::option::Option<#question>), quote!(question));
    quote! {
        #said
        trait #name {
            fn ask(self) -> #asked;
        }
        impl #name for #question {
            fn ask(self) -> #asked {
                ::core::result::Result::Ok(::core::option::Option::Some(self))
            }
        }
        impl #name for ::core::option::Option<#question> {
            fn ask(self) -> #asked {
                ::core::result::Result::Ok(self)
            }
        }
        #always
        #perhaps
    }
}
