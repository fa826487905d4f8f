//! A pause of the graph, with an accessor for each kind of question.

use proc_macro2::TokenStream;
use quote::quote;

use super::emit::{Emit, allowances, sound};
use super::questions::Ask;
use super::within::Within;

/// The type of a pause.
pub(super) fn pause(emit: &Emit<'_>, asks: &[Ask<'_>], children: &[Within<'_>]) -> TokenStream {
    let Emit { krate, .. } = emit;
    let (vis, allow, state) = (emit.vis(), allowances(), sound(&emit.state()));
    let several = asks.len() + children.len() > 1;
    let kinds = asks.iter().map(|ask| {
        let doc = format!(
            "The question of `{}`, if it is open; the first one of several.",
            ask.name()
        );
        (ask.node.name(), ask.camel(), ask.open(), doc)
    });
    let within = children.iter().map(|each| {
        let doc = format!(
            "The first question of the graph of `{}`, if one is open.",
            each.name()
        );
        (each.node.name(), each.camel(), each.open(), doc)
    });
    let accessors = kinds.chain(within).map(|(name, camel, open, doc)| {
        let others = several.then(|| quote!(_ => ::core::option::Option::None,));
        quote! {
            #[doc = #doc]
            #[must_use]
            #vis fn #name(&self) -> ::core::option::Option<&#open> {
                let mut questions = <[_]>::iter(self.0.questions());
                ::core::iter::Iterator::find_map(&mut questions, |question| match question {
                    Question::#camel(question) => ::core::option::Option::Some(question),
                    #others
                })
            }
        }
    });
    quote! {
        /// A pause of this graph, with its open questions.
        #allow
        #vis struct Pause(#krate::Pause<#state>);

        #allow
        impl Pause { #(#accessors)* }

        #[automatically_derived]
        impl ::core::ops::Deref for Pause {
            type Target = #krate::Pause<#state>;

            fn deref(&self) -> &#krate::Pause<#state> {
                &self.0
            }
        }

        #[automatically_derived]
        impl ::core::convert::From<#krate::Pause<#state>> for Pause {
            fn from(pause: #krate::Pause<#state>) -> Self {
                Self(pause)
            }
        }

        #[automatically_derived]
        impl ::core::fmt::Debug for Pause {
            fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                ::core::fmt::Debug::fmt(&self.0, f)
            }
        }
    }
}
