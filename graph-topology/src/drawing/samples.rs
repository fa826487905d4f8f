//! Graphs to draw: those of the zoo, random ones, and some that are hard to draw.

use std::path::Path;

use crate::generate::{self, Dice};
use crate::model::Topology;
use crate::notation::parse;

/// Graphs with what is hard to draw: loops, parallel ways, long ones, long words.
const HARD: &[(&str, &str)] = &[
    (
        "self loops",
        "start -> a -> match x { A => a, B => a, C => b, D => b }; b -> if x { b } else { end };",
    ),
    (
        "two ways back",
        "start -> a -> b -> c -> match x { A => a, B => b, C => a, _ => end };",
    ),
    (
        "to and fro",
        "start -> a -> b; b -> if x { a } else { end };",
    ),
    ("nothing", ""),
    ("not reached", "start -> a -> end; b -> c -> b;"),
    (
        "long words",
        "start -> a_node_that_has_a_very_long_name_which_no_box_can_hold -> match state.something_long(with, arguments) { Some(Topic::WithAVeryLongName(ref x)) if x.is_longer_than(anything, that, fits, into, three, lines, of, a, label) => b, _ => end }; b -> end;",
    ),
];

/// The graphs of the zoo and the hard ones, with their titles.
pub(crate) fn written() -> Vec<(String, Topology)> {
    let mut graphs: Vec<(String, Topology)> = HARD
        .iter()
        .map(|&(title, text)| (title.to_owned(), parse(text).unwrap()))
        .collect();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/zoo");
    let files = std::fs::read_dir(folder).unwrap();
    let mut paths: Vec<_> = files.map(|file| file.unwrap().path()).collect();
    paths.sort();
    for path in paths {
        let text = std::fs::read_to_string(path).unwrap();
        let sections = text.strip_prefix("== ").unwrap().split("\n== ");
        graphs.extend(sections.map(|section| {
            let (title, rest) = section.split_once('\n').unwrap();
            let graph = rest.split("\n--\n").next().unwrap();
            (title.to_owned(), parse(graph).unwrap())
        }));
    }
    graphs
}

/// Random graphs of every kind, small and large.
pub(crate) fn generated(count: u64) -> impl Iterator<Item = (String, Topology)> {
    (0..count).map(|seed| {
        let dice = &mut Dice::new(seed);
        let draft = match seed % 3 {
            0 => generate::sound(dice, 1 + usize::try_from(seed).unwrap() % 100),
            _ => generate::any(dice),
        };
        (format!("random {seed}"), draft.finish())
    })
}
