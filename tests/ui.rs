//! What somebody is told whose graph is wrong. `ui/macro` holds our own words, `ui/types` what the compiler
//! says about code that we made; each file is named after its message. `TRYBUILD=overwrite` writes them anew.

#[test]
fn messages() {
    let cases = trybuild::TestCases::new();
    cases.compile_fail("ui/macro/*.rs");
    cases.compile_fail("ui/types/*.rs");
}
