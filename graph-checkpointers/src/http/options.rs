//! How a client is opened.

use std::fmt;
use std::time::Duration;

use graph_runtime::StoreError;
use reqwest::Url;
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderValue};
use reqwest::redirect::Policy;

use super::HttpSaver;
use super::exchange::Exchange;

/// How long a connection may take to come about.
const CONNECTING: Duration = Duration::from_secs(5);

/// How long a connection is kept that nobody uses: shorter than a server keeps it, so that none is used that it
/// is about to close.
const IDLE: Duration = Duration::from_secs(15);

/// How an [`HttpSaver`] is to be opened.
///
/// ```no_run
/// # async fn open() -> Result<(), graph_runtime::StoreError> {
/// use std::time::Duration;
///
/// use graph_checkpointers::HttpSaver;
///
/// # let token = "";
/// let saver = HttpSaver::options("https://moments.example", token)
///     .timeout(Duration::from_secs(10))
///     .retries(5)
///     .connect()
///     .await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
#[must_use = "nothing is opened before `connect`"]
pub struct HttpOptions {
    url: String,
    token: String,
    timeout: Duration,
    retries: u32,
    #[cfg(feature = "tls")]
    roots: Vec<u8>,
}

impl HttpOptions {
    pub(super) fn new(url: &str, token: &str) -> Self {
        Self {
            url: url.to_owned(),
            token: token.to_owned(),
            timeout: Duration::from_secs(30),
            retries: 4,
            #[cfg(feature = "tls")]
            roots: Vec::new(),
        }
    }

    /// How long one attempt may take, from its first byte to the last one of the reply: 30 seconds, unless it is
    /// said here.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// How often an attempt that had no reply is repeated: four times, unless it is said here.
    pub fn retries(mut self, retries: u32) -> Self {
        self.retries = retries;
        self
    }

    /// Trusts these certificates too, in PEM: those of an authority of one's own.
    #[cfg(feature = "tls")]
    pub fn root_certificates(mut self, pem: impl AsRef<[u8]>) -> Self {
        self.roots.extend_from_slice(pem.as_ref());
        self.roots.push(b'\n');
        self
    }

    /// Opens it, and asks the server whether the token is known and the store can be used.
    ///
    /// # Errors
    /// [`StoreError::Unfit`] for a URL or a token that can't be one; [`StoreError::Unavailable`] where nobody
    /// answers, or the token isn't known; and what the store behind it says.
    pub async fn connect(self) -> Result<HttpSaver, StoreError> {
        let base = base(&self.url)?;
        let client = reqwest::Client::builder()
            .default_headers(authorization(&self.token)?)
            .timeout(self.timeout)
            .connect_timeout(CONNECTING)
            .pool_idle_timeout(IDLE)
            .redirect(Policy::none());
        #[cfg(feature = "tls")]
        let client = client.tls_backend_preconfigured(if base.starts_with("https:") {
            super::tls::config(&self.roots)?
        } else {
            super::tls::unused()?
        });
        let client = client.build().map_err(StoreError::unavailable)?;
        HttpSaver::open(Exchange::new(client, base, self.retries)).await
    }
}

impl fmt::Debug for HttpOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The URL may hold a password that doesn't belong there, and the token is one.
        f.debug_struct("HttpOptions")
            .field("timeout", &self.timeout)
            .field("retries", &self.retries)
            .finish_non_exhaustive()
    }
}

/// The address to which routes are added.
fn base(url: &str) -> Result<String, StoreError> {
    let unfit = |what: &str| StoreError::Unfit(format!("the server's URL can't be used: {what}"));
    let parsed = Url::parse(url).map_err(|error| unfit(&error.to_string()))?;
    if !parsed.username().is_empty() || parsed.password().is_some() {
        return Err(unfit(
            "it holds a user or a password; the token is given apart",
        ));
    }
    if parsed.query().is_some() || parsed.fragment().is_some() {
        return Err(unfit("it has a `?` or a `#`; give what comes before"));
    }
    match parsed.scheme() {
        "http" => {}
        "https" if cfg!(feature = "tls") => {}
        "https" => {
            return Err(unfit(
                "`https` isn't built in; add the feature `tls` of `graph-checkpointers`",
            ));
        }
        _ => return Err(unfit("write it as `https://moments.example`")),
    }
    Ok(parsed.as_str().trim_end_matches('/').to_owned())
}

fn authorization(token: &str) -> Result<HeaderMap, StoreError> {
    let mut value = HeaderValue::try_from(format!("Bearer {token}"))
        .map_err(|_| StoreError::Unfit("the token holds what no header takes".to_owned()))?;
    value.set_sensitive(true);
    Ok(HeaderMap::from_iter([(AUTHORIZATION, value)]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_a_url_is_said() {
        for (url, said) in [
            ("moments.example", "relative URL"),
            ("ftp://moments.example", "`https://moments.example`"),
            (
                "http://ada:s3cret@moments.example",
                "the token is given apart",
            ),
            ("http://moments.example/?a=b", "has a `?`"),
        ] {
            let error = base(url).unwrap_err().to_string();
            assert!(error.contains(said), "{error}");
            assert!(!error.contains("s3cret"), "{error}");
        }
        assert_eq!(base("http://a/b/").unwrap(), "http://a/b");
        assert_eq!(base("http://a").unwrap(), "http://a");
    }

    #[test]
    fn a_token_is_not_shown() {
        let error = authorization("s3cret\n").unwrap_err().to_string();
        assert!(!error.contains("s3cret"), "{error}");
        let shown = format!("{:?}", authorization("s3cret").unwrap());
        assert!(!shown.contains("s3cret"), "{shown}");
        let shown = format!("{:?}", HttpOptions::new("http://a", "s3cret"));
        assert!(!shown.contains("s3cret"), "{shown}");
    }
}
