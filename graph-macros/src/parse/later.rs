//! What can be written but isn't there yet: answered with what to do meanwhile.

use proc_macro2::Ident;

use crate::findings::Findings;

/// The message for a whole attribute that is still to come.
pub(super) fn attribute(name: &Ident, meanwhile: &str, findings: &mut Findings) {
    findings.at(
        name,
        format!("`#[{name}]` is not there yet; for now, {meanwhile}"),
    );
}
