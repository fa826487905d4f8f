//! What the state needs beside what the user wrote: defaults, cloning, storing.

use proc_macro2::TokenStream;
use quote::quote;
use syn::punctuated::Punctuated;
use syn::{Attribute, Expr, ExprLit, Lit, Meta, Token};

use super::conditional::{Part, Shape};
use super::emit::{Emit, default_of, sound};
use super::fields::Writable;
use crate::ast;
use crate::model::forms;
use crate::names::plain;

/// The implementations that the user hasn't given.
pub(super) fn state(emit: &Emit<'_>) -> TokenStream {
    let state = emit.graph.state;
    let given = |name: &str| {
        emit.graph
            .module
            .implements(name, &state.attrs, &state.name)
    };
    let shape = Shape {
        name: emit.state(),
        fields: emit
            .fields()
            .map(|(_, field)| Part::of(field.ast, &field.ast.ty))
            .collect(),
    };
    let clone = (!given("Clone")).then(|| clone(emit));
    let debug = (!given("Debug")).then(|| shape.debug());
    let eq = (!given("PartialEq")).then(|| shape.partial_eq());
    let serialize = (!given("Serialize")).then(|| serialize(emit));
    let sorted = sorted(emit);
    let deserialize = (!given("Deserialize")).then(|| deserialize(emit));
    let default = (!given("Default")).then(|| default(emit));
    quote!(#clone #debug #eq #serialize #sorted #deserialize #default)
}

/// The functions that make the defaults, and the trait by which a missing one is said.
pub(super) fn defaults(emit: &Emit<'_>) -> TokenStream {
    let state = plain(&emit.graph.state.name);
    let message =
        format!("a field of `{state}` has no default: `{{Self}}` doesn't implement `Default`");
    let said = emit.unimplemented(
        &message,
        "needs a default",
        Some("write `#[default(expr)]` on the field, make it `#[input(required)]`, or implement `Default` for `{Self}`"),
    );
    let quiet = emit.not_recommended();
    let defaults = emit
        .fields()
        .map(|(index, _)| Writable::new(emit, index).default());
    quote! {
        #said
        trait __Default: ::core::marker::Sized {
            fn make() -> Self;
        }
        #quiet
        impl<T: ::core::default::Default> __Default for T {
            fn make() -> Self {
                ::core::default::Default::default()
            }
        }
        #(#defaults)*
    }
}

/// The name of a field in storage.
pub(super) fn stored_name(field: &ast::Field) -> String {
    let rename = serde_metas(&field.serde)
        .into_iter()
        .find_map(|meta| match meta {
            Meta::NameValue(pair) if pair.path.is_ident("rename") => match pair.value {
                Expr::Lit(ExprLit {
                    lit: Lit::Str(name),
                    ..
                }) => Some(name.value()),
                _ => None,
            },
            _ => None,
        });
    rename.unwrap_or_else(|| plain(&field.name))
}

fn serde_metas(attrs: &[Attribute]) -> Vec<Meta> {
    let parser = Punctuated::<Meta, Token![,]>::parse_terminated;
    attrs
        .iter()
        .filter_map(|attr| attr.parse_args_with(parser).ok())
        .flatten()
        .collect()
}

/// Without bounds: a state has to be cloned.
fn clone(emit: &Emit<'_>) -> TokenStream {
    let state = emit.state();
    let fields = emit.fields().map(|(_, field)| {
        let ast::Field { name, ty, cfgs, .. } = field.ast;
        let ty = sound(ty);
        quote!(#(#cfgs)* #name: <#ty as ::core::clone::Clone>::clone(&self.#name))
    });
    quote! {
        #[automatically_derived]
        impl ::core::clone::Clone for #state {
            fn clone(&self) -> Self {
                Self { #(#fields),* }
            }
        }
    }
}

fn serialize(emit: &Emit<'_>) -> TokenStream {
    let (state, serde) = (emit.state(), &emit.door);
    let written = written(emit, |_| true);
    quote! {
        #[automatically_derived]
        impl #serde::serde::Serialize for #state {
            fn serialize<S: #serde::serde::Serializer>(
                &self,
                serializer: S,
            ) -> ::core::result::Result<S::Ok, S::Error> {
                #written
            }
        }
    }
}

/// The method of the definition that writes the state as it is shown; as it comes, where it has no secrets.
pub(super) fn show(emit: &Emit<'_>) -> TokenStream {
    let serde = &emit.door;
    if !emit.fields().any(|(_, field)| field.ast.is_secret()) {
        return TokenStream::new();
    }
    let written = written(emit, |field| !field.is_secret());
    quote! {
        fn show<S: #serde::serde::Serializer>(
            &self,
            serializer: S,
        ) -> ::core::result::Result<S::Ok, S::Error> {
            #written
        }
    }
}

/// Writes those of the stored fields.
fn written(emit: &Emit<'_>, is_written: impl Fn(&ast::Field) -> bool) -> TokenStream {
    let serde = &emit.door;
    let name = plain(&emit.state());
    let saved: Vec<_> = emit
        .fields()
        .filter(|(_, field)| field.ast.unsaved.is_none() && is_written(field.ast))
        .collect();
    let count = saved.len();
    let fields = saved.iter().map(|(_, field)| {
        let ast::Field { name, ty, cfgs, .. } = field.ast;
        let (stored, sound) = (stored_name(field.ast), sound(ty));
        let (ty, value) = if forms::is_unordered(ty) {
            (quote!(__Sorted<'_, #sound>), quote!(&__Sorted(&self.#name)))
        } else {
            (sound, quote!(&self.#name))
        };
        quote! {
            #(#cfgs)*
            #serde::serde::ser::SerializeStruct::serialize_field::<#ty>(&mut state, #stored, #value)?;
        }
    });
    quote! {
        let mut state = #serde::serde::Serializer::serialize_struct(serializer, #name, #count)?;
        #(#fields)*
        #serde::serde::ser::SerializeStruct::end(state)
    }
}

/// A hash map or set, in the order of its encoding.
fn sorted(emit: &Emit<'_>) -> Option<TokenStream> {
    let serde = &emit.door;
    let mut fields = emit.fields();
    fields.find(|(_, field)| field.ast.unsaved.is_none() && forms::is_unordered(&field.ast.ty))?;
    Some(quote! {
        struct __Sorted<'a, T>(&'a T);
        impl<T: #serde::serde::Serialize> #serde::serde::Serialize for __Sorted<'_, T> {
            fn serialize<S: #serde::serde::Serializer>(
                &self,
                serializer: S,
            ) -> ::core::result::Result<S::Ok, S::Error> {
                #serde::serialize_sorted(self.0, serializer)
            }
        }
    })
}

/// By way of a struct that nobody else sees, so that the user's own stays as it was written.
fn deserialize(emit: &Emit<'_>) -> TokenStream {
    let (state, serde) = (emit.state(), &emit.door);
    let (path, text) = (emit.serde_path(), plain(&state));
    let fields = emit.fields().map(|(index, field)| {
        let ast::Field {
            name,
            ty,
            cfgs,
            serde,
            ..
        } = field.ast;
        let (attribute, ty) = (stored_attribute(index, field.ast), sound(ty));
        quote!(#(#cfgs)* #(#serde)* #attribute #name: #ty)
    });
    let names = emit.fields().map(|(_, field)| {
        let ast::Field { name, cfgs, .. } = field.ast;
        quote!(#(#cfgs)* #name: stored.#name)
    });
    quote! {
        #[derive(#serde::serde::Deserialize)]
        #[serde(crate = #path, rename = #text)]
        struct __Stored { #(#fields),* }
        #[automatically_derived]
        impl<'de> #serde::serde::Deserialize<'de> for #state {
            fn deserialize<D: #serde::serde::Deserializer<'de>>(
                deserializer: D,
            ) -> ::core::result::Result<Self, D::Error> {
                let stored = <__Stored as #serde::serde::Deserialize>::deserialize(deserializer)?;
                let _ = &stored;
                ::core::result::Result::Ok(Self { #(#names),* })
            }
        }
    }
}

/// What a field is when it isn't stored, or wasn't yet.
fn stored_attribute(index: usize, field: &ast::Field) -> Option<TokenStream> {
    let path = default_of(index).to_string();
    if field.unsaved.is_some() {
        return Some(quote!(#[serde(skip, default = #path)]));
    }
    let has_default = serde_metas(&field.serde)
        .iter()
        .any(|meta| meta.path().is_ident("default"));
    if has_default || field.is_given_at_start() {
        return None;
    }
    Some(quote!(#[serde(default = #path)]))
}

fn default(emit: &Emit<'_>) -> Option<TokenStream> {
    if emit
        .fields()
        .any(|(_, field)| field.ast.is_given_at_start())
    {
        return None;
    }
    let state = emit.state();
    let fields = emit.fields().map(|(index, field)| {
        let ast::Field { name, cfgs, .. } = field.ast;
        let value = default_of(index);
        quote!(#(#cfgs)* #name: #value())
    });
    Some(quote! {
        #[automatically_derived]
        impl ::core::default::Default for #state {
            fn default() -> Self {
                Self { #(#fields),* }
            }
        }
    })
}
