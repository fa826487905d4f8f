//! TLS for the client: the system's roots, `ring`, and nothing installed for the whole process.

use std::fmt::Display;
use std::sync::Arc;

use graph_runtime::StoreError;
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use rustls_platform_verifier::Verifier;

/// A configuration that trusts the system's roots, and those that are given in PEM.
pub(super) fn config(roots: &[u8]) -> Result<ClientConfig, StoreError> {
    let roots: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(roots).collect();
    let verifier = Verifier::new_with_extra_roots(roots.map_err(unfit)?, provider());
    let verifier = Arc::new(verifier.map_err(unfit)?);
    let config = ClientConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .map_err(unfit)?
        .dangerous()
        .with_custom_certificate_verifier(verifier);
    Ok(config.with_no_client_auth())
}

/// A configuration that trusts nobody, for where TLS isn't spoken: the system's roots, which may be missing, aren't
/// read.
pub(super) fn unused() -> Result<ClientConfig, StoreError> {
    let config = ClientConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .map_err(unfit)?
        .with_root_certificates(RootCertStore::empty());
    Ok(config.with_no_client_auth())
}

/// The one that the program has chosen, or `ring`.
fn provider() -> Arc<CryptoProvider> {
    let chosen = CryptoProvider::get_default().cloned();
    chosen.unwrap_or_else(|| Arc::new(ring::default_provider()))
}

fn unfit(error: impl Display) -> StoreError {
    StoreError::Unfit(format!("TLS can't be set up: {error}"))
}
