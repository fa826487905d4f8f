//! What nodes show while they run: the type, and its way to JSON.

use proc_macro2::TokenStream;
use quote::quote;

use super::emit::{Emit, sound};

/// What the graph says by `emits = ..`, or anything that is JSON.
pub(super) fn type_of(emit: &Emit<'_>) -> TokenStream {
    let door = &emit.door;
    let said = emit.graph.module.args.emits.as_ref();
    said.map_or_else(|| quote!(#door::Shown), sound)
}

/// The method of the definition that makes JSON of it.
pub(super) fn json(emit: &Emit<'_>) -> TokenStream {
    let door = &emit.door;
    let (ty, json) = match &emit.graph.module.args.emits {
        Some(ty) => (sound(ty), quote!(#door::serde_json::to_value(value))),
        None => (
            quote!(#door::Shown),
            quote!(::core::result::Result::Ok(::core::clone::Clone::clone(
                &**value
            ))),
        ),
    };
    quote! {
        fn emitted_json(
            value: &#ty,
        ) -> ::core::result::Result<#door::serde_json::Value, #door::serde_json::Error> {
            #json
        }
    }
}
