//! Random graphs: sound ones built of blocks, those with a mistake or two, and wild ones.

use graph_topology::{Arm, Field, Join, List, Member, Node, NodeKind, Route, Source, Topology};

/// A small generator of numbers; the same seed gives the same graphs everywhere.
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ 0xD1B5_4A32_D192_ED03)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut word = self.0;
        word = (word ^ (word >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        word ^ (word >> 31)
    }

    /// A number below `bound`.
    pub fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % (bound.max(1) as u64)).unwrap()
    }

    /// True once in `times`.
    pub fn once_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }
}

/// A graph under construction, with parts that can be changed.
#[derive(Clone, Debug, Default)]
pub struct Draft {
    pub fields: usize,
    pub nodes: Vec<Node>,
    pub routes: Vec<(Vec<Source>, Vec<Arm>)>,
    pub joins: Vec<(Vec<Vec<u16>>, u16)>,
}

impl Draft {
    pub fn finish(&self) -> Topology {
        let field = |index: usize| Field {
            name: format!("f{index}").into(),
            ty: "T".into(),
            reducer: None,
            given: true,
        };
        let route = |(from, arms): &(Vec<Source>, Vec<Arm>)| Route {
            from: from.clone().into(),
            reads: vec![].into(),
            arms: arms.clone().into(),
            doc: "".into(),
        };
        let join = |(slots, to): &(Vec<Vec<u16>>, u16)| Join {
            slots: slots
                .iter()
                .map(|slot| slot.clone().into())
                .collect::<Vec<List<u16>>>()
                .into(),
            to: *to,
            doc: "".into(),
        };
        Topology {
            id: "random".into(),
            fields: (0..self.fields).map(field).collect(),
            nodes: self.nodes.clone().into(),
            routes: self.routes.iter().map(route).collect(),
            joins: self.joins.iter().map(join).collect(),
        }
    }

    fn node(&mut self) -> u16 {
        let index = self.nodes.len();
        let letter = char::from(b'a' + u8::try_from(index % 26).unwrap());
        let name = if index < 26 {
            letter.to_string()
        } else {
            format!("{letter}{}", index / 26)
        };
        self.nodes.push(Node {
            name: name.into(),
            kind: NodeKind::Task,
            reads: vec![].into(),
            writes: vec![].into(),
            on_error: None,
        });
        u16::try_from(index).unwrap()
    }

    fn route(&mut self, from: &[u16], arms: &[&[u16]]) {
        let arms = arms.iter().enumerate();
        let arms =
            arms.map(|(index, to)| arm(index, to.iter().map(|&node| member(node)).collect()));
        let arms: Vec<Arm> = arms.collect();
        self.routes
            .push((from.iter().map(|&node| Source::Node(node)).collect(), arms));
    }

    fn write_at_random(&mut self, dice: &mut Dice) {
        self.fields = dice.below(3);
        for field in 0..u16::try_from(self.fields).unwrap() {
            for _ in 0..2 {
                let node = dice.below(self.nodes.len());
                self.nodes[node].writes.to_mut().push(field);
            }
        }
    }
}

fn arm(index: usize, to: Vec<Member>) -> Arm {
    Arm {
        when: vec![format!("w{index}").into()].into(),
        to: to.into(),
    }
}

fn member(node: u16) -> Member {
    Member {
        node,
        guard: None,
        each: None,
    }
}

/// A block that begins at a node and ends at one without a route.
struct Block {
    entry: u16,
    exit: u16,
}

/// A sound graph of about so many nodes.
pub fn sound(dice: &mut Dice, size: usize) -> Draft {
    let mut draft = Draft::default();
    let block = block(&mut draft, dice, size, true);
    draft.route(&[block.exit], &[&[]]);
    let to = vec![arm(0, vec![member(block.entry)])];
    draft.routes.insert(0, (vec![Source::Start], to));
    draft
}

/// A sound block. Only at the `top` may a branch lead to `end`.
fn block(draft: &mut Draft, dice: &mut Dice, size: usize, top: bool) -> Block {
    if size <= 1 {
        let node = draft.node();
        return Block {
            entry: node,
            exit: node,
        };
    }
    match dice.below(if size < 3 { 3 } else { 11 }) {
        0 => fallible(draft),
        1 => each(draft),
        2 => retry(draft, dice, size),
        3 | 4 => then(draft, dice, size, top),
        5 => choice(draft, dice, size, top),
        6 if top => fork_to_end(draft, dice, size),
        6 | 7 => fork(draft, dice, size),
        8 => fork_of_alternatives(draft, dice, size),
        9 => fork_with_arrival(draft, dice, size),
        _ => guarded(draft, dice),
    }
}

fn fallible(draft: &mut Draft) -> Block {
    let (node, handler, after) = (draft.node(), draft.node(), draft.node());
    draft.nodes[usize::from(node)].on_error = Some(handler);
    draft.route(&[node, handler], &[&[after]]);
    Block {
        entry: node,
        exit: after,
    }
}

fn each(draft: &mut Draft) -> Block {
    let (node, item) = (draft.node(), draft.node());
    draft.route(&[node], &[&[item]]);
    draft.routes.last_mut().unwrap().1[0].to.to_mut()[0].each = Some("item in items".into());
    Block {
        entry: node,
        exit: item,
    }
}

fn retry(draft: &mut Draft, dice: &mut Dice, size: usize) -> Block {
    let inner = block(draft, dice, size - 1, false);
    let after = draft.node();
    draft.route(&[inner.exit], &[&[inner.entry], &[after]]);
    Block {
        entry: inner.entry,
        exit: after,
    }
}

fn then(draft: &mut Draft, dice: &mut Dice, size: usize, top: bool) -> Block {
    let first = block(draft, dice, size / 2, top);
    let second = block(draft, dice, size - size / 2, top);
    draft.route(&[first.exit], &[&[second.entry]]);
    Block {
        entry: first.entry,
        exit: second.exit,
    }
}

fn choice(draft: &mut Draft, dice: &mut Dice, size: usize, top: bool) -> Block {
    let node = draft.node();
    let (left, right) = (
        block(draft, dice, size / 2, top),
        block(draft, dice, size / 2, top),
    );
    let after = draft.node();
    if top && dice.once_in(3) {
        draft.route(&[node], &[&[left.entry], &[right.entry], &[]]);
    } else {
        draft.route(&[node], &[&[left.entry], &[right.entry]]);
    }
    draft.route(&[left.exit, right.exit], &[&[after]]);
    Block {
        entry: node,
        exit: after,
    }
}

fn fork_to_end(draft: &mut Draft, dice: &mut Dice, size: usize) -> Block {
    let node = draft.node();
    let (left, right) = (
        block(draft, dice, size / 2, true),
        block(draft, dice, size / 2, true),
    );
    draft.route(&[node], &[&[left.entry, right.entry]]);
    draft.route(&[left.exit], &[&[]]);
    Block {
        entry: node,
        exit: right.exit,
    }
}

fn fork(draft: &mut Draft, dice: &mut Dice, size: usize) -> Block {
    let node = draft.node();
    let width = 2 + dice.below(2);
    let branches: Vec<Block> = (0..width)
        .map(|_| block(draft, dice, size / width, false))
        .collect();
    let after = draft.node();
    let entries: Vec<u16> = branches.iter().map(|branch| branch.entry).collect();
    draft.route(&[node], &[&entries]);
    draft.joins.push((
        branches.iter().map(|branch| vec![branch.exit]).collect(),
        after,
    ));
    Block {
        entry: node,
        exit: after,
    }
}

fn fork_of_alternatives(draft: &mut Draft, dice: &mut Dice, size: usize) -> Block {
    let (node, choice) = (draft.node(), draft.node());
    let (left, right) = (
        block(draft, dice, size / 3, false),
        block(draft, dice, size / 3, false),
    );
    let other = block(draft, dice, size / 3, false);
    let after = draft.node();
    draft.route(&[node], &[&[choice, other.entry]]);
    draft.route(&[choice], &[&[left.entry], &[right.entry]]);
    draft
        .joins
        .push((vec![vec![left.exit, right.exit], vec![other.exit]], after));
    Block {
        entry: node,
        exit: after,
    }
}

fn fork_with_arrival(draft: &mut Draft, dice: &mut Dice, size: usize) -> Block {
    let node = draft.node();
    let (left, right) = (
        block(draft, dice, size / 2, false),
        block(draft, dice, size / 2, false),
    );
    let after = draft.node();
    draft.route(&[node], &[&[left.entry, right.entry]]);
    draft.route(&[left.exit], &[&[after], &[left.entry]]);
    draft
        .joins
        .push((vec![vec![left.exit], vec![right.exit]], after));
    Block {
        entry: node,
        exit: after,
    }
}

fn guarded(draft: &mut Draft, dice: &mut Dice) -> Block {
    let (node, left, right, after) = (draft.node(), draft.node(), draft.node(), draft.node());
    draft.route(&[node], &[&[left, right]]);
    let members = draft.routes.last_mut().unwrap().1[0].to.to_mut();
    members[0].guard = Some("left".into());
    if dice.once_in(2) {
        members[1].guard = Some("right".into());
    }
    draft.joins.push((vec![vec![left], vec![right]], after));
    Block {
        entry: node,
        exit: after,
    }
}

/// A sound graph with a mistake or two made in it.
pub fn mutated(dice: &mut Dice, size: usize) -> Draft {
    let mut draft = sound(dice, size);
    for _ in 0..=dice.below(3) {
        mutate(&mut draft, dice);
    }
    draft
}

fn mutate(draft: &mut Draft, dice: &mut Dice) {
    let node = u16::try_from(dice.below(draft.nodes.len())).unwrap();
    let route = dice.below(draft.routes.len());
    let join = dice.below(draft.joins.len());
    match dice.below(14) {
        0 => draft.joins[..]
            .iter_mut()
            .skip(join)
            .take(1)
            .for_each(|it| it.1 = node),
        1 if !draft.joins.is_empty() => {
            let slots = &mut draft.joins[join].0;
            let slot = dice.below(slots.len());
            slots[slot] = vec![node];
        }
        2 if !draft.joins.is_empty() => draft.joins[join].0.push(vec![node]),
        3 if !draft.joins.is_empty() => {
            let slots = &mut draft.joins[join].0;
            let slot = dice.below(slots.len());
            if !slots[slot].contains(&node) {
                slots[slot].push(node);
            }
        }
        4 if !draft.joins.is_empty() => {
            let slots = &mut draft.joins[join].0;
            if slots.len() > 1 {
                slots.remove(dice.below(slots.len()));
            }
        }
        5 => {
            let index = usize::from(node);
            draft.nodes[index].on_error =
                Some(u16::try_from(dice.below(draft.nodes.len())).unwrap());
        }
        6 if !draft.joins.is_empty() => {
            let (slots, to) = draft.joins.remove(join);
            let from = slots.into_iter().flatten().map(Source::Node).collect();
            draft.routes.push((from, vec![arm(0, vec![member(to)])]));
        }
        7 => draft
            .routes
            .push((vec![Source::Node(node)], vec![arm(0, vec![])])),
        choice => mutate_arms(draft, dice, route, node, choice),
    }
}

fn mutate_arms(draft: &mut Draft, dice: &mut Dice, route: usize, node: u16, choice: usize) {
    let arms = &mut draft.routes[route].1;
    let index = dice.below(arms.len());
    if choice == 8 {
        let to = if dice.once_in(2) {
            vec![]
        } else {
            vec![member(node)]
        };
        arms.push(arm(arms.len(), to));
        return;
    }
    if choice == 9 && arms.len() > 1 {
        arms.remove(index);
        return;
    }
    let members = arms[index].to.to_mut();
    let position = dice.below(members.len());
    match choice {
        10 if members.len() > 1 => drop(members.remove(position)),
        11 if !members.is_empty() => {
            let guard = &mut members[position].guard;
            *guard = if guard.is_none() {
                Some("guard".into())
            } else {
                None
            };
        }
        12 if !members.is_empty() => members[position].node = node,
        _ if members.iter().all(|it| it.node != node) => members.push(member(node)),
        _ => {}
    }
}

/// Anything at all.
pub fn wild(dice: &mut Dice) -> Draft {
    let mut draft = Draft::default();
    let count = 2 + dice.below(6);
    for _ in 0..count {
        draft.node();
    }
    let any = |dice: &mut Dice| u16::try_from(dice.below(count)).unwrap();
    let start = vec![arm(0, vec![member(0)])];
    draft.routes.push((vec![Source::Start], start));
    for node in 0..u16::try_from(count).unwrap() {
        if dice.once_in(4) {
            continue;
        }
        let arms = (0..=dice.below(2)).map(|index| {
            let mut to: Vec<Member> = Vec::new();
            for _ in 0..dice.below(3) {
                let next = any(dice);
                if to.iter().all(|it| it.node != next) {
                    let guard = dice.once_in(8).then(|| "guard".into());
                    to.push(Member {
                        guard,
                        ..member(next)
                    });
                }
            }
            arm(index, to)
        });
        let arms = arms.collect();
        draft.routes.push((vec![Source::Node(node)], arms));
    }
    for _ in 0..dice.below(3) {
        let slots = (0..=1 + dice.below(2)).map(|_| vec![any(dice)]).collect();
        let to = any(dice);
        draft.joins.push((slots, to));
    }
    if dice.once_in(6) {
        let node = usize::from(any(dice));
        draft.nodes[node].on_error = Some(any(dice));
    }
    draft
}

/// A random graph of any of these.
pub fn any(dice: &mut Dice) -> Draft {
    let size = 1 + dice.below(7);
    let mut draft = match dice.below(5) {
        0 | 1 => sound(dice, size),
        2 | 3 => mutated(dice, size),
        _ => wild(dice),
    };
    draft.write_at_random(dice);
    draft
}
