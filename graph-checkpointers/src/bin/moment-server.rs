//! A moment server as a program: a store by its URL, tenants and their tokens from a file.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::process::ExitCode;
use std::{env, fs};

use graph_checkpointers::{Server, connect};
use tokio::net::TcpListener;
#[cfg(unix)]
use tokio::signal::unix::{SignalKind, signal};

const USAGE: &str = "\
Puts the moments of a store behind REST.

    moment-server --store sqlite://moments.db --tokens tokens.json

--store URL      where moments are kept, as `graph_checkpointers::connect` reads it; the features that this program
                 was built with say which stores it knows
--tokens FILE    who may ask: {\"acme\": [\"a token\"], \"globex\": [\"one\", \"another\"]}, each token at least 16
                 characters at random. Only who runs this program should be able to read the file
--listen ADDR    where to listen: 127.0.0.1:7070 unless it is said; with port 0, any that is free
--insecure       listen where other machines can ask, too. What they send crosses the network readable, tokens
                 among it, unless it is a proxy with TLS that asks: that is what this is for

Instead of the first three there may be the variables MOMENT_SERVER_STORE, MOMENT_SERVER_TOKENS (what would stand
in the file) and MOMENT_SERVER_LISTEN. A token on the command line could be read by everybody on this machine.";

const LISTEN: &str = "127.0.0.1:7070";

/// What was asked for.
struct Settings {
    store: String,
    tokens: Tokens,
    listen: SocketAddr,
}

/// The tokens of each tenant.
type Tokens = BTreeMap<String, Vec<String>>;

#[tokio::main]
async fn main() -> ExitCode {
    let settings = match Settings::read() {
        Ok(Some(settings)) => settings,
        Ok(None) => {
            println!("{USAGE}");
            return ExitCode::SUCCESS;
        }
        Err(error) => {
            eprintln!("moment-server: {error}\n\n`moment-server --help` says more");
            return ExitCode::from(2);
        }
    };
    match serve(settings).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("moment-server: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn serve(settings: Settings) -> Result<(), String> {
    let store = connect(&settings.store).await.map_err(words)?;
    let mut server = Server::new(store);
    for (tenant, tokens) in &settings.tokens {
        server = server.tenant(tenant, tokens).map_err(words)?;
    }
    let listener = TcpListener::bind(settings.listen).await;
    let listener =
        listener.map_err(|error| format!("can't listen on {}: {error}", settings.listen))?;
    let address = listener.local_addr().map_err(words)?;
    let told_to_stop = told_to_stop()?;
    println!("moment-server listens on http://{address}");
    server.serve(listener, told_to_stop).await;
    Ok(())
}

impl Settings {
    /// `None` where help was asked for.
    fn read() -> Result<Option<Self>, String> {
        let (mut store, mut file, mut listen) = (None, None, None);
        let mut is_insecure = false;
        let mut arguments = env::args().skip(1);
        while let Some(argument) = arguments.next() {
            let place = match argument.as_str() {
                "--help" | "-h" => return Ok(None),
                "--insecure" => {
                    is_insecure = true;
                    continue;
                }
                "--store" => &mut store,
                "--tokens" => &mut file,
                "--listen" => &mut listen,
                other => return Err(format!("there is no option `{other}`")),
            };
            let value = arguments.next();
            *place =
                Some(value.ok_or_else(|| format!("`{argument}` says nothing; write what it is"))?);
        }
        let or_variable = |value: Option<String>, name| value.or_else(|| env::var(name).ok());
        let store = or_variable(store, "MOMENT_SERVER_STORE");
        let listen = or_variable(listen, "MOMENT_SERVER_LISTEN");
        Ok(Some(Self {
            store: store.ok_or("where are moments kept? Give `--store`")?,
            tokens: tokens(file)?,
            listen: address(listen.as_deref().unwrap_or(LISTEN), is_insecure)?,
        }))
    }
}

fn address(text: &str, is_insecure: bool) -> Result<SocketAddr, String> {
    let address: SocketAddr = text
        .parse()
        .map_err(|_| format!("`{text}` is no address; write it as `{LISTEN}`"))?;
    if !address.ip().is_loopback() && !is_insecure {
        return Err(format!(
            "other machines can reach {address}, and what they send would be readable on the way; let a proxy with TLS \
             ask on {LISTEN}, or say `--insecure`"
        ));
    }
    Ok(address)
}

/// No token stands in an error: where the text is wrong is said, not what is there.
fn tokens(file: Option<String>) -> Result<Tokens, String> {
    let (text, place) = if let Some(file) = file {
        let text = fs::read_to_string(&file);
        let text = text.map_err(|error| format!("the tokens can't be read: {file}: {error}"))?;
        (text, file)
    } else {
        let name = "MOMENT_SERVER_TOKENS";
        let text = env::var(name).map_err(|_| "who may ask? Give `--tokens`")?;
        (text, name.to_owned())
    };
    let tokens: Tokens = serde_json::from_str(&text).map_err(|error| {
        let (line, column) = (error.line(), error.column());
        format!(
            "{place} isn't of the form {{\"acme\": [\"a token\"]}}, at line {line}, column {column}"
        )
    })?;
    if tokens.is_empty() {
        return Err(format!("{place} names no tenant; nobody could ask"));
    }
    Ok(tokens)
}

/// Ready when a person interrupts it, or whoever runs this program ends it. Heard from now on, not when it is awaited.
#[cfg(unix)]
fn told_to_stop() -> Result<impl Future<Output = ()>, String> {
    let mut interrupted = signal(SignalKind::interrupt()).map_err(words)?;
    let mut ended = signal(SignalKind::terminate()).map_err(words)?;
    Ok(async move {
        tokio::select! {
            _ = interrupted.recv() => {}
            _ = ended.recv() => {}
        }
    })
}

/// Ready when a person interrupts it.
#[cfg(not(unix))]
fn told_to_stop() -> Result<impl Future<Output = ()>, String> {
    Ok(async { drop(tokio::signal::ctrl_c().await) })
}

fn words(error: impl std::fmt::Display) -> String {
    error.to_string()
}
