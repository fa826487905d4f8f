//! From JSON to `MessagePack`.

use serde_json::value::RawValue;

use super::{DEPTH, VERBATIM};

/// The `MessagePack` of a JSON text; nothing where it isn't one, as it stands: with spaces around it, or too deep.
///
/// It is written to the end of `out`.
pub(crate) fn pack(json: &[u8], out: Vec<u8>) -> Option<Vec<u8>> {
    let packer = Packer {
        json,
        at: 0,
        out,
        open: Vec::new(),
    };
    packer.pack()
}

struct Packer<'j> {
    json: &'j [u8],
    at: usize,
    out: Vec<u8>,
    /// The lists and maps around the place, from the outside in.
    open: Vec<Open>,
}

/// A list or map that isn't over yet.
struct Open {
    /// Where it begins in the JSON.
    begin: usize,
    /// Where its first byte lies in what is made.
    header: usize,
    /// How many values, or pairs, it has so far.
    count: u32,
    is_map: bool,
    /// Whether there are spaces in it, so that it is kept as it is.
    is_spaced: bool,
}

impl Packer<'_> {
    fn pack(mut self) -> Option<Vec<u8>> {
        loop {
            if self.value()? {
                continue;
            }
            // A value is over, and with it perhaps those around it.
            loop {
                self.spaces()?;
                let Some(open) = self.open.last_mut() else {
                    return (self.at == self.json.len()).then_some(self.out);
                };
                let close = if open.is_map { b'}' } else { b']' };
                let next = *self.json.get(self.at)?;
                self.at += 1;
                if next == close {
                    self.close()?;
                } else if next == b',' {
                    self.member()?;
                    break;
                } else {
                    return None;
                }
            }
        }
    }

    /// Takes a value, or the beginning of a list or map: whether the next value lies in it.
    fn value(&mut self) -> Option<bool> {
        self.spaces()?;
        match self.json.get(self.at)? {
            b'"' => self.text()?,
            b'-' | b'0'..=b'9' => self.number()?,
            b't' => self.word(b"true", 0xc3)?,
            b'f' => self.word(b"false", 0xc2)?,
            b'n' => self.word(b"null", 0xc0)?,
            b'[' => return self.open(false),
            b'{' => return self.open(true),
            _ => return None,
        }
        Some(false)
    }

    fn open(&mut self, is_map: bool) -> Option<bool> {
        if self.open.len() == DEPTH {
            return None;
        }
        self.open.push(Open {
            begin: self.at,
            header: self.out.len(),
            count: 0,
            is_map,
            is_spaced: false,
        });
        self.out.push(0);
        self.at += 1;
        self.spaces()?;
        if *self.json.get(self.at)? == if is_map { b'}' } else { b']' } {
            self.at += 1;
            self.close()?;
            return Some(false);
        }
        self.member()?;
        Some(true)
    }

    /// Takes what stands before the next value of the list or map: in a map its key.
    fn member(&mut self) -> Option<()> {
        let open = self.open.last_mut()?;
        open.count = open.count.checked_add(1)?;
        if !open.is_map {
            return Some(());
        }
        self.spaces()?;
        if *self.json.get(self.at)? != b'"' {
            return None;
        }
        self.text()?;
        self.spaces()?;
        if *self.json.get(self.at)? != b':' {
            return None;
        }
        self.at += 1;
        Some(())
    }

    /// Ends the innermost list or map: now it is known how long it is.
    fn close(&mut self) -> Option<()> {
        let Open {
            begin,
            header,
            count,
            is_map,
            is_spaced,
        } = self.open.pop()?;
        if is_spaced {
            self.out.truncate(header);
            return self.verbatim(begin);
        }
        let (short, long) = if is_map { (0x80, 0xde) } else { (0x90, 0xdc) };
        if let Ok(count @ 0..=15) = u8::try_from(count) {
            self.out[header] = short | count;
        } else if let Ok(count) = u16::try_from(count) {
            self.out[header] = long;
            self.insert(header + 1, &count.to_be_bytes());
        } else {
            self.out[header] = long + 1;
            self.insert(header + 1, &count.to_be_bytes());
        }
        Some(())
    }

    fn insert(&mut self, place: usize, bytes: &[u8]) {
        self.out.splice(place..place, bytes.iter().copied());
    }

    /// Passes over spaces, which are part of what they stand in.
    fn spaces(&mut self) -> Option<()> {
        while let Some(b' ' | b'\t' | b'\n' | b'\r') = self.json.get(self.at) {
            self.open.last_mut()?.is_spaced = true;
            self.at += 1;
        }
        Some(())
    }

    fn word(&mut self, word: &[u8], byte: u8) -> Option<()> {
        let is_it = self.json[self.at..].starts_with(word);
        self.at += word.len();
        self.out.push(byte);
        is_it.then_some(())
    }

    fn text(&mut self) -> Option<()> {
        let begin = self.at;
        let mut is_escaped = false;
        self.at += 1;
        loop {
            let rest = self.json.get(self.at..)?;
            self.at += rest
                .iter()
                .position(|byte| matches!(byte, b'"' | b'\\' | 0..0x20))?;
            match self.json[self.at] {
                b'"' => break,
                b'\\' => {
                    is_escaped = true;
                    self.at += 2;
                }
                _ => return None,
            }
        }
        self.at += 1;
        let written = &self.json[begin..self.at];
        if !is_escaped {
            return string(&mut self.out, &written[1..written.len() - 1]);
        }
        match serde_json::from_slice::<String>(written) {
            Ok(text) if is_text(&text, written) => string(&mut self.out, text.as_bytes()),
            _ => self.verbatim(begin),
        }
    }

    fn number(&mut self) -> Option<()> {
        let begin = self.at;
        let is_part = |byte: &u8| matches!(byte, b'0'..=b'9' | b'-' | b'+' | b'.' | b'e' | b'E');
        self.at += self.json[begin..]
            .iter()
            .take_while(|byte| is_part(byte))
            .count();
        let written = &self.json[begin..self.at];
        match *written {
            // As a program writes it, without anything before it.
            [b'0'] => unsigned(&mut self.out, 0),
            [b'1'..=b'9', ..] if let Some(number) = digits(written) => {
                unsigned(&mut self.out, number);
            }
            [b'-', b'1'..=b'9', ..]
                if let Some(number) =
                    digits(&written[1..]).and_then(|number| 0_i64.checked_sub_unsigned(number)) =>
            {
                signed(&mut self.out, number);
            }
            _ => {
                let number = str::from_utf8(written).ok()?.parse::<f64>();
                let number = number.ok().filter(|number| is_float(*number, written));
                let Some(number) = number else {
                    serde_json::from_slice::<&RawValue>(written).ok()?;
                    return self.verbatim(begin);
                };
                self.out.push(0xcb);
                self.out.extend_from_slice(&number.to_be_bytes());
            }
        }
        Some(())
    }

    /// Keeps what stands from `begin` to here as it is.
    fn verbatim(&mut self, begin: usize) -> Option<()> {
        let json = &self.json[begin..self.at];
        let out = &mut self.out;
        if let Ok(length) = u8::try_from(json.len()) {
            out.extend_from_slice(&[0xc7, length]);
        } else if let Ok(length) = u16::try_from(json.len()) {
            out.push(0xc8);
            out.extend_from_slice(&length.to_be_bytes());
        } else {
            out.push(0xc9);
            out.extend_from_slice(&u32::try_from(json.len()).ok()?.to_be_bytes());
        }
        out.push(VERBATIM);
        out.extend_from_slice(json);
        Some(())
    }
}

/// A number of which there are only digits, if it isn't too large.
fn digits(written: &[u8]) -> Option<u64> {
    written.iter().try_fold(0_u64, |number, byte| {
        let digit = byte.checked_sub(b'0').filter(|digit| *digit <= 9)?;
        number.checked_mul(10)?.checked_add(u64::from(digit))
    })
}

/// Whether a number, written as JSON, is just that.
fn is_float(number: f64, written: &[u8]) -> bool {
    let mut json = [0; 32];
    let mut rest = &mut json[..];
    let is_said = number.is_finite() && serde_json::to_writer(&mut rest, &number).is_ok();
    let length = 32 - rest.len();
    is_said && json[..length] == *written
}

/// Whether a text, written as JSON, is just that.
fn is_text(text: &str, written: &[u8]) -> bool {
    serde_json::to_vec(text).is_ok_and(|json| json == written)
}

fn string(out: &mut Vec<u8>, text: &[u8]) -> Option<()> {
    if let Ok(length @ 0..=31) = u8::try_from(text.len()) {
        out.push(0xa0 | length);
    } else if let Ok(length) = u8::try_from(text.len()) {
        out.extend_from_slice(&[0xd9, length]);
    } else if let Ok(length) = u16::try_from(text.len()) {
        out.push(0xda);
        out.extend_from_slice(&length.to_be_bytes());
    } else {
        out.push(0xdb);
        out.extend_from_slice(&u32::try_from(text.len()).ok()?.to_be_bytes());
    }
    out.extend_from_slice(text);
    Some(())
}

fn unsigned(out: &mut Vec<u8>, number: u64) {
    if let Ok(number @ 0..=0x7f) = u8::try_from(number) {
        out.push(number);
    } else if let Ok(number) = u8::try_from(number) {
        out.extend_from_slice(&[0xcc, number]);
    } else if let Ok(number) = u16::try_from(number) {
        out.push(0xcd);
        out.extend_from_slice(&number.to_be_bytes());
    } else if let Ok(number) = u32::try_from(number) {
        out.push(0xce);
        out.extend_from_slice(&number.to_be_bytes());
    } else {
        out.push(0xcf);
        out.extend_from_slice(&number.to_be_bytes());
    }
}

/// A number below 0.
fn signed(out: &mut Vec<u8>, number: i64) {
    if let Ok(number @ -32..) = i8::try_from(number) {
        out.extend_from_slice(&number.to_be_bytes());
    } else if let Ok(number) = i8::try_from(number) {
        out.push(0xd0);
        out.extend_from_slice(&number.to_be_bytes());
    } else if let Ok(number) = i16::try_from(number) {
        out.push(0xd1);
        out.extend_from_slice(&number.to_be_bytes());
    } else if let Ok(number) = i32::try_from(number) {
        out.push(0xd2);
        out.extend_from_slice(&number.to_be_bytes());
    } else {
        out.push(0xd3);
        out.extend_from_slice(&number.to_be_bytes());
    }
}
