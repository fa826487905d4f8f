//! What can be reached from the beginning, and from where the end can.

use crate::check::bits::Bits;
use crate::check::net::{Net, Place};

/// The places that some way leads to. A join leads on when all of its slots are reached or, if
/// `any_slot`, when one of them is.
pub(crate) fn reached(net: &Net, marked: &[Place], any_slot: bool) -> Bits {
    let mut found = Bits::new(net.len());
    let mut open = Vec::new();
    for &place in marked {
        if found.insert(place) {
            open.push(place);
        }
    }
    while let Some(place) = open.pop() {
        for &id in net.leaving(place) {
            let transition = &net.transitions[id];
            if any_slot || transition.inputs.iter().all(|&input| found.contains(input)) {
                open.extend(
                    transition
                        .outputs
                        .iter()
                        .filter(|&&output| found.insert(output)),
                );
            }
        }
    }
    found
}

/// The places from which some way leads to `end`.
pub(crate) fn ending(net: &Net) -> Bits {
    let mut found = Bits::new(net.len());
    let mut open: Vec<Place> = Vec::new();
    let mut add = |places: &[Place], open: &mut Vec<Place>| {
        open.extend(places.iter().filter(|&&place| found.insert(place)));
    };
    for transition in net
        .transitions
        .iter()
        .filter(|transition| transition.outputs.is_empty())
    {
        add(&transition.inputs, &mut open);
    }
    while let Some(place) = open.pop() {
        for &id in net.entering(place) {
            add(&net.transitions[id].inputs, &mut open);
        }
    }
    found
}

/// The first place of each closed circle: places that lead to each other and to nothing else.
pub(crate) fn closed_circles(net: &Net, within: &Bits) -> Vec<Vec<Place>> {
    let ahead: Vec<(Place, Bits)> = within
        .iter()
        .map(|place| (place, reached(net, &[place], true)))
        .collect();
    let mut circles: Vec<Vec<Place>> = Vec::new();
    for (place, mine) in &ahead {
        let back = |other: &(Place, Bits)| !mine.contains(other.0) || other.1.contains(*place);
        if ahead.iter().all(back) && !circles.iter().any(|circle| circle.contains(place)) {
            circles.push(
                mine.iter()
                    .filter(|&other| within.contains(other))
                    .collect(),
            );
        }
    }
    circles
}
