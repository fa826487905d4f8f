use graph_runtime::graph;

#[graph(id = "test")]
mod test {
    #[state]
    pub struct Test {
        pub at: Option<std::time::SystemTime>,
        pub people: Vec<String>,
    }

    edges! {
        start -> a -> b -> c -> d -> e -> f -> for person in &state.people { g(person) };
        g -> end;
    }

    #[wait]
    fn a() {}

    #[wait(time = "an hour")]
    fn b() {}

    #[wait(time = "1h", until = state.at)]
    fn c() {}

    #[wait(time = "1h")]
    fn d(at: Option<std::time::SystemTime>) {}

    #[wait(time = "1h")]
    fn e() -> u64 {
        1
    }

    #[wait(untl = state.at)]
    fn f() {}

    #[wait(time = "1h")]
    fn g() {}
}

fn main() {}
