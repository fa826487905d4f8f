//! A graph with something of everything, whose nodes wait, fail and are counted as a test wants it.

use std::collections::{BTreeMap, HashSet};
use std::future::poll_fn;
use std::sync::{Arc, Mutex};
use std::task::Poll;

use graph_runtime::prelude::*;
use graph_runtime::{Checkpointer, Run, ThreadKey, Write};

use self::office::{Answer, Input, Office, Question, Table};

/// Where nodes report: they wait as long as it says, and fail where it says.
#[derive(Default)]
pub struct Desk {
    begun: Mutex<Vec<String>>,
    failing: Mutex<HashSet<String>>,
    held: Mutex<HashSet<String>>,
    /// How many items are worked on now, and how many there were at the most.
    items: Mutex<(usize, usize)>,
    /// The state of a small random generator; 0 for no waiting at all.
    seed: Mutex<u64>,
}

impl Desk {
    /// One whose nodes wait some polls each, others for each seed.
    pub fn seeded(seed: u64) -> Arc<Self> {
        Arc::new(Self {
            seed: Mutex::new(seed),
            ..Self::default()
        })
    }

    /// The nodes that have begun so far, each with its item.
    pub fn begun(&self) -> Vec<String> {
        self.begun.lock().unwrap().clone()
    }

    /// Lets these fail from now on, and no others.
    pub fn fail(&self, names: &[&str]) {
        *self.failing.lock().unwrap() = names.iter().map(|name| (*name).to_owned()).collect();
    }

    /// Lets these wait until they are held no more.
    pub fn hold(&self, names: &[&str]) {
        *self.held.lock().unwrap() = names.iter().map(|name| (*name).to_owned()).collect();
    }

    /// How many items were worked on at the same time, at the most.
    pub fn most_items(&self) -> usize {
        self.items.lock().unwrap().1
    }

    /// A node's turn: its name and item, once it may go on.
    pub async fn turn(&self, run: &Run) -> Result<String, String> {
        let item = run
            .item()
            .map(|item| format!(" {item}"))
            .unwrap_or_default();
        self.work(run, &format!("{}{item}", run.node())).await
    }

    /// A node's turn under a name of its own.
    pub async fn work(&self, run: &Run, name: &str) -> Result<String, String> {
        let name = name.to_owned();
        self.begun.lock().unwrap().push(name.clone());
        self.count_item(run, 1);
        polls(self.random(6)).await;
        while self.held.lock().unwrap().contains(&name) {
            polls(1).await;
        }
        self.count_item(run, -1);
        if self.failing.lock().unwrap().contains(&name) {
            return Err(format!("{name} was told to fail"));
        }
        Ok(name)
    }

    fn count_item(&self, run: &Run, change: isize) {
        if run.item().is_some() {
            let (now, most) = &mut *self.items.lock().unwrap();
            *now = now.saturating_add_signed(change);
            *most = (*most).max(*now);
        }
    }

    fn random(&self, below: u64) -> u64 {
        let mut seed = self.seed.lock().unwrap();
        if *seed == 0 {
            return 0;
        }
        // Marsaglia's xorshift.
        *seed ^= *seed << 13;
        *seed ^= *seed >> 7;
        *seed ^= *seed << 17;
        *seed % below
    }
}

/// Is ready when it is polled once more than so many times.
pub async fn polls(mut count: u64) {
    poll_fn(|cx| {
        if count == 0 {
            return Poll::Ready(());
        }
        count -= 1;
        cx.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

/// Polls a future so many times, and drops it unless it is ready by then.
pub async fn polled<F: Future>(future: F, times: usize) -> Option<F::Output> {
    let mut future = Box::pin(future);
    for _ in 0..times {
        let ready = poll_fn(|cx| Poll::Ready(future.as_mut().poll(cx)));
        if let Poll::Ready(output) = ready.await {
            return Some(output);
        }
        polls(1).await;
    }
    None
}

/// Three branches, one of them a loop and one an ask; a join; a `for`; an ask in a `for`; scopes.
#[graph(id = "office")]
pub mod office {
    use super::*;

    #[state]
    #[derive(Debug, PartialEq)]
    pub struct Office {
        #[input]
        pub topic: String,
        /// Only makes the state larger.
        #[input]
        pub filler: String,
        #[input]
        pub parts: Vec<u32>,
        #[input]
        pub people: Vec<String>,
        #[reduce(append)]
        pub log: Vec<String>,
        #[scope(run)]
        pub rounds: u32,
        pub consent: Option<bool>,
        pub votes: BTreeMap<String, bool>,
        #[scope(step)]
        pub fleeting: Option<u32>,
        #[unsaved]
        pub cache: Option<u32>,
        pub seen: Vec<Option<u32>>,
    }

    #[context]
    pub struct Table {
        pub desk: Arc<Desk>,
    }

    edges! {
        start -> plan -> {review, research, consent};
        research -> if state.rounds < 2 { research } else { draft };
        review -> check;
        {consent, draft, check} -> publish;
        publish -> for part in &state.parts, limit = 2 { print(part) };
        print -> for person in &state.people { vote(person) };
        vote -> finish -> close -> end;
    }

    #[node(writes(log, fleeting, cache))]
    async fn plan(run: &Run, desk: &Desk) -> Result<update::Plan, String> {
        let update = update::Plan::new().fleeting(Some(1)).cache(Some(1));
        Ok(update.log([desk.turn(run).await?]))
    }

    #[ask(into = consent)]
    fn consent(topic: &str) -> String {
        format!("may we write on {topic}?")
    }

    #[node(writes(log, rounds))]
    async fn research(run: &Run, desk: &Desk, rounds: u32) -> Result<(String, u32), String> {
        Ok((desk.turn(run).await?, rounds + 1))
    }

    #[node(writes(log, seen))]
    async fn review(
        run: &Run,
        desk: &Desk,
        fleeting: Option<u32>,
        cache: Option<u32>,
    ) -> Result<(String, Vec<Option<u32>>), String> {
        Ok((desk.turn(run).await?, vec![fleeting, cache]))
    }

    #[node(writes(log, seen))]
    async fn check(
        run: &Run,
        desk: &Desk,
        fleeting: Option<u32>,
        seen: &[Option<u32>],
    ) -> Result<(String, Vec<Option<u32>>), String> {
        let seen = seen.iter().copied().chain([fleeting]).collect();
        Ok((desk.turn(run).await?, seen))
    }

    #[node(writes(log))]
    async fn draft(run: &Run, desk: &Desk) -> Result<String, String> {
        desk.turn(run).await
    }

    #[node(writes(log))]
    async fn publish(run: &Run, desk: &Desk) -> Result<String, String> {
        desk.turn(run).await
    }

    #[node(writes(log))]
    async fn print(part: u32, run: &Run, desk: &Desk) -> Result<String, String> {
        Ok(format!("{} = {part}", desk.turn(run).await?))
    }

    #[ask(into = votes)]
    fn vote(person: &String) -> String {
        format!("{person}, for or against?")
    }

    #[node(writes(log, fleeting))]
    async fn finish(run: &Run, desk: &Desk) -> Result<(String, Option<u32>), String> {
        Ok((desk.turn(run).await?, Some(2)))
    }

    #[node(writes(log, seen))]
    async fn close(
        run: &Run,
        desk: &Desk,
        fleeting: Option<u32>,
        seen: &[Option<u32>],
    ) -> Result<(String, Vec<Option<u32>>), String> {
        let seen = seen.iter().copied().chain([fleeting]).collect();
        Ok((desk.turn(run).await?, seen))
    }
}

/// The graph at a desk.
pub fn builder(desk: &Arc<Desk>) -> graph_runtime::Builder<Office, graph_runtime::Unsaved, Table> {
    Office::graph().context(Table {
        desk: Arc::clone(desk),
    })
}

/// What the tests begin with: three parts to print, three people to ask.
pub fn input() -> Input {
    let people = ["ada", "bob", "cleo"].map(str::to_owned);
    let input = Input::new().topic("bees").parts(vec![7, 8, 9]);
    input.people(people.to_vec())
}

/// What a run with that input and nothing unusual writes into its log.
pub const LOG: [&str; 12] = [
    "plan",
    "research",
    "review",
    "research",
    "check",
    "draft",
    "publish",
    "print 0 = 7",
    "print 1 = 8",
    "print 2 = 9",
    "finish",
    "close",
];

/// The answer that everybody gives here.
pub fn yes(question: &Question) -> Answer {
    match question {
        Question::Consent(consent) => consent.answer(true),
        Question::Vote(vote) => vote.answer(true),
    }
}

/// Answers whatever is asked until the run comes to its end.
pub async fn to_the_end(
    thread: &Thread<Office>,
    mut outcome: Outcome<Office>,
) -> Result<office::Output, Error> {
    loop {
        match outcome {
            Outcome::Done(done) => return Ok(done.output),
            Outcome::Paused(pause) => {
                let answers: Vec<_> = pause.questions().iter().map(yes).collect();
                outcome = thread.answers(answers).await?;
            }
        }
    }
}

/// What is kept beside the records of thread `t`.
pub async fn writes(saver: &dyn Checkpointer) -> Vec<Write> {
    let key = ThreadKey::new("office", "t").unwrap();
    saver.writes(&key).await.unwrap()
}

/// How often what is random is tried, more for a long night: `GRAPH_TEST_SCALE=20`.
pub fn scale() -> u64 {
    let scale = std::env::var("GRAPH_TEST_SCALE");
    scale.ok().and_then(|scale| scale.parse().ok()).unwrap_or(1)
}
