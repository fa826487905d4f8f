//! Two dozen graphs, each with another way in which things can happen beside each other.

use std::collections::{BTreeMap, HashMap, HashSet};

use graph_runtime::prelude::*;

/// A graph whose nodes do nothing but say that they were there, and how much was said before them.
macro_rules! plain {
    ($($name:ident: $id:literal, [$($node:ident),*], { $($edges:tt)* })*) => {$(
        #[graph(id = $id)]
        pub mod $name {
            #[state]
            pub struct State {
                #[input]
                pub rounds: u32,
                #[reduce(append)]
                pub log: Vec<String>,
                #[reduce(sum)]
                pub turns: u32,
            }

            edges! { $($edges)* }

            $(
                #[node(writes(log, turns))]
                async fn $node(log: &[String]) -> (String, u32) {
                    (format!("{} after {}", stringify!($node), log.len()), 1)
                }
            )*
        }
    )*};
}

plain! {
    line: "line", [a, b, c], { start -> a -> b -> c -> end; }
    fork: "fork", [a, b, c, d], { start -> a -> {b, c} -> d -> end; }
    wide: "wide", [a, b, c, d, e, f, g], { start -> a -> {b, c, d, e, f} -> g -> end; }
    nested: "nested", [a, b, c, d, e, f, g], {
        start -> a -> {b, c};
        b -> {d, e};
        {d, e} -> f;
        {f, c} -> g -> end;
    }
    uneven: "uneven", [a, b, c, d, e, f], {
        start -> a -> {b, c};
        b -> d -> e;
        {e, c} -> f -> end;
    }
    turning: "turning", [a, b], {
        start -> a -> b -> if state.turns < state.rounds { a } else { end };
    }
    turning_beside: "turning_beside", [a, b, c, d, e, f], {
        start -> a -> {b, c};
        b -> if state.turns < state.rounds { b } else { d };
        c -> e;
        {d, e} -> f -> end;
    }
    ends: "ends", [a, b, c, d], {
        start -> a -> {b, c};
        b -> end;
        c -> d -> end;
    }
    either: "either", [a, b, c, d], {
        start -> a -> match state.rounds { 0..=2 => b, _ => c };
        b | c -> d -> end;
    }
    guarded: "guarded", [a, b, c, d], {
        start -> a -> {b if state.rounds > 2, c if state.rounds > 20};
        {b, c} -> d -> end;
    }
    instead: "instead", [a, b, c, x, d], {
        start -> a -> {b, c};
        b -> if state.rounds > 2 { x } else { d };
        {b | x, c} -> d -> end;
    }
    arriving: "arriving", [fetch, check, decide, a], {
        start -> a -> {fetch, check};
        fetch -> if state.turns > 4 { decide } else { fetch };
        {fetch, check} -> decide -> end;
    }
    twice_round: "twice_round", [a, b, c, d], {
        start -> a -> {b, c} -> d;
        d -> if state.turns < 2 * state.rounds { a } else { end };
    }
}

/// Items side by side, each with something to say; as many lists as there are rounds.
#[graph(id = "items")]
pub mod items {
    #[state]
    pub struct State {
        #[input]
        pub rounds: u32,
        #[reduce(append)]
        pub said: Vec<String>,
        #[reduce(sum)]
        pub total: u32,
    }

    edges! {
        start -> for item in 0..state.rounds { read(item) };
        read -> for word in &state.said, limit = 2 { weigh(word) };
        weigh -> end;
    }

    #[node(writes(said))]
    async fn read(item: u32) -> Vec<String> {
        vec![format!("item {item}"); item as usize % 3]
    }

    #[node(writes(total))]
    async fn weigh(word: &str, said: &[String]) -> u32 {
        u32::try_from(word.len() + said.len()).unwrap_or(u32::MAX)
    }
}

/// Items in one branch, a loop in another.
#[graph(id = "items_beside")]
pub mod items_beside {
    #[state]
    pub struct State {
        #[input]
        pub rounds: u32,
        #[reduce(append)]
        pub log: Vec<String>,
        #[reduce(sum)]
        pub turns: u32,
    }

    edges! {
        start -> split -> {each, turn};
        each -> for item in 0..state.rounds, limit = 3 { work(item) };
        turn -> if state.turns < 4 { turn } else { over };
        {work, over} -> close -> end;
    }

    #[node(writes(log))]
    fn split() -> String {
        "split".to_owned()
    }

    #[node(writes(log))]
    async fn each(log: &[String]) -> String {
        format!("each after {}", log.len())
    }

    #[node(writes(log))]
    async fn work(item: u32, log: &[String]) -> String {
        format!("work {item} after {}", log.len())
    }

    #[node(writes(log, turns))]
    async fn turn(turns: u32) -> (String, u32) {
        (format!("turn {turns}"), 1)
    }

    #[node(writes(log))]
    async fn over() -> String {
        "over".to_owned()
    }

    #[node(writes(log))]
    async fn close(log: &[String]) -> String {
        format!("close after {}", log.len())
    }
}

/// Everything that a field can be reduced by, from four branches at once.
#[graph(id = "reducers")]
pub mod reducers {
    use super::*;

    #[state]
    pub struct State {
        #[input]
        pub rounds: u32,
        #[reduce(append)]
        pub appended: Vec<u32>,
        #[reduce(sum)]
        pub added: u32,
        #[reduce(max)]
        pub highest: u32,
        #[reduce(min)]
        #[default(99)]
        pub lowest: u32,
        #[reduce(union)]
        pub seen: HashSet<String>,
        #[reduce(merge)]
        pub named: HashMap<String, u32>,
        #[reduce(or)]
        pub any: bool,
        #[reduce(and)]
        #[default(true)]
        pub all: bool,
        #[reduce(keep_first)]
        pub first: Option<u32>,
        #[reduce(last)]
        pub last: u32,
    }

    edges! {
        start -> one -> {two, three, four, five} -> six -> end;
    }

    #[node(writes(appended, added, highest, lowest, seen, named, any, all, first, last))]
    async fn one() -> update::One {
        update::One::new().appended([1]).added(1)
    }

    #[node(writes(appended, added, highest, lowest, seen, named, any, all, first, last))]
    async fn two() -> update::Two {
        let update = update::Two::new()
            .appended([2, 2])
            .added(2)
            .highest(2)
            .lowest(2);
        update
            .seen(["two".to_owned()])
            .first(Some(2))
            .last(2)
            .any(true)
    }

    #[node(writes(appended, added, highest, lowest, seen, named, any, all, first, last))]
    async fn three() -> update::Three {
        let update = update::Three::new()
            .appended([3])
            .added(3)
            .highest(30)
            .lowest(3);
        update
            .named([("three".to_owned(), 3), ("x".to_owned(), 3)])
            .first(Some(3))
            .last(3)
    }

    #[node(writes(appended, added, highest, lowest, seen, named, any, all, first, last))]
    async fn four() -> update::Four {
        let update = update::Four::new()
            .appended([4])
            .added(4)
            .highest(4)
            .lowest(1);
        update.named([("x".to_owned(), 4)]).all(false).last(4)
    }

    #[node(writes(appended, added, highest, lowest, seen, named, any, all, first, last))]
    async fn five() -> update::Five {
        let seen = ["one", "two", "three", "four", "five", "six"].map(str::to_owned);
        update::Five::new().appended([5]).seen(seen)
    }

    #[node(writes(appended))]
    async fn six(appended: &[u32]) -> u32 {
        u32::try_from(appended.len()).unwrap_or(u32::MAX)
    }
}

/// What goes back after each step, written and read beside each other.
#[graph(id = "scopes")]
pub mod scopes {
    #[state]
    pub struct State {
        #[input]
        pub rounds: u32,
        #[scope(step)]
        #[reduce(append)]
        pub now: Vec<String>,
        #[scope(run)]
        #[reduce(append)]
        pub then: Vec<usize>,
    }

    edges! { start -> a -> {b, c, d}; {b, c, d} -> e -> end; }

    #[node(writes(now))]
    async fn a() -> String {
        "a".to_owned()
    }

    #[node(writes(now, then))]
    async fn b(now: &[String]) -> (String, usize) {
        ("b".to_owned(), now.len())
    }

    #[node(writes(now, then))]
    async fn c(now: &[String]) -> (String, usize) {
        ("c".to_owned(), 10 + now.len())
    }

    #[node(writes(now))]
    fn d() -> String {
        "d".to_owned()
    }

    #[node(writes(then))]
    async fn e(now: &[String]) -> usize {
        100 + now.len()
    }
}

/// Questions in a branch, and one for each of several people, while others work.
#[graph(id = "asking")]
pub mod asking {
    use super::*;

    #[state]
    pub struct State {
        #[input]
        pub rounds: u32,
        #[reduce(append)]
        pub log: Vec<String>,
        pub agreed: Option<bool>,
        pub votes: BTreeMap<u32, bool>,
    }

    edges! {
        start -> begin -> {agree, work};
        work -> for person in 0..state.rounds { vote(person) };
        {agree, vote} -> count -> end;
    }

    #[node(writes(log))]
    fn begin() -> String {
        "begin".to_owned()
    }

    #[ask(into = agreed)]
    fn agree(log: &[String]) -> String {
        format!("agreed, after {}?", log.len())
    }

    #[node(writes(log))]
    async fn work(log: &[String]) -> String {
        format!("work after {}", log.len())
    }

    #[ask(into = votes)]
    fn vote(person: u32) -> Option<String> {
        (person != 1).then(|| format!("and you, {person}?"))
    }

    #[node(writes(log))]
    async fn count(agreed: Option<bool>, votes: &BTreeMap<u32, bool>) -> String {
        format!("{agreed:?} and {votes:?}")
    }
}

/// Nodes in other places: on the runtime's threads, and on those that may wait.
#[graph(id = "elsewhere")]
pub mod elsewhere {
    #[state]
    pub struct State {
        #[input]
        pub rounds: u32,
        #[reduce(append)]
        pub log: Vec<String>,
    }

    edges! { start -> {a, b, c} -> d -> end; }

    #[node(writes(log), spawn)]
    async fn a() -> String {
        tokio::task::yield_now().await;
        "a".to_owned()
    }

    #[node(writes(log), blocking)]
    fn b() -> String {
        "b".to_owned()
    }

    #[node(writes(log))]
    async fn c() -> String {
        "c".to_owned()
    }

    #[node(writes(log))]
    async fn d(log: &[String]) -> String {
        format!("d after {log:?}")
    }
}

/// Nodes that fail, are tried again, and are taken on by a handler, beside others.
#[graph(id = "failing")]
pub mod failing {
    use super::*;

    #[state]
    pub struct State {
        #[input]
        pub rounds: u32,
        #[reduce(append)]
        pub log: Vec<String>,
    }

    edges! {
        start -> {a, b, c};
        a -> d;
        rescue -> d;
        {a | rescue, b, c} -> d -> end;
    }

    #[node(writes(log), on_error = rescue)]
    async fn a(rounds: u32) -> Result<String, String> {
        if rounds > 2 {
            Err("too many rounds".to_owned())
        } else {
            Ok("a".to_owned())
        }
    }

    #[node(writes(log), retry(times = 2, delay = "1ms", jitter = false))]
    async fn b(run: &Run) -> Result<String, String> {
        if run.attempt() < 3 {
            Err("not yet".to_owned())
        } else {
            Ok("b".to_owned())
        }
    }

    #[node(writes(log))]
    async fn c() -> String {
        "c".to_owned()
    }

    #[node(writes(log))]
    async fn rescue(run: &Run) -> String {
        run.failure()
            .map(|failure| failure.error.clone())
            .unwrap_or_default()
    }

    #[node(writes(log))]
    async fn d(log: &[String]) -> String {
        format!("d after {log:?}")
    }
}
