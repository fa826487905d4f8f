//! The `edges!` block.

use proc_macro2::{Ident, Span, TokenStream};
use syn::{Attribute, Expr, Pat, Token};

/// `edges! { .. }`
pub(crate) struct Edges {
    /// The word `edges`.
    pub(crate) word: Ident,
    pub(crate) lines: Vec<Line>,
    /// Whether anything in it couldn't be read.
    pub(crate) torn: bool,
}

/// What stands up to a semicolon.
pub(crate) enum Line {
    Statement(Statement),
    /// What couldn't be read, dangling ends mended.
    Torn(TokenStream),
}

impl Edges {
    /// What could be read.
    pub(crate) fn statements(&self) -> impl Iterator<Item = &Statement> {
        self.lines.iter().filter_map(|line| match line {
            Line::Statement(statement) => Some(statement),
            Line::Torn(_) => None,
        })
    }
}

/// `from -> target -> .. ;`
pub(crate) struct Statement {
    /// Whether it has an attribute by which it could be meant to be missing.
    pub(crate) refused: bool,
    pub(crate) docs: Vec<Attribute>,
    pub(crate) from: From,
    /// At least one.
    pub(crate) steps: Vec<Step>,
}

/// The beginning of a statement.
pub(crate) enum From {
    /// `a` or `a | b`.
    Any(AnyOf),
    /// `{a, b | x}`.
    All(Group),
}

/// `a | b`: at least one name.
pub(crate) struct AnyOf {
    pub(crate) names: Vec<Ident>,
}

/// `-> target`
pub(crate) struct Step {
    pub(crate) arrow: Token![->],
    pub(crate) target: Target,
}

/// What stands after an arrow, or in an arm.
pub(crate) enum Target {
    /// A node or `end`; several names only by mistake.
    Named(AnyOf),
    Group(Group),
    For(Box<For>),
    Match(Box<Match>),
    If(Box<If>),
    /// Nothing was written yet, which was said when it was mended.
    Hole,
    /// Nothing was written yet, here.
    Missing(Span),
}

/// `{a, b if cond, c | x}`
pub(crate) struct Group {
    /// The braces.
    pub(crate) span: Span,
    /// All of it, for messages that cover it.
    pub(crate) tokens: TokenStream,
    pub(crate) members: Vec<Member>,
    /// Whether another member could follow: an editor completes it here.
    pub(crate) open: bool,
}

/// One member of a group.
pub(crate) enum Member {
    Named { names: AnyOf, guard: Option<Guard> },
    For(Box<For>),
}

/// `if cond` behind a member.
pub(crate) struct Guard {
    pub(crate) word: Token![if],
    pub(crate) cond: Expr,
}

/// `for item in expr, limit = 8 { b(item) }`
pub(crate) struct For {
    pub(crate) word: Token![for],
    pub(crate) item: Ident,
    pub(crate) items: Expr,
    pub(crate) limit: Option<Expr>,
    pub(crate) node: Ident,
    /// What the node is called with.
    pub(crate) passed: Ident,
    /// The braces.
    pub(crate) end: Span,
}

/// `match subject { arms }`
pub(crate) struct Match {
    pub(crate) word: Token![match],
    pub(crate) subject: Expr,
    pub(crate) arms: Vec<MatchArm>,
    /// The braces.
    pub(crate) end: Span,
}

/// `pat if guard => target`
pub(crate) struct MatchArm {
    pub(crate) pat: Pat,
    pub(crate) guard: Option<Guard>,
    pub(crate) target: Target,
}

/// `if cond { then } else { otherwise }`
pub(crate) struct If {
    pub(crate) word: Token![if],
    pub(crate) cond: Expr,
    pub(crate) then: Target,
    pub(crate) otherwise: Target,
}

impl Group {
    /// All names in it.
    pub(crate) fn names(&self) -> impl Iterator<Item = &Ident> {
        self.members.iter().flat_map(|member| match member {
            Member::Named { names, .. } => names.names.as_slice(),
            Member::For(each) => std::slice::from_ref(&each.node),
        })
    }
}

impl Target {
    /// Where a message about the whole of it goes.
    pub(crate) fn span(&self) -> Span {
        match self {
            Self::Named(any) => any.names.first().map_or_else(Span::call_site, Ident::span),
            Self::Group(group) => group.span,
            Self::For(each) => each.word.span,
            Self::Match(route) => route.word.span,
            Self::If(route) => route.word.span,
            Self::Missing(span) => *span,
            Self::Hole => Span::call_site(),
        }
    }

    /// Where it ends.
    pub(crate) fn end(&self) -> Span {
        match self {
            Self::Named(any) => any.names.last().map_or_else(Span::call_site, Ident::span),
            Self::Group(group) => group.span,
            Self::For(each) => each.end,
            Self::Match(route) => route.end,
            Self::If(route) => route.otherwise.end(),
            Self::Missing(span) => *span,
            Self::Hole => Span::call_site(),
        }
    }
}
