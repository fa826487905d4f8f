//! `Values`: what anybody may set by hand. A patch for each field of the state, with the setters of an update.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};

use super::conditional::{Part, Shape};
use super::emit::{Emit, allowances, update_of};
use super::fields::Writable;
use super::{json, updates};
use crate::names::plain;

fn all<'e>(emit: &'e Emit<'e>) -> impl Iterator<Item = Writable<'e>> {
    (0..emit.graph.fields.len()).map(|field| Writable::new(emit, field))
}

pub(super) fn values(emit: &Emit<'_>) -> TokenStream {
    let (vis, allow) = (emit.vis(), allowances());
    let parts: Vec<Part> = all(emit)
        .map(|field| Part::of(field.field.ast, field.patch()))
        .collect();
    let fields = all(emit)
        .zip(&parts)
        .map(|(field, Part { name, ty, cfgs, .. })| {
            let attribute = json::any_field(&field);
            quote!(#(#cfgs)* #attribute #name: #ty)
        });
    let fields = quote!(#(#fields),*);
    let empty = parts.iter().map(
        |Part { name, cfgs, .. }| quote!(#(#cfgs)* #name: ::core::default::Default::default()),
    );
    let empty = quote!(#(#empty),*);
    let shape = Shape {
        name: format_ident!("Values"),
        fields: parts,
    }
    .impls();
    let setters = all(emit).map(|field| field.setters());
    let getters = all(emit).map(|field| field.getter());
    let derived = json::derived(emit, all(emit).filter(|field| is_stored(field)));
    let from = emit
        .graph
        .nodes
        .iter()
        .filter(|node| updates::has_update(node))
        .map(|node| {
            let update = update_of(node);
            let moved = updates::writes(emit, node).map(|write| {
                let (name, cfgs) = (write.name(), &write.field.ast.cfgs);
                quote!(#(#cfgs)* { values.#name = update.#name; })
            });
            let doc = format!("What `{}` would set.", plain(node.name()));
            quote! {
                #[automatically_derived]
                #[doc = #doc]
                impl ::core::convert::From<#update> for Values {
                    fn from(update: #update) -> Self {
                        let _ = &update;
                        let mut values = Self::new();
                        #(#moved)*
                        values
                    }
                }
            }
        });
    quote! {
        /// What anybody may set by hand: any field of the state. In JSON an object with what the setters take.
        #allow
        #derived
        #vis struct Values { #fields }

        #allow
        impl Values {
            /// Values that set nothing.
            #[must_use]
            #vis fn new() -> Self {
                Self { #empty }
            }
            #(#setters)*
            #(#getters)*
        }

        #[automatically_derived]
        impl ::core::default::Default for Values {
            fn default() -> Self {
                Self::new()
            }
        }

        #(#from)*
        #shape
    }
}

/// Whether the field is stored, so that JSON can speak of it.
pub(super) fn is_stored(field: &Writable<'_>) -> bool {
    field.field.ast.unsaved.is_none()
}

/// The method of the definition that applies values.
pub(super) fn apply(emit: &Emit<'_>) -> TokenStream {
    let door = &emit.door;
    let values = format_ident!("values");
    let applied = all(emit).map(|field| field.apply(&values));
    quote! {
        fn apply_values(&mut self, values: Values, change: &mut #door::Change) {
            let _ = (&values, &change);
            #(#applied)*
        }
    }
}
