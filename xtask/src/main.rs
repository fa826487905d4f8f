//! The team's own commands: `cargo xtask ci`, `test`, `bless`, `bench`, `servers`.

mod servers;
mod suite;
mod targets;
mod toolchain;

use std::env;
use std::process::{Command, ExitCode};

use servers::{Kind, Servers};
use suite::{Suite, cargo, run};
use targets::targets;

const HELP: &str = "\
cargo xtask test [NAME ..]   every suite, or those whose names hold NAME
cargo xtask ci               format, lints, docs, then every suite
cargo xtask bless            writes the expected messages of the macro and the topology anew; read the diff
cargo xtask bench [NAME ..]  the benchmarks, each beside its floor
cargo xtask servers -- COMMAND ..
                             runs a command with PostgreSQL, Redis and MongoDB up

GRAPH_TEST_SCALE=10 makes the random suites ten times as long.
GRAPH_TEST_POSTGRES, GRAPH_TEST_REDIS, GRAPH_TEST_MONGODB: the url of a server to use instead of a throwaway one.";

/// Minutes for a suite, building what it alone needs included, on two cores.
const BUDGET: u64 = 10;

/// Those that need more: they run the compiler or an editor themselves.
const LONGER: [(&str, u64); 3] = [("build", 30), ("ui", 20), ("examples", 15)];

fn main() -> ExitCode {
    let mut arguments = env::args().skip(1);
    let command = arguments.next().unwrap_or_default();
    let names: Vec<String> = arguments.collect();
    let suites = match command.as_str() {
        "test" => tests(),
        "ci" => tests().map(|tests| checks().into_iter().chain(tests).collect()),
        "bless" => Ok(bless()),
        "bench" => benches(),
        "servers" => {
            return with_servers(&names).unwrap_or_else(|error| {
                eprintln!("{error}");
                ExitCode::from(2)
            });
        }
        "help" | "--help" | "-h" => {
            println!("{HELP}");
            return ExitCode::SUCCESS;
        }
        _ => Err(HELP.to_owned()),
    };
    match suites {
        Ok(suites) => run(&wanted(suites, &names)),
        Err(error) => {
            eprintln!("{error}");
            ExitCode::from(2)
        }
    }
}

/// What must hold before anything is tested.
fn checks() -> Vec<Suite> {
    let whole = ["--workspace", "--all-targets", "--all-features"];
    let clippy = [&["clippy"], &whole[..], &["--", "-D", "warnings"]].concat();
    let docs = cargo(&["doc", "--workspace", "--all-features", "--no-deps"]);
    vec![
        Suite::new("format", BUDGET, cargo(&["fmt", "--all", "--check"])),
        Suite::new("lints", 30, cargo(&clippy)),
        Suite::new("docs", BUDGET, docs.env("RUSTDOCFLAGS", "-D warnings")),
    ]
}

/// Every test there is: the build, the units, each integration test by its name, the docs.
fn tests() -> Result<Vec<Suite>, String> {
    let workspace =
        |what: &[&str]| cargo(&[&["test", "--workspace", "--all-features"], what].concat());
    let mut suites = vec![
        suite("build", workspace(&["--no-run"])),
        suite("units", workspace(&["--lib", "--bins", "--examples"])),
    ];
    for name in targets("test")? {
        let test = workspace(&["--test", &name]);
        suites.push(suite(&name, test).with_server(Kind::of_target(&name)));
    }
    suites.push(suite("doctests", workspace(&["--doc"])));
    Ok(suites)
}

fn bless() -> Vec<Suite> {
    let zoo = cargo(&["test", "--package", "graph-topology", "--test", "zoo"]);
    let messages = cargo(&["test", "--package", "graph-tests", "--test", "ui"]);
    vec![
        suite("zoo", zoo.env("BLESS", "1")),
        suite("ui", messages.env("TRYBUILD", "overwrite")),
    ]
}

fn benches() -> Result<Vec<Suite>, String> {
    let bench = |name: &str, more: &[&str]| {
        let target = ["bench", "--package", "graph-benches", "--bench", name];
        cargo(&[&target, more].concat())
    };
    let mut suites: Vec<_> = targets("bench")?
        .into_iter()
        .map(|name| Suite::new(&name, 20, bench(&name, &[])))
        .collect();
    // The check runs inside the compiler, which builds macros without optimisation.
    let unoptimised = bench("topology", &["--profile", "dev"]);
    suites.push(Suite::new("topology, unoptimised", 20, unoptimised));
    Ok(suites)
}

/// Runs a command while every server is up, and ends as it does.
fn with_servers(command: &[String]) -> Result<ExitCode, String> {
    let command = command.strip_prefix(&["--".to_owned()]).unwrap_or(command);
    let (program, arguments) = command.split_first().ok_or(HELP)?;
    let mut servers = Servers::default();
    for kind in Kind::ALL {
        servers.need(kind)?;
    }
    let status = Command::new(program)
        .args(arguments)
        .envs(servers.variables())
        .status()
        .map_err(|error| format!("`{program}` can't be started: {error}"))?;
    let code = status.code().and_then(|code| u8::try_from(code).ok());
    Ok(ExitCode::from(code.unwrap_or(1)))
}

fn suite(name: &str, command: suite::Call) -> Suite {
    let longer = LONGER.iter().find(|(long, _)| *long == name);
    Suite::new(
        name,
        longer.map_or(BUDGET, |(_, minutes)| *minutes),
        command,
    )
}

/// The suites that are asked for by a part of their names; all of them where nothing is asked for.
fn wanted(suites: Vec<Suite>, names: &[String]) -> Vec<Suite> {
    let is_wanted = |suite: &Suite| {
        names.is_empty()
            || names
                .iter()
                .any(|name| suite.name().contains(name.as_str()))
    };
    suites.into_iter().filter(is_wanted).collect()
}
