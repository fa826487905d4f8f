//! `Clone`, `Debug` and `PartialEq` for generated types as far as the user's types have them. A bound
//! with a lifetime that it doesn't use isn't held against the type until somebody needs the impl.

use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, quote};
use syn::Attribute;

use crate::ast;
use crate::names::plain;

/// A struct with named fields.
pub(super) struct Shape {
    pub(super) name: Ident,
    pub(super) fields: Vec<Part>,
}

/// One of its fields.
pub(super) struct Part {
    pub(super) name: Ident,
    pub(super) ty: TokenStream,
    pub(super) cfgs: Vec<Attribute>,
    /// Whether nobody is shown what it holds.
    pub(super) secret: bool,
}

impl Part {
    pub(super) fn new(name: &Ident, ty: impl ToTokens, cfgs: &[Attribute]) -> Self {
        Self {
            name: name.clone(),
            ty: ty.into_token_stream(),
            cfgs: cfgs.to_vec(),
            secret: false,
        }
    }

    /// One that stands for a field of the state.
    pub(super) fn of(field: &ast::Field, ty: impl ToTokens) -> Self {
        Self {
            secret: field.is_secret(),
            ..Self::new(&field.name, ty, &field.cfgs)
        }
    }
}

impl Shape {
    /// All that is known here.
    pub(super) fn impls(&self) -> TokenStream {
        let (clone, debug, eq) = (self.clone_impl(), self.debug(), self.partial_eq());
        quote!(#clone #debug #eq)
    }

    pub(super) fn clone_impl(&self) -> TokenStream {
        let name = &self.name;
        let bounds = self.bounds(&quote!(::core::clone::Clone));
        let fields = self.fields.iter().map(|Part { name, cfgs, .. }| {
            quote!(#(#cfgs)* #name: ::core::clone::Clone::clone(&self.#name))
        });
        quote! {
            #[automatically_derived]
            impl ::core::clone::Clone for #name #bounds {
                fn clone(&self) -> Self {
                    Self { #(#fields),* }
                }
            }
        }
    }

    pub(super) fn debug(&self) -> TokenStream {
        let name = &self.name;
        let shown = self.always().filter(|part| !part.secret);
        let bounds = bounds(shown, &quote!(::core::fmt::Debug));
        let fields = self.always().map(|Part { name, secret, .. }| {
            let text = plain(name);
            let value = if *secret {
                redacted()
            } else {
                quote!(&self.#name)
            };
            quote!(.field(#text, #value))
        });
        let text = plain(name);
        quote! {
            #[automatically_derived]
            impl ::core::fmt::Debug for #name #bounds {
                fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                    ::core::fmt::Formatter::debug_struct(f, #text)#(#fields)*.finish()
                }
            }
        }
    }

    /// Nothing where a field may be missing: a bound can't be.
    pub(super) fn partial_eq(&self) -> TokenStream {
        if self.always().count() < self.fields.len() {
            return TokenStream::new();
        }
        let name = &self.name;
        let bounds = self.bounds(&quote!(::core::cmp::PartialEq));
        let fields = self.fields.iter().map(
            |Part { name, .. }| quote!(&& ::core::cmp::PartialEq::eq(&self.#name, &other.#name)),
        );
        quote! {
            #[automatically_derived]
            impl ::core::cmp::PartialEq for #name #bounds {
                fn eq(&self, other: &Self) -> bool {
                    let _ = other;
                    true #(#fields)*
                }
            }
        }
    }

    fn always(&self) -> impl Iterator<Item = &Part> {
        self.fields.iter().filter(|part| part.cfgs.is_empty())
    }

    fn bounds(&self, of: &TokenStream) -> TokenStream {
        bounds(self.always(), of)
    }
}

fn bounds<'p>(parts: impl Iterator<Item = &'p Part>, of: &TokenStream) -> TokenStream {
    let types = parts.map(|part| &part.ty);
    quote!(where #(for<'__trivial> #types: #of,)*)
}

/// What `Debug` shows in place of a secret.
pub(super) fn redacted() -> TokenStream {
    quote!(&::core::format_args!("[redacted]"))
}
