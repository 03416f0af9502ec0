//! A run of the binary in a terminal, and what the terminal shows.

use std::fs::File;
use std::io::{Read, Write};
use std::num::NonZero;
use std::os::fd::OwnedFd;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};
use tempfile::TempDir;

use crate::common::{BINARY, wait};

/// What takes longer does not come.
const PATIENCE: Duration = Duration::from_secs(60);

const ROWS: NonZero<u16> = NonZero::new(40).unwrap();
const COLUMNS: NonZero<u16> = NonZero::new(80).unwrap();

/// A run in a terminal. Ends with the test.
pub(crate) struct Terminal {
    child: Child,
    keyboard: File,
    shown: Receiver<Vec<u8>>,
    screen: vt100::Parser,
    /// All bytes that were shown.
    pub(crate) bytes: Vec<u8>,
}

/// How to run the binary in a terminal.
pub(crate) struct Setup {
    directory: TempDir,
    arguments: Vec<&'static str>,
    variables: Vec<(&'static str, String)>,
}

impl Setup {
    /// Without arguments, in a directory of its own, where also its history
    /// is kept. Colours are refused.
    pub(crate) fn new() -> Setup {
        let directory = TempDir::new().expect("a temporary directory");
        let history = directory.path().join("history");
        let variables = vec![
            ("TERM", "xterm".to_owned()),
            ("NO_COLOR", "1".to_owned()),
            ("KALEIDOSCOPE_HISTORY", history.display().to_string()),
        ];
        Setup { directory, arguments: Vec::new(), variables }
    }

    pub(crate) fn argument(mut self, argument: &'static str) -> Setup {
        self.arguments.push(argument);
        self
    }

    pub(crate) fn variable(mut self, name: &'static str, value: &str) -> Setup {
        self.variables.push((name, value.to_owned()));
        self
    }

    /// A file in the run's directory.
    pub(crate) fn file(self, name: &str, text: &str) -> Setup {
        let path = self.directory.path().join(name);
        std::fs::write(path, text).expect("a directory of our own");
        self
    }

    /// Starts, and waits for the prompt.
    pub(crate) fn start(&self) -> Terminal {
        let mut terminal = self.open();
        terminal.wait_for("ready> ");
        terminal
    }

    /// Starts, and waits for nothing.
    pub(crate) fn open(&self) -> Terminal {
        let flags = OpenptFlags::RDWR | OpenptFlags::NOCTTY;
        let master = openpt(flags).expect("a pseudo-terminal");
        grantpt(&master).expect("it is ours");
        unlockpt(&master).expect("it is ours");
        let size = Winsize {
            ws_row: ROWS.get(),
            ws_col: COLUMNS.get(),
            ws_xpixel: 0,
            ws_ypixel: 0,
        };
        tcsetwinsize(&master, size).expect("it is a terminal");
        let name = ptsname(&master, Vec::new()).expect("it has a name");
        let name = name.to_str().expect("a path of the kernel's").to_owned();
        let side = File::options().read(true).write(true).open(name);
        let side = OwnedFd::from(side.expect("the other side exists"));
        let child = self.spawn(side);
        let master = File::from(master);
        let keyboard = master.try_clone().expect("the terminal is open");
        Terminal {
            child,
            keyboard,
            shown: listen(master),
            screen: vt100::Parser::new(ROWS, COLUMNS, 0),
            bytes: Vec::new(),
        }
    }

    fn spawn(&self, side: OwnedFd) -> Child {
        let clone = || side.try_clone().expect("the terminal is open");
        let mut command = Command::new(BINARY);
        command
            .args(&self.arguments)
            .envs(self.variables.iter().cloned())
            .current_dir(self.directory.path())
            .stdin(Stdio::from(clone()))
            .stdout(Stdio::from(clone()))
            .stderr(Stdio::from(clone()));
        // SAFETY: both are system calls without memory of their own.
        unsafe {
            command.pre_exec(|| {
                rustix::process::setsid()?;
                rustix::process::ioctl_tiocsctty(rustix::stdio::stdin())?;
                Ok(())
            });
        }
        command.spawn().expect("the binary was built")
    }
}

/// Reads what a terminal shows, in another thread.
fn listen(mut master: File) -> Receiver<Vec<u8>> {
    let (sender, receiver) = channel();
    thread::spawn(move || {
        let mut chunk = [0; 4096];
        // Reading fails when the other side has been closed.
        while let Ok(length @ 1..) = master.read(&mut chunk) {
            if sender.send(chunk[..length].to_owned()).is_err() {
                return;
            }
        }
    });
    receiver
}

impl Terminal {
    /// Presses keys.
    pub(crate) fn press(&mut self, keys: &str) {
        self.keyboard.write_all(keys.as_bytes()).expect("an open terminal");
    }

    /// Types a line, and waits until `answer` and then another prompt show.
    pub(crate) fn ask(&mut self, line: &str, answer: &str) {
        self.press(&format!("{line}\r"));
        self.wait_for_end(&format!("{answer}\nready>"));
    }

    /// Waits until the screen shows a text.
    pub(crate) fn wait_for(&mut self, text: &str) {
        self.wait_until(text, |screen| screen.contains(text.trim_end()));
    }

    /// Waits until the screen ends with a text.
    pub(crate) fn wait_for_end(&mut self, text: &str) {
        self.wait_until(text, |screen| screen.ends_with(text.trim_end()));
    }

    fn wait_until(&mut self, what: &str, is_there: impl Fn(&str) -> bool) {
        let end = Instant::now() + PATIENCE;
        while !is_there(&self.screen()) {
            let left = end.saturating_duration_since(Instant::now());
            match self.shown.recv_timeout(left) {
                Ok(bytes) => self.show(&bytes),
                Err(error) => panic!(
                    "waiting for {what:?}: {error}; on the screen:\n{}",
                    self.screen()
                ),
            }
        }
    }

    fn show(&mut self, bytes: &[u8]) {
        self.screen.process(bytes);
        self.bytes.extend_from_slice(bytes);
    }

    /// What is on the screen, without blanks at the ends of lines.
    pub(crate) fn screen(&self) -> String {
        let lines = self.screen.screen().rows(0, COLUMNS.get());
        let lines: Vec<String> =
            lines.map(|line| line.trim_end().to_owned()).collect();
        lines.join("\n").trim_end().to_owned()
    }

    /// Waits for the end of the run, and for its exit status.
    pub(crate) fn end(mut self) -> (i32, String) {
        let status = wait(&mut self.child);
        loop {
            match self.shown.recv_timeout(PATIENCE) {
                Ok(bytes) => self.show(&bytes),
                Err(RecvTimeoutError::Disconnected) => break,
                Err(error) => panic!("the terminal stays open: {error}"),
            }
        }
        (status.code().expect("no signal"), self.screen())
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
