//! Letters, which here are lines on the terminal.

/// Sends letters.
#[derive(Clone, Debug, Default)]
pub struct Post;

impl Post {
    /// A letter is said at once: whoever reads along is not to wait for the next one.
    #[allow(clippy::print_stdout, clippy::unused_self)] // the terminal is all that it is
    pub fn write(&self, to: &str, text: &str) {
        println!("· to {to}: {text}");
    }
}
