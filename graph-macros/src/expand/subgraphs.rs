//! Nodes that are other graphs: what they are called with and what comes back.

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::spanned::Spanned as _;

use super::emit::{Emit, enclosed, local, spanned, update_of};
use super::fields::{Taking, Writable};
use super::updates::has_update;
use super::within::{Within, children};
use crate::ast::NodeRole;
use crate::model::{Shared, forms};
use crate::names::plain;
use crate::text;

/// The functions and traits that the calls need.
pub(super) fn parts(emit: &Emit<'_>) -> TokenStream {
    let children = children(emit);
    let whole = children.iter().filter(|each| each.node.whole);
    whole
        .map(|each| {
            let (begin, shared, secrets) =
                (begin(emit, each), shared(emit, each), secrets(emit, each));
            quote!(#begin #shared #secrets)
        })
        .collect()
}

fn begin(emit: &Emit<'_>, within: &Within<'_>) -> TokenStream {
    let door = &emit.door;
    let (name, input) = (within.begin(), within.of(emit, "Input"));
    let state = text::ty(within.state());
    let written = match &within.node.ast.role {
        NodeRole::Subgraph(subgraph) => crate::model::input_of(subgraph),
        _ => String::new(),
    };
    let message = format!(
        "`{}` begins `{state}`, so it returns its input, `{written}`, or a `Result` of it",
        within.name()
    );
    let said = emit.unimplemented(&message, &format!("not an input of `{state}`"), None);
    let begun = quote!(::core::result::Result<#input, #door::NodeError>);
    // Told apart by `Form`: of a graph of another crate rustc doesn't look whether its input is a `Result`.
    quote! {
        #said
        trait #name<Form> {
            fn begin(self) -> #begun;
        }
        impl #name<()> for #input {
            fn begin(self) -> #begun {
                ::core::result::Result::Ok(self)
            }
        }
        impl<E: __Fails> #name<(E,)> for ::core::result::Result<#input, E> {
            fn begin(self) -> #begun {
                self.map_err(#door::failed)
            }
        }
    }
}

/// The one place at which the other state's fields are named, so that one that isn't there is said once.
fn shared(emit: &Emit<'_>, within: &Within<'_>) -> TokenStream {
    if within.child.shared.is_empty() {
        return TokenStream::new();
    }
    let (function, state) = (within.shared(), within.state());
    let types = within.child.shared.iter().map(|shared| {
        let ty = &emit.graph.fields[shared.field].ast.ty;
        quote!(&'a mut #ty)
    });
    let fields = within.child.shared.iter().map(|Shared { name, .. }| {
        let child = local("child");
        let field = enclosed(quote!(#child.#name), name.span());
        quote_spanned!(name.span()=> &mut #field)
    });
    quote! {
        fn #function<'a>(child: &'a mut #state) -> (#(#types,)*) {
            (#(#fields,)*)
        }
    }
}

/// A field that both have is a secret in both, or one of them would show it.
fn secrets(emit: &Emit<'_>, within: &Within<'_>) -> TokenStream {
    let (state, text) = (within.state(), text::ty(within.state()));
    let check = |shared: &Shared<'_>| {
        let (span, name) = (shared.name.span(), plain(shared.name));
        let here = emit.graph.fields[shared.field].ast.is_secret();
        let message = if here {
            format!(
                "`{name}` is a secret here and not in `{text}`, which would show it; mark it `#[secret]` there too"
            )
        } else {
            format!(
                "`{name}` is a secret in `{text}` and not here, where it would be shown; mark it `#[secret]` here too"
            )
        };
        let door = spanned(&emit.door, span);
        // A field that isn't there was said already, where it is borrowed.
        quote_spanned!(span=> const _: () = ::core::assert!(#door::agrees::<#state>(#name, #here), #message);)
    };
    within.child.shared.iter().map(check).collect()
}

/// Calls the other graph; `input` is what makes its input, if it has to begin.
pub(super) fn call(emit: &Emit<'_>, within: &Within<'_>, input: &TokenStream) -> TokenStream {
    let (door, camel, child) = (&emit.door, within.camel(), within.state());
    let state = emit.state();
    let memory = within.child.memory;
    let lend = lend(emit, within);
    let context = {
        let (span, door) = (child.span(), spanned(door, child.span()));
        quote_spanned!(span=> #door::context_of::<#state, #child>)
    };
    let update = update(emit, within);
    quote! {
        let __nesting = #door::Nesting::<#state, #child> {
            memory: #memory,
            lend: #lend,
            context: #context,
            within: Within::#camel,
        };
        let __input = async { #input };
        match #door::subgraph(&call, __nesting, __input).await? {
            #door::Returned::Waits(__waits) => {
                ::core::result::Result::Ok(#door::Ended::Waits(__waits))
            }
            #door::Returned::Ended { before: __before, after: __after } => {
                let _ = (&__before, &__after);
                #update
            }
        }
    }
}

/// Gives the other graph its shared fields.
fn lend(emit: &Emit<'_>, within: &Within<'_>) -> TokenStream {
    let fields = &within.child.shared;
    if fields.is_empty() {
        return quote!(::core::option::Option::None);
    }
    let (shared, state, child) = (within.shared(), emit.state(), within.state());
    let places: Vec<Ident> = (0..fields.len())
        .map(|at| format_ident!("to_{at}"))
        .collect();
    let names = fields
        .iter()
        .map(|shared| &emit.graph.fields[shared.field].ast.name);
    quote! {
        ::core::option::Option::Some(|state: &#state, child: &mut #child| {
            let (#(#places,)*) = #shared(child);
            #(*#places = ::core::clone::Clone::clone(&state.#names);)*
        })
    }
}

/// What the other graph's run comes to for our state.
fn update(emit: &Emit<'_>, within: &Within<'_>) -> TokenStream {
    let (door, krate, camel) = (&emit.door, &emit.krate, within.camel());
    if !has_update(within.node) {
        return quote!(::core::result::Result::Ok(#door::Ended::Update(Update::#camel(()))));
    }
    let (function, update) = (within.shared(), update_of(within.node));
    let fields = &within.child.shared;
    let before: Vec<Ident> = (0..fields.len())
        .map(|at| format_ident!("before_{at}"))
        .collect();
    let after: Vec<Ident> = (0..fields.len())
        .map(|at| format_ident!("after_{at}"))
        .collect();
    let differences = fields
        .iter()
        .zip(before.iter().zip(&after))
        .map(|(shared, (before, after))| difference(emit, shared, before, after));
    let compared = (!fields.is_empty()).then(|| {
        quote! {
            let (mut __before, mut __after) = (__before, __after);
            // Whoever shares fields is given both.
            let __before = ::core::option::Option::get_or_insert_with(
                &mut __before,
                || ::core::clone::Clone::clone(&__after),
            );
            let (#(#before,)*) = #function(__before);
            let (#(#after,)*) = #function(&mut __after);
            #(#differences)*
        }
    });
    let shared = fields
        .iter()
        .map(|shared| &emit.graph.fields[shared.field].ast.name);
    let output = within.child.into.as_ref().map(|into| {
        let (field, patch) = (&emit.graph.fields[into.field].ast, output(emit, into));
        let (name, cfgs, output) = (&field.name, &field.cfgs, output_at(into));
        quote!(#(#cfgs)* #name: {
            let #output = #krate::StateGraph::into_output(__after);
            #patch
        },)
    });
    quote! {
        #compared
        ::core::result::Result::Ok(#door::Ended::Update(Update::#camel(#update {
            #(#shared,)*
            #output
        })))
    }
}

/// What was done to a shared field, in terms of our reducer.
fn difference(emit: &Emit<'_>, shared: &Shared<'_>, before: &Ident, after: &Ident) -> TokenStream {
    let write = Writable::new(emit, shared.field);
    let (name, ty, span) = (write.name(), write.ty(), shared.name.span());
    let (door, krate) = (spanned(&emit.door, span), spanned(&emit.krate, span));
    let after = quote!(::core::clone::Clone::clone(#after));
    let patch = match &write.taking {
        Taking::Unknown => quote!(::core::default::Default::default()),
        Taking::Replaced => quote_spanned!(span=> #door::replaced(#before, #after)),
        taking => {
            let reducer = taking.reducer().map(|reducer| spanned(reducer, span));
            quote_spanned!(span=> <#reducer as #krate::Shares<#ty, _>>::difference(#before, #after))
        }
    };
    quote!(let #name = #patch;)
}

/// The variable that holds the output, where it is said of it that it doesn't fit.
fn output_at(into: &Shared<'_>) -> Ident {
    Ident::new("output", into.name.span())
}

/// The patch that an output comes to.
fn output(emit: &Emit<'_>, into: &Shared<'_>) -> TokenStream {
    let write = Writable::new(emit, into.field);
    let span = into.name.span();
    let door = spanned(&emit.door, span);
    let output = output_at(into);
    match &write.taking {
        Taking::Unknown => quote!({
            let _ = #output;
            ::core::default::Default::default()
        }),
        Taking::Replaced if forms::is_option(write.ty()) => {
            quote_spanned!(span=> #door::Patch::set(::core::option::Option::Some(#output)))
        }
        _ => {
            let value = Ident::new(&super::emit::value_of(into.field).to_string(), span);
            quote_spanned!(span=> #value::patch(#output))
        }
    }
}
