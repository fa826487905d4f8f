//! `Input` and `Output`: what a run is given and what it gives.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};

use super::conditional::{Part, Shape};
use super::emit::{Emit, allowances, default_of, sound};
use super::fields::Writable;
use super::json;
use super::values::is_stored;
use crate::ast;
use crate::model::forms;

/// The fields that an input can set.
pub(super) fn inputs<'e>(emit: &'e Emit<'e>) -> impl Iterator<Item = Writable<'e>> {
    emit.fields()
        .filter(|(_, field)| field.input)
        .map(|(index, _)| Writable::new(emit, index))
}

/// What of `Input` is a plain value: it has to be there before there is a state to merge it into.
pub(super) fn is_value(input: &Writable<'_>) -> bool {
    input.field.ast.is_given_at_start()
}

pub(super) fn is_required(input: &Writable<'_>) -> bool {
    input
        .field
        .ast
        .input
        .as_ref()
        .is_some_and(|input| input.required)
}

pub(super) fn input(emit: &Emit<'_>) -> TokenStream {
    let (vis, allow) = (emit.vis(), allowances());
    let parts: Vec<Part> = inputs(emit)
        .map(|input| {
            let ty = if is_value(&input) {
                input.sound()
            } else {
                input.patch()
            };
            Part::of(input.field.ast, ty)
        })
        .collect();
    let fields = inputs(emit)
        .zip(&parts)
        .map(|(input, Part { name, ty, cfgs, .. })| {
            let attribute = json::field(&input);
            quote!(#(#cfgs)* #attribute #name: #ty)
        });
    let fields = quote!(#(#fields),*);
    let shape = Shape {
        name: format_ident!("Input"),
        fields: parts,
    }
    .impls();
    let new = new(emit);
    let setters = inputs(emit)
        .filter(|input| !is_required(input))
        .map(|input| input.setters());
    let default = (!inputs(emit).any(|input| is_required(&input))).then(|| {
        quote! {
            #[automatically_derived]
            impl ::core::default::Default for Input {
                fn default() -> Self {
                    Self::new()
                }
            }
        }
    });
    let derived = json::derived(emit, inputs(emit));
    quote! {
        /// What a run is given. In JSON an object with what the setters take.
        #allow
        #derived
        #vis struct Input { #fields }

        #allow
        impl Input {
            #new
            #(#setters)*
        }

        #default
        #shape
    }
}

/// The constructor, which takes what is required.
fn new(emit: &Emit<'_>) -> TokenStream {
    let vis = emit.vis();
    let required: Vec<Writable<'_>> = inputs(emit).filter(is_required).collect();
    let arguments = required.iter().map(|input| {
        let (name, cfgs, argument) = (input.name(), &input.field.ast.cfgs, input.argument());
        quote!(#(#cfgs)* #name: #argument)
    });
    let values = inputs(emit).map(|input| {
        let (name, cfgs) = (input.name(), &input.field.ast.cfgs);
        let value = if is_value(&input) {
            input.value()
        } else {
            quote!(::core::default::Default::default())
        };
        quote!(#(#cfgs)* #name: #value)
    });
    let reduced = required
        .iter()
        .filter(|input| !is_value(input))
        .map(|input| {
            let (cfgs, put) = (&input.field.ast.cfgs, input.put(&quote!(__input)));
            quote!(#(#cfgs)* { #put })
        });
    let reduced: TokenStream = reduced.collect();
    let made = quote!(Self { #(#values),* });
    let body = if reduced.is_empty() {
        made
    } else {
        quote!(let mut __input = #made; #reduced __input)
    };
    quote! {
        /// An input that sets nothing but what is required.
        #[must_use]
        #vis fn new(#(#arguments),*) -> Self {
            #body
        }
    }
}

/// The methods of the definition that take an input.
pub(super) fn merging(emit: &Emit<'_>) -> TokenStream {
    let door = &emit.door;
    let state = emit.state();
    let fields = emit.fields().map(|(index, field)| {
        let ast::Field { name, cfgs, .. } = field.ast;
        let value = if field.ast.is_given_at_start() {
            quote!(::core::clone::Clone::clone(&input.#name))
        } else {
            let default = default_of(index);
            quote!(#default())
        };
        quote!(#(#cfgs)* #name: #value)
    });
    let update = format_ident!("input");
    let merges = inputs(emit).map(|input| {
        if is_value(&input) {
            let (name, cfgs) = (input.name(), &input.field.ast.cfgs);
            let set = input.change("set", &quote!(input.#name));
            quote!(#(#cfgs)* #set)
        } else {
            input.apply(&update)
        }
    });
    quote! {
        fn blank(input: &Input) -> Self {
            let _ = input;
            #state { #(#fields),* }
        }

        fn merge(&mut self, input: Input, change: &mut #door::Change) {
            let _ = (&input, &change);
            #(#merges)*
        }
    }
}

pub(super) fn output(emit: &Emit<'_>) -> TokenStream {
    let (vis, allow) = (emit.vis(), allowances());
    let outputs = || emit.fields().filter(|(_, field)| field.output);
    let parts = outputs()
        .map(|(_, field)| Part::of(field.ast, &field.ast.ty))
        .collect();
    let fields = outputs().map(|(_, field)| {
        let ast::Field {
            name,
            vis,
            ty,
            cfgs,
            docs,
            ..
        } = field.ast;
        let doc = docs.is_empty().then(|| {
            let doc = format!("`{}`, as the run left it.", crate::names::plain(name));
            quote!(#[doc = #doc])
        });
        let attribute = json::output_field(emit, field);
        quote!(#(#cfgs)* #(#docs)* #doc #attribute #vis #name: #ty)
    });
    let shape = Shape {
        name: format_ident!("Output"),
        fields: parts,
    }
    .impls();
    let derived = json::output(emit);
    quote! {
        /// What a run gives. In JSON an object with its fields.
        #allow
        #derived
        #vis struct Output { #(#fields),* }
        #shape
    }
}

/// The method of the definition that makes JSON of an output: an object with its fields. What is never stored may be
/// unknown to serde and is left out.
pub(super) fn output_json(emit: &Emit<'_>) -> TokenStream {
    let door = &emit.door;
    let fields = emit
        .fields()
        .filter(|(_, field)| field.output && field.ast.unsaved.is_none())
        .map(|(_, field)| {
            let ast::Field { name, ty, cfgs, .. } = field.ast;
            let (text, sound) = (crate::names::plain(name), sound(ty));
            let (ty, value) = if forms::is_unordered(ty) {
                (
                    quote!(__Sorted<'_, #sound>),
                    quote!(&__Sorted(&output.#name)),
                )
            } else {
                (sound, quote!(&output.#name))
            };
            quote! {
                #(#cfgs)*
                #door::serde_json::Map::insert(
                    &mut fields,
                    <::std::string::String as ::core::convert::From<&str>>::from(#text),
                    #door::serde_json::to_value::<&#ty>(#value)?,
                );
            }
        });
    quote! {
        fn output_json(
            output: &Output,
        ) -> ::core::result::Result<#door::serde_json::Value, #door::serde_json::Error> {
            let _ = output;
            let mut fields = #door::serde_json::Map::new();
            #(#fields)*
            ::core::result::Result::Ok(#door::serde_json::Value::Object(fields))
        }
    }
}

/// The methods of the definition by which an input waits in a thread's inbox. One that has a field which is never
/// stored can't.
pub(super) fn waiting(emit: &Emit<'_>) -> TokenStream {
    if !inputs(emit).all(|input| is_stored(&input)) {
        return TokenStream::new();
    }
    let door = &emit.door;
    quote! {
        fn input_json(
            input: &Input,
        ) -> ::core::result::Result<
            ::core::option::Option<::std::boxed::Box<#door::serde_json::value::RawValue>>,
            #door::serde_json::Error,
        > {
            #door::to_raw(input).map(::core::option::Option::Some)
        }

        fn read_input(
            json: &#door::serde_json::value::RawValue,
        ) -> ::core::result::Result<Input, #door::serde_json::Error> {
            #door::from_raw(json)
        }
    }
}

/// The method of the definition that makes an output.
pub(super) fn into_output(emit: &Emit<'_>) -> TokenStream {
    let fields = emit
        .fields()
        .filter(|(_, field)| field.output)
        .map(|(_, field)| {
            let ast::Field { name, cfgs, .. } = field.ast;
            quote!(#(#cfgs)* #name: self.#name)
        });
    quote! {
        fn into_output(self) -> __Sound<Output> {
            Output { #(#fields),* }
        }
    }
}
