//! The module: its header, and its items told apart.

use proc_macro2::{Ident, TokenStream};
use syn::parse::{ParseStream, Parser as _};
use syn::{Attribute, Error, Item, ItemFn, LitStr, Token, Visibility, token};

use super::args::Args;
use super::items::{self, Piece, pieces};
use super::structs::{context, state, torn_context, torn_state};
use super::{attrs, edges, nodes, waits};
use crate::ast::{GraphArgs, Module, Node};
use crate::findings::Findings;
use crate::names::{GENERATED, brought_in, plain};

/// Reads `#[graph(args)] mod ..`.
pub(crate) fn module(
    args: TokenStream,
    item: TokenStream,
    findings: &mut Findings,
) -> Option<Module> {
    let parts = findings.keep(parts.parse2(item))?;
    let mut module = Module {
        args: graph_args(args, &parts.name, findings),
        attrs: parts.attrs,
        vis: parts.vis,
        name: parts.name,
        inner: parts.inner,
        tokens: TokenStream::new(),
        items: Vec::new(),
        state: None,
        context: None,
        nodes: Vec::new(),
        migrate: None,
        edges: None,
        torn: false,
    };
    for piece in parts.pieces {
        read(piece, &mut module, findings);
    }
    missing(&module, findings);
    Some(module)
}

/// The module as it is written.
struct Parts {
    attrs: Vec<Attribute>,
    vis: Visibility,
    name: Ident,
    inner: Vec<Attribute>,
    pieces: Vec<Piece>,
}

fn parts(input: ParseStream<'_>) -> syn::Result<Parts> {
    let attrs = input.call(Attribute::parse_outer)?;
    let vis = input.parse()?;
    if !input.peek(Token![mod]) {
        let rest: TokenStream = input.parse()?;
        return Err(Error::new_spanned(
            rest,
            "a graph is a module; write `#[graph(id = \"..\")] mod name { .. }`",
        ));
    }
    input.parse::<Token![mod]>()?;
    let name: Ident = input.parse()?;
    if !input.peek(token::Brace) {
        input.parse::<Option<Token![;]>>()?;
        return Err(Error::new(
            name.span(),
            "the graph has to be seen whole; write the module here, `mod name { .. }`",
        ));
    }
    let body;
    syn::braced!(body in input);
    let inner = body.call(Attribute::parse_inner)?;
    Ok(Parts {
        attrs,
        vis,
        name,
        inner,
        pieces: pieces(&body)?,
    })
}

fn graph_args(tokens: TokenStream, name: &Ident, findings: &mut Findings) -> GraphArgs {
    let mut args = Args::parse(tokens, "graph", &["id", "crate", "emits"], findings);
    let form = format!("id = \"{}\"", plain(name));
    if !args.has("id") {
        findings.at_span(
            proc_macro2::Span::call_site(),
            format!("a graph needs an id, by which its threads are found again; write `#[graph({form})]`"),
        );
    }
    let id: Option<LitStr> = args.value("id", &form, findings);
    if let Some(empty) = id.as_ref().filter(|id| id.value().trim().is_empty()) {
        findings.at(
            empty,
            format!("the id of a graph can't be empty; write `{form}`"),
        );
    }
    GraphArgs {
        id: id.map(|id| id.value()),
        krate: args.value("crate", "crate = graph_runtime", findings),
        emits: args.value("emits", "emits = Progress", findings),
    }
}

/// Looks at one item and keeps its tokens, without our attributes.
fn read(piece: Piece, module: &mut Module, findings: &mut Findings) {
    if let Some(Item::Macro(block)) = &piece.item
        && block.mac.path.is_ident("edges")
    {
        attrs::refuse_cfg(&block.attrs, "the edges", findings);
        let edges = edges::edges(&block.mac, findings);
        match (&mut module.edges, edges) {
            (Some(_), Some(second)) => findings.at(
                second.word,
                "a graph has one `edges!` block; move these edges into the first",
            ),
            (none, edges) => *none = edges,
        }
        return;
    }
    let all = match &piece.item {
        Some(item) => attributes(item).to_vec(),
        None => items::attributes(&piece.tokens),
    };
    let ours = attrs::ours(&all, &attrs::ITEMS, findings);
    let is_state = ours
        .first()
        .is_some_and(|attr| attrs::name(attr) == "state");
    match &piece.item {
        Some(item) => annotated(item, &ours, module, findings),
        None => torn(&piece.tokens, &ours, module, findings),
    }
    if piece
        .item
        .as_ref()
        .is_some_and(|item| collides(item, module))
    {
        // A state of that name can't be told from what is generated.
        module.torn |= matches!(piece.item, Some(Item::Struct(_))) && !ours.is_empty();
        module.items.extend(piece.item);
        return;
    }
    let mut tokens = attrs::strip(piece.tokens, &attrs::ITEMS);
    if is_state {
        let with_serde = attrs::derive_serde(&all);
        if !with_serde {
            tokens = attrs::strip(tokens, &["serde"]);
        }
        tokens = attrs::strip_fields(tokens, with_serde);
    }
    module.tokens.extend(tokens);
    module.items.extend(piece.item);
}

/// Whether an item has a name that was given already, which is reported later on. The compiler needn't
/// say it again.
fn collides(item: &Item, module: &Module) -> bool {
    let is_generated = |name: &Ident| GENERATED.contains(&plain(name).as_str());
    match item {
        Item::Fn(function) => {
            let same = |node: &&Node| plain(&node.name) == plain(&function.sig.ident);
            module.nodes.iter().filter(same).count() > 1
        }
        _ => matches!(brought_in(item).as_slice(), [name] if is_generated(name)),
    }
}

fn annotated(item: &Item, ours: &[&Attribute], module: &mut Module, findings: &mut Findings) {
    let Some(first) = ours.first() else { return };
    let name = attrs::name(first);
    match (name.as_str(), item) {
        ("state", Item::Struct(item)) => state(item, first, module, findings),
        ("context", Item::Struct(item)) => context(item, first, module, findings),
        ("state" | "context", _) => findings.at(
            attrs::word(first),
            format!("`#[{name}]` belongs on a struct with named fields; write `#[{name}] pub struct Name {{ .. }}`"),
        ),
        ("migrate", Item::Fn(function)) => migrate(function, first, module, findings),
        (_, Item::Fn(function)) => {
            attrs::refuse_cfg(&function.attrs, "a node", findings);
            if name == "wait" {
                waits::body(function, findings);
            }
            let docs = attrs::docs(&function.attrs);
            let (name, signature) = (function.sig.ident.clone(), Some(function.sig.clone()));
            module.nodes.extend(nodes::node(name, signature, docs, ours, findings));
        }
        ("migrate", _) => findings.at(
            attrs::word(first),
            "`#[migrate]` belongs on a function; write `#[migrate] fn upgrade(state: &mut Map<String, Value>) { .. }`",
        ),
        _ => findings.at(
            attrs::word(first),
            format!("`#[{name}]` belongs on a function; a node is a function of the module"),
        ),
    }
}

/// Reads `#[migrate] fn ..`.
fn migrate(function: &ItemFn, attr: &Attribute, module: &mut Module, findings: &mut Findings) {
    attrs::bare(attr, findings);
    attrs::refuse_cfg(&function.attrs, "the migration", findings);
    let name = &function.sig.ident;
    if let Some(first) = &module.migrate {
        let message = format!("a graph has one migration, and that is `{first}`; go on from there");
        findings.at(name, message);
        return;
    }
    if let Some(word) = &function.sig.asyncness {
        findings.at(
            word,
            "a state is migrated while it is read, which can't wait; leave out `async`",
        );
        return;
    }
    module.migrate = Some(name.clone());
}

/// An item that can't be parsed still has a name, to which edges and parameters may refer.
fn torn(tokens: &TokenStream, ours: &[&Attribute], module: &mut Module, findings: &mut Findings) {
    let Some(first) = ours.first() else { return };
    match attrs::name(first).as_str() {
        "state" => torn_state(tokens, module),
        "context" => torn_context(tokens, module),
        "migrate" => {}
        _ => {
            if let Some(name) = items::name_after("fn", tokens) {
                module
                    .nodes
                    .extend(nodes::node(name, None, Vec::new(), ours, findings));
            }
        }
    }
}

/// What every graph has.
fn missing(module: &Module, findings: &mut Findings) {
    let name = &module.name;
    if module.state.is_none() {
        findings.at(
            name,
            "a graph needs a state; write `#[state] pub struct State { .. }`",
        );
    }
    if module.edges.is_none() {
        findings.at(
            name,
            "a graph needs its edges; write `edges! { start -> first; first -> end; }`",
        );
    }
}

fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(item) => &item.attrs,
        Item::Enum(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Macro(item) => &item.attrs,
        Item::Mod(item) => &item.attrs,
        Item::Static(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Trait(item) => &item.attrs,
        Item::Type(item) => &item.attrs,
        Item::Union(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        _ => &[],
    }
}
