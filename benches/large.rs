//! What a graph of 100 nodes costs the compiler, `cargo check` and a release build, beside the same functions
//! without a graph.

use std::error::Error;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const NODES: usize = 100;
const ROUNDS: usize = 3;

fn main() -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let graph = project(
        folder.path(),
        "with_graph",
        &format!("{GRAPH_HEAD}{}", graph_body()),
    )?;
    let plain = project(folder.path(), "plain", &plain_body())?;
    for arguments in [&["check"][..], &["build", "--release"]] {
        // The dependencies are built once and aren't measured.
        compile(&graph, arguments)?;
        compile(&plain, arguments)?;
        let mut times: Vec<_> = (0..ROUNDS)
            .map(|_| Ok((compile(&graph, arguments)?, compile(&plain, arguments)?)))
            .collect::<Result<_, Box<dyn Error>>>()?;
        times.sort_unstable();
        let (graph, plain) = times[ROUNDS / 2];
        println!(
            "cargo {:<16} {NODES} nodes {graph:>8.2?}   floor {plain:>8.2?}   ratio {:>6.2}",
            arguments.join(" "),
            graph.as_secs_f64() / plain.as_secs_f64()
        );
    }
    Ok(())
}

const GRAPH_HEAD: &str =
    "use graph_runtime::prelude::*;\n#[graph(id = \"large\")]\npub mod large {\n";

/// A chain of nodes with a choice at each tenth, each node with a word to say.
fn graph_body() -> String {
    let mut text = String::from(
        "    #[state]\n    pub struct Large { #[input] pub limit: u64, #[reduce(sum)] pub total: u64, #[reduce(append)] pub log: Vec<String> }\n    edges! {\n        start -> node_0;\n",
    );
    for node in 0..NODES - 1 {
        let next = node + 1;
        let _ = match node % 10 {
            9 => writeln!(
                text,
                "        node_{node} -> if state.total < state.limit {{ node_{next} }} else {{ end }};"
            ),
            _ => writeln!(text, "        node_{node} -> node_{next};"),
        };
    }
    let _ = writeln!(text, "        node_{} -> end;\n    }}", NODES - 1);
    for node in 0..NODES {
        let _ = writeln!(
            text,
            "    #[node(writes(total, log))]\n    async fn node_{node}(total: u64, log: &[String]) -> (u64, String) {{ {} }}",
            work(node)
        );
    }
    text + "}\nfn main() {\n    let _ = large::Large::graph().build().invoke(large::Input::new());\n}\n"
}

/// The same functions, called one after the other.
fn plain_body() -> String {
    let mut text = String::new();
    for node in 0..NODES {
        let _ = writeln!(
            text,
            "async fn node_{node}(total: u64, log: &[String]) -> (u64, String) {{ {} }}",
            work(node)
        );
    }
    text += "pub async fn all(mut total: u64, mut log: Vec<String>) -> (u64, Vec<String>) {\n";
    for node in 0..NODES {
        let _ = writeln!(
            text,
            "    let (more, line) = node_{node}(total, &log).await; total += more; log.push(line);"
        );
    }
    text + "    (total, log)\n}\nfn main() {\n    std::mem::drop(std::hint::black_box(Box::pin(all(0, Vec::new())) as std::pin::Pin<Box<dyn std::future::Future<Output = _>>>));\n}\n"
}

fn work(node: usize) -> String {
    format!(
        "tokio::task::yield_now().await; (total + {node}, format!(\"node {node} after {{}} lines\", log.len()))"
    )
}

fn project(folder: &Path, name: &str, main: &str) -> Result<PathBuf, Box<dyn Error>> {
    let root = folder.join(name);
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("..")
        .canonicalize()?;
    fs::create_dir_all(root.join("src"))?;
    fs::copy(workspace.join("Cargo.lock"), root.join("Cargo.lock"))?;
    let runtime = workspace.join("graph-runtime");
    let manifest = format!(
        "[package]\nname = \"{name}\"\nversion = \"0.0.0\"\nedition = \"2024\"\n[dependencies]\ngraph-runtime = {{ path = \"{}\" }}\ntokio = {{ version = \"1\", features = [\"rt\"] }}\n[workspace]\n",
        runtime.display()
    );
    fs::write(root.join("Cargo.toml"), manifest)?;
    fs::write(root.join("src/main.rs"), main)?;
    Ok(root)
}

/// How long the crate itself takes to compile.
fn compile(root: &Path, arguments: &[&str]) -> Result<Duration, Box<dyn Error>> {
    let main = root.join("src/main.rs");
    let text = fs::read_to_string(&main)?;
    fs::write(&main, format!("{text}\n"))?;
    let began = Instant::now();
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let status = Command::new(cargo)
        .args(arguments)
        .current_dir(root)
        .env("CARGO_INCREMENTAL", "0")
        .env("CARGO_TARGET_DIR", root.join("target"))
        .stderr(Stdio::null())
        .status()?;
    let took = began.elapsed();
    if status.success() {
        Ok(took)
    } else {
        Err(format!("cargo {} failed in {}", arguments.join(" "), root.display()).into())
    }
}
