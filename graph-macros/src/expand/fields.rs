//! The fields of the state: their defaults, how updates change them, what can be written to them.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens as _, format_ident, quote, quote_spanned};
use syn::Type;

use super::emit::{Emit, default_of, reducer, sound, spanned};
use crate::ast::ReduceHow;
use crate::model::{Field, forms};
use crate::names::plain;

/// How a field takes updates.
pub(super) enum Taking {
    /// The new value replaces the old.
    Replaced,
    /// A reducer takes one thing.
    Reduced(TokenStream),
    /// A reducer takes any number of items.
    Collected(TokenStream),
    /// A reducer takes any number of items, and lets go of them by key.
    CollectedAndRemoved(TokenStream),
    /// Nobody knows, and that was said.
    Unknown,
}

impl Taking {
    pub(super) fn of(emit: &Emit<'_>, index: usize, field: &Field<'_>) -> Self {
        let Some(reduce) = &field.ast.reduce else {
            return Self::Replaced;
        };
        if field.misfit || matches!(reduce.how, ReduceHow::Hole) {
            return Self::Unknown;
        }
        let door = spanned(&emit.door, reduce.span);
        let Some(path) = reducer(&reduce.how, reduce.span, &door) else {
            return Self::Replaced;
        };
        match &reduce.how {
            ReduceHow::Named(word) if word == "append" => Self::Collected(path),
            ReduceHow::Named(word) if word == "union" || word == "merge" => {
                Self::CollectedAndRemoved(path)
            }
            ReduceHow::Upsert { .. } => {
                let key = key_of(index);
                Self::CollectedAndRemoved(quote_spanned!(reduce.span=> #path<#key>))
            }
            _ => Self::Reduced(path),
        }
    }

    /// Its reducer, if it has one.
    pub(super) fn reducer(&self) -> Option<&TokenStream> {
        match self {
            Self::Reduced(path) | Self::Collected(path) | Self::CollectedAndRemoved(path) => {
                Some(path)
            }
            Self::Replaced | Self::Unknown => None,
        }
    }
}

/// The type that tells items of an `upsert` apart.
fn key_of(index: usize) -> Ident {
    format_ident!("__Key{index}")
}

/// A field with everything that depends on how it takes updates.
pub(super) struct Writable<'e> {
    pub(super) emit: &'e Emit<'e>,
    pub(super) index: usize,
    pub(super) field: &'e Field<'e>,
    pub(super) taking: Taking,
}

impl<'e> Writable<'e> {
    pub(super) fn new(emit: &'e Emit<'e>, index: usize) -> Self {
        let field = &emit.graph.fields[index];
        Self {
            emit,
            index,
            field,
            taking: Taking::of(emit, index, field),
        }
    }

    pub(super) fn name(&self) -> &'e Ident {
        &self.field.ast.name
    }

    pub(super) fn ty(&self) -> &'e Type {
        &self.field.ast.ty
    }

    /// Where messages about the reducer go.
    pub(super) fn span(&self) -> Span {
        self.field
            .ast
            .reduce
            .as_ref()
            .map_or_else(Span::call_site, |reduce| reduce.span)
    }

    /// Its type, as what relies on it names it.
    pub(super) fn sound(&self) -> TokenStream {
        sound(self.ty())
    }

    /// `<Reducer as Trait<Type>>::Name`
    pub(super) fn projected(&self, reducer: &TokenStream, of: &str, name: &str) -> TokenStream {
        let (of, name) = (format_ident!("{of}"), format_ident!("{name}"));
        let (krate, ty) = (&self.emit.krate, self.sound());
        quote!(<#reducer as #krate::#of<#ty>>::#name)
    }

    /// What a reducer takes: of ours, one value of the field's type.
    pub(super) fn delta(&self, reducer: &TokenStream) -> TokenStream {
        if self.is_custom() {
            self.projected(reducer, "Reducer", "Delta")
        } else {
            self.ty().to_token_stream()
        }
    }

    /// Whether the reducer is one of the user's.
    pub(super) fn is_custom(&self) -> bool {
        let reduce = self.field.ast.reduce.as_ref();
        reduce.is_some_and(|reduce| matches!(reduce.how, ReduceHow::Custom(_)))
    }

    /// One item, written out where it can be seen, so that it reads well in docs and messages.
    pub(super) fn item(&self, reducer: &TokenStream) -> TokenStream {
        let of_map = forms::arguments(self.ty(), &["BTreeMap", "HashMap"]);
        let of_list = forms::arguments(self.ty(), &["BTreeSet", "HashSet", "Vec", "VecDeque"]);
        match (of_map.as_slice(), of_list.as_slice()) {
            ([key, value, ..], _) => quote!((#key, #value)),
            (_, [item, ..]) => quote!(#item),
            _ => self.projected(reducer, "Collects", "Item"),
        }
    }

    /// What an item is taken out by, written out where it can be seen.
    fn key_type(&self, reducer: &TokenStream) -> TokenStream {
        let ty = self.ty();
        let of_map = forms::arguments(ty, &["BTreeMap", "HashMap"]);
        let of_set = forms::arguments(ty, &["BTreeSet", "HashSet"]);
        match (of_map.as_slice(), of_set.as_slice()) {
            ([key, ..], _) | (_, [key, ..]) => quote!(#key),
            _ => self.projected(reducer, "Removes", "Key"),
        }
    }

    /// What an update says about the field.
    pub(super) fn patch(&self) -> TokenStream {
        let (door, ty, given) = (&self.emit.door, self.sound(), sound(&self.given()));
        match &self.taking {
            Taking::Replaced | Taking::Unknown => quote!(#door::Patch<#ty>),
            Taking::Reduced(_) | Taking::Collected(_) => quote!(#door::Patch<#ty, #given>),
            Taking::CollectedAndRemoved(reducer) => {
                let key = self.key_type(reducer);
                quote!(#door::Patch<#ty, #given, #key>)
            }
        }
    }

    /// What the setter took, as the patch holds it.
    pub(super) fn given(&self) -> TokenStream {
        match &self.taking {
            Taking::Replaced | Taking::Unknown => self.ty().to_token_stream(),
            Taking::Reduced(reducer) => self.delta(reducer),
            Taking::Collected(reducer) | Taking::CollectedAndRemoved(reducer) => {
                let item = self.item(reducer);
                quote!(::std::vec::Vec<#item>)
            }
        }
    }

    /// What the setter takes.
    pub(super) fn argument(&self) -> TokenStream {
        let ty = self.ty();
        match &self.taking {
            Taking::Unknown => quote!(impl ::core::marker::Sized),
            Taking::Replaced if self.is_text() => quote!(impl ::core::convert::Into<#ty>),
            Taking::Replaced => quote!(#ty),
            Taking::Reduced(reducer) => self.delta(reducer),
            Taking::Collected(reducer) | Taking::CollectedAndRemoved(reducer) => {
                let item = self.item(reducer);
                quote!(impl ::core::iter::IntoIterator<Item = #item>)
            }
        }
    }

    /// How the setter's argument becomes part of the patch in `update`.
    pub(super) fn put(&self, update: &TokenStream) -> TokenStream {
        let (door, name) = (&self.emit.door, self.name());
        match &self.taking {
            Taking::Unknown => quote!(let _ = #name;),
            Taking::Replaced => {
                let value = self.value();
                quote!(#door::Patch::put(&mut #update.#name, #value);)
            }
            Taking::Reduced(_) => quote!(#door::Patch::put_reduced(&mut #update.#name, #name);),
            Taking::Collected(reducer) | Taking::CollectedAndRemoved(reducer) => {
                quote!(#door::Patch::extend::<#reducer>(&mut #update.#name, #name);)
            }
        }
    }

    /// The setter's argument as a value of the field.
    pub(super) fn value(&self) -> TokenStream {
        let name = self.name();
        if self.is_text() {
            quote!(::core::convert::Into::into(#name))
        } else {
            quote!(#name)
        }
    }

    fn is_text(&self) -> bool {
        forms::is_one_of(self.ty(), &["String"])
    }

    /// The methods that say something about the field.
    pub(super) fn setters(&self) -> TokenStream {
        let vis = self.emit.vis();
        let (name, cfgs) = (self.name(), &self.field.ast.cfgs);
        let (argument, put) = (self.argument(), self.put(&quote!(self)));
        let doc = match &self.taking {
            Taking::Replaced | Taking::Unknown => format!("Sets `{}`.", plain(name)),
            _ => format!("Gives this to the reducer of `{}`.", plain(name)),
        };
        let more = self.more_setters();
        quote! {
            #(#cfgs)*
            #[doc = #doc]
            #[must_use]
            #vis fn #name(mut self, #name: #argument) -> Self {
                #put
                self
            }
            #more
        }
    }

    /// What only fields with a reducer have.
    fn more_setters(&self) -> TokenStream {
        let Some(reducer) = self.taking.reducer() else {
            return TokenStream::new();
        };
        let vis = self.emit.vis();
        let (door, ty, name, cfgs) = (
            &self.emit.door,
            self.ty(),
            self.name(),
            &self.field.ast.cfgs,
        );
        let set = format_ident!("set_{}", plain(name), span = name.span());
        let doc = format!("Sets `{}` whole, past its reducer.", plain(name));
        let removing = matches!(self.taking, Taking::CollectedAndRemoved(_)).then(|| {
            let remove = format_ident!("remove_{}", plain(name), span = name.span());
            let doc = format!("Takes things out of `{}`, before anything is put in.", plain(name));
            let key = self.key_type(reducer);
            quote! {
                #(#cfgs)*
                #[doc = #doc]
                #[must_use]
                #vis fn #remove(
                    mut self,
                    keys: impl ::core::iter::IntoIterator<Item = impl ::core::convert::Into<#key>>,
                ) -> Self {
                    let keys = ::core::iter::IntoIterator::into_iter(keys).map(::core::convert::Into::into);
                    #door::Patch::put_removed(&mut self.#name, keys);
                    self
                }
            }
        });
        quote! {
            #(#cfgs)*
            #[doc = #doc]
            #[must_use]
            #vis fn #set(mut self, #name: #ty) -> Self {
                #door::Patch::put(&mut self.#name, #name);
                self
            }
            #removing
        }
    }

    /// The method that reads it back.
    pub(super) fn getter(&self) -> TokenStream {
        let vis = self.emit.vis();
        let (name, cfgs) = (self.name(), &self.field.ast.cfgs);
        let get = format_ident!("get_{}", plain(name), span = name.span());
        let (read, ty) = (self.read(), self.given());
        let doc = match &self.taking {
            Taking::Replaced | Taking::Unknown => format!("What `{}` is set to.", plain(name)),
            _ => format!("What the reducer of `{}` is given.", plain(name)),
        };
        quote! {
            #(#cfgs)*
            #[doc = #doc]
            #[must_use]
            #vis fn #get(&self) -> ::core::option::Option<&#ty> {
                self.#name.#read()
            }
        }
    }

    /// The method of a patch that gives what the setter took.
    fn read(&self) -> TokenStream {
        match self.taking {
            Taking::Replaced | Taking::Unknown => quote!(get),
            _ => quote!(get_reduced),
        }
    }

    /// Sets or resets the field, and writes it down if it is stored.
    pub(super) fn change(&self, how: &str, value: &TokenStream) -> TokenStream {
        let (name, index, ty) = (self.name(), self.index, self.sound());
        if self.field.ast.unsaved.is_some() {
            return quote!(self.#name = #value;);
        }
        let how = format_ident!("{how}");
        quote!(change.#how::<#ty>(#index, &mut self.#name, #value);)
    }

    /// Applies the patch in `update` to the state.
    pub(super) fn apply(&self, update: &Ident) -> TokenStream {
        let (name, index, cfgs) = (self.name(), self.index, &self.field.ast.cfgs);
        if self.field.ast.unsaved.is_some() {
            let call = match &self.taking {
                Taking::Replaced | Taking::Unknown => quote!(apply_unsaved),
                Taking::Reduced(reducer) | Taking::Collected(reducer) => {
                    quote!(apply_unsaved_with::<#reducer>)
                }
                Taking::CollectedAndRemoved(reducer) => {
                    quote!(apply_unsaved_removing::<#reducer>)
                }
            };
            return quote!(#(#cfgs)* #update.#name.#call(&mut self.#name););
        }
        let call = match &self.taking {
            Taking::Replaced | Taking::Unknown => quote!(apply),
            Taking::Reduced(reducer) | Taking::Collected(reducer) => quote!(apply_with::<#reducer>),
            Taking::CollectedAndRemoved(reducer) => quote!(apply_removing::<#reducer>),
        };
        quote!(#(#cfgs)* #update.#name.#call(#index, &mut self.#name, change);)
    }

    /// The function that makes the default.
    pub(super) fn default(&self) -> Option<TokenStream> {
        if self.field.ast.is_given_at_start() {
            return None;
        }
        let (name, ty, cfgs) = (default_of(self.index), self.ty(), &self.field.ast.cfgs);
        let given = self
            .field
            .ast
            .default
            .as_ref()
            .map(|default| &default.value);
        let value = given.map_or_else(
            || quote!(<#ty as __Default>::make()),
            |value| quote!(#value),
        );
        Some(quote!(#(#cfgs)* fn #name() -> #ty { #value }))
    }

    /// How items are told apart, for an `upsert`.
    pub(super) fn key(&self) -> Option<TokenStream> {
        if self.field.misfit {
            return None;
        }
        let ReduceHow::Upsert { key, .. } = &self.field.ast.reduce.as_ref()?.how else {
            return None;
        };
        let (name, krate, ty) = (key_of(self.index), &self.emit.krate, self.ty());
        let serde = &self.emit.door;
        let text = plain(key);
        Some(quote! {
            #[doc(hidden)]
            #[derive(Debug)]
            pub enum #name {}
            impl #krate::KeyOf<<#ty as ::core::iter::IntoIterator>::Item> for #name {
                const NAME: &'static str = #text;
                fn key(
                    item: &<#ty as ::core::iter::IntoIterator>::Item,
                ) -> &(impl ::core::cmp::PartialEq + #serde::serde::Serialize) {
                    &item.#key
                }
            }
        })
    }
}
