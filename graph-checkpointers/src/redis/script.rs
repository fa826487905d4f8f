//! The scripts that do what must be done at once, and a call of one.

use std::borrow::Cow;
use std::sync::LazyLock;

use ::redis::{Cmd, Script};

macro_rules! scripts {
    ($($name:ident = $($file:literal)+;)*) => {$(
        pub(super) static $name: LazyLock<Source> =
            LazyLock::new(|| Source::new(concat!($(include_str!(concat!("lua/", $file, ".lua"))),+)));
    )*};
}

scripts! {
    COMMIT = "place" "commit";
    REWRITE = "place" "rewrite";
    LOAD = "place" "load";
    LIST = "place" "list";
    WAITING = "place" "waiting";
    SEND = "place" "rise" "send";
    LEASE = "rise" "lease";
    RELEASE = "release";
    USER = "user";
    USAGE = "below" "usage";
    DELETE = "below" "delete";
}

/// A script and the name under which the server remembers it.
pub(super) struct Source {
    text: &'static str,
    script: Script,
}

impl Source {
    fn new(text: &'static str) -> Self {
        Self {
            text,
            script: Script::new(text),
        }
    }
}

/// A script with its keys and arguments.
pub(super) struct Call<'c> {
    source: &'static Source,
    keys: Vec<String>,
    arguments: Vec<Cow<'c, [u8]>>,
}

impl<'c> Call<'c> {
    pub(super) fn new(source: &'static Source, keys: impl IntoIterator<Item = String>) -> Self {
        Self {
            source,
            keys: keys.into_iter().collect(),
            arguments: Vec::new(),
        }
    }

    #[must_use]
    pub(super) fn text(self, text: &'c str) -> Self {
        self.bytes(text.as_bytes())
    }

    #[must_use]
    pub(super) fn shown(self, shown: &impl ToString) -> Self {
        self.bytes(shown.to_string().into_bytes())
    }

    #[must_use]
    pub(super) fn bytes(mut self, bytes: impl Into<Cow<'c, [u8]>>) -> Self {
        self.arguments.push(bytes.into());
        self
    }

    /// The call by the script's name, which the server may have forgotten.
    pub(super) fn by_name(&self) -> Cmd {
        self.command("EVALSHA", self.source.script.get_hash())
    }

    /// The call by the script's text, which the server remembers.
    pub(super) fn by_text(&self) -> Cmd {
        self.command("EVAL", self.source.text)
    }

    fn command(&self, name: &str, script: &str) -> Cmd {
        let keys = self.keys.iter().map(String::len);
        let arguments = self.arguments.iter().map(|argument| argument.len());
        let bytes = script.len() + keys.chain(arguments).sum::<usize>();
        let count = 3 + self.keys.len() + self.arguments.len();
        // Room for all of it and for the number of keys.
        let mut command = Cmd::with_capacity(count, bytes + 32);
        command.arg(name).arg(script).arg(self.keys.len());
        for key in &self.keys {
            command.arg(key);
        }
        for argument in &self.arguments {
            command.arg(&**argument);
        }
        command
    }
}
