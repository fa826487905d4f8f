//! Writes a graph in the notation that [`super::notation`] reads.

use std::fmt::Write;

use graph_topology::{Arm, Member, NodeKind, Source, Topology};

/// Writes a graph.
pub fn print(topology: &Topology) -> String {
    let mut text = String::new();
    for field in topology.fields.iter() {
        let reducer = field.reducer.as_deref().unwrap_or_default();
        let given = if field.given { " given" } else { "" };
        let _ = writeln!(text, "field {}: {} {reducer}{given}", field.name, field.ty);
    }
    for node in topology.nodes.iter() {
        let fields = |list: &[u16]| {
            let names = list
                .iter()
                .map(|&field| topology.fields[usize::from(field)].name.to_string());
            names.collect::<Vec<_>>().join(", ")
        };
        let kind = match node.kind {
            NodeKind::Task => "node",
            NodeKind::Ask => "ask",
            NodeKind::Wait => "wait",
            NodeKind::Subgraph => "subgraph",
        };
        let _ = write!(text, "{kind} {}", node.name);
        if !node.reads.is_empty() {
            let _ = write!(text, " reads({})", fields(&node.reads));
        }
        if !node.writes.is_empty() {
            let _ = write!(text, " writes({})", fields(&node.writes));
        }
        if let Some(handler) = node.on_error {
            let _ = write!(text, " on_error({})", name(topology, handler));
        }
        text.push('\n');
    }
    for route in topology.routes.iter() {
        let from: Vec<&str> = route
            .from
            .iter()
            .map(|&source| source_text(topology, source))
            .collect();
        let _ = writeln!(
            text,
            "{} -> {};",
            from.join(" | "),
            arms_text(topology, &route.arms)
        );
    }
    for join in 0..topology.joins.len() {
        let _ = writeln!(text, "{};", topology.join_text(join));
    }
    text
}

fn arms_text(topology: &Topology, arms: &[Arm]) -> String {
    if let [arm] = arms
        && arm.when.is_empty()
    {
        return arm_text(topology, arm);
    }
    let arms: Vec<String> = (arms.iter().enumerate())
        .map(|(index, arm)| match arm.when.first() {
            Some(when) => format!("{when} => {}", arm_text(topology, arm)),
            None => format!("w{index} => {}", arm_text(topology, arm)),
        })
        .collect();
    format!("match x {{ {} }}", arms.join(", "))
}

/// A target as it is written.
pub fn arm_text(topology: &Topology, arm: &Arm) -> String {
    let members: Vec<String> = arm.to.iter().map(|to| member_text(topology, to)).collect();
    match members.as_slice() {
        [] => "end".to_owned(),
        [one] if arm.to[0].guard.is_none() => one.clone(),
        many => format!("{{{}}}", many.join(", ")),
    }
}

/// A member of a group as it is written.
pub fn member_text(topology: &Topology, member: &Member) -> String {
    let node = name(topology, member.node);
    match (&member.guard, &member.each) {
        (_, Some(each)) => format!("for {each} {{ {node}(item) }}"),
        (Some(guard), None) => format!("{node} if {guard}"),
        (None, None) => node.to_owned(),
    }
}

/// A source of a route as it is written.
pub fn source_text(topology: &Topology, source: Source) -> &str {
    match source {
        Source::Start => "start",
        Source::Node(node) => name(topology, node),
    }
}

fn name(topology: &Topology, node: u16) -> &str {
    &topology.nodes[usize::from(node)].name
}
