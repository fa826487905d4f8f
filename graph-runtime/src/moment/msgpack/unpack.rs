//! From `MessagePack` to JSON. What it is given may be anything: it takes no more room than a small multiple of that.

use serde::Serialize;
use serde_json::value::RawValue;

use super::{DEPTH, VERBATIM};

/// The JSON text that was packed; nothing where no such text packs like that.
///
/// It is written to the end of `out`.
pub(crate) fn unpack(bytes: &[u8], out: Vec<u8>) -> Option<Vec<u8>> {
    let unpacker = Unpacker {
        rest: bytes,
        out,
        open: Vec::new(),
    };
    unpacker.unpack()
}

struct Unpacker<'m> {
    rest: &'m [u8],
    out: Vec<u8>,
    /// The lists and maps around the place, from the outside in.
    open: Vec<Open>,
}

/// A list or map that isn't over yet.
struct Open {
    /// How many values, or pairs, are still to come.
    left: usize,
    is_map: bool,
}

impl<'m> Unpacker<'m> {
    fn unpack(mut self) -> Option<Vec<u8>> {
        loop {
            if self.value()? {
                continue;
            }
            // A value is over, and with it perhaps those around it.
            loop {
                let Some(open) = self.open.last_mut() else {
                    return self.rest.is_empty().then_some(self.out);
                };
                if open.left == 0 {
                    self.out.push(if open.is_map { b'}' } else { b']' });
                    self.open.pop();
                } else {
                    self.out.push(b',');
                    self.member()?;
                    break;
                }
            }
        }
    }

    /// Takes a value, or the beginning of a list or map: whether the next value lies in it.
    fn value(&mut self) -> Option<bool> {
        let [marker] = self.bytes()?;
        match marker {
            0xc0 => self.out.extend_from_slice(b"null"),
            0xc2 => self.out.extend_from_slice(b"false"),
            0xc3 => self.out.extend_from_slice(b"true"),
            0x00..=0x7f => self.write(&marker)?,
            0xcc => {
                let number = u8::from_be_bytes(self.bytes()?);
                self.write(&number)?;
            }
            0xcd => {
                let number = u16::from_be_bytes(self.bytes()?);
                self.write(&number)?;
            }
            0xce => {
                let number = u32::from_be_bytes(self.bytes()?);
                self.write(&number)?;
            }
            0xcf => {
                let number = u64::from_be_bytes(self.bytes()?);
                self.write(&number)?;
            }
            0xe0.. => self.write(&i8::from_be_bytes([marker]))?,
            0xd0 => {
                let number = i8::from_be_bytes(self.bytes()?);
                self.write(&number)?;
            }
            0xd1 => {
                let number = i16::from_be_bytes(self.bytes()?);
                self.write(&number)?;
            }
            0xd2 => {
                let number = i32::from_be_bytes(self.bytes()?);
                self.write(&number)?;
            }
            0xd3 => {
                let number = i64::from_be_bytes(self.bytes()?);
                self.write(&number)?;
            }
            0xcb => {
                let number = f64::from_be_bytes(self.bytes()?);
                // JSON has no other numbers.
                number.is_finite().then(|| self.write(&number))??;
            }
            0x80..=0x8f => return self.open(usize::from(marker & 0x0f), true),
            0x90..=0x9f => return self.open(usize::from(marker & 0x0f), false),
            0xdc | 0xde => {
                let count = self.length_16()?;
                return self.open(count, marker == 0xde);
            }
            0xdd | 0xdf => {
                let count = self.length_32()?;
                return self.open(count, marker == 0xdf);
            }
            _ => self.text(marker).map(drop)?,
        }
        Some(false)
    }

    fn open(&mut self, count: usize, is_map: bool) -> Option<bool> {
        // Each takes a byte at least: a length that can't be true is found out before anything is made of it.
        if count > self.rest.len() || self.open.len() == DEPTH {
            return None;
        }
        self.out.push(if is_map { b'{' } else { b'[' });
        if count == 0 {
            self.out.push(if is_map { b'}' } else { b']' });
            return Some(false);
        }
        self.open.push(Open {
            left: count,
            is_map,
        });
        self.member()?;
        Some(true)
    }

    /// Takes what stands before the next value of the list or map: in a map its key.
    fn member(&mut self) -> Option<()> {
        let open = self.open.last_mut()?;
        open.left -= 1;
        if open.is_map {
            let [marker] = self.bytes()?;
            if self.text(marker)? != b'"' {
                return None;
            }
            self.out.push(b':');
        }
        Some(())
    }

    /// Takes a string, or JSON that was kept as it is, and gives its first byte.
    fn text(&mut self, marker: u8) -> Option<u8> {
        let begin = self.out.len();
        match marker {
            0xa0..=0xbf => self.string(usize::from(marker & 0x1f))?,
            0xd9 => {
                let length = self.length_8()?;
                self.string(length)?;
            }
            0xda => {
                let length = self.length_16()?;
                self.string(length)?;
            }
            0xdb => {
                let length = self.length_32()?;
                self.string(length)?;
            }
            0xc7 => {
                let length = self.length_8()?;
                self.verbatim(length)?;
            }
            0xc8 => {
                let length = self.length_16()?;
                self.verbatim(length)?;
            }
            0xc9 => {
                let length = self.length_32()?;
                self.verbatim(length)?;
            }
            _ => return None,
        }
        self.out.get(begin).copied()
    }

    fn string(&mut self, length: usize) -> Option<()> {
        let text = str::from_utf8(self.take(length)?).ok()?;
        self.write(text)
    }

    fn verbatim(&mut self, length: usize) -> Option<()> {
        if self.bytes()? != [VERBATIM] {
            return None;
        }
        let written = self.take(length)?;
        let json: &RawValue = serde_json::from_slice(written).ok()?;
        // With nothing around it.
        if json.get().len() != length {
            return None;
        }
        self.out.extend_from_slice(written);
        Some(())
    }

    fn write<T: Serialize + ?Sized>(&mut self, value: &T) -> Option<()> {
        serde_json::to_writer(&mut self.out, value).ok()
    }

    fn length_8(&mut self) -> Option<usize> {
        Some(usize::from(u8::from_be_bytes(self.bytes()?)))
    }

    fn length_16(&mut self) -> Option<usize> {
        Some(usize::from(u16::from_be_bytes(self.bytes()?)))
    }

    fn length_32(&mut self) -> Option<usize> {
        usize::try_from(u32::from_be_bytes(self.bytes()?)).ok()
    }

    fn bytes<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (first, rest) = self.rest.split_first_chunk()?;
        self.rest = rest;
        Some(*first)
    }

    fn take(&mut self, length: usize) -> Option<&'m [u8]> {
        let (first, rest) = self.rest.split_at_checked(length)?;
        self.rest = rest;
        Some(first)
    }
}
