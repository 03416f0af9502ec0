//! Whether to use colours.

use std::env;
use std::io::IsTerminal;

/// Whether somebody is watching a stream who does not mind colours.
pub(super) fn wanted(stream: &impl IsTerminal) -> bool {
    let is_refused = env::var_os("NO_COLOR").is_some_and(|v| !v.is_empty());
    !is_refused && stream.is_terminal()
}
