//! A throwaway crate that the server has loaded, and the questions an editor asks about its one file.

use std::{fs, path::Path, process::Command};

use serde_json::{Value, json};

use crate::{
    lsp::{self, Result, Server},
    page::CURSOR,
};

/// The protocol's number for it.
const ERROR: u64 = 1;

pub(crate) struct Project {
    server: Server,
    file: String,
    version: u64,
}

impl Project {
    /// Makes the crate and has a server load it; none where rust-analyzer isn't installed.
    pub(crate) fn open() -> Result<Option<Self>> {
        if !is_installed() {
            return Ok(None);
        }
        // One folder, rewritten by each run: what was compiled for the last run is there for this one.
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("editor");
        let root = folder.join("project");
        write_crate(&root)?;

        let log = fs::File::create(folder.join("server.log"))?;
        let settings = settings(&folder.join("target"));
        let mut server = Server::start(&mut Command::new("rust-analyzer"), &root, log, &settings)?;
        server.wait_until_ready()?;

        let file = lsp::uri(&root.join("src/lib.rs"));
        server.notify(
            "textDocument/didOpen",
            &json!({ "textDocument": { "uri": file, "languageId": "rust", "version": 0, "text": "" } }),
        )?;
        Ok(Some(Self {
            server,
            file,
            version: 0,
        }))
    }

    /// The texts that would be inserted at the cursor.
    pub(crate) fn complete(&mut self, text: &str) -> Result<Vec<String>> {
        let answer = self.ask("textDocument/completion", text, json!({}))?;
        Ok(items(&answer["items"]).map(inserted).collect())
    }

    /// The lines, without their indentation, that the name at the cursor leads to.
    pub(crate) fn definition(&mut self, text: &str) -> Result<Vec<String>> {
        let answer = self.ask("textDocument/definition", text, json!({}))?;
        Ok(self.lines(text, &answer))
    }

    /// The lines, without their indentation, that mention what is at the cursor; the declaration is one of them.
    pub(crate) fn references(&mut self, text: &str) -> Result<Vec<String>> {
        let context = json!({ "context": { "includeDeclaration": true } });
        let answer = self.ask("textDocument/references", text, context)?;
        Ok(self.lines(text, &answer))
    }

    /// The lines that renaming what is at the cursor changes, as they are then and without their indentation.
    pub(crate) fn rename(&mut self, text: &str, name: &str) -> Result<Vec<String>> {
        let answer = self.ask("textDocument/rename", text, json!({ "newName": name }))?;
        let mut edits: Vec<_> = items(&answer["documentChanges"])
            .flat_map(|change| items(&change["edits"]))
            .map(|edit| {
                (
                    span(&edit["range"]),
                    edit["newText"].as_str().unwrap_or_default(),
                )
            })
            .collect();
        // From the last to the first, so that an edit moves none that is still to be made.
        edits.sort_unstable();
        let before = text.replace(CURSOR, "");
        let mut after = before.clone();
        for ([from, to], new) in edits.into_iter().rev() {
            let range = offset(&after, from)..offset(&after, to);
            after.replace_range(range, new);
        }
        let pairs = before.lines().zip(after.lines());
        Ok(pairs
            .filter(|(old, new)| old != new)
            .map(|(_, new)| new.trim().to_owned())
            .collect())
    }

    /// What the server itself, without running a build, calls an error.
    pub(crate) fn errors(&mut self, text: &str) -> Result<Vec<String>> {
        let answer = self.ask("textDocument/diagnostic", text, json!({}))?;
        let errors = items(&answer["items"]).filter(|item| item["severity"] == ERROR);
        Ok(errors
            .map(|error| error["message"].as_str().unwrap_or_default().to_owned())
            .collect())
    }

    /// Shows the server the text without its cursor, and asks about the place where that was.
    fn ask(&mut self, method: &str, text: &str, mut params: Value) -> Result<Value> {
        let cursor = text.find(CURSOR).ok_or("the text has no cursor")?;
        let before = &text[..cursor];
        let line = before.matches('\n').count();
        let character = before.len() - before.rfind('\n').map_or(0, |at| at + 1);
        self.version += 1;
        self.server.notify(
            "textDocument/didChange",
            &json!({
                "textDocument": { "uri": self.file, "version": self.version },
                "contentChanges": [{ "text": text.replace(CURSOR, "") }],
            }),
        )?;
        params["textDocument"] = json!({ "uri": self.file });
        params["position"] = json!({ "line": line, "character": character });
        self.server.request(method, &params)
    }

    fn lines(&self, text: &str, locations: &Value) -> Vec<String> {
        let text = text.replace(CURSOR, "");
        let line = |location: &Value| {
            let [[number, _], _] = span(&location["range"]);
            let line = text.lines().nth(number)?;
            (location["uri"] == *self.file).then(|| (number, line.trim().to_owned()))
        };
        let mut lines: Vec<_> = items(locations).filter_map(line).collect();
        lines.sort_unstable();
        lines.into_iter().map(|(_, line)| line).collect()
    }
}

/// A line and a byte in it, both from zero.
type Place = [usize; 2];

fn span(range: &Value) -> [Place; 2] {
    let number = |value: &Value| {
        value
            .as_u64()
            .and_then(|it| usize::try_from(it).ok())
            .unwrap_or_default()
    };
    ["start", "end"].map(|end| ["line", "character"].map(|part| number(&range[end][part])))
}

fn offset(text: &str, [line, byte]: Place) -> usize {
    text.split_inclusive('\n')
        .take(line)
        .map(str::len)
        .sum::<usize>()
        + byte
}

fn items(list: &Value) -> impl Iterator<Item = &Value> {
    list.as_array().into_iter().flatten()
}

fn inserted(item: &Value) -> String {
    let text = item["textEdit"]["newText"]
        .as_str()
        .or(item["insertText"].as_str())
        .or(item["label"].as_str());
    text.unwrap_or_default().to_owned()
}

fn is_installed() -> bool {
    let version = Command::new("rust-analyzer").arg("--version").output();
    version.is_ok_and(|output| output.status.success())
}

fn write_crate(root: &Path) -> Result<()> {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("..")
        .canonicalize()?;
    let manifest = format!(
        r#"
[package]
name = "fixture"
version = "0.0.0"
edition = "2024"

[dependencies]
graph-runtime = {{ path = '{}' }}
serde = {{ version = "1", features = ["derive"] }}

# It lies inside another workspace, and is none of its members.
[workspace]
"#,
        workspace.join("graph-runtime").display()
    );
    fs::create_dir_all(root.join("src"))?;
    fs::write(root.join("Cargo.toml"), manifest)?;
    fs::write(root.join("src/lib.rs"), "")?;
    // The versions that this workspace was built with: nothing is looked up anew.
    fs::copy(workspace.join("Cargo.lock"), root.join("Cargo.lock"))?;
    Ok(())
}

fn settings(target: &Path) -> Value {
    json!({
        "cachePriming": { "enable": false },
        "cargo": { "buildScripts": { "enable": true }, "targetDir": target },
        "checkOnSave": false,
        "procMacro": { "enable": true, "attributes": { "enable": true } },
    })
}
