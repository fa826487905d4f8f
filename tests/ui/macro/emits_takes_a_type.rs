use graph_runtime::prelude::*;

#[graph(id = "test", emits)]
mod test {
    #[state]
    pub struct Test {}

    edges! { start -> a -> end; }

    #[node]
    fn a() {}
}

#[graph(id = "other", emit = u32)]
mod other {
    #[state]
    pub struct Other {}

    edges! { start -> a -> end; }

    #[node]
    fn a() {}
}

fn main() {}
