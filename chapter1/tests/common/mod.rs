//! Runs the binary under a watchdog and shows all that came out of it.

#![allow(dead_code, reason = "each test binary uses a part of this")]

use std::ffi::OsString;
use std::fmt;
use std::fs::File;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// A run that takes longer than this hangs.
const PATIENCE: Duration = Duration::from_secs(60);

/// The program of the chapter whose tests these are: later chapters use them,
/// too.
pub(crate) const BINARY: &str =
    env!(concat!("CARGO_BIN_EXE_", env!("CARGO_PKG_NAME")));

/// The root of the workspace, where users run the binary.
pub(crate) fn workspace_root() -> &'static Path {
    let chapter = Path::new(env!("CARGO_MANIFEST_DIR"));
    chapter.parent().expect("the crate lies in the workspace")
}

/// Writes what a run reads, and then drops the pipe.
type Feeder = Box<dyn FnOnce(&mut ChildStdin) -> io::Result<()> + Send>;

/// A run of the binary, to be configured and then started.
pub(crate) struct Run {
    arguments: Vec<OsString>,
    directory: PathBuf,
    feeder: Feeder,
}

/// What a run left behind. Displays as the text of a snapshot.
pub(crate) struct Transcript {
    pub(crate) stdout: Vec<u8>,
    pub(crate) stderr: Vec<u8>,
    pub(crate) status: ExitStatus,
}

impl Run {
    /// Without arguments, in the workspace's root, with empty input.
    pub(crate) fn new() -> Run {
        Run {
            arguments: Vec::new(),
            directory: workspace_root().to_owned(),
            feeder: Box::new(|_| Ok(())),
        }
    }

    pub(crate) fn argument(mut self, argument: impl Into<OsString>) -> Run {
        self.arguments.push(argument.into());
        self
    }

    pub(crate) fn directory(mut self, directory: &Path) -> Run {
        self.directory = directory.to_owned();
        self
    }

    /// What comes through the pipe at its standard input.
    pub(crate) fn input(self, input: impl Into<Vec<u8>>) -> Run {
        let input = input.into();
        self.feed(move |pipe| pipe.write_all(&input))
    }

    /// The same, as `feeder` writes it, in a thread of its own.
    pub(crate) fn feed(
        mut self,
        feeder: impl FnOnce(&mut ChildStdin) -> io::Result<()> + Send + 'static,
    ) -> Run {
        self.feeder = Box::new(feeder);
        self
    }

    /// Runs to the end. Panics when the end does not come.
    pub(crate) fn finish(self) -> Transcript {
        let (mut child, _writer) = self.start(Stdio::piped(), Stdio::piped());
        let stdout = child.stdout.take().expect("stdout is a pipe");
        let stdout = in_background(stdout);
        self::finish(child, move || stdout.join().expect("no panic"))
    }

    /// Runs with standard output going to `stdout`, to the end.
    pub(crate) fn finish_into(self, stdout: impl Into<Stdio>) -> Transcript {
        let (child, _writer) = self.start(stdout.into(), Stdio::piped());
        self::finish(child, Vec::new)
    }

    /// Runs with both outputs going to `device`, to the end.
    pub(crate) fn finish_both_into(self, device: &File) -> ExitStatus {
        let [stdout, stderr] = [(); 2].map(|()| {
            Stdio::from(device.try_clone().expect("the file is open"))
        });
        let (mut child, _writer) = self.start(stdout, stderr);
        wait(&mut child)
    }

    /// Runs like `chapter1 | head -1`: reads one line of output, then closes
    /// the pipe and waits for the end.
    pub(crate) fn finish_after_one_line(self) -> Transcript {
        let (mut child, _writer) = self.start(Stdio::piped(), Stdio::piped());
        let mut stdout = child.stdout.take().expect("stdout is a pipe");
        let line = thread::spawn(move || first_line(&mut stdout));
        let line = || line.join().expect("no panic").expect("an open pipe");
        self::finish(child, line)
    }

    /// Starts with both outputs going to pipes.
    pub(crate) fn open(self) -> Child {
        self.start(Stdio::piped(), Stdio::piped()).0
    }

    fn start(
        self,
        stdout: Stdio,
        stderr: Stdio,
    ) -> (Child, thread::JoinHandle<()>) {
        let mut child = Command::new(BINARY)
            .args(self.arguments)
            .current_dir(self.directory)
            .stdin(Stdio::piped())
            .stdout(stdout)
            .stderr(stderr)
            .spawn()
            .expect("the binary was built");
        let mut stdin = child.stdin.take().expect("stdin is a pipe");
        let writer = thread::spawn(move || {
            // The program may end before it has read everything.
            let _ = (self.feeder)(&mut stdin);
        });
        (child, writer)
    }
}

fn finish(mut child: Child, stdout: impl FnOnce() -> Vec<u8>) -> Transcript {
    let stderr = in_background(child.stderr.take().expect("a pipe"));
    let status = wait(&mut child);
    let stdout = stdout();
    let stderr = stderr.join().expect("no panic");
    Transcript { stdout, stderr, status }
}

/// The watchdog.
pub(crate) fn wait(child: &mut Child) -> ExitStatus {
    let start = Instant::now();
    while start.elapsed() < PATIENCE {
        if let Some(status) = child.try_wait().expect("our own child") {
            return status;
        }
        thread::sleep(Duration::from_millis(2));
    }
    child.kill().expect("our own child");
    panic!("the binary still ran after {PATIENCE:?}");
}

/// Reads in another thread, so that no pipe fills up.
fn in_background(
    mut stream: impl Read + Send + 'static,
) -> thread::JoinHandle<Vec<u8>> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).expect("the pipe is open");
        bytes
    })
}

fn first_line(stream: &mut impl Read) -> io::Result<Vec<u8>> {
    let mut line = Vec::new();
    let mut byte = [0];
    while line.last() != Some(&b'\n') && stream.read(&mut byte)? == 1 {
        line.push(byte[0]);
    }
    Ok(line)
}

impl Transcript {
    /// The exit status; panics when a signal ended the run.
    pub(crate) fn code(&self) -> i32 {
        self.status.code().unwrap_or_else(|| panic!("{self}"))
    }

    pub(crate) fn stdout(&self) -> String {
        visible(&self.stdout)
    }

    pub(crate) fn stderr(&self) -> String {
        visible(&self.stderr)
    }
}

impl fmt::Display for Transcript {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "--- stdout\n{}", self.stdout())?;
        write!(f, "--- stderr\n{}", self.stderr())?;
        write!(f, "--- {}", self.status)
    }
}

/// The text with whatever a snapshot would hide or lose made visible.
fn visible(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let mut shown = String::with_capacity(text.len() + 1);
    for char in text.chars() {
        if char.is_control() && char != '\n' {
            shown.extend(char.escape_default());
        } else {
            shown.push(char);
        }
    }
    if !shown.is_empty() && !shown.ends_with('\n') {
        shown.push_str("<no newline>\n");
    }
    shown
}
