//! The parameters of a request, read strictly: each is known, is there once, and is text.

use std::str::FromStr;

use percent_encoding::percent_decode_str;

/// The parameters that weren't taken yet.
#[derive(Debug, Default)]
pub(super) struct Params(Vec<(String, String)>);

impl Params {
    /// Reads the query of a URL.
    pub(super) fn of(query: &str) -> Result<Self, String> {
        let mut params = Vec::new();
        for param in query.split('&').filter(|param| !param.is_empty()) {
            let (name, value) = param.split_once('=').unwrap_or((param, ""));
            let (name, value) = (decoded(name)?, decoded(value)?);
            if params.iter().any(|(other, _)| *other == name) {
                return Err(format!("the parameter `{name}` is there twice"));
            }
            params.push((name, value));
        }
        Ok(Self(params))
    }

    /// Takes one that has to be there.
    pub(super) fn text(&mut self, name: &str) -> Result<String, String> {
        let value = self.optional(name);
        value.ok_or_else(|| format!("the parameter `{name}` is missing"))
    }

    /// Takes one that may be there.
    pub(super) fn optional(&mut self, name: &str) -> Option<String> {
        let at = self.0.iter().position(|(other, _)| other == name)?;
        Some(self.0.swap_remove(at).1)
    }

    /// Takes one that has to be there and says something else than text.
    pub(super) fn value<T: FromStr>(&mut self, name: &str) -> Result<T, String> {
        let text = self.text(name)?;
        parsed(name, &text)
    }

    /// Takes one that may be there and says something else than text.
    pub(super) fn optional_value<T: FromStr>(&mut self, name: &str) -> Result<Option<T>, String> {
        let text = self.optional(name);
        text.map(|text| parsed(name, &text)).transpose()
    }

    /// That there are no more: one that nobody knows would be asked for in vain.
    pub(super) fn end(&self) -> Result<(), String> {
        match self.0.first() {
            None => Ok(()),
            Some((name, _)) => Err(format!("there is no parameter `{name}` here")),
        }
    }
}

fn parsed<T: FromStr>(name: &str, text: &str) -> Result<T, String> {
    let malformed = |_| format!("the parameter `{name}` can't be {text:?}");
    text.parse().map_err(malformed)
}

/// A `+` is a space, as forms write it.
fn decoded(text: &str) -> Result<String, String> {
    let text = text.replace('+', " ");
    let text = percent_decode_str(&text).decode_utf8();
    text.map(Into::into)
        .map_err(|_| "a parameter is not UTF-8".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let mut params = Params::of("a=1+2&b=%2B%00%C3%BC&&c&d=..%2F=").unwrap();
        for (name, value) in [("a", "1 2"), ("b", "+\0ü"), ("c", ""), ("d", "../=")] {
            assert_eq!(params.text(name).unwrap(), value);
        }
        assert_eq!(params.end(), Ok(()));
        assert_eq!(params.optional("a"), None);
    }

    #[test]
    fn what_is_wrong_is_said() {
        for (query, said) in [
            ("a=1&a=1", "the parameter `a` is there twice"),
            ("a=%FF", "a parameter is not UTF-8"),
        ] {
            assert_eq!(Params::of(query).unwrap_err(), said);
        }
        let mut params = Params::of("limit=-1&x=2").unwrap();
        let said = params.value::<u64>("limit").unwrap_err();
        assert_eq!(said, "the parameter `limit` can't be \"-1\"");
        let said = params.text("thread").unwrap_err();
        assert_eq!(said, "the parameter `thread` is missing");
        assert_eq!(params.end().unwrap_err(), "there is no parameter `x` here");
    }
}
