use graph_runtime::prelude::*;

#[graph(id = "order")]
mod order {
    #[state]
    pub struct Order {
        #[input]
        pub items: u32,
        pub stocked: bool,
        pub note: String,
    }

    edges! {
        start -> check -> {reserve, charge};
        reserve -> if state.stocked { ship } else { end };
        {reserve, charge} -> ship -> end;
    }

    #[node(writes(stocked))]
    fn check(items: u32) -> bool {
        items < 10
    }

    #[node(writes(note))]
    fn reserve() -> String {
        "reserved".to_owned()
    }

    #[node(writes(note))]
    fn charge() -> String {
        "charged".to_owned()
    }

    #[node]
    fn ship() {}
}

fn main() {}
