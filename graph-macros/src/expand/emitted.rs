//! What nodes show while they run: the type, and its way to JSON.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::spanned::Spanned as _;

use super::emit::{Emit, local, spanned};

/// What the graph says by `emits = ..`, or anything that is JSON.
pub(super) fn type_of(emit: &Emit<'_>) -> TokenStream {
    let door = &emit.door;
    let said = emit.graph.module.args.emits.as_ref();
    said.map_or_else(|| quote!(#door::Shown), |ty| quote!(#ty))
}

/// The method of the definition that makes JSON of it. What can't be JSON is said at the type.
pub(super) fn json(emit: &Emit<'_>) -> TokenStream {
    let door = &emit.door;
    let (ty, json) = match &emit.graph.module.args.emits {
        Some(ty) => {
            let (span, value) = (ty.span(), local("value"));
            let door = spanned(door, span);
            (
                quote!(#ty),
                quote_spanned!(span=> #door::serde_json::to_value::<&#ty>(#value)),
            )
        }
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
