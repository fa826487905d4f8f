//! The team's own commands: `cargo xtask ci`, `test`, `bless`, `bench`.

mod suite;

use std::env;
use std::process::ExitCode;

use suite::{Suite, cargo, run};

const HELP: &str = "\
cargo xtask test [NAME ..]   every suite, or those whose names hold NAME
cargo xtask ci               format, lints, docs, then every suite
cargo xtask bless            writes the expected messages of the macro and the topology anew; read the diff
cargo xtask bench [NAME ..]  the benchmarks, each beside its floor

GRAPH_TEST_SCALE=10 makes the random suites ten times as long.";

fn main() -> ExitCode {
    let mut arguments = env::args().skip(1);
    let command = arguments.next().unwrap_or_default();
    let names: Vec<String> = arguments.collect();
    let suites = match command.as_str() {
        "test" => tests(),
        "ci" => checks().into_iter().chain(tests()).collect(),
        "bless" => bless(),
        "bench" => benches(),
        _ => {
            println!("{HELP}");
            return ExitCode::from(u8::from(!matches!(command.as_str(), "help" | "--help" | "-h")) * 2);
        }
    };
    run(&wanted(suites, &names))
}

/// What must hold before anything is tested.
fn checks() -> Vec<Suite> {
    vec![
        Suite::new("format", 2, cargo(&["fmt", "--all", "--check"])),
        Suite::new("lints", 20, cargo(&["clippy", "--workspace", "--all-targets", "--all-features", "--", "-D", "warnings"])),
        Suite::new("docs", 10, cargo(&["doc", "--workspace", "--all-features", "--no-deps"]).env("RUSTDOCFLAGS", "-D warnings")),
    ]
}

/// Every test there is. Budgets are minutes, building included, on two cores.
fn tests() -> Vec<Suite> {
    let package = |name: &str| cargo(&["test", "--all-features", "--package", name]);
    vec![
        Suite::new("topology", 10, package("graph-topology")),
        Suite::new("macros", 10, package("graph-macros")),
        Suite::new("runtime", 10, package("graph-runtime")),
        Suite::new("checkpointers", 15, package("graph-checkpointers")),
        Suite::new("examples", 10, package("graph-examples")),
        // The examples' own programs are run by the suite after this one.
        Suite::new("programs", 10, cargo(&["build", "--package", "graph-examples", "--examples"])),
        Suite::new("together", 30, package("graph-tests")),
    ]
}

fn bless() -> Vec<Suite> {
    vec![
        Suite::new("zoo", 10, cargo(&["test", "--package", "graph-topology", "--test", "zoo"]).env("BLESS", "1")),
        Suite::new(
            "messages",
            15,
            cargo(&["test", "--package", "graph-tests", "--test", "ui"]).env("TRYBUILD", "overwrite"),
        ),
    ]
}

fn benches() -> Vec<Suite> {
    let bench = |name: &'static str| Suite::new(name, 20, cargo(&["bench", "--package", "graph-benches", "--bench", name]));
    ["steps", "fan_out", "saved", "topology", "large"].map(bench).into()
}

/// The suites that are asked for by a part of their names; all of them where nothing is asked for.
fn wanted(suites: Vec<Suite>, names: &[String]) -> Vec<Suite> {
    let is_wanted = |suite: &Suite| names.is_empty() || names.iter().any(|name| suite.name().contains(name.as_str()));
    suites.into_iter().filter(is_wanted).collect()
}
