//! Reads a graph as a user writes it, so that tests look like what they are about.
//!
//! Before the edges stand one line for each field (`field notes: Vec<Note> append given`) and for each
//! node that has more than a name (`ask approve reads(a) writes(b) on_error(h)`). Other nodes come to
//! be where they are first named.

use graph_topology::{
    Arm, Field, Join, List, Member, Node, NodeKind, Route, Source, Text, Topology,
};

/// Reads a graph.
pub fn parse(text: &str) -> Result<Topology, String> {
    let mut reader = Reader::default();
    let mut edges = String::new();
    for line in text.lines() {
        let words: Vec<&str> = line.split_whitespace().collect();
        match words.as_slice() {
            ["field", ..] => reader.field(line)?,
            ["node" | "ask" | "wait" | "subgraph", ..] => reader.declare(line)?,
            _ => {
                edges.push_str(line.split("//").next().unwrap_or_default());
                edges.push('\n');
            }
        }
    }
    reader.handlers();
    for statement in split(&edges, ';') {
        if !statement.trim().is_empty() {
            reader.statement(&statement)?;
        }
    }
    Ok(reader.topology())
}

#[derive(Default)]
struct Reader {
    fields: Vec<Field>,
    nodes: Vec<Node>,
    errors: Vec<(usize, String)>,
    routes: Vec<Route>,
    joins: Vec<Join>,
}

impl Reader {
    fn field(&mut self, line: &str) -> Result<(), String> {
        let (name, rest) = line.trim()["field".len()..]
            .split_once(':')
            .ok_or("a field needs a type")?;
        let mut words = rest.split_whitespace();
        let mut field = Field {
            name: owned(name),
            ty: owned(words.next().unwrap_or("T")),
            reducer: None,
            given: false,
        };
        for word in words {
            match word {
                "given" => field.given = true,
                reducer => field.reducer = Some(owned(reducer)),
            }
        }
        self.fields.push(field);
        Ok(())
    }

    fn declare(&mut self, line: &str) -> Result<(), String> {
        let (kind, rest) = line.trim().split_once(' ').ok_or("a node needs a name")?;
        let name = rest.split_whitespace().next().unwrap_or_default();
        let node = self.node(name);
        self.nodes[usize::from(node)].kind = match kind {
            "ask" => NodeKind::Ask,
            "wait" => NodeKind::Wait,
            "subgraph" => NodeKind::Subgraph,
            _ => NodeKind::Task,
        };
        let argument = |key: &str| {
            let (_, rest) = rest.split_once(&format!("{key}("))?;
            Some(rest.split(')').next().unwrap_or_default().to_owned())
        };
        let fields = |key: &str| -> Result<Vec<u16>, String> {
            let list = argument(key).unwrap_or_default();
            let names = list
                .split(',')
                .map(str::trim)
                .filter(|name| !name.is_empty());
            names.map(|name| self.field_index(name)).collect()
        };
        let (reads, writes) = (fields("reads")?, fields("writes")?);
        self.nodes[usize::from(node)].reads = reads.into();
        self.nodes[usize::from(node)].writes = writes.into();
        if let Some(handler) = argument("on_error") {
            self.errors.push((usize::from(node), handler));
        }
        Ok(())
    }

    fn field_index(&self, name: &str) -> Result<u16, String> {
        let index = self.fields.iter().position(|field| field.name == name);
        Ok(u16::try_from(index.ok_or(format!("no field `{name}`"))?).unwrap())
    }

    fn handlers(&mut self) {
        for (node, handler) in std::mem::take(&mut self.errors) {
            self.nodes[node].on_error = Some(self.node(&handler));
        }
    }

    fn node(&mut self, name: &str) -> u16 {
        let index = self
            .nodes
            .iter()
            .position(|node| node.name == name)
            .unwrap_or_else(|| {
                self.nodes.push(Node {
                    name: owned(name),
                    kind: NodeKind::Task,
                    reads: vec![].into(),
                    writes: vec![].into(),
                    on_error: None,
                });
                self.nodes.len() - 1
            });
        u16::try_from(index).unwrap()
    }

    fn statement(&mut self, text: &str) -> Result<(), String> {
        let hops = split(&text.replace("->", "\u{1}"), '\u{1}');
        for pair in hops.windows(2) {
            let (from, to) = (pair[0].trim(), pair[1].trim());
            if from.starts_with('{') {
                self.join(from, to)?;
            } else {
                let from: Vec<Source> = from
                    .split('|')
                    .map(|name| self.source(name.trim()))
                    .collect();
                let reads = self.reads(to);
                let arms = self.target(to, &[])?;
                self.routes.push(Route {
                    from: from.into(),
                    reads: reads.into(),
                    arms: arms.into(),
                    doc: "".into(),
                });
            }
        }
        Ok(())
    }

    fn source(&mut self, name: &str) -> Source {
        if name == "start" {
            Source::Start
        } else {
            Source::Node(self.node(name))
        }
    }

    /// The fields that the conditions of a target name.
    fn reads(&self, text: &str) -> Vec<u16> {
        let is_read = |field: &Field| text.contains(&format!("state.{}", field.name));
        let fields = (0u16..)
            .zip(&self.fields)
            .filter(|(_, field)| is_read(field));
        fields.map(|(index, _)| index).collect()
    }

    fn join(&mut self, slots: &str, to: &str) -> Result<(), String> {
        let mut all: Vec<List<u16>> = Vec::new();
        for slot in split(&slots[1..slots.len() - 1], ',') {
            let names = slot
                .split('|')
                .map(member_name)
                .filter(|name| !name.is_empty());
            let nodes: Vec<u16> = names.map(|name| self.node(name)).collect();
            if !nodes.is_empty() {
                all.push(nodes.into());
            }
        }
        let arms = self.target(to, &[])?;
        let [Arm { to, .. }] = arms.as_slice() else {
            return Err(format!("{slots} leads to a choice"));
        };
        let [to] = to.as_ref() else {
            return Err(format!("{slots} leads to no node"));
        };
        self.joins.push(Join {
            slots: all.into(),
            to: to.node,
            doc: "".into(),
        });
        Ok(())
    }

    /// The arms of a target: one, or all leaves of a `match` or an `if`.
    fn target(&mut self, text: &str, when: &[Text]) -> Result<Vec<Arm>, String> {
        let text = text.trim();
        if let Some(rest) = text.strip_prefix("match ") {
            self.matched(rest, when)
        } else if let Some(rest) = text.strip_prefix("if ") {
            self.either(rest, when)
        } else {
            let to = self.members(text);
            Ok(vec![Arm {
                when: when.to_vec().into(),
                to: to.into(),
            }])
        }
    }

    fn matched(&mut self, text: &str, when: &[Text]) -> Result<Vec<Arm>, String> {
        let (_, body, _) = braced(text)?;
        let mut arms = Vec::new();
        for arm in split(body, ',') {
            if let Some((pattern, target)) = arm.split_once("=>") {
                arms.extend(self.target(target, &[when, &[owned(pattern)]].concat())?);
            }
        }
        Ok(arms)
    }

    fn either(&mut self, text: &str, when: &[Text]) -> Result<Vec<Arm>, String> {
        let (condition, then, rest) = braced(text)?;
        let condition = Text::from(format!("if {}", condition.trim()));
        let otherwise = rest
            .trim()
            .strip_prefix("else")
            .ok_or("`else` is required")?
            .trim();
        let otherwise = match otherwise.strip_prefix('{') {
            Some(_) => inner(braced(otherwise)?.1),
            None => otherwise.to_owned(),
        };
        let mut arms = self.target(&inner(then), &[when, &[condition]].concat())?;
        arms.extend(self.target(&otherwise, &[when, &["else".into()]].concat())?);
        Ok(arms)
    }

    fn members(&mut self, text: &str) -> Vec<Member> {
        if text == "end" {
            return Vec::new();
        }
        let Some(group) = text.strip_prefix('{') else {
            return vec![self.member(text)];
        };
        let members = split(group.strip_suffix('}').unwrap_or(group), ',').into_iter();
        let members = members.filter(|member| !member.trim().is_empty());
        members
            .map(|member| self.member(member.split('|').next().unwrap_or_default()))
            .collect()
    }

    fn member(&mut self, text: &str) -> Member {
        let text = text.trim();
        if let Some(rest) = text.strip_prefix("for ") {
            let (each, body, _) = braced(rest).unwrap_or((rest, "", ""));
            let name = body.split('(').next().unwrap_or_default().trim();
            return Member {
                node: self.node(name),
                guard: None,
                each: Some(owned(each)),
            };
        }
        let guard = text.split_once(" if ").map(|(_, guard)| owned(guard));
        Member {
            node: self.node(member_name(text)),
            guard,
            each: None,
        }
    }

    fn topology(self) -> Topology {
        Topology {
            id: "test".into(),
            fields: self.fields.into(),
            nodes: self.nodes.into(),
            routes: self.routes.into(),
            joins: self.joins.into(),
        }
    }
}

fn owned(text: &str) -> Text {
    text.trim().to_owned().into()
}

fn member_name(text: &str) -> &str {
    text.split_whitespace().next().unwrap_or_default()
}

/// What the braces of an `if` hold: a target, or the members of a group.
fn inner(text: &str) -> String {
    if split(text, ',').len() > 1 {
        format!("{{{text}}}")
    } else {
        text.trim().to_owned()
    }
}

/// What stands before the first brace, what in it, and what after.
fn braced(text: &str) -> Result<(&str, &str, &str), String> {
    let open = text
        .find('{')
        .ok_or(format!("a brace is missing in `{text}`"))?;
    let mut depth = 0;
    for (index, letter) in text.char_indices().skip_while(|(index, _)| *index < open) {
        match letter {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return Ok((&text[..open], &text[open + 1..index], &text[index + 1..]));
        }
    }
    Err(format!("a brace is open in `{text}`"))
}

/// Splits at a letter outside of brackets.
fn split(text: &str, at: char) -> Vec<String> {
    let (mut parts, mut depth) = (vec![String::new()], 0);
    for letter in text.chars() {
        match letter {
            '{' | '(' | '[' => depth += 1,
            '}' | ')' | ']' => depth -= 1,
            _ => {}
        }
        if letter == at && depth == 0 {
            parts.push(String::new());
        } else {
            parts.last_mut().unwrap().push(letter);
        }
    }
    parts
}
