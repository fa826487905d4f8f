//! A URL in its parts, as far as all backends agree on them.

use percent_encoding::percent_decode_str;

use super::ConnectError;

/// A URL in its parts.
#[derive(Debug, PartialEq)]
pub(super) struct Parts<'u> {
    /// The whole of it.
    url: &'u str,
    pub(super) scheme: &'u str,
    /// What stands between the scheme and the options, as it was written.
    pub(super) place: &'u str,
    /// What follows the `?`: each as it was written, its name, and its value.
    options: Vec<(&'u str, String, String)>,
}

impl<'u> Parts<'u> {
    pub(super) fn of(url: &'u str) -> Result<Self, ConnectError> {
        let (scheme, rest) = url
            .split_once(':')
            .ok_or_else(|| ConnectError::NoScheme { url: redacted(url) })?;
        let (place, options) = rest.split_once('?').unwrap_or((rest, ""));
        let mut parts = Self {
            url,
            scheme,
            place,
            options: Vec::new(),
        };
        for option in options.split('&').filter(|option| !option.is_empty()) {
            let (name, value) = option.split_once('=').unwrap_or((option, ""));
            let said = (option, parts.decoded(name)?, parts.decoded(value)?);
            parts.options.push(said);
        }
        Ok(parts)
    }

    /// The place as a path: with or without the `//` before it.
    pub(super) fn path(&self) -> Result<String, ConnectError> {
        self.decoded(self.place.strip_prefix("//").unwrap_or(self.place))
    }

    /// How long the server's part is, behind the `//`.
    pub(super) fn host(&self, missing: &'static str) -> Result<usize, ConnectError> {
        let place = self.place.strip_prefix("//").unwrap_or_default();
        match place.find('/').unwrap_or(place.len()) {
            0 => Err(self.malformed(missing)),
            length => Ok(length),
        }
    }

    /// That there are no options but these.
    pub(super) fn only(&self, known: &'static [&'static str]) -> Result<(), ConnectError> {
        let mut names = self.options.iter().map(|(_, name, _)| name);
        match names.find(|name| !known.contains(&name.as_str())) {
            None => Ok(()),
            Some(name) => Err(ConnectError::UnknownOption {
                scheme: self.scheme.to_owned(),
                option: name.clone(),
                known,
            }),
        }
    }

    /// Takes an option out; the last one, if it was said twice.
    pub(super) fn take(&mut self, name: &str) -> Option<String> {
        let taken = self.options.extract_if(.., |option| option.1 == name);
        taken.last().map(|(_, _, value)| value)
    }

    /// The URL without what was taken out of it.
    pub(super) fn rest(&self) -> String {
        let options: Vec<_> = self.options.iter().map(|option| option.0).collect();
        let mark = if options.is_empty() { "" } else { "?" };
        format!("{}:{}{mark}{}", self.scheme, self.place, options.join("&"))
    }

    pub(super) fn malformed(&self, what: &'static str) -> ConnectError {
        ConnectError::Malformed {
            url: redacted(self.url),
            what,
        }
    }

    pub(super) fn decoded(&self, text: &str) -> Result<String, ConnectError> {
        let decoded = percent_decode_str(text).decode_utf8();
        decoded
            .map(Into::into)
            .map_err(|_| self.malformed("what it encodes by `%` is no text"))
    }
}

/// A URL as it may be shown: without the password, wherever it stands.
pub(super) fn redacted(url: &str) -> String {
    let (place, options) = url.split_once('?').unwrap_or((url, ""));
    let shown = |option: &str| match option.split_once('=') {
        Some((name, _)) if name.eq_ignore_ascii_case("password") => format!("{name}=.."),
        _ => option.to_owned(),
    };
    let options: Vec<_> = options.split('&').map(shown).collect();
    let mark = if url.contains('?') { "?" } else { "" };
    format!("{}{mark}{}", without_password(place), options.join("&"))
}

fn without_password(url: &str) -> String {
    let Some((before, after)) = url.split_once("//") else {
        return url.to_owned();
    };
    let end = after.find('/').unwrap_or(after.len());
    match after[..end].rsplit_once('@') {
        None => url.to_owned(),
        Some((user, _)) => {
            // Who writes a token without the colon before it means it all the same.
            let name = match before {
                "http:" | "https:" => "",
                _ => user.split(':').next().unwrap_or(user),
            };
            format!("{before}//{name}:..@{}", &after[user.len() + 1..])
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_not_shown() {
        assert_eq!(
            redacted("postgres://ada:s3cr:et@db:5432/support?x=1"),
            "postgres://ada:..@db:5432/support?x=1"
        );
        assert_eq!(redacted("redis://:s3cret@db"), "redis://:..@db");
        assert_eq!(
            redacted("x://db?password=s3cret&a=1"),
            "x://db?password=..&a=1"
        );
        for open in ["sqlite://a@b.db".replace("a@b", "ab"), "memory:".to_owned()] {
            assert_eq!(redacted(&open), open);
        }
    }

    #[test]
    fn options_are_decoded() {
        let parts = Parts::of("x://y?a=1%202&b&&c=%3D").unwrap();
        let options = [("a=1%202", "a", "1 2"), ("b", "b", ""), ("c=%3D", "c", "=")];
        let options = options.map(|(text, name, value)| (text, name.to_owned(), value.to_owned()));
        assert_eq!((parts.scheme, parts.place), ("x", "//y"));
        assert_eq!(parts.options, options);
        assert!(matches!(
            Parts::of("x:?a=%FF"),
            Err(ConnectError::Malformed { .. })
        ));
    }
}
