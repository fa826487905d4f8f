//! The context as other graphs see it: what a graph that is a node of another takes out of the outer
//! one's, field by field, by name and type.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};

use super::emit::{Emit, quiet};
use crate::ast::{Context, ContextField};
use crate::names::plain;
use crate::text;

/// The implementations by which fields are found, and those by which they are looked for.
pub(super) fn context(emit: &Emit<'_>) -> TokenStream {
    let Some(context) = &emit.graph.module.context else {
        return TokenStream::new();
    };
    let (given, taken) = (given(emit, context), taken(emit, context));
    quote!(#given #taken)
}

fn given(emit: &Emit<'_>, context: &Context) -> TokenStream {
    let (door, name) = (&emit.door, quiet(&context.name));
    let fields = context.fields.iter().map(|field| {
        let ContextField {
            name: field,
            ty,
            cfgs,
        } = field;
        let key = key(&plain(field));
        quote! {
            #(#cfgs)*
            impl #door::HasField<#ty, #key> for #name {
                fn field(&self) -> &#ty {
                    &self.#field
                }
            }
        }
    });
    fields.collect()
}

/// Nothing where a field may be missing: a bound can't be.
fn taken(emit: &Emit<'_>, context: &Context) -> TokenStream {
    if context.fields.iter().any(|field| !field.cfgs.is_empty()) {
        return TokenStream::new();
    }
    let (door, name) = (&emit.door, quiet(&context.name));
    let id = emit.graph.module.args.id.clone().unwrap_or_default();
    let needs: Vec<_> = (0..context.fields.len())
        .map(|index| format_ident!("__Needs{index}"))
        .collect();
    let traits = context.fields.iter().zip(&needs).map(|(field, needs)| {
        let (field, ty) = (&field.name, &field.ty);
        let (key, shown, written) = (key(&plain(field)), plain(field), text::ty(ty));
        let message = format!(
            "the graph `{id}` uses `{shown}: {written}` of its context, and `{{Self}}` has no such field that can be cloned"
        );
        let note = format!("add `{shown}: {written}` to the outer graph's `#[context]`; a client that can't be cloned goes into an `Arc` in both");
        let said = emit.unimplemented(&message, "its context lacks something", Some(&note));
        let quiet = emit.not_recommended();
        quote! {
            #said
            trait #needs {
                fn take(&self) -> #ty;
            }
            #quiet
            impl<P: #door::HasField<#ty, #key>> #needs for P
            where
                for<'__trivial> #ty: ::core::clone::Clone,
            {
                fn take(&self) -> #ty {
                    ::core::clone::Clone::clone(#door::HasField::<#ty, #key>::field(self))
                }
            }
        }
    });
    let fields = context.fields.iter().zip(&needs).map(|(field, needs)| {
        let field = &field.name;
        quote!(#field: #needs::take(outer))
    });
    quote! {
        #(#traits)*
        impl<P: #(#needs)+*> #door::FromOuter<P> for #name {
            fn from_outer(outer: &P) -> Self {
                let _ = outer;
                Self { #(#fields),* }
            }
        }
    }
}

/// A field's name as a number, which a type can carry (FNV-1a).
fn key(name: &str) -> u64 {
    name.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}
