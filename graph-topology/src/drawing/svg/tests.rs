//! Images are XML that Markdown leaves alone, and hold every word of their graph.

use std::time::Duration;

use crate::drawing::samples;
use crate::notation::parse;
use crate::{NodeKind, Now, Topology, Trail, Visit};

/// Some run or other of a graph.
fn some_trail(topology: &Topology) -> Trail {
    let mut trail = Trail::default();
    let nows = [
        None,
        Some(Now::Active),
        Some(Now::Waiting),
        Some(Now::Failed),
    ];
    for (node, now) in (0..).zip(nows).take(topology.nodes.len()) {
        let (turns, time) = (1, Duration::from_secs(2));
        trail.nodes.insert(node, Visit { turns, time, now });
    }
    trail
}

/// What is wrong with a text as XML.
fn fault(text: &str) -> Option<String> {
    let (mut open, mut rest) = (Vec::new(), text);
    while let Some(begin) = rest.find('<') {
        if let Some(fault) = fault_of_text(&rest[..begin]) {
            return Some(fault);
        }
        let Some(length) = rest[begin..].find('>') else {
            return Some(format!("`{}` has no end", &rest[begin..]));
        };
        let tag = &rest[begin + 1..begin + length];
        rest = &rest[begin + length + 1..];
        if let Some(name) = tag.strip_prefix('/') {
            if open.pop() != Some(name) {
                return Some(format!("`{name}` is closed and wasn't open"));
            }
            continue;
        }
        let is_closed = tag.ends_with('/');
        let tag = tag.trim_end_matches('/');
        let (name, attributes) = tag.split_once(' ').unwrap_or((tag, ""));
        if let Some(fault) = fault_of_attributes(attributes) {
            return Some(fault);
        }
        if !is_closed {
            open.push(name);
        }
        if open.is_empty() {
            return Some(format!("`{name}` stands alone"));
        }
    }
    match (open.pop(), rest.trim()) {
        (None, "") => None,
        (open, rest) => Some(format!("{open:?} is open, and `{rest}` follows")),
    }
}

fn fault_of_text(text: &str) -> Option<String> {
    let known = ["amp;", "lt;", "gt;", "quot;", "#39;"];
    let is_known = |rest: &&str| known.iter().any(|name| rest.starts_with(name));
    let unknown = text.split('&').skip(1).find(|rest| !is_known(rest));
    let unreadable = text.chars().find(|&it| it.is_control() && it != '\n');
    match (unknown, unreadable, text.contains('>')) {
        (None, None, false) => None,
        found => Some(format!("`{text}`: {found:?}")),
    }
}

fn fault_of_attributes(mut text: &str) -> Option<String> {
    let mut names = Vec::new();
    while !text.is_empty() {
        let Some((name, rest)) = text.trim_start().split_once("=\"") else {
            return Some(format!("no value in `{text}`"));
        };
        let Some((value, rest)) = rest.split_once('"') else {
            return Some(format!("`{name}` has no end"));
        };
        let is_name = |letter: char| letter.is_ascii_alphabetic() || letter == '-';
        if !name.chars().all(is_name) || names.contains(&name) || fault_of_text(value).is_some() {
            return Some(format!("{name}=\"{value}\""));
        }
        names.push(name);
        text = rest;
    }
    None
}

#[test]
fn the_checker_finds_faults() {
    assert_eq!(fault("<a b=\"c\"><d/>&lt;</a>\n"), None);
    let faulty = [
        "<a>",
        "<a></b>",
        "<a/>",
        "<a b></a>",
        "<a b=\"c></a>",
        "<a>&</a>",
        "<a>\u{1}</a>",
        "<a b=\"1\" b=\"2\"></a>",
        "<a></a>b",
        "<a>></a>",
    ];
    for text in faulty {
        assert!(fault(text).is_some(), "{text}");
    }
}

#[test]
fn every_image_is_xml_that_markdown_leaves_alone() {
    for (title, graph) in samples::written().into_iter().chain(samples::generated(60)) {
        let trail = some_trail(&graph);
        for image in [graph.svg(), graph.drawing().with(&trail).svg()] {
            assert_eq!(fault(&image), None, "{title}:\n{image}");
            let blank = image.lines().any(|line| line.trim().is_empty());
            assert!(!blank && image.starts_with("<svg "), "{title}:\n{image}");
        }
    }
}

#[test]
fn words_can_say_anything() {
    let hostile = "</svg> <script>\"&amp;' ]]> {x} `y`\n\n\u{0}\u{1F600}";
    let mut graph = parse("start -> a -> match x { A => b, _ => end }; b -> end;").unwrap();
    graph.id = hostile.into();
    for node in graph.nodes.to_mut() {
        node.name = hostile.into();
    }
    let arms = &mut graph.routes.to_mut()[1].arms;
    arms.to_mut()[0].when = vec![hostile.into(); 9].into();
    let image = graph.svg();
    assert_eq!(fault(&image), None, "{image}");
    assert!(!image.contains("<script"));
}

#[test]
fn every_word_is_there_whole() {
    let name = "a_node_that_has_a_very_long_name_which_no_box_can_hold";
    let when =
        "Some(Topic::Very(long)) if a.is_longer(than, anything, that, a, label, has, room, for)";
    let text = format!("start -> {name} -> match x {{ {when} => b, _ => end }}; b -> end;");
    let graph = parse(&text).unwrap();
    let image = graph.svg();
    assert!(image.contains(&format!("<title>{name}</title>")), "{image}");
    assert!(image.contains(&format!("<title>{when}</title>")), "{image}");
    for word in ["start", "b", "end"] {
        assert!(
            image.contains(&format!(">{word}</text>")),
            "{word}: {image}"
        );
    }
}

#[test]
fn the_same_graph_gives_the_same_image() {
    for (title, graph) in samples::generated(30) {
        assert_eq!(graph.svg(), graph.clone().svg(), "{title}");
    }
}

#[test]
fn a_small_graph() {
    let mut graph = parse("node a on_error(a)\nstart -> a -> if x { a } else { end };").unwrap();
    graph.nodes.to_mut()[0].kind = NodeKind::Wait;
    let image = graph.svg();
    let (_, drawn) = image.split_once("</defs>\n").unwrap();
    let expected = r#"<g fill="none" stroke="currentColor" stroke-width="1.5" font-family="ui-monospace,monospace" font-size="13">
<g marker-end="url(#state-graph-arrow)">
<path d="M34 31v24"/>
<path d="M52 60c24 0 24 11 0 11"/>
<path d="M34 99v62"/>
<path class="d" d="M52 82c24 0 24 11 0 11"/>
</g>
<g font-size="11">
<text x="74" y="68">if x</text>
<text x="40" y="133">else</text>
<text x="74" y="90">error</text>
</g>
<g fill="currentColor" fill-opacity=".06" text-anchor="middle">
<rect x="0" y="0" width="68" height="31" rx="15"/><text x="34" y="20">start</text>
<path d="M23 55h22l7 7v30l-7 7h-22l-7-7v-30z"/><text x="34" y="81">a</text>
<rect x="8" y="161" width="52" height="31" rx="15"/><text x="34" y="181">end</text>
</g>
</g>
</svg>
"#;
    assert_eq!(drawn, expected);
}

#[test]
fn a_run_is_told_in_words_and_marks() {
    let graph = parse("ask q\nstart -> a -> q -> if x { b } else { end }; b -> end;").unwrap();
    let mut trail = Trail::default();
    let second = Duration::from_secs(1);
    let step = |ran, active, waiting| crate::Step {
        ran,
        active,
        waiting,
        time: second,
    };
    trail.step(&graph, &step(&[], &[1], &[]));
    trail.step(&graph, &step(&[1], &[0], &[0]));
    let image = graph.drawing().with(&trail).svg();
    let line = |start: &str| {
        image
            .lines()
            .find(|line| line.contains(start))
            .unwrap_or_default()
    };
    assert!(
        line(">a</text>").starts_with("<g class=\"p\">") && line(">a</text>").contains(">1x, 1 s<")
    );
    assert!(
        line(">q</text>").starts_with("<g class=\"w\">")
            && line(">q</text>").contains(">0 ms, waiting<")
    );
    assert!(line(">b</text>").starts_with("<g class=\"u\">"));
    assert_eq!(image.matches("<path class=\"p\"").count(), 2, "{image}");
    assert_eq!(image.matches("<path class=\"u\"").count(), 3, "{image}");
    let last_faint = image.rfind("<path class=\"u\"");
    assert!(last_faint < image.find("<path class=\"p\""), "{image}");
    assert!(!graph.svg().contains("class=\"u\""));
}
