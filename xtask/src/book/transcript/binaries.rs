//! The programs that transcripts run: built once, then called by path.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::LazyLock;

use regex::Regex;
use serde_json::Value;

use crate::test::cargo;

/// The programs of the workspace by what `cargo run` calls them, such as
/// `-p chapter1` and `-p chapter1 --example smallest`.
pub(crate) struct Binaries(BTreeMap<String, PathBuf>);

impl Binaries {
    /// Builds the programs and examples of the workspace at `root`. They
    /// print the same as with the `--release` of the text, and are there
    /// sooner.
    pub(crate) fn build(root: &Path) -> Result<Binaries, String> {
        let arguments = "build --workspace --bins --examples \
                         --message-format=json-render-diagnostics";
        let arguments: Vec<&str> = arguments.split_whitespace().collect();
        let output = cargo(root, &arguments)
            .stdin(Stdio::null())
            .output()
            .map_err(|error| format!("cannot run cargo: {error}"))?;
        if !output.status.success() {
            let errors = String::from_utf8_lossy(&output.stderr);
            return Err(format!("cannot build the programs:\n{errors}"));
        }
        let messages = String::from_utf8_lossy(&output.stdout);
        Ok(Binaries(messages.lines().filter_map(executable).collect()))
    }

    /// How `command` is run in the workspace at `root`: by a shell, with
    /// programs called by path where it says `cargo run`.
    pub(crate) fn shell(
        &self,
        root: &Path,
        command: &str,
    ) -> Result<Command, String> {
        let script = self.script(command)?;
        let mut shell = Command::new("timeout");
        shell.args(["60", "sh", "-c", &script]).current_dir(root);
        shell.envs([("TERM", "dumb"), ("NO_COLOR", "1"), ("COLUMNS", "80")]);
        Ok(shell)
    }

    fn script(&self, command: &str) -> Result<String, String> {
        let mut script = command.to_owned();
        for (call, [name]) in CALL.captures_iter(command).map(|c| c.extract()) {
            let path = self
                .0
                .get(name)
                .ok_or_else(|| format!("no program `cargo run {name}`"))?;
            script = script.replacen(call, &path.display().to_string(), 1);
        }
        match script.split_whitespace().any(|word| word == "cargo") {
            true => Err(FORM.to_owned()),
            false => Ok(script),
        }
    }
}

/// A call of a program of the workspace.
static CALL: LazyLock<Regex> = LazyLock::new(|| {
    let pattern = r"cargo run --release (-p [\w-]+(?: --(?:example|bin) [\w-]+)?)(?: --\B)?";
    Regex::new(pattern).expect("it is a constant")
});

const FORM: &str = "of cargo's commands, a transcript knows `cargo run \
                    --release -p PACKAGE [--example NAME] [-- ARGUMENTS]`";

/// The program that a message of cargo says it has built.
fn executable(message: &str) -> Option<(String, PathBuf)> {
    let message: Value = serde_json::from_str(message).ok()?;
    let path = message["executable"].as_str()?;
    let manifest = Path::new(message["manifest_path"].as_str()?);
    let package = manifest.parent()?.file_name()?.to_str()?;
    let target = message["target"]["name"].as_str()?;
    let name = match message["target"]["kind"][0].as_str()? {
        "bin" if target == package => format!("-p {package}"),
        "bin" => format!("-p {package} --bin {target}"),
        "example" => format!("-p {package} --example {target}"),
        _ => return None,
    };
    Some((name, path.into()))
}

#[cfg(test)]
impl Binaries {
    /// No programs: transcripts may still call what the system has.
    pub(crate) fn none() -> Binaries {
        Binaries(BTreeMap::new())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn script(command: &str) -> Result<String, String> {
        let names = ["-p chapter1", "-p chapter1 --example smallest"];
        let paths = ["/bin/a", "/bin/b"].map(PathBuf::from);
        let names = names.map(str::to_owned).into_iter();
        Binaries(names.zip(paths).collect()).script(command)
    }

    #[test]
    fn programs_are_called_by_path() {
        for (command, expected) in [
            ("cargo run --release -p chapter1", "/bin/a"),
            (
                "cargo run --release -p chapter1 -- --emit ir x",
                "/bin/a --emit ir x",
            ),
            (
                "echo 1 | cargo run --release -p chapter1 | wc",
                "echo 1 | /bin/a | wc",
            ),
            ("cargo run --release -p chapter1 --example smallest", "/bin/b"),
            (
                "cargo run --release -p chapter1 && \
                 cargo run --release -p chapter1 --example smallest -- 1",
                "/bin/a && /bin/b 1",
            ),
        ] {
            assert_eq!(script(command).as_deref(), Ok(expected));
        }
    }

    #[test]
    fn other_programs_and_other_forms_are_refused() {
        let unknown = script("cargo run --release -p chapter9");
        assert!(unknown.unwrap_err().contains("-p chapter9"));
        assert!(script("cargo run -p chapter1").is_err());
        assert!(script("cargo test").is_err());
    }

    #[test]
    fn cargo_says_what_it_has_built() {
        let message = r#"{"reason": "compiler-artifact",
            "manifest_path": "/w/chapter1/Cargo.toml",
            "target": {"kind": ["example"], "name": "smallest"},
            "executable": "/w/target/debug/examples/smallest"}"#;
        let name = "-p chapter1 --example smallest".to_owned();
        let path = "/w/target/debug/examples/smallest".into();
        assert_eq!(executable(message), Some((name, path)));
        assert_eq!(executable("{}"), None);
    }
}
