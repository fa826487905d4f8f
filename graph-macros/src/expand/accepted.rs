//! What can be written to a field by what a node returns.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};

use super::emit::value_of;
use super::fields::{Taking, Writable};
use crate::model::forms;
use crate::names::plain;
use crate::text;

/// A type that can be written to a field. Its marker keeps the compiler from asking whether two of
/// them could be the same, which it can't know of types that a reducer names.
pub(super) struct Accepted {
    pub(super) generics: Vec<TokenStream>,
    pub(super) marker: TokenStream,
    pub(super) ty: TokenStream,
    pub(super) patch: TokenStream,
    /// Whether it reads well: what a reducer of the user's takes is known by a long name only.
    pub(super) readable: bool,
}

impl Accepted {
    pub(super) fn new(marker: &str, ty: TokenStream, patch: TokenStream) -> Self {
        let marker = format_ident!("{marker}");
        Self {
            generics: Vec::new(),
            marker: quote!(#marker),
            ty,
            patch,
            readable: true,
        }
    }
}

/// The markers of what can be written.
pub(super) fn markers() -> TokenStream {
    quote! {
        enum __One {}
        enum __Many {}
        enum __Perhaps {}
        enum __Array {}
        enum __Whole {}
        enum __Update {}
    }
}

impl Writable<'_> {
    /// The types that can be written to the field, each with the patch that it makes.
    pub(super) fn accepted(&self) -> Vec<Accepted> {
        let door = &self.emit.door;
        let ty = self.ty();
        let (reducer, is_many) = match &self.taking {
            Taking::Unknown => return Vec::new(),
            Taking::Replaced => {
                return vec![Accepted::new(
                    "__One",
                    quote!(#ty),
                    quote!(#door::Patch::set(self)),
                )];
            }
            Taking::Reduced(reducer) => {
                let delta = self.delta(reducer);
                let patch = quote!(#door::Patch::reduce(self));
                return vec![Accepted {
                    readable: !self.is_custom(),
                    ..Accepted::new("__One", delta, patch)
                }];
            }
            Taking::Collected(reducer) => (reducer, forms::is_one_of(ty, &["VecDeque"])),
            Taking::CollectedAndRemoved(reducer) => (reducer, !forms::is_one_of(ty, &["Vec"])),
        };
        let item = self.item(reducer);
        let one = quote!(#door::Patch::reduce(::core::convert::From::from([self])));
        let many = quote!(#door::Patch::reduce(
            ::core::iter::Iterator::collect(::core::iter::IntoIterator::into_iter(self))
        ));
        let list = quote!(::std::vec::Vec<#item>);
        let mut accepted = vec![
            Accepted::new("__One", item.clone(), one),
            Accepted::new("__Many", list, quote!(#door::Patch::reduce(self))),
            Accepted::new(
                "__Perhaps",
                quote!(::core::option::Option<#item>),
                many.clone(),
            ),
            Accepted {
                generics: vec![quote!(const N: usize)],
                ..Accepted::new("__Array", quote!([#item; N]), many.clone())
            },
        ];
        if is_many {
            accepted.push(Accepted::new("__Whole", quote!(#ty), many));
        }
        accepted
    }

    /// The trait of all that can be written to the field, as a part of a tuple.
    pub(super) fn value_trait(&self) -> TokenStream {
        let (name, patch, cfgs) = (value_of(self.index), self.patch(), &self.field.ast.cfgs);
        let message = format!(
            "`{}` takes {}, and this is `{{Self}}`",
            plain(self.name()),
            self.takes()
        );
        let label = format!("can't be written to `{}`", plain(self.name()));
        let said = self.emit.unimplemented(&message, &label, None);
        let impls = self.accepted().into_iter().map(|accepted| {
            let Accepted {
                generics,
                marker,
                ty,
                patch: value,
                ..
            } = accepted;
            quote! {
                #(#cfgs)*
                impl<#(#generics),*> #name<#marker> for #ty {
                    fn patch(self) -> #patch { #value }
                }
            }
        });
        quote! {
            #(#cfgs)*
            #said
            trait #name<M> {
                fn patch(self) -> #patch;
            }
            #(#impls)*
        }
    }

    /// What can be written to it, in a message.
    pub(super) fn takes(&self) -> String {
        let ty = text::ty(self.ty());
        match &self.taking {
            Taking::Reduced(reducer) if self.is_custom() => {
                format!("`<{} as Reducer<{ty}>>::Delta`", text::ty(reducer))
            }
            Taking::Replaced | Taking::Unknown | Taking::Reduced(_) => format!("`{ty}`"),
            Taking::Collected(reducer) | Taking::CollectedAndRemoved(reducer) => {
                format!("`{}` or several of them", text::ty(self.item(reducer)))
            }
        }
    }
}
