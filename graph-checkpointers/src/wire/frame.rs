//! A body that carries payloads as they are: one line of JSON, then the payloads one after the other, each as
//! long as the line says, and nothing behind them.

use serde::Serialize;
use serde::de::DeserializeOwned;

/// The content type of such a body.
pub(crate) const FRAMES: &str = "application/vnd.moments+octet-stream";

/// What is carried by such a body.
pub(crate) trait Frame: Sized {
    /// The body.
    ///
    /// # Errors
    /// What JSON has no words for. Nothing that is sent here is like that.
    fn body(&self) -> serde_json::Result<Vec<u8>>;

    /// Reads the body.
    ///
    /// # Errors
    /// [`Broken`], for whatever isn't such a body to the last byte.
    fn read(body: &[u8]) -> Result<Self, Broken>;
}

/// Why bytes aren't such a body.
#[derive(Debug, PartialEq, thiserror::Error)]
pub(crate) enum Broken {
    /// No line.
    #[error("it has no first line; a line of JSON comes first")]
    NoLine,
    /// A line that says something else.
    #[error("its first line can't be read: {0}")]
    Line(String),
    /// Cut off, or with a line that says too much.
    #[error("it ends within the payloads that its first line names")]
    Short,
    /// More than the line says.
    #[error("{0} bytes follow the payloads that its first line names")]
    Long(usize),
}

/// Puts a line and payloads together.
pub(super) fn joined<'p>(
    line: &impl Serialize,
    payloads: impl Iterator<Item = &'p [u8]> + Clone,
) -> serde_json::Result<Vec<u8>> {
    let line = serde_json::to_vec(line)?;
    let size = line.len() + 1 + payloads.clone().map(<[u8]>::len).sum::<usize>();
    let mut body = Vec::with_capacity(size);
    body.extend_from_slice(&line);
    body.push(b'\n');
    payloads.for_each(|payload| body.extend_from_slice(payload));
    Ok(body)
}

/// Takes the line off, and gives what follows it.
pub(super) fn split<L: DeserializeOwned>(body: &[u8]) -> Result<(L, Payloads<'_>), Broken> {
    let end = body.iter().position(|byte| *byte == b'\n');
    let (line, rest) = body.split_at(end.ok_or(Broken::NoLine)?);
    let line = serde_json::from_slice(line).map_err(|error| Broken::Line(error.to_string()))?;
    Ok((line, Payloads { rest: &rest[1..] }))
}

/// The payloads that weren't taken yet.
pub(super) struct Payloads<'b> {
    rest: &'b [u8],
}

impl Payloads<'_> {
    /// Takes the next one, which is so long.
    pub(super) fn take(&mut self, bytes: u64) -> Result<Vec<u8>, Broken> {
        let bytes = usize::try_from(bytes).map_err(|_| Broken::Short)?;
        let (payload, rest) = self.rest.split_at_checked(bytes).ok_or(Broken::Short)?;
        self.rest = rest;
        Ok(payload.to_vec())
    }

    /// That there are no more.
    pub(super) fn end(self) -> Result<(), Broken> {
        match self.rest.len() {
            0 => Ok(()),
            more => Err(Broken::Long(more)),
        }
    }
}
