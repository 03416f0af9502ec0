//! What was typed, kept from one run to the next.
//!
//! All chapters share one file. That it cannot be read or written is no
//! reason to complain: the prompt works without it.

use rustyline::history::FileHistory;
use rustyline::{Editor, Helper};
use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::PathBuf;

/// How many entries are kept.
pub(super) const ENTRIES: usize = 10_000;

/// The file, if there is one.
pub(super) struct History(Option<PathBuf>);

impl History {
    /// Reads what there is into an editor.
    pub(super) fn open<H: Helper>(
        editor: &mut Editor<H, FileHistory>,
    ) -> History {
        let path = path(|name| env::var_os(name));
        // From a device one could read for ever.
        let is_device = |path: &PathBuf| path.exists() && !path.is_file();
        let path = path.filter(|path| !is_device(path));
        if let Some(path) = &path {
            if let Some(directory) = path.parent() {
                let _ = fs::create_dir_all(directory);
            }
            let _ = editor.load_history(path);
        }
        History(path)
    }

    /// Adds an entry, at once: a session may end without notice.
    pub(super) fn add<H: Helper>(
        &self,
        editor: &mut Editor<H, FileHistory>,
        entry: &str,
    ) {
        let is_new = editor.add_history_entry(entry).unwrap_or(false);
        if let Some(path) = &self.0
            && is_new
        {
            let _ = editor.append_history(path);
        }
    }
}

/// The path of the file, by the rules for where programs keep their state.
fn path(variable: impl Fn(&str) -> Option<OsString>) -> Option<PathBuf> {
    if let Some(path) = variable("KALEIDOSCOPE_HISTORY") {
        return Some(PathBuf::from(path)).filter(|p| !p.as_os_str().is_empty());
    }
    // A path that is not absolute does not count.
    let absolute = |name| {
        variable(name).map(PathBuf::from).filter(|path| path.is_absolute())
    };
    let state = absolute("XDG_STATE_HOME")
        .or_else(|| Some(absolute("HOME")?.join(".local/state")))?;
    Some(state.join("kaleidoscope/history"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path_with(variables: &[(&str, &str)]) -> Option<String> {
        let path = path(|name| {
            let found = variables.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| OsString::from(value))
        });
        path.map(|path| path.display().to_string())
    }

    #[test]
    fn the_history_is_where_the_user_keeps_state() {
        let home = ("HOME", "/home/k");
        let path = path_with(&[home]);
        let usual = "/home/k/.local/state/kaleidoscope/history";
        assert_eq!(path.as_deref(), Some(usual));
        let path = path_with(&[home, ("XDG_STATE_HOME", "/state")]);
        assert_eq!(path.as_deref(), Some("/state/kaleidoscope/history"));
        let path = path_with(&[home, ("XDG_STATE_HOME", "state")]);
        assert_eq!(path.as_deref(), Some(usual));
        assert_eq!(path_with(&[]), None);
    }

    #[test]
    fn it_can_be_elsewhere_or_nowhere() {
        let home = ("HOME", "/home/k");
        let path = path_with(&[home, ("KALEIDOSCOPE_HISTORY", "here")]);
        assert_eq!(path.as_deref(), Some("here"));
        assert_eq!(path_with(&[home, ("KALEIDOSCOPE_HISTORY", "")]), None);
    }
}
