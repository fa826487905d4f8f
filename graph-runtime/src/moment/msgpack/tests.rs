//! What goes in comes out, whatever it is; what nobody has made does no harm.

use serde_json::Value;

use super::DEPTH;

fn pack(json: &[u8]) -> Option<Vec<u8>> {
    super::pack(json, Vec::new())
}

fn unpack(bytes: &[u8]) -> Option<Vec<u8>> {
    super::unpack(bytes, Vec::new())
}

fn back(json: &str) -> String {
    let packed = pack(json.as_bytes()).unwrap_or_else(|| panic!("{json} can't be packed"));
    let json = unpack(&packed).unwrap_or_else(|| panic!("{json}, packed, can't be read"));
    String::from_utf8(json).unwrap()
}

#[track_caller]
fn becomes(json: &str, bytes: &[u8]) {
    assert_eq!(pack(json.as_bytes()).as_deref(), Some(bytes), "{json}");
    assert_eq!(back(json), json);
}

#[test]
fn each_value_becomes_what_messagepack_has_for_it() {
    becomes("null", &[0xc0]);
    becomes("false", &[0xc2]);
    becomes("true", &[0xc3]);
    becomes("0", &[0]);
    becomes("127", &[0x7f]);
    becomes("128", &[0xcc, 0x80]);
    becomes("256", &[0xcd, 1, 0]);
    becomes("65536", &[0xce, 0, 1, 0, 0]);
    becomes(
        "18446744073709551615",
        &[0xcf, 255, 255, 255, 255, 255, 255, 255, 255],
    );
    becomes("-1", &[0xff]);
    becomes("-32", &[0xe0]);
    becomes("-33", &[0xd0, 0xdf]);
    becomes("-129", &[0xd1, 0xff, 0x7f]);
    becomes("-32769", &[0xd2, 0xff, 0xff, 0x7f, 0xff]);
    becomes("-9223372036854775808", &[0xd3, 0x80, 0, 0, 0, 0, 0, 0, 0]);
    becomes("0.5", &[0xcb, 0x3f, 0xe0, 0, 0, 0, 0, 0, 0]);
    becomes("\"\"", &[0xa0]);
    becomes("\"a\\n\"", &[0xa2, b'a', b'\n']);
    becomes("[]", &[0x90]);
    becomes("{}", &[0x80]);
    becomes("[1,[2]]", &[0x92, 1, 0x91, 2]);
    becomes(
        "{\"b\":1,\"a\":{}}",
        &[0x82, 0xa1, b'b', 1, 0xa1, b'a', 0x80],
    );
}

#[test]
fn what_would_come_back_in_other_words_is_kept_as_it_is() {
    for json in [
        "-0",
        "1.0e3",
        "1E5",
        "1e400",
        "0.10",
        "1e-400",
        "18446744073709551616",
        "-9223372036854775809",
        "340282366920938463463374607431768211455",
        r#""\u0041""#,
        r#""\/""#,
        r#""\ud800""#,
        r#""\u001F""#,
    ] {
        let packed = pack(json.as_bytes()).unwrap();
        assert_eq!(packed[0], 0xc7, "{json}");
        assert_eq!(&packed[3..], json.as_bytes());
        assert_eq!(back(json), json);
    }
    // Only what has the spaces in it.
    becomes(
        "[1,[2, 3]]",
        &[0x92, 1, 0xc7, 6, b'J', b'[', b'2', b',', b' ', b'3', b']'],
    );
    becomes(
        "{\"\\u0061\":1}",
        &[&[0x81, 0xc7, 8, b'J'][..], b"\"\\u0061\"", &[1]].concat(),
    );
}

#[test]
fn floats_come_back_to_the_last_bit() {
    for float in [
        0.1,
        1.0,
        -0.0,
        1e15,
        1e16,
        1e21,
        1e300,
        f64::MAX,
        f64::MIN_POSITIVE,
        5e-324,
        1.0 / 3.0,
        9_007_199_254_740_993.0,
        0.1 + 0.2,
        f64::from(0.1_f32),
    ] {
        let json = serde_json::to_string(&float).unwrap();
        let packed = pack(json.as_bytes()).unwrap();
        assert_eq!(packed[1..], float.to_be_bytes(), "{json}");
        assert_eq!(back(&json), json);
    }
}

#[test]
fn lengths_change_where_messagepack_changes_its_words() {
    for length in [0, 1, 15, 16, 31, 32, 255, 256, 65_535, 65_536] {
        let text = format!("\"{}\"", "x".repeat(length));
        assert_eq!(back(&text), text);
        let list = format!("[{}]", vec!["7"; length].join(","));
        assert_eq!(back(&list), list);
        let keys: Vec<_> = (0..length).map(|key| format!("\"{key}\":[]")).collect();
        let map = format!("{{{}}}", keys.join(","));
        assert_eq!(back(&map), map);
        let spaced = format!("[{} ]", vec!["7"; length].join(","));
        assert_eq!(back(&spaced), spaced);
    }
}

#[test]
fn order_and_repeated_keys_stay() {
    let json = r#"{"z":1,"a":2,"z":3,"":null," ":"\u0000é🦀"}"#;
    assert_eq!(back(json), json);
}

#[test]
fn values_may_lie_so_deep_and_no_deeper() {
    let nested = |depth| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    assert_eq!(back(&nested(DEPTH)), nested(DEPTH));
    assert_eq!(pack(nested(DEPTH + 1).as_bytes()), None);
    assert_eq!(unpack(&vec![0x91; 1 << 20]), None);
}

#[test]
fn what_is_no_json_is_not_packed() {
    for text in [
        "",
        " ",
        " 1",
        "1 ",
        "tru",
        "nul",
        "[",
        "[1",
        "[1,",
        "[1,]x",
        "{",
        "{1:2}",
        "{\"a\"}",
        "{\"a\":1,",
        "\"",
        "\"a",
        "\"\\",
        "\"\u{1}\"",
        "]",
        "1 2",
        "[1}",
        "x",
        "-",
        "007",
        "1.",
        ".5",
        "+1",
        "1e",
        "--1",
    ] {
        assert_eq!(pack(text.as_bytes()), None, "{text:?}");
    }
}

/// Numbers that look like chance and are the same each time.
struct Chance(u64);

impl Chance {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % limit as u64).unwrap()
    }

    fn one_of<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[self.below(of.len())]
    }

    /// Any JSON: mostly as it is written by a program, sometimes as a person writes it.
    fn json(&mut self, depth: usize, out: &mut String) {
        match self.below(if depth == 0 { 6 } else { 9 }) {
            0 => out.push_str(self.one_of(&["null", "true", "false"])),
            1 => {
                let bits = self.0 >> self.below(64);
                out.push_str(&bits.to_string());
            }
            2 => {
                let number = i64::from_ne_bytes(self.0.to_ne_bytes()) >> self.below(64);
                out.push_str(&number.to_string());
            }
            3 => {
                let float = f64::from_bits(self.0);
                out.push_str(&serde_json::to_string(&float).unwrap());
            }
            4 => out.push_str(self.one_of(&[
                "-0",
                "1e5",
                "2.50",
                "1e999",
                "99999999999999999999",
                "-0.0",
            ])),
            5 => self.text(out),
            6 => self.members(depth, "[", "]", out),
            _ => self.members(depth, "{", "}", out),
        }
    }

    fn members(&mut self, depth: usize, open: &str, close: &str, out: &mut String) {
        let spaced = self.below(8) == 0;
        let space = |out: &mut String, chance: &mut Self| {
            if spaced {
                out.push_str(chance.one_of(&["", " ", "\n\t", "\r"]));
            }
        };
        out.push_str(open);
        let most = [1, 3, 20][self.below(3)];
        for place in 0..self.below(most) {
            if place > 0 {
                out.push(',');
            }
            space(out, self);
            if open == "{" {
                self.text(out);
                space(out, self);
                out.push(':');
                space(out, self);
            }
            self.json(depth - 1, out);
            space(out, self);
        }
        space(out, self);
        out.push_str(close);
    }

    fn text(&mut self, out: &mut String) {
        out.push('"');
        for _ in 0..self.below(40) {
            out.push_str(self.one_of(&[
                "a", "b", "é", "🦀", "\u{7f}", "\\n", "\\\"", "\\\\", "\\u0000", "\\u001f", "\\b",
                " ", ",", ":",
            ]));
        }
        if self.below(9) == 0 {
            out.push_str(self.one_of(&["\\/", "\\u00e9", "\\ud83e\\udd80", "\\udead", "\\u000a"]));
        }
        out.push('"');
    }
}

#[test]
fn any_json_comes_back_to_the_byte() {
    let mut chance = Chance(0x5eed);
    for _ in 0..5_000 {
        let mut json = String::new();
        chance.json(5, &mut json);
        let packed = pack(json.as_bytes()).unwrap();
        assert_eq!(unpack(&packed).as_deref(), Some(json.as_bytes()));
        // Any reader of `MessagePack` sees the same length: nothing is before its end or behind it.
        assert_eq!(unpack(&packed[..packed.len() - 1]), None, "{json}");
        assert_eq!(unpack(&[&packed[..], &[0xc0]].concat()), None, "{json}");
    }
}

#[test]
fn what_nobody_has_packed_does_no_harm() {
    let mut chance = Chance(0xbad_5eed);
    let mut read = 0;
    for round in 0..15_000 {
        let mut json = String::new();
        chance.json(4, &mut json);
        let mut bytes = pack(json.as_bytes()).unwrap();
        for _ in 0..=chance.below(3) {
            let place = chance.below(bytes.len());
            bytes[place] ^= 1 << chance.below(8);
        }
        if round % 2 == 0 {
            bytes.truncate(chance.below(bytes.len() + 1));
        }
        if let Some(json) = unpack(&bytes) {
            assert!(json.len() <= 8 * bytes.len(), "{bytes:?}");
            // Whatever comes out is JSON, as deep as serde reads it.
            serde_json::from_slice::<&serde_json::value::RawValue>(&json).unwrap();
            read += 1;
        }
    }
    assert!(read > 300, "{read}");
}

#[test]
fn a_length_that_cannot_be_true_is_not_believed() {
    for bytes in [
        &[0xdd, 255, 255, 255, 255][..],
        &[0xdf, 255, 255, 255, 255, 0xa0],
        &[0xdb, 255, 255, 255, 255, b'x'],
        &[0xc9, 255, 255, 255, 255, b'J', b'1'],
        &[0xdc, 0, 2, 1],
        &[0xd9, 4, b'x'],
    ] {
        assert_eq!(unpack(bytes), None, "{bytes:?}");
    }
}

#[test]
fn what_json_has_not_is_refused() {
    let nan = [&[0xcb][..], &f64::NAN.to_be_bytes()].concat();
    let infinite = [&[0xcb][..], &f64::INFINITY.to_be_bytes()].concat();
    let not_json = [0xc7, 3, b'J', b'1', b',', b'2'];
    let spaced = [0xc7, 2, b'J', b' ', b'1'];
    let other_type = [0xc7, 1, b'K', b'1'];
    let key = [0x81, 1, 2];
    let verbatim_key = [0x81, 0xc7, 1, b'J', b'1', 2];
    let not_text = [0xa1, 0xff];
    for bytes in [
        &nan[..],
        &infinite,
        &not_json,
        &spaced,
        &other_type,
        &key,
        &verbatim_key,
        &not_text,
        &[0xc1],
        &[0xc4, 0],
        &[0xca, 0, 0, 0, 0],
        &[0xd4, b'J', b'1'],
        &[],
    ] {
        assert_eq!(unpack(bytes), None, "{bytes:?}");
    }
}

#[test]
fn a_state_is_smaller() {
    let state = serde_json::json!({
        "messages": [{"id": 1, "role": "user", "text": "Where is my money?"}], "turns": 12, "topic": null, "open": true,
    });
    let json = state.to_string();
    let packed = pack(json.as_bytes()).unwrap();
    assert!(
        packed.len() * 10 < json.len() * 8,
        "{} of {}",
        packed.len(),
        json.len()
    );
    let back: Value = serde_json::from_slice(&unpack(&packed).unwrap()).unwrap();
    assert_eq!(back, state);
}
