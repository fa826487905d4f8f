//! `impl Schemas`: the JSON Schemas of what goes in and out, where the runtime has them. Whether the
//! types have theirs isn't asked before somebody needs the impl.

use proc_macro2::TokenStream;
use quote::{ToTokens as _, quote};

use super::calls::shared_state;
use super::emit::Emit;
use super::io::{inputs, is_required};
use super::questions::{Ask, asks};
use super::within::{Within, children};
use crate::model::Field;
use crate::names::plain;

/// A field of an object.
struct Property {
    name: String,
    ty: TokenStream,
    required: bool,
    secret: bool,
}

pub(super) fn schemas(emit: &Emit<'_>) -> TokenStream {
    // A bound can't be left out by `cfg`, so there is no schema where a field may be missing.
    let may_be_missing = |field: &Field<'_>| !field.ast.cfgs.is_empty();
    if emit.graph.fields.iter().any(may_be_missing) {
        return TokenStream::new();
    }
    let Emit { krate, door, .. } = emit;
    let (state, value) = (emit.state(), quote!(#door::serde_json::Value));
    let (given, shown) = (given(emit), shown(emit));
    let (input, output) = (object(emit, &given), object(emit, &shown));
    let (asks, shared) = (asks(emit), shared_state(emit));
    let names: Vec<_> = asks.iter().map(Ask::name).collect();
    let questions: Vec<_> = asks.iter().map(|ask| ask.question).collect();
    let answers: Vec<_> = asks.iter().map(|ask| ask.answer(emit)).collect();
    let kinds = asks.iter().map(|ask| kind(ask.is_secret()));
    let types = given.iter().chain(&shown).map(|property| &property.ty);
    let within = children(emit);
    let children: Vec<_> = within.iter().map(Within::state).collect();
    let within: Vec<_> = within.iter().map(Within::name).collect();
    let (shown_names, shown_types): (Vec<_>, Vec<_>) = shown
        .iter()
        .map(|property| (&property.name, &property.ty))
        .unzip();
    let name = format!(
        "{}.Output",
        emit.graph.module.args.id.as_deref().unwrap_or_default()
    );
    quote! {
        #krate::__with_schema! {
            impl #door::schemars::JsonSchema for Output
            where
                #(for<'__trivial> #shown_types: #door::schemars::JsonSchema,)*
            {
                fn schema_name() -> ::std::borrow::Cow<'static, str> {
                    ::std::borrow::Cow::Borrowed(#name)
                }

                fn json_schema(
                    generator: &mut #door::schemars::SchemaGenerator,
                ) -> #door::schemars::Schema {
                    #door::object_schema(generator, &[
                        #((#shown_names, #door::schemars::SchemaGenerator::subschema_for::<#shown_types>)),*
                    ])
                }
            }

            impl #krate::Schemas for #state
            #shared
                #(for<'__trivial> #types: #door::schemars::JsonSchema,)*
                #(for<'__trivial> #questions: #door::schemars::JsonSchema,)*
                #(for<'__trivial> #answers: #door::schemars::JsonSchema,)*
                #(for<'__trivial> #children: #krate::Schemas,)*
            {
                fn input_schema() -> #value {
                    #input
                }

                fn output_schema() -> #value {
                    #output
                }

                fn question_schemas() -> ::std::collections::BTreeMap<&'static str, #value> {
                    let mut schemas: ::std::collections::BTreeMap<_, _> = ::core::convert::From::from([
                        #((#names, #door::schema_of::<#questions>())),*
                    ]);
                    #(schemas.extend(#door::questions_within::<#children>(#within));)*
                    schemas
                }

                fn answer_schemas() -> ::std::collections::BTreeMap<&'static str, #value> {
                    let mut schemas: ::std::collections::BTreeMap<_, _> = ::core::convert::From::from([#((
                        #names,
                        #door::ObjectSchema::new()
                            .constant("node", #names)
                            .text("id")
                            .#kinds::<#answers>("value", true)
                            .finish(),
                    )),*]);
                    #(schemas.extend(#door::answers_within::<#children>(#within));)*
                    schemas
                }
            }
        }
    }
}

/// What `Input` is read from.
fn given(emit: &Emit<'_>) -> Vec<Property> {
    inputs(emit)
        .map(|input| Property {
            name: plain(input.name()),
            ty: input.given(),
            required: is_required(&input),
            secret: input.field.ast.is_secret(),
        })
        .collect()
}

/// What `Output` shows.
fn shown(emit: &Emit<'_>) -> Vec<Property> {
    emit.fields()
        .filter(|(_, field)| field.output)
        .map(|(_, field)| Property {
            name: plain(&field.ast.name),
            ty: field.ast.ty.to_token_stream(),
            required: true,
            secret: false,
        })
        .collect()
}

/// The method that adds a field.
fn kind(secret: bool) -> TokenStream {
    if secret {
        quote!(secret)
    } else {
        quote!(field)
    }
}

fn object(emit: &Emit<'_>, properties: &[Property]) -> TokenStream {
    let door = &emit.door;
    let fields = properties.iter().map(|property| {
        let Property {
            name,
            ty,
            required,
            secret,
        } = property;
        let field = kind(*secret);
        quote!(.#field::<#ty>(#name, #required))
    });
    quote!(#door::ObjectSchema::new() #(#fields)* .finish())
}
