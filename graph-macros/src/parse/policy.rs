//! What `#[node]` says about failing: `retry`, `timeout`, `cache`, `effect`, `at_most_once`, `on_error`. Of these another
//! graph as a node takes `on_error`.

use proc_macro2::Ident;
use syn::parse::Parser as _;
use syn::punctuated::Punctuated;
use syn::{Expr, ExprLit, Lit, Signature, Token, Type};

use super::args::{Arg, Args, Value};
use super::duration::duration;
use crate::ast::{Cache, Effect, Handler, Policy, Retry};
use crate::findings::Findings;

/// The arguments of `#[node]` that are read here.
pub(super) const ARGS: [&str; 6] = [
    "retry",
    "timeout",
    "on_error",
    "cache",
    "effect",
    "at_most_once",
];

const HOW_OFTEN: &str = "`retry` needs to know how often; write `retry(times = 3)`";

/// Why another graph as a node doesn't take one of them.
pub(super) fn refused_of_graph(name: &str) -> Option<&'static str> {
    Some(match name {
        "retry" => {
            "a graph isn't tried again as a whole: it goes on at the node that failed; give that node `retry`"
        }
        "timeout" => {
            "a graph takes as long as its steps and its answers do; give its nodes `timeout`, or the run a deadline"
        }
        "cache" => {
            "a graph may ask and share, which no cache can give back; give its nodes `cache`"
        }
        "effect" | "at_most_once" => {
            "a graph stands where its nodes have left it; say which of them has the effect, there"
        }
        _ => return None,
    })
}

/// What is done about a node beside running it.
pub(super) fn policy(
    args: &mut Args,
    signature: Option<&Signature>,
    findings: &mut Findings,
) -> Box<Policy> {
    let mut policy = Box::new(Policy {
        effect: effect(args, findings),
        ..Policy::default()
    });
    if let (Effect::AtMostOnce, Some(word)) = (policy.effect, args.word("asks")) {
        findings.at(
            word,
            "a node that asks runs again when it is answered; leave `at_most_once` out, or ask in a node before",
        );
    }
    if let Some(arg) = args.take("retry") {
        if policy.effect == Effect::AtMostOnce {
            findings.at(
                &arg.name,
                "`at_most_once` is never tried again; leave `retry` out, or say `effect`",
            );
        } else {
            policy.retry = retry(arg, findings);
        }
    }
    if let Some(arg) = args.take("timeout") {
        let is_plain = signature.is_some_and(|signature| signature.asyncness.is_none());
        if is_plain && !args.has("blocking") {
            findings.at(
                &arg.name,
                "nothing can stop a plain function; make it `async`, or `blocking`, which the run can stop waiting for",
            );
        } else {
            timeout(&arg, &mut policy, findings);
        }
    }
    if let Some(arg) = args.take("cache") {
        if policy.effect == Effect::None {
            cache(&arg, &mut policy, findings);
        } else {
            findings.at(
                &arg.name,
                "what is taken from a cache has no effect; leave `cache` out",
            );
        }
    }
    policy
}

/// The node that takes failures on.
pub(super) fn handler(args: &mut Args, findings: &mut Findings) -> Option<Handler> {
    let unfinished = args.is_unfinished("on_error");
    let name: Option<Ident> = args.value("on_error", "on_error = handler", findings);
    (unfinished || name.is_some()).then_some(Handler { name })
}

fn effect(args: &mut Args, findings: &mut Findings) -> Effect {
    match (
        args.flag("effect", findings),
        args.flag("at_most_once", findings),
    ) {
        (Some(word), Some(_)) => {
            findings.at(
                word,
                "`at_most_once` is an `effect` already; leave one of them out",
            );
            Effect::AtMostOnce
        }
        (None, Some(_)) => Effect::AtMostOnce,
        (Some(_), None) => Effect::Claimed,
        (None, None) => Effect::None,
    }
}

fn retry(arg: Arg, findings: &mut Findings) -> Option<Retry> {
    let Value::List(tokens) = arg.value else {
        findings.at(&arg.name, HOW_OFTEN);
        return None;
    };
    let before = findings.count();
    let known = ["times", "delay", "factor", "max", "jitter", "not"];
    let mut args = Args::parse(tokens, "retry", &known, findings);
    if !args.has("times") && findings.count() == before {
        findings.at(&arg.name, HOW_OFTEN);
    }
    let retry = Retry {
        times: times(&mut args, findings).unwrap_or(1),
        delay: args.duration("delay", "delay = \"100ms\"", findings),
        factor: factor(&mut args, findings),
        max: args.duration("max", "max = \"10s\"", findings),
        jitter: args
            .value::<syn::LitBool>("jitter", "jitter = false", findings)
            .map(|jitter| jitter.value),
        not: not(&mut args, findings),
    };
    (findings.count() == before).then_some(retry)
}

fn times(args: &mut Args, findings: &mut Findings) -> Option<u32> {
    let number: syn::LitInt = args.value("times", "times = 3", findings)?;
    let message = match number.base10_parse() {
        Ok(0) => "trying again no times is never; leave `retry` out",
        Ok(times) => return Some(times),
        Err(_) => "`times` is a whole number, up to 4294967295",
    };
    findings.at(number, message);
    None
}

fn factor(args: &mut Args, findings: &mut Findings) -> Option<f64> {
    let arg = args.take("factor")?;
    let number = match &arg.value {
        Value::Is(Expr::Lit(ExprLit { lit, .. })) => match lit {
            Lit::Float(number) => number.base10_parse::<f64>().ok(),
            Lit::Int(number) => number.base10_parse::<f64>().ok(),
            _ => None,
        },
        _ => None,
    };
    let growing = number.filter(|number| *number >= 1.0 && number.is_finite());
    if growing.is_none() {
        findings.at(
            &arg.name,
            "`factor` is a number from 1 on, by which each delay is longer; write `factor = 2.0`",
        );
    }
    growing
}

fn not(args: &mut Args, findings: &mut Findings) -> Vec<Type> {
    let Some(arg) = args.take("not") else {
        return Vec::new();
    };
    let types = match arg.value {
        Value::List(types) => Punctuated::<Type, Token![,]>::parse_terminated
            .parse2(types)
            .ok(),
        _ => None,
    };
    let types = types.unwrap_or_default();
    if types.is_empty() {
        findings.at(
            &arg.name,
            "`not` takes the types of errors that stay; write `not(ParseError, AuthError)`",
        );
    }
    types.into_iter().collect()
}

fn timeout(arg: &Arg, policy: &mut Policy, findings: &mut Findings) {
    match &arg.value {
        Value::Is(Expr::Lit(ExprLit {
            lit: Lit::Str(text),
            ..
        })) => policy.timeout = duration(text, findings),
        Value::List(tokens) if !tokens.is_empty() => {
            let mut args = Args::parse(tokens.clone(), "timeout", &["run", "idle"], findings);
            policy.timeout = args.duration("run", "run = \"30s\"", findings);
            policy.idle = args.duration("idle", "idle = \"5s\"", findings);
        }
        _ => findings.at(
            &arg.name,
            "`timeout` takes a length of time; write `timeout = \"30s\"` or `timeout(run = \"30s\", idle = \"5s\")`",
        ),
    }
}

fn cache(arg: &Arg, policy: &mut Policy, findings: &mut Findings) {
    match &arg.value {
        Value::Flag => policy.cache = Some(Cache::Always),
        Value::List(tokens) if !tokens.is_empty() => {
            let mut args = Args::parse(tokens.clone(), "cache", &["ttl"], findings);
            policy.cache = args
                .duration("ttl", "ttl = \"1h\"", findings)
                .map(Cache::For);
        }
        _ => findings.at(
            &arg.name,
            "`cache` takes how long a result is good; write `cache` or `cache(ttl = \"1h\")`",
        ),
    }
}
