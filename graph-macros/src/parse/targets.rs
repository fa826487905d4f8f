//! What stands behind an arrow: a node, a group, a `for`, a `match`, an `if`.

use proc_macro2::{Ident, Span, TokenStream};
use quote::ToTokens as _;
use syn::ext::IdentExt as _;
use syn::parse::ParseStream;
use syn::parse::discouraged::Speculative as _;
use syn::{Attribute, Error, Expr, Pat, Token, token};

use super::mend::PLACEHOLDER;
use crate::ast::{AnyOf, For, Group, Guard, If, Match, MatchArm, Member, Target};

/// A target.
pub(super) fn target(input: ParseStream<'_>) -> syn::Result<Target> {
    if input.peek(Token![match]) {
        route_match(input).map(|route| Target::Match(Box::new(route)))
    } else if input.peek(Token![if]) {
        route_if(input).map(|route| Target::If(Box::new(route)))
    } else if input.peek(Token![for]) {
        each(input).map(|each| Target::For(Box::new(each)))
    } else if input.peek(token::Brace) {
        braced(input)
    } else if input.peek(syn::Ident) {
        let names = any_of(input)?;
        let unfinished = names.names.iter().any(|name| name == PLACEHOLDER);
        Ok(if unfinished {
            Target::Hole
        } else {
            Target::Named(names)
        })
    } else {
        Err(input.error("expected a target; write a node, `end`, `{a, b}`, `match`, `if` or `for`"))
    }
}

/// `a` or `a | b`.
pub(super) fn any_of(input: ParseStream<'_>) -> syn::Result<AnyOf> {
    let mut names = vec![name(input)?];
    while input.peek(Token![|]) && !input.peek(Token![||]) {
        input.parse::<Token![|]>()?;
        names.push(name(input)?);
    }
    Ok(AnyOf { names })
}

fn name(input: ParseStream<'_>) -> syn::Result<Ident> {
    if input.peek(syn::Ident) {
        return input.parse();
    }
    match input.fork().call(Ident::parse_any) {
        Ok(keyword) => Err(Error::new(
            keyword.span(),
            format!("`{keyword}` is a word of Rust; a node of that name is written `r#{keyword}`"),
        )),
        Err(_) => Err(input.error("expected the name of a node; write `a`")),
    }
}

/// `{a, b if cond, c | x, for item in items { d(item) }}`
pub(super) fn group(input: ParseStream<'_>) -> syn::Result<Group> {
    let content;
    let brace = syn::braced!(content in input);
    let tokens = content.fork().parse::<TokenStream>()?;
    let mut all = TokenStream::new();
    brace.surround(&mut all, |inner| inner.extend(tokens));
    let (members, open) = members(&content)?;
    Ok(Group {
        span: brace.span.join(),
        tokens: all,
        members,
        open,
    })
}

fn members(content: ParseStream<'_>) -> syn::Result<(Vec<Member>, bool)> {
    let mut members = Vec::new();
    while !content.is_empty() {
        members.push(member(content)?);
        if content.is_empty() {
            return Ok((members, false));
        }
        if !content.peek(Token![,]) {
            return Err(content.error("members of a group are separated by `,`; write `{a, b}`"));
        }
        content.parse::<Token![,]>()?;
    }
    Ok((members, true))
}

fn member(content: ParseStream<'_>) -> syn::Result<Member> {
    if content.peek(Token![for]) {
        return each(content).map(|each| Member::For(Box::new(each)));
    }
    if content.peek(token::Brace) {
        return Err(content.error("groups don't nest; write all members in one: `{a, b, c}`"));
    }
    if content.peek(Token![match]) || content.peek(Token![if]) {
        return Err(content.error(
            "a member of a group is a node; let one branch begin with a node that decides, or guard it: `{a, b if cond}`",
        ));
    }
    let names = any_of(content)?;
    if content.peek(Token![->]) {
        return Err(
            content.error("a group holds no arrows; write what follows as an edge of its own")
        );
    }
    Ok(Member::Named {
        names,
        guard: guard(content)?,
    })
}

fn guard(input: ParseStream<'_>) -> syn::Result<Option<Guard>> {
    if !input.peek(Token![if]) {
        return Ok(None);
    }
    Ok(Some(Guard {
        word: input.parse()?,
        cond: input.parse()?,
    }))
}

/// Braces around a further `match` or `if` are braces; around anything else they are a group.
fn braced(input: ParseStream<'_>) -> syn::Result<Target> {
    let ahead = input.fork();
    let content;
    syn::braced!(content in ahead);
    let nested =
        content.peek(Token![match]) || content.peek(Token![if]) || content.peek(token::Brace);
    if !nested {
        let mut group = group(input)?;
        return Ok(alone(&mut group).unwrap_or(Target::Group(group)));
    }
    let inner = target(&content)?;
    if !content.is_empty() {
        return Err(match inner {
            Target::Group(_) => {
                content.error("groups don't nest; write all members in one: `{a, b, c}`")
            }
            _ => content.error(
                "a `match` or `if` stands alone; what else is started belongs into its arms",
            ),
        });
    }
    input.advance_to(&ahead);
    Ok(inner)
}

/// `{a}`, as an `if` has it, is `a`.
fn alone(group: &mut Group) -> Option<Target> {
    match group.members.as_slice() {
        [] => Some(Target::Missing(group.span)),
        _ if group.open => None,
        [Member::Named { guard: None, .. }] => match group.members.pop() {
            Some(Member::Named { names, .. })
                if names.names.iter().any(|name| name == PLACEHOLDER) =>
            {
                Some(Target::Hole)
            }
            Some(Member::Named { names, .. }) => Some(Target::Named(names)),
            _ => None,
        },
        [Member::For(_)] => match group.members.pop() {
            Some(Member::For(each)) => Some(Target::For(each)),
            _ => None,
        },
        _ => None,
    }
}

fn route_match(input: ParseStream<'_>) -> syn::Result<Match> {
    let word: Token![match] = input.parse()?;
    let subject = header(input, "match")?;
    let content;
    let brace = syn::braced!(content in input);
    let mut arms = Vec::new();
    while !content.is_empty() {
        let arm = arm(&content)?;
        let ends_itself = matches!(
            arm.target,
            Target::Group(_) | Target::Match(_) | Target::If(_) | Target::For(_)
        );
        arms.push(arm);
        if content.peek(Token![,]) {
            content.parse::<Token![,]>()?;
        } else if !content.is_empty() && !ends_itself {
            return Err(content.error("arms are separated by `,`; write `pattern => target,`"));
        }
    }
    Ok(Match {
        word,
        subject,
        arms,
        end: brace.span.join(),
    })
}

fn arm(content: ParseStream<'_>) -> syn::Result<MatchArm> {
    for attr in content.call(Attribute::parse_outer)? {
        if !attr.path().is_ident("doc") {
            return Err(Error::new_spanned(
                attr,
                "an arm takes no attributes; decide by a field, or inside a node",
            ));
        }
    }
    let pat = content.call(Pat::parse_multi_with_leading_vert)?;
    let guard = guard(content)?;
    if content.is_empty() || content.peek(Token![,]) {
        let target = Target::Missing(content.cursor().prev_span());
        return Ok(MatchArm { pat, guard, target });
    }
    content.parse::<Token![=>]>()?;
    Ok(MatchArm {
        pat,
        guard,
        target: target(content)?,
    })
}

fn route_if(input: ParseStream<'_>) -> syn::Result<If> {
    let word: Token![if] = input.parse()?;
    let cond = header(input, "if")?;
    let then = braced(input)?;
    if !input.peek(Token![else]) {
        return Err(Error::new(
            word.span,
            "this `if` needs an `else`; say where the run goes otherwise: `else { end }`",
        ));
    }
    input.parse::<Token![else]>()?;
    let otherwise = if input.peek(Token![if]) {
        Target::If(Box::new(route_if(input)?))
    } else if input.peek(token::Brace) {
        braced(input)?
    } else {
        return Err(input.error("expected `{` or `if` after `else`; write `else { a }`"));
    };
    Ok(If {
        word,
        cond,
        then,
        otherwise,
    })
}

fn each(input: ParseStream<'_>) -> syn::Result<For> {
    let word: Token![for] = input.parse()?;
    let item = loop_variable(input)?;
    input.parse::<Token![in]>()?;
    let items = header(input, "for")?;
    let limit = limit(input)?;
    let content;
    let brace = syn::braced!(content in input);
    let (node, passed) = call(&content, &item, brace.span.join())?;
    Ok(For {
        word,
        item,
        items,
        limit,
        node,
        passed,
        end: brace.span.join(),
    })
}

fn loop_variable(input: ParseStream<'_>) -> syn::Result<Ident> {
    let pat = input.fork().call(Pat::parse_single)?;
    match pat {
        Pat::Ident(pat)
            if pat.by_ref.is_none() && pat.mutability.is_none() && pat.subpat.is_none() =>
        {
            input.parse()
        }
        other => Err(Error::new_spanned(
            other,
            "a `for` names its item; take it apart inside the node",
        )),
    }
}

fn limit(input: ParseStream<'_>) -> syn::Result<Option<Expr>> {
    if !input.peek(Token![,]) {
        return Ok(None);
    }
    input.parse::<Token![,]>()?;
    let word: Ident = input.parse()?;
    if word != "limit" {
        return Err(Error::new(
            word.span(),
            format!("a `for` has no `{word}`; it takes `limit = 8`"),
        ));
    }
    input.parse::<Token![=]>()?;
    input.call(Expr::parse_without_eager_brace).map(Some)
}

/// `b(item)`
fn call(content: ParseStream<'_>, item: &Ident, braces: Span) -> syn::Result<(Ident, Ident)> {
    let form = |node: &str| {
        format!("the body of a `for` is one node called with the item; write `{node}({item})`")
    };
    if !content.peek(syn::Ident) {
        return Err(Error::new(braces, form("a")));
    }
    let node = name(content)?;
    if !content.peek(token::Paren) {
        return Err(Error::new(node.span(), form(&node.to_string())));
    }
    let args;
    let paren = syn::parenthesized!(args in content);
    let passed = args
        .parse::<Ident>()
        .map_err(|_| Error::new(paren.span.join(), form(&node.to_string())))?;
    content.parse::<Option<Token![;]>>()?;
    if args.is_empty() && content.is_empty() {
        return Ok((node, passed));
    }
    let rest = if args.is_empty() { content } else { &args };
    Err(rest.error(form(&node.to_string())))
}

/// The expression before an opening brace, as Rust reads it: without struct literals.
fn header(input: ParseStream<'_>, word: &str) -> syn::Result<Expr> {
    if input.peek(token::Brace) {
        return Err(input.error(format!(
            "an expression is missing after `{word}`; write one over `state`"
        )));
    }
    let expr = input.call(Expr::parse_without_eager_brace)?;
    if ends_in_struct_literal(&expr, input) {
        return Err(Error::new_spanned(
            expr.to_token_stream()
                .into_iter()
                .chain(brace(input))
                .collect::<TokenStream>(),
            "a struct literal needs parentheses here, as in Rust; write `(Name { .. })`",
        ));
    }
    Ok(expr)
}

fn brace(input: ParseStream<'_>) -> Option<proc_macro2::TokenTree> {
    input.fork().parse().ok()
}

/// Whether the braces that follow belong to the expression rather than to the edge.
fn ends_in_struct_literal(expr: &Expr, input: ParseStream<'_>) -> bool {
    let ahead = input.fork();
    ends_in_type_name(expr) && struct_fields(&ahead).unwrap_or(false)
}

fn struct_fields(ahead: ParseStream<'_>) -> syn::Result<bool> {
    let content;
    syn::braced!(content in ahead);
    let named = content.peek(syn::Ident) && content.peek2(Token![:]) && !content.peek2(Token![::]);
    Ok(named || content.peek(Token![..]) || ahead.peek(token::Brace))
}

fn ends_in_type_name(expr: &Expr) -> bool {
    match expr {
        Expr::Path(path) => path
            .path
            .segments
            .last()
            .is_some_and(|segment| segment.ident.to_string().starts_with(char::is_uppercase)),
        Expr::Binary(binary) => ends_in_type_name(&binary.right),
        Expr::Unary(unary) => ends_in_type_name(&unary.expr),
        Expr::Reference(reference) => ends_in_type_name(&reference.expr),
        Expr::Let(condition) => ends_in_type_name(&condition.expr),
        _ => false,
    }
}
