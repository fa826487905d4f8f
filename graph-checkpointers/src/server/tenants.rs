//! Who may ask: tenants, their tokens, and what their namespaces are called in the store.

use std::fmt::{self, Write as _};
use std::sync::Arc;

use graph_runtime::MAX_ID_BYTES;
use sha2::{Digest, Sha256};
use subtle::{ConditionallySelectable, ConstantTimeEq};

use super::memory::Memory;

/// The shortest token: one that can be guessed is none.
const SHORTEST_TOKEN: usize = 16;

/// The longest name of a tenant.
const LONGEST_NAME: usize = 64;

/// Why a tenant can't be added. No token is shown.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TenantError {
    /// A name that can't be one.
    #[error(
        "{name:?} can't be a tenant's name; use 1 to {LONGEST_NAME} of the letters `a-z`, digits, `-` and `_`"
    )]
    Name {
        /// The name.
        name: String,
    },
    /// A tenant that nobody could speak for.
    #[error("the tenant `{tenant}` has no token; give it one")]
    NoToken {
        /// The tenant.
        tenant: String,
    },
    /// A token that can't be one.
    #[error(
        "a token of the tenant `{tenant}` can't be one; use at least {SHORTEST_TOKEN} letters, digits and `-._~+/=`, at random"
    )]
    Token {
        /// The tenant.
        tenant: String,
    },
    /// A token that would stand for two.
    #[error("a token of the tenant `{tenant}` is there already; each token stands for one tenant")]
    TokenTwice {
        /// The tenant that has it too.
        tenant: String,
    },
}

/// Somebody whose namespaces nobody else reaches.
pub(super) struct Tenant {
    name: String,
    /// The outcomes of its changes.
    pub(super) memory: Memory,
}

impl Tenant {
    /// What a namespace of this tenant is called in the store: `acme:support`, or, where that is longer than a
    /// store takes, `acme#` and the hash of it.
    ///
    /// No name of a tenant holds a `:` or a `#`, so the first of them says where the name ends and which of the
    /// two forms it is: no two tenants share a namespace, whatever bytes are in it, and two namespaces of one
    /// tenant only if SHA-256 gives them one hash.
    pub(super) fn namespace(&self, namespace: &str) -> String {
        let name = format!("{}:{namespace}", self.name);
        if name.len() <= MAX_ID_BYTES {
            return name;
        }
        let mut name = format!("{}#", self.name);
        for byte in hash(namespace.as_bytes()) {
            // Writing to a string doesn't fail.
            let _ = write!(name, "{byte:02x}");
        }
        name
    }
}

/// All tenants. What a token is can't be read out of it: it keeps hashes.
#[derive(Default)]
pub(super) struct Tenants {
    tenants: Vec<Arc<Tenant>>,
    /// Each with the place of its tenant.
    tokens: Vec<([u8; 32], u64)>,
}

impl Tenants {
    /// Adds tokens of a tenant, which may be there already.
    pub(super) fn add<T: AsRef<str>>(
        &mut self,
        name: &str,
        tokens: impl IntoIterator<Item = T>,
    ) -> Result<(), TenantError> {
        if !is_name(name) {
            let name = name.to_owned();
            return Err(TenantError::Name { name });
        }
        let mut hashes = Vec::new();
        for token in tokens {
            let token = token.as_ref();
            if !is_token(token) {
                let tenant = name.to_owned();
                return Err(TenantError::Token { tenant });
            }
            let hash = hash(token.as_bytes());
            if self.place(&hash).is_some() || hashes.contains(&hash) {
                let tenant = name.to_owned();
                return Err(TenantError::TokenTwice { tenant });
            }
            hashes.push(hash);
        }
        if hashes.is_empty() {
            let tenant = name.to_owned();
            return Err(TenantError::NoToken { tenant });
        }
        let known = self.tenants.iter().position(|tenant| tenant.name == name);
        let place = known.unwrap_or_else(|| {
            self.tenants.push(Arc::new(Tenant {
                name: name.to_owned(),
                memory: Memory::new(),
            }));
            self.tenants.len() - 1
        });
        let of_it = hashes.into_iter().map(|hash| (hash, place as u64));
        self.tokens.extend(of_it);
        Ok(())
    }

    /// The tenant that a token stands for.
    pub(super) fn of(&self, token: &[u8]) -> Option<Arc<Tenant>> {
        let place = self.place(&hash(token))?;
        self.tenants.get(place).cloned()
    }

    /// Compares with every token to the end, so that how long it takes says nothing. The hashes are of one length
    /// whatever the tokens are.
    fn place(&self, hash: &[u8; 32]) -> Option<usize> {
        let mut found = 0;
        for (other, place) in &self.tokens {
            found.conditional_assign(&(place + 1), other.ct_eq(hash));
        }
        usize::try_from(found).ok()?.checked_sub(1)
    }
}

impl fmt::Debug for Tenants {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = self.tenants.iter().map(|tenant| &tenant.name);
        f.debug_set().entries(names).finish()
    }
}

fn is_name(name: &str) -> bool {
    let fits = |byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_');
    (1..=LONGEST_NAME).contains(&name.len()) && name.bytes().all(fits)
}

/// What can stand in a header behind `Bearer` (RFC 6750), and can't be guessed.
fn is_token(token: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~+/=".contains(&byte);
    token.len() >= SHORTEST_TOKEN && token.bytes().all(fits)
}

fn hash(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOKEN: &str = "0123456789abcdef";
    const OTHER: &str = "fedcba9876543210";

    fn tenants() -> Tenants {
        let mut tenants = Tenants::default();
        tenants.add("acme", [TOKEN]).unwrap();
        tenants
            .add("globex", [OTHER, "an-older-one-of-them"])
            .unwrap();
        tenants
    }

    fn name_of(tenants: &Tenants, token: &str) -> Option<String> {
        let tenant = tenants.of(token.as_bytes())?;
        Some(tenant.name.clone())
    }

    #[test]
    fn a_token_stands_for_one_tenant() {
        let mut tenants = tenants();
        tenants.add("acme", ["another-one-of-acme"]).unwrap();
        for (token, name) in [
            (TOKEN, "acme"),
            (OTHER, "globex"),
            ("an-older-one-of-them", "globex"),
            ("another-one-of-acme", "acme"),
        ] {
            assert_eq!(name_of(&tenants, token).as_deref(), Some(name));
        }
        for unknown in ["", "0123456789abcde", "0123456789abcdef0", "acme"] {
            assert_eq!(name_of(&tenants, unknown), None);
        }
        assert_eq!(name_of(&Tenants::default(), TOKEN), None);
    }

    #[test]
    fn what_cannot_be_a_tenant_is_refused() {
        let mut tenants = tenants();
        let long = "a".repeat(LONGEST_NAME + 1);
        for name in ["", "a:b", "a#b", "A", "ä", "a/b", "..", "a b", "a\0", &long] {
            let refused = tenants.add(name, [TOKEN]);
            assert!(matches!(refused, Err(TenantError::Name { .. })), "{name}");
        }
        for token in [
            "",
            "short",
            "0123456789abcde\n",
            "0123456789 bcdef",
            "0123456789äbcdef",
        ] {
            let refused = tenants.add("initech", [token]).unwrap_err();
            assert!(matches!(refused, TenantError::Token { .. }), "{refused}");
        }
        for tokens in [[TOKEN, "a-new-one-that-is-new"], ["twice-is-too-often"; 2]] {
            let refused = tenants.add("initech", tokens).unwrap_err();
            assert!(
                matches!(refused, TenantError::TokenTwice { .. }),
                "{refused}"
            );
        }
        let refused = tenants.add("initech", [""; 0]).unwrap_err();
        assert!(matches!(refused, TenantError::NoToken { .. }), "{refused}");
        // Nothing of what was refused is left.
        assert_eq!(format!("{tenants:?}"), r#"{"acme", "globex"}"#);
        assert_eq!(name_of(&tenants, "a-new-one-that-is-new"), None);
    }

    #[test]
    fn no_namespace_is_that_of_another_tenant() {
        let mut tenants = Tenants::default();
        let names = ["a", "a-b", "ab", "b"];
        for name in names {
            tenants.add(name, [format!("{name}{TOKEN}")]).unwrap();
        }
        let long = "x".repeat(MAX_ID_BYTES);
        let longer = format!("{long}y");
        let hashed = tenants.tenants[0].namespace(&long);
        let hash = hashed.strip_prefix("a#").unwrap();
        let namespaces = [
            "", "a", "a:a", ":a", "#a", "a#a", "b:a", "a\0", hash, &hashed, &long, &longer,
        ];
        let mut seen = std::collections::HashSet::new();
        for tenant in &tenants.tenants {
            for namespace in namespaces {
                let name = tenant.namespace(namespace);
                assert!(name.len() <= MAX_ID_BYTES);
                assert!(seen.insert(name), "{} {namespace}", tenant.name);
            }
        }
        // The longest that is kept as it is.
        let fits = "x".repeat(MAX_ID_BYTES - 2);
        assert_eq!(tenants.tenants[0].namespace(&fits), format!("a:{fits}"));
    }
}
