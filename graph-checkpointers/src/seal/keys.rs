//! Keys, what they are called, and where they come from.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::{env, fmt, fs, io};

use chacha20poly1305::{KeyInit, XChaCha20Poly1305};
use zeroize::Zeroizing;

/// The keys of a [`Sealed`](super::Sealed): one that seals, and as many more as are needed to open what was sealed
/// before.
///
/// Each has an id, which is stored in the clear beside what it sealed. An id is never given to another key. The
/// keys are wiped from memory when the last owner is gone, and `Debug` shows the ids alone.
///
/// ```
/// use graph_checkpointers::{KeyRing, SealKey};
///
/// # let (new, old) = (SealKey::from([1; 32]), SealKey::from([2; 32]));
/// let keys = KeyRing::new("2026", new)?.opening_with("2025", old)?;
/// assert_eq!(format!("{keys:?}"), r#"KeyRing { seals: "2026", opens: ["2025", "2026"] }"#);
/// # Ok::<(), graph_checkpointers::KeyError>(())
/// ```
#[derive(Clone)]
pub struct KeyRing {
    current: String,
    /// Each wipes its key when it is dropped.
    ciphers: BTreeMap<String, XChaCha20Poly1305>,
}

impl KeyRing {
    /// The longest id of a key, in bytes.
    pub const MAX_ID_BYTES: usize = 64;

    /// A ring of one key, which seals and opens.
    ///
    /// # Errors
    /// [`KeyError::InvalidId`] for an id that isn't 1 to [`KeyRing::MAX_ID_BYTES`] visible ASCII characters.
    pub fn new(id: impl Into<String>, key: SealKey) -> Result<Self, KeyError> {
        let current = id.into();
        let ring = Self {
            current: current.clone(),
            ciphers: BTreeMap::new(),
        };
        ring.opening_with(current, key)
    }

    /// The same ring with one key more, which opens what it sealed and seals nothing.
    ///
    /// # Errors
    /// [`KeyError::InvalidId`], and [`KeyError::TakenId`] where another key has the id already.
    pub fn opening_with(mut self, id: impl Into<String>, key: SealKey) -> Result<Self, KeyError> {
        let id = id.into();
        if !Self::can_name(&id) {
            return Err(KeyError::InvalidId { id });
        }
        if self.ciphers.contains_key(&id) {
            return Err(KeyError::TakenId { id });
        }
        let SealKey(key) = key;
        self.ciphers
            .insert(id, XChaCha20Poly1305::new((&*key).into()));
        Ok(self)
    }

    /// Whether a key may have this id.
    pub(super) fn can_name(id: &str) -> bool {
        (1..=Self::MAX_ID_BYTES).contains(&id.len())
            && id.bytes().all(|byte| byte.is_ascii_graphic())
    }

    /// The id of the key that seals.
    pub(super) fn current(&self) -> &str {
        &self.current
    }

    pub(super) fn cipher(&self, id: &str) -> Option<&XChaCha20Poly1305> {
        self.ciphers.get(id)
    }
}

impl fmt::Debug for KeyRing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyRing")
            .field("seals", &self.current)
            .field("opens", &self.ciphers.keys().collect::<Vec<_>>())
            .finish()
    }
}

/// A key: 32 random bytes, wiped from memory when it is dropped.
///
/// As text it is 64 hexadecimal digits, or base64 of either alphabet, with or without its `=`. `openssl rand -hex 32`
/// makes one.
///
/// ```
/// use graph_checkpointers::SealKey;
///
/// let key: SealKey = "d29ybGRzIG9mIHdvbmRlciwgd29ybGRzIG9mIHdhcjE=".parse()?;
/// let same: SealKey = "776f726c6473206f6620776f6e6465722c20776f726c6473206f662077617231".parse()?;
/// assert_eq!(format!("{key:?}"), "SealKey(..)");
/// assert!("too short".parse::<SealKey>().is_err());
/// # Ok::<(), graph_checkpointers::KeyError>(())
/// ```
#[derive(Clone)]
pub struct SealKey(Zeroizing<[u8; 32]>);

impl SealKey {
    /// The key that an environment variable holds as text. White space around it doesn't count.
    ///
    /// # Errors
    /// [`KeyError::Variable`] where it isn't set, [`KeyError::Malformed`] where it holds no key.
    ///
    /// ```no_run
    /// let key = graph_checkpointers::SealKey::from_env("SUPPORT_KEY")?;
    /// # Ok::<(), graph_checkpointers::KeyError>(())
    /// ```
    pub fn from_env(variable: &str) -> Result<Self, KeyError> {
        let text = env::var(variable).map(Zeroizing::new);
        let text = text.map_err(|source| KeyError::Variable {
            variable: variable.to_owned(),
            // What isn't text would be in the error.
            is_set: source != env::VarError::NotPresent,
        })?;
        Self::from_text(&text, || format!("the environment variable `{variable}`"))
    }

    /// The key that a file holds as text. White space around it doesn't count.
    ///
    /// # Errors
    /// [`KeyError::File`] where it can't be read, [`KeyError::Malformed`] where it holds no key.
    ///
    /// ```no_run
    /// let key = graph_checkpointers::SealKey::from_file("/run/secrets/support_key")?;
    /// # Ok::<(), graph_checkpointers::KeyError>(())
    /// ```
    pub fn from_file(path: impl AsRef<Path>) -> Result<Self, KeyError> {
        let path = path.as_ref();
        let text = fs::read(path).map(Zeroizing::new);
        let text = text.map_err(|source| KeyError::File {
            path: path.to_owned(),
            source,
        })?;
        let text = str::from_utf8(&text).unwrap_or_default();
        Self::from_text(text, || format!("the file {}", path.display()))
    }

    fn from_text(text: &str, place: impl FnOnce() -> String) -> Result<Self, KeyError> {
        let text = text.trim();
        let key = match text.len() {
            64 => decode(text, 4, hex_digit),
            43 => decode(text, 6, base64_digit),
            44 => text
                .strip_suffix('=')
                .and_then(|text| decode(text, 6, base64_digit)),
            _ => None,
        };
        key.map(Self).ok_or_else(|| KeyError::Malformed {
            place: place(),
            characters: text.chars().count(),
        })
    }
}

impl From<[u8; 32]> for SealKey {
    fn from(key: [u8; 32]) -> Self {
        Self(Zeroizing::new(key))
    }
}

impl FromStr for SealKey {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, KeyError> {
        Self::from_text(text, || "the text".to_owned())
    }
}

impl fmt::Debug for SealKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SealKey(..)")
    }
}

/// Reads digits of so many bits each. What is left of the last one has to be nothing.
fn decode(text: &str, bits: u32, digit: impl Fn(u8) -> Option<u8>) -> Option<Zeroizing<[u8; 32]>> {
    let mut key = Zeroizing::new([0; 32]);
    let mut bytes = key.iter_mut();
    let (mut held, mut holds) = (Zeroizing::new(0_u32), 0);
    for character in text.bytes() {
        *held = *held << bits | u32::from(digit(character)?);
        holds += bits;
        if holds >= 8 {
            holds -= 8;
            *bytes.next()? = u8::try_from(*held >> holds).ok()?;
            *held &= (1 << holds) - 1;
        }
    }
    (bytes.next().is_none() && *held == 0).then_some(key)
}

fn hex_digit(character: u8) -> Option<u8> {
    match character {
        b'0'..=b'9' => Some(character - b'0'),
        b'a'..=b'f' => Some(character - b'a' + 10),
        b'A'..=b'F' => Some(character - b'A' + 10),
        _ => None,
    }
}

fn base64_digit(character: u8) -> Option<u8> {
    match character {
        b'A'..=b'Z' => Some(character - b'A'),
        b'a'..=b'z' => Some(character - b'a' + 26),
        b'0'..=b'9' => Some(character - b'0' + 52),
        b'+' | b'-' => Some(62),
        b'/' | b'_' => Some(63),
        _ => None,
    }
}

/// Why a key can't be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// An id that can't name a key.
    #[error(
        "{id:?} can't name a key; take 1 to {max} letters, digits and signs of ASCII, without a space",
        max = KeyRing::MAX_ID_BYTES
    )]
    InvalidId {
        /// The id as it was given.
        id: String,
    },
    /// An id that another key of the ring has.
    #[error("there is a key `{id}` already; give each key an id of its own")]
    TakenId {
        /// The id.
        id: String,
    },
    /// An environment variable that holds no text.
    #[error(
        "the environment variable `{variable}` {}; let it hold the key, in hexadecimal digits or base64",
        if *is_set { "isn't text" } else { "isn't set" }
    )]
    Variable {
        /// What it is called.
        variable: String,
        /// Whether it is set at all.
        is_set: bool,
    },
    /// A file that can't be read.
    #[error("the key in {} can't be read: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Text that isn't a key.
    #[error(
        "{place} holds no key: it has {characters} characters; a key is 32 bytes, written as 64 hexadecimal digits or 44 of base64"
    )]
    Malformed {
        /// Where it was read.
        place: String,
        /// How long it is.
        characters: usize,
    },
}
