//! What every drawing keeps to, for graphs as people write them and for any plan at all.

use super::grid::Grid;
use super::*;
use crate::drawing::picture::Picture;
use crate::drawing::samples;
use crate::drawing::svg::Sheet;
use crate::generate::Dice;

/// Tries all graphs of the zoo, random graphs, and random plans, with their titles.
fn for_each_plan(test: impl Fn(&Plan, &Layout) -> Result<(), String>) {
    let graphs = samples::written().into_iter().chain(samples::generated(60));
    let graphs = graphs.map(|(title, graph)| (title, Sheet::of(&Picture::of(&graph, None)).plan));
    let wild = (0..200).map(|seed| (format!("plan {seed}"), wild(&mut Dice::new(seed))));
    for (title, plan) in graphs.chain(wild) {
        let layout = lay_out(&plan);
        if let Err(why) = test(&plan, &layout) {
            panic!("{title}: {why}\n{plan:?}\n{layout:?}");
        }
    }
}

/// Boxes of any size, with any edges.
fn wild(dice: &mut Dice) -> Plan {
    let number = |dice: &mut Dice, bound| i32::try_from(dice.below(bound)).unwrap();
    let count = 1 + dice.below(20);
    let boxes = (0..count).map(|_| Size {
        width: 8 + 2 * number(dice, 60),
        height: 8 + number(dice, 60),
        aside: number(dice, 3) * 20,
    });
    let boxes = boxes.collect();
    let edges = (0..dice.below(5 * count / 2)).map(|_| Edge {
        from: dice.below(count),
        to: dice.below(count),
        label: (!dice.once_in(2)).then(|| Size {
            width: 7 + number(dice, 100),
            height: 14,
            aside: 0,
        }),
    });
    let edges = edges.collect();
    Plan { boxes, edges }
}

fn overlap(one: &Rect, other: &Rect) -> bool {
    one.left < other.right()
        && other.left < one.right()
        && one.top < other.bottom()
        && other.top < one.bottom()
}

fn legs(course: &Course) -> impl Iterator<Item = (Spot, Leg)> {
    let ends = course.legs.iter().map(|&leg| end(leg));
    std::iter::once(course.begin)
        .chain(ends)
        .zip(course.legs.iter().copied())
}

fn end(leg: Leg) -> Spot {
    match leg {
        Leg::Down(end) | Leg::Curve(_, _, end) => end,
    }
}

fn end_of(course: &Course) -> Spot {
    course.legs.last().map_or(course.begin, |&leg| end(leg))
}

#[test]
fn boxes_and_labels_keep_apart() {
    for_each_plan(|_, layout| {
        let labels = layout.edges.iter().filter_map(|edge| edge.label);
        let all: Vec<Rect> = layout.boxes.iter().copied().chain(labels).collect();
        for (index, one) in all.iter().enumerate() {
            if let Some(other) = all[..index].iter().find(|other| overlap(one, other)) {
                return Err(format!("{one:?} lies on {other:?}"));
            }
            if one.left < 0
                || one.top < 0
                || one.right() > layout.width
                || one.bottom() > layout.height
            {
                return Err(format!("{one:?} lies outside"));
            }
        }
        Ok(())
    });
}

#[test]
fn every_edge_begins_and_ends_at_its_boxes() {
    let touches = |rect: &Rect, spot: Spot| {
        let (across, down) = (rect.left..=rect.right(), rect.top..=rect.bottom());
        let on_side = spot.x == rect.left || spot.x == rect.right();
        let on_edge = spot.y == rect.top || spot.y == rect.bottom();
        across.contains(&spot.x) && down.contains(&spot.y) && (on_side || on_edge)
    };
    for_each_plan(|plan, layout| {
        for (edge, course) in plan.edges.iter().zip(&layout.edges) {
            let (from, to) = (&layout.boxes[edge.from], &layout.boxes[edge.to]);
            if course.legs.is_empty()
                || !touches(from, course.begin)
                || !touches(to, end_of(course))
            {
                return Err(format!("{edge:?} goes astray: {course:?}"));
            }
            if edge.label.is_some() != course.label.is_some() {
                return Err(format!("{edge:?} has lost its label"));
            }
        }
        Ok(())
    });
}

#[test]
fn edges_lead_down_but_those_that_close_a_cycle() {
    for_each_plan(|plan, layout| {
        for (edge, course) in plan.edges.iter().zip(&layout.edges) {
            let leads_up = end_of(course).y < course.begin.y;
            if edge.from != edge.to && leads_up && !reaches(plan, edge.to, edge.from) {
                return Err(format!("{edge:?} leads up and closes no cycle"));
            }
            let turns = legs(course).any(|(begin, leg)| (end(leg).y < begin.y) != leads_up);
            if edge.from != edge.to && turns {
                return Err(format!("{edge:?} turns round on its way"));
            }
        }
        Ok(())
    });
}

fn reaches(plan: &Plan, from: usize, to: usize) -> bool {
    let (mut open, mut seen) = (vec![from], vec![false; plan.boxes.len()]);
    while let Some(at) = open.pop() {
        if !std::mem::replace(&mut seen[at], true) {
            let next = plan.edges.iter().filter(|edge| edge.from == at);
            open.extend(next.map(|edge| edge.to));
        }
    }
    seen[to]
}

#[test]
fn no_edge_crosses_a_box_or_a_label() {
    for_each_plan(|plan, layout| {
        let labels = layout.edges.iter().filter_map(|edge| edge.label);
        let all: Vec<Rect> = layout.boxes.iter().copied().chain(labels).collect();
        for (edge, course) in plan.edges.iter().zip(&layout.edges) {
            let spots = legs(course).flat_map(|(begin, leg)| along(begin, leg));
            for spot in spots {
                let hit = all.iter().find(|rect| {
                    let across = rect.left < spot.x && spot.x < rect.right();
                    across && rect.top < spot.y && spot.y < rect.bottom()
                });
                if let Some(rect) = hit {
                    return Err(format!("{edge:?} runs over {rect:?} at {spot:?}"));
                }
            }
        }
        Ok(())
    });
}

/// Some spots of a leg.
fn along(begin: Spot, leg: Leg) -> Vec<Spot> {
    let (one, two, end) = match leg {
        Leg::Down(end) => (begin, end, end),
        Leg::Curve(one, two, end) => (one, two, end),
    };
    let mix = |t: i32, from: i32, one: i32, two: i32, to: i32| {
        let u = 16 - t;
        (u * u * u * from + 3 * u * u * t * one + 3 * u * t * t * two + t * t * t * to) / 4096
    };
    (0..=16)
        .map(|t| Spot {
            x: mix(t, begin.x, one.x, two.x, end.x),
            y: mix(t, begin.y, one.y, two.y, end.y),
        })
        .collect()
}

#[test]
fn edges_between_the_same_boxes_go_their_own_ways() {
    for_each_plan(|plan, layout| {
        let all: Vec<(&Edge, &Course)> = plan.edges.iter().zip(&layout.edges).collect();
        for (index, (one, course)) in all.iter().enumerate() {
            let twin = all[..index].iter().find(|(other, twin)| {
                (one.from, one.to) == (other.from, other.to)
                    && (course.begin, &course.legs) == (twin.begin, &twin.legs)
            });
            if twin.is_some() {
                return Err(format!("{one:?} is drawn twice"));
            }
        }
        Ok(())
    });
}

fn grid(edges: &[(usize, usize)], boxes: usize) -> Grid {
    let size = Size {
        width: 20,
        height: 10,
        aside: 0,
    };
    let plan = Plan {
        boxes: vec![size; boxes],
        edges: edges
            .iter()
            .map(|&(from, to)| Edge {
                from,
                to,
                label: None,
            })
            .collect(),
    };
    Grid::of(&plan, &rank::rank(&plan))
}

#[test]
fn crossings_are_counted_as_the_pairs_are() {
    for seed in 0..200 {
        let plan = wild(&mut Dice::new(seed));
        let grid = Grid::of(&plan, &rank::rank(&plan));
        let places = order::places(&grid.rows, grid.items.len());
        let mut count = 0;
        for row in &grid.rows {
            let ends = row.iter().flat_map(|&upper| {
                let below = grid.items[upper].below.iter();
                below.map(move |&lower| (upper, lower))
            });
            let ends: Vec<(usize, usize)> = ends
                .map(|(upper, lower)| (places[upper], places[lower]))
                .collect();
            for (one, other) in ends
                .iter()
                .flat_map(|one| ends.iter().map(move |it| (one, it)))
            {
                count += usize::from(one.0 < other.0 && one.1 > other.1);
            }
        }
        assert_eq!(order::crossings(&grid), count, "plan {seed}");
    }
}

#[test]
fn what_needs_no_crossing_gets_none() {
    // Two binary trees, their edges in a confusing order.
    let mut tree = grid(&[(0, 2), (0, 1), (2, 3), (1, 6), (2, 4), (1, 5)], 7);
    order::order(&mut tree);
    assert_eq!(order::crossings(&tree), 0);
    let mut found = grid(&[(0, 2), (0, 3), (1, 2)], 4);
    order::order(&mut found);
    assert_eq!(order::crossings(&found), 0);
    let mut turned = grid(&[(0, 4), (1, 3), (2, 5), (0, 5), (1, 4), (2, 3)], 6);
    order::order(&mut turned);
    let count = order::crossings(&turned);
    assert_eq!(count, 2, "a ring of six can't have less in two rows");
}

#[test]
fn a_chain_is_straight() {
    let plan = Plan {
        boxes: [30, 80, 50]
            .map(|width| Size {
                width,
                height: 20,
                aside: 0,
            })
            .into(),
        edges: [(0, 1), (1, 2)]
            .map(|(from, to)| Edge {
                from,
                to,
                label: None,
            })
            .into(),
    };
    let middles: Vec<i32> = lay_out(&plan).boxes.iter().map(Rect::middle).collect();
    assert_eq!(middles, [40, 40, 40]);
}

#[test]
fn lanes_are_straight_unless_lanes_cross() {
    let mut straight = 0;
    for seed in 0..100 {
        let plan = wild(&mut Dice::new(seed));
        let mut grid = Grid::of(&plan, &rank::rank(&plan));
        order::order(&mut grid);
        let places = order::places(&grid.rows, grid.items.len());
        let middles = place::place(&grid);
        for row in &grid.rows {
            let lanes = || {
                let lanes = row.iter().copied();
                lanes.filter_map(|upper| Some((upper, grid.items[upper].lane_below?)))
            };
            for (upper, lower) in lanes() {
                let before = |(one, other): (usize, usize)| {
                    (places[one] < places[upper], places[other] < places[lower])
                };
                let mut others = lanes().filter(|&(other, _)| other != upper).map(before);
                if others.all(|(above, below)| above == below) {
                    assert_eq!(middles[upper], middles[lower], "plan {seed}");
                    straight += 1;
                }
            }
        }
    }
    assert!(straight > 500, "{straight} parts of lanes");
}
