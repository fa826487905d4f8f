//! What is done about each node beside running it.

use std::time::Duration;

use proc_macro2::TokenStream;
use quote::{format_ident, quote, quote_spanned};
use syn::spanned::Spanned as _;

use super::emit::Emit;
use crate::ast::{Cache, Effect, Policy, Retry};

/// The policies of all nodes; nothing where none has one.
pub(super) fn constant(emit: &Emit<'_>) -> Option<TokenStream> {
    let krate = &emit.krate;
    let nodes = &emit.graph.nodes;
    if nodes.iter().all(|node| node.ast.policy().is_none()) {
        return None;
    }
    let plain = || quote!(#krate::Policy::new());
    let policies = nodes.iter().map(|node| {
        let said = node.ast.policy();
        said.map_or_else(plain, |said| policy(emit, said))
    });
    Some(quote!(const POLICIES: &'static [#krate::Policy] = &[#(#policies),*];))
}

fn policy(emit: &Emit<'_>, policy: &Policy) -> TokenStream {
    let Emit { krate, door, .. } = emit;
    let again = policy.retry.as_ref().map(|again| {
        let again = retry(emit, again);
        quote!(.retry(#again))
    });
    let timeout = setting("timeout", policy.timeout);
    let idle = setting("idle_timeout", policy.idle);
    let cache = match policy.cache {
        None => None,
        Some(Cache::Always) => Some(quote!(.cache())),
        Some(Cache::For(ttl)) => setting("cache_for", Some(ttl)),
    };
    let effect = match policy.effect {
        Effect::None => None,
        Effect::Claimed => Some(quote!(.effect(#door::Effect::Claimed))),
        Effect::AtMostOnce => Some(quote!(.effect(#door::Effect::AtMostOnce))),
    };
    quote!(#krate::Policy::new() #again #timeout #idle #cache #effect)
}

fn retry(emit: &Emit<'_>, retry: &Retry) -> TokenStream {
    let krate = &emit.krate;
    let Retry { times, not, .. } = retry;
    let delay = setting("delay", retry.delay);
    let factor = retry.factor.map(|factor| quote!(.factor(#factor)));
    let max = setting("max", retry.max);
    let jitter = retry.jitter.map(|jitter| quote!(.jitter(#jitter)));
    let not = (!not.is_empty()).then(|| {
        // At the type, where it is said of one that is no error.
        let types = not
            .iter()
            .map(|ty| quote_spanned!(ty.span()=> #krate::error_is::<#ty>));
        quote!(.not(&[#(#types),*]))
    });
    quote!(#krate::Retry::times(#times) #delay #factor #max #jitter #not)
}

fn setting(name: &str, length: Option<Duration>) -> Option<TokenStream> {
    let micros = u64::try_from(length?.as_micros()).unwrap_or(u64::MAX);
    let name = format_ident!("{name}");
    Some(quote!(.#name(::core::time::Duration::from_micros(#micros))))
}
