//! What the check has to say: a mistake, the token to point at, the run that leads there.

use crate::model::Source;

/// One mistake.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What kind of mistake it is.
    pub kind: FindingKind,
    /// The token that a person would edit.
    pub at: At,
    /// What is wrong, how a run comes there, and after `;` the remedy.
    pub message: String,
    /// Other tokens that belong to it.
    pub related: Vec<Related>,
    /// The run that leads to it, move by move; empty where the mistake shows without running.
    pub way: Vec<Move>,
}

/// Another token that belongs to a finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Related {
    /// The token.
    pub at: At,
    /// What it has to do with the mistake.
    pub text: String,
}

/// The kinds of mistakes, in the order in which they are reported.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum FindingKind {
    /// Nothing leads away from `start`.
    NoStart,
    /// A join gets some of what it waits for and never the rest, on some ways.
    WaitsForEver,
    /// A join gets some of what it waits for and never the rest, on every way.
    NeverComplete,
    /// A join names a node whose own route never goes to the join's target.
    NeverGoesThere,
    /// A node from which no way leads to `end`.
    CantLeave,
    /// Two branches of one run start the same node.
    StartedTwice,
    /// A node is started by what follows its own start, before it has ended.
    StartedAgain,
    /// A slot of a join is filled while it is filled.
    FilledTwice,
    /// A group in which all members may be skipped, and nothing follows then.
    SkippedGroup,
    /// A node is reached by `for` and without.
    ForAndWithout,
    /// Several tasks that can be active at the same time set a field without a reducer.
    WriteConflict,
    /// A field is read that nothing ever sets.
    NeverSet,
    /// A node stands in no edge.
    NeverUsed,
    /// No way leads from `start` to a node.
    NeverReached,
    /// The check gave up before it was sure.
    TooEntangled,
}

/// A place in the source, by its position in the topology.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum At {
    /// The name of a node where it is declared.
    Node(usize),
    /// The name of a field where it is declared.
    Field(usize),
    /// A source of a route.
    RouteSource {
        /// The route.
        route: usize,
        /// Which of its sources.
        source: usize,
    },
    /// A whole arm; the target where there is no choice.
    Arm {
        /// The route.
        route: usize,
        /// Which of its arms.
        arm: usize,
    },
    /// A node as the target of an arm.
    Member {
        /// The route.
        route: usize,
        /// Which of its arms.
        arm: usize,
        /// Which of the arm's members.
        member: usize,
    },
    /// A node as a member of a join.
    Slot {
        /// The join.
        join: usize,
        /// Which of its slots.
        slot: usize,
        /// Which of the slot's alternatives.
        member: usize,
    },
    /// The target of a join.
    JoinTarget(usize),
    /// The `on_error` of a node.
    OnError(usize),
}

/// One move of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Move {
    /// A source ends and takes an arm of a route. Guarded members are left to be decided.
    Arm {
        /// What ends.
        source: Source,
        /// The route.
        route: usize,
        /// The arm taken.
        arm: usize,
    },
    /// A guarded member of an arm that was taken is run or skipped.
    Guard {
        /// What ended.
        source: Source,
        /// The route.
        route: usize,
        /// The arm taken.
        arm: usize,
        /// Which of the arm's members.
        member: usize,
        /// Whether the guard holds.
        holds: bool,
    },
    /// A node without a route ends and fills its slots.
    Ends(u16),
    /// A node fails and goes where its `on_error` leads.
    Fails(u16),
    /// A join is complete and starts its target.
    Joins(usize),
}
