//! What waits: `#[ask(..)]`, `#[wait(..)]`, and `asks(..)` of a node.

use syn::parse::Parser as _;
use syn::punctuated::Punctuated;
use syn::{Attribute, Expr, LitStr, Signature, Token, Type};

use super::args::{Args, Value};
use super::nodes::alias;
use crate::ast::{Ask, Asks, Time, Wait};
use crate::findings::Findings;

/// `#[ask(..)]`
pub(super) fn ask(attr: &Attribute, aliases: &mut Vec<LitStr>, findings: &mut Findings) -> Ask {
    let known = ["into", "within", "else", "alias"];
    let mut args = Args::of(attr, "ask", &known, findings);
    *aliases = alias(&mut args, findings);
    if !args.has("into") {
        findings.at(
            attr,
            "`ask` needs the field that takes the answer; write `#[ask(into = field)]`",
        );
    }
    let into = args.value("into", "into = field", findings);
    let bounded = args.has("within");
    let within = args.duration("within", "within = \"3d\"", findings);
    let word = args.word("else");
    let otherwise = args.value("else", "else = answer", findings);
    if let Some(word) = word.filter(|_| !bounded) {
        findings.at(
            word,
            "`else` is the answer when the time is over, and there is no such time; add `within = \"3d\"`",
        );
    }
    Ask {
        into,
        within,
        otherwise,
    }
}

/// `#[wait(..)]`
pub(super) fn wait(
    attr: &Attribute,
    signature: Option<&Signature>,
    aliases: &mut Vec<LitStr>,
    findings: &mut Findings,
) -> Wait {
    let before = findings.count();
    let mut args = Args::of(attr, "wait", &["until", "time", "alias"], findings);
    *aliases = alias(&mut args, findings);
    let is_read = findings.count() == before;
    let (until_word, time_word) = (args.word("until"), args.word("time"));
    let until: Option<Expr> = args.value("until", "until = state.field", findings);
    let length = args.duration("time", "time = \"1h\"", findings);
    match (until_word, time_word) {
        (Some(_), Some(word)) => findings.at(
            word,
            "a wait has one time; choose `until` (a point in time) or `time` (how long)",
        ),
        (None, None) if is_read => findings.at(
            attr,
            "`wait` needs its time; write `#[wait(until = state.field)]` or `#[wait(time = \"1h\")]`",
        ),
        _ => {}
    }
    if let Some(signature) = signature {
        idle(signature, findings);
    }
    Wait {
        time: until.map(Time::Until).or(length.map(Time::Length)),
    }
}

/// Says what a wait can't do.
fn idle(signature: &Signature, findings: &mut Findings) {
    if !signature.inputs.is_empty() {
        findings.at(
            &signature.inputs,
            "a wait does nothing but wait; leave out its parameters (`until` sees the `state`)",
        );
    }
    if let syn::ReturnType::Type(_, ty) = &signature.output {
        findings.at(
            ty,
            "a wait does nothing but wait; leave out its return type, and let the next node work",
        );
    }
}

/// A body of a wait, which nobody would run.
pub(super) fn body(function: &syn::ItemFn, findings: &mut Findings) {
    if !function.block.stmts.is_empty() {
        findings.at_span(
            function.block.brace_token.span.join(),
            "a wait does nothing but wait; leave its body empty, and let the next node work",
        );
    }
}

/// `asks(Question)`
pub(super) fn asks(
    args: &mut Args,
    signature: Option<&Signature>,
    findings: &mut Findings,
) -> Option<Asks> {
    let arg = args.take("asks")?;
    let types = match arg.value {
        Value::List(types) => {
            findings.keep(Punctuated::<Type, Token![,]>::parse_terminated.parse2(types))?
        }
        Value::Flag | Value::Is(_) | Value::Unfinished => Punctuated::new(),
    };
    let mut types = types.into_iter();
    let Some(question) = types.next() else {
        findings.at(
            &arg.name,
            "`asks` takes the type of the question; write `asks(Question)`",
        );
        return None;
    };
    if let Some(second) = types.next() {
        findings.at(
            second,
            "a node asks questions of one type; make several kinds the variants of an `enum`",
        );
    }
    if signature.is_some_and(|signature| signature.asyncness.is_none()) {
        findings.at(
            &arg.name,
            "`asks` is for functions that can wait; write `async fn`, or ask in a node of its own with `#[ask(into = field)]`",
        );
    }
    Some(Asks {
        word: arg.name,
        question,
    })
}
