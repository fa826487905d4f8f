//! Compression of what a checkpointer keeps, around any of them.
//!
//! What is stored of a payload is the payload itself, or a line `zstd/1 5120` with the number of its bytes, and
//! after it a frame of Zstandard with a checksum. The way through a checkpointer's methods is in `wrapped`.

use std::io;

use graph_runtime::{Checkpointer, Commit, Seals, StoreError, ThreadKey};
use zstd::bulk::{Compressor, Decompressor};

use crate::wrapped::{FirstLine, Place, Wrapper};

const MARK: &str = "zstd/";
const FORMAT: u32 = 1;

/// Compresses what another checkpointer keeps, with Zstandard: payloads from a [threshold](Compressed::threshold) on,
/// where that makes them smaller. The others are stored as they are, and what was stored before is read as it is.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use graph_checkpointers::Compressed;
/// use graph_runtime::MemorySaver;
///
/// let saver = Compressed::new(MemorySaver::new());
/// # Ok(())
/// # }
/// ```
///
/// What is damaged, or would become larger than it says or than [payloads](Commit::MAX_PAYLOAD_BYTES) are, is
/// [`StoreError::Corrupt`]. [`Checkpointer::usage`] counts what is stored.
///
/// # With sealing
/// Compress first: `Compressed::new(Sealed::new(store, keys))`. The other way round is useless: what is sealed
/// can't be made smaller. Even so, the size of what is sealed says a little of what is in it, and says more where it
/// was compressed: leave that out where somebody who can see the sizes also chooses texts that are stored beside a
/// secret.
#[derive(Clone, Debug)]
pub struct Compressed<C> {
    inner: C,
    level: i32,
    threshold: usize,
}

impl<C: Checkpointer> Compressed<C> {
    /// Compresses whatever is given to this checkpointer, from 1 KiB on, at level 3.
    pub fn new(inner: C) -> Self {
        Self {
            inner,
            level: 3,
            threshold: 1024,
        }
    }

    /// How hard it tries, from 1 to 22; what lies outside is taken as the nearest. What was written at one level is
    /// read at all.
    #[must_use]
    pub fn level(mut self, level: i32) -> Self {
        self.level = level.clamp(1, 22);
        self
    }

    /// From how many bytes on a payload is compressed.
    #[must_use]
    pub fn threshold(mut self, bytes: usize) -> Self {
        self.threshold = bytes;
        self
    }

    fn compress(&self, payload: &[u8]) -> io::Result<Vec<u8>> {
        let mut compressor = Compressor::new(self.level)?;
        compressor.include_checksum(true)?;
        let frame = compressor.compress(payload)?;
        let mut stored = format!("{MARK}{FORMAT} {}\n", payload.len()).into_bytes();
        stored.reserve_exact(frame.len());
        stored.extend_from_slice(&frame);
        Ok(stored)
    }
}

impl<C: Checkpointer> Wrapper for Compressed<C> {
    type Inner = C;

    fn inner(&self) -> &C {
        &self.inner
    }

    fn pack(
        &self,
        _thread: &ThreadKey,
        place: Place<'_>,
        payload: Vec<u8>,
    ) -> Result<Vec<u8>, StoreError> {
        // What would be taken for compressed is compressed, at any size.
        let is_like_ours = payload.starts_with(MARK.as_bytes());
        if payload.len() < self.threshold && !is_like_ours {
            return Ok(payload);
        }
        // What is too large stays so, and is refused.
        if payload.len() > Commit::MAX_STORED_BYTES {
            return Ok(payload);
        }
        let compressed = self
            .compress(&payload)
            .map_err(|error| StoreError::Unfit(format!("{place} can't be compressed: {error}")))?;
        Ok(if compressed.len() < payload.len() || is_like_ours {
            compressed
        } else {
            payload
        })
    }

    fn unpack(
        &self,
        _thread: &ThreadKey,
        place: Place<'_>,
        stored: Vec<u8>,
    ) -> Result<Vec<u8>, StoreError> {
        if !stored.starts_with(MARK.as_bytes()) {
            return Ok(stored);
        }
        let FirstLine { line, rest } = FirstLine::read(MARK, FORMAT, place, &stored)?;
        let damaged = |why: &dyn std::fmt::Display| {
            StoreError::Corrupt(format!("{place} can't be decompressed: {why}"))
        };
        let size = rest.parse().ok();
        let size = size.filter(|size| *size <= Commit::MAX_STORED_BYTES);
        let size = size.ok_or_else(|| damaged(&"its first line says no size that it can have"))?;
        // No more is ever made of it than that.
        let mut payload = Vec::with_capacity(size);
        let decompressed = Decompressor::new()
            .and_then(|mut frame| frame.decompress_to_buffer(&stored[line.len()..], &mut payload));
        decompressed.map_err(|error| damaged(&error))?;
        if payload.len() != size {
            return Err(damaged(&"its size isn't what its first line says"));
        }
        Ok(payload)
    }
}

impl<C: Seals> Seals for Compressed<C> {}
