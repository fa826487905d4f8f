use graph_runtime::graph;

#[graph(id = "test")]
mod test {
    #[state]
    pub struct Test {
        pub x: Option<bool>,
        pub y: Option<bool>,
        pub z: Option<bool>,
        pub u: Option<bool>,
    }

    edges! {
        start -> a -> b -> c -> d -> end;
    }

    #[ask(into = x, else = false)]
    fn a() -> String {
        String::new()
    }

    #[ask(into = y, within = 3)]
    fn b() -> String {
        String::new()
    }

    #[ask(into = z, within = "0s", else = false)]
    fn c() -> String {
        String::new()
    }

    #[ask(into = u, within = "9999999999w")]
    fn d() -> String {
        String::new()
    }
}

fn main() {}
