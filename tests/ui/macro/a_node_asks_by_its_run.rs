use graph_runtime::graph;

#[graph(id = "test")]
mod test {
    use graph_runtime::{Asking, Run};

    #[state]
    pub struct Test {
        pub x: u32,
    }

    edges! {
        start -> a -> b -> c -> d -> e -> f -> end;
    }

    #[node(asks(Which))]
    async fn a() {}

    #[node(asks(Which))]
    async fn b(run: &Run) {}

    #[node]
    async fn c(run: &Asking<Which>) {}

    #[node(asks(Which))]
    fn d(run: &Asking<Which>) {}

    #[node(asks(Which, What))]
    async fn e(run: &Asking<Which>) {}

    #[node(asks)]
    async fn f() {}
}

fn main() {}
