use graph_runtime::graph;

#[graph(id = "test")]
mod test {
    #[state]
    pub struct Test {
        pub note: Option<Option<String>>,
        #[reduce(keep_first)]
        pub limit: std::option::Option<Option<u32>>,
        pub seen: Option<()>,
        pub fine: Option<Vec<Option<u32>>>,
    }

    edges! { start -> a -> end; }

    #[node(writes(note, limit, seen, fine))]
    fn a() -> update::A {
        update::A::new()
    }
}

fn main() {}
