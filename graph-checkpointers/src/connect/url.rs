//! A URL in its parts, as far as all backends agree on them.

use percent_encoding::percent_decode_str;

use super::ConnectError;

/// A URL in its parts.
#[derive(Debug, PartialEq)]
pub(super) struct Parts<'u> {
    pub(super) scheme: &'u str,
    /// What stands between the scheme and the options, as it was written.
    pub(super) place: &'u str,
    /// What follows the `?`, decoded.
    pub(super) options: Vec<(String, String)>,
}

impl<'u> Parts<'u> {
    pub(super) fn of(url: &'u str) -> Result<Self, ConnectError> {
        let (scheme, rest) = url
            .split_once(':')
            .ok_or_else(|| ConnectError::NoScheme { url: redacted(url) })?;
        let (place, options) = rest.split_once('?').unwrap_or((rest, ""));
        let options = options.split('&').filter(|option| !option.is_empty());
        let options = options.map(|option| {
            let (name, value) = option.split_once('=').unwrap_or((option, ""));
            Ok((decoded(url, name)?, decoded(url, value)?))
        });
        Ok(Self {
            scheme,
            place,
            options: options.collect::<Result<_, ConnectError>>()?,
        })
    }

    /// The place as a path: with or without the `//` before it.
    pub(super) fn path(&self, url: &str) -> Result<String, ConnectError> {
        decoded(url, self.place.strip_prefix("//").unwrap_or(self.place))
    }

    /// That there are no options but these.
    pub(super) fn only(&self, known: &'static [&'static str]) -> Result<(), ConnectError> {
        let mut options = self.options.iter();
        match options.find(|(name, _)| !known.contains(&name.as_str())) {
            None => Ok(()),
            Some((name, _)) => Err(ConnectError::UnknownOption {
                scheme: self.scheme.to_owned(),
                option: name.clone(),
                known,
            }),
        }
    }
}

fn decoded(url: &str, text: &str) -> Result<String, ConnectError> {
    let decoded = percent_decode_str(text).decode_utf8();
    decoded
        .map(Into::into)
        .map_err(|_| ConnectError::Malformed {
            url: redacted(url),
            what: "what it encodes by `%` is no text",
        })
}

/// A URL as it may be shown: without the password.
pub(super) fn redacted(url: &str) -> String {
    let Some((before, after)) = url.split_once("//") else {
        return url.to_owned();
    };
    let end = after.find(['/', '?']).unwrap_or(after.len());
    match after[..end].rsplit_once('@') {
        None => url.to_owned(),
        Some((user, _)) => {
            let name = user.split(':').next().unwrap_or(user);
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
        for open in ["sqlite://a@b.db".replace("a@b", "ab"), "memory:".to_owned()] {
            assert_eq!(redacted(&open), open);
        }
    }

    #[test]
    fn options_are_decoded() {
        let parts = Parts::of("x://y?a=1%202&b&&c=%3D").unwrap();
        let options = [("a", "1 2"), ("b", ""), ("c", "=")];
        let options = options.map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!((parts.scheme, parts.place), ("x", "//y"));
        assert_eq!(parts.options, options);
        assert!(matches!(
            Parts::of("x:?a=%FF"),
            Err(ConnectError::Malformed { .. })
        ));
    }
}
