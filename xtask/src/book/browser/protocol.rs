//! A headless Chromium with one page, told what to do in the words of its
//! DevTools protocol: JSON messages, each ended by a zero byte, in a pipe.

use std::env;
use std::io::{self, BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tempfile::TempDir;

/// A browser that runs; dropping it ends it.
pub(crate) struct Browser {
    process: Child,
    commands: ChildStdin,
    messages: Receiver<Value>,
    /// What the page has reported since anybody asked.
    events: Vec<Value>,
    /// The number of the last command.
    last: u64,
    /// The page's name in messages; none before there is one.
    session: Option<String>,
    /// A profile of its own, deleted after the process has ended.
    _profile: TempDir,
}

/// So long may an answer take, on a machine with other work.
const PATIENCE: Duration = Duration::from_secs(60);

impl Browser {
    /// The first Chromium or Chrome in the `PATH`.
    pub(crate) fn find() -> Option<PathBuf> {
        let path = env::var_os("PATH")?;
        let directories: Vec<PathBuf> = env::split_paths(&path).collect();
        let files = NAMES.iter().flat_map(|name| {
            directories.iter().map(move |directory| directory.join(name))
        });
        files.into_iter().find(|file| file.is_file())
    }

    /// Starts `program` with an empty page.
    pub(crate) fn start(program: &Path) -> Result<Browser, String> {
        let profile = tempfile::tempdir().map_err(|e| e.to_string())?;
        let mut process = spawn(program, profile.path())
            .map_err(|e| format!("cannot run {}: {e}", program.display()))?;
        let commands = process.stdin.take().expect("it is a pipe");
        let answers = process.stdout.take().expect("it is a pipe");
        let mut browser = Browser {
            process,
            commands,
            messages: read(answers),
            events: Vec::new(),
            last: 0,
            session: None,
            _profile: profile,
        };
        browser.open()?;
        Ok(browser)
    }

    /// Makes the page, and asks it to report what it does.
    fn open(&mut self) -> Result<(), String> {
        let page = json!({ "url": "about:blank" });
        let target = self.command("Target.createTarget", page)?;
        let id = &target["targetId"];
        let to = json!({ "targetId": id, "flatten": true });
        let session = self.command("Target.attachToTarget", to)?;
        self.session = session["sessionId"].as_str().map(str::to_owned);
        for domain in ["Page", "Runtime", "Log"] {
            self.command(&format!("{domain}.enable"), json!({}))?;
        }
        Ok(())
    }

    /// Sends a command and waits for its answer.
    pub(crate) fn command(
        &mut self,
        method: &str,
        params: Value,
    ) -> Result<Value, String> {
        self.last += 1;
        let mut message =
            json!({ "id": self.last, "method": method, "params": params });
        if let Some(session) = &self.session {
            message["sessionId"] = json!(session);
        }
        let mut bytes = message.to_string().into_bytes();
        bytes.push(0);
        self.commands.write_all(&bytes).map_err(|e| e.to_string())?;
        loop {
            let mut answer = self.receive()?;
            if answer["id"] != self.last {
                self.events.push(answer);
            } else if answer["error"].is_null() {
                return Ok(answer["result"].take());
            } else {
                return Err(format!("{method}: {}", answer["error"]));
            }
        }
    }

    /// The value of a JavaScript expression on the page; of a promise, when
    /// it has one.
    pub(crate) fn evaluate(&mut self, script: &str) -> Result<Value, String> {
        let params = json!({
            "expression": script, "returnByValue": true, "awaitPromise": true,
        });
        let mut answer = self.command("Runtime.evaluate", params)?;
        match answer["exceptionDetails"].is_null() {
            true => Ok(answer["result"]["value"].take()),
            false => Err(format!("{script}: {}", answer["exceptionDetails"])),
        }
    }

    /// Loads a page, and waits until all of it is there.
    pub(crate) fn load(&mut self, url: &str) -> Result<(), String> {
        self.events.clear();
        self.command("Page.navigate", json!({ "url": url }))?;
        let is_loaded =
            |event: &Value| event["method"] == "Page.loadEventFired";
        while !self.events.iter().any(is_loaded) {
            let event = self.receive()?;
            self.events.push(event);
        }
        Ok(())
    }

    /// Waits until a JavaScript expression on the page is true.
    pub(crate) fn wait_until(&mut self, script: &str) -> Result<bool, String> {
        let end = Instant::now() + PATIENCE / 6;
        while Instant::now() < end {
            // An error is a page that is being replaced.
            if self.evaluate(script).is_ok_and(|value| value == true) {
                return Ok(true);
            }
            thread::sleep(Duration::from_millis(20));
        }
        Ok(false)
    }

    /// Presses a key and lets it go: `ArrowRight`, or a letter.
    pub(crate) fn press(&mut self, key: &str) -> Result<(), String> {
        let mut down = json!({ "type": "keyDown", "key": key, "code": key });
        if key.chars().count() == 1 {
            down["text"] = json!(key);
        }
        self.command("Input.dispatchKeyEvent", down)?;
        let up = json!({ "type": "keyUp", "key": key, "code": key });
        self.command("Input.dispatchKeyEvent", up)?;
        Ok(())
    }

    /// What the page has reported since it began to load.
    pub(crate) fn events(&self) -> &[Value] {
        &self.events
    }

    fn receive(&self) -> Result<Value, String> {
        let answer = self.messages.recv_timeout(PATIENCE);
        answer.map_err(|_| "the browser does not answer".to_owned())
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

const NAMES: [&str; 5] = [
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
];

/// The browser reads commands from descriptor 3 and answers to descriptor 4.
fn spawn(program: &Path, profile: &Path) -> io::Result<Child> {
    let script = "exec \"$@\" 3<&0 4>&1 </dev/null >/dev/null 2>&1";
    Command::new("sh")
        .args(["-c", script, "sh"])
        .arg(program)
        .args(["--headless=new", "--no-sandbox", "--disable-gpu"])
        .args(["--no-first-run", "--remote-debugging-pipe"])
        .args(["--disable-dev-shm-usage", "--hide-scrollbars"])
        .arg(format!("--user-data-dir={}", profile.display()))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
}

/// Reads messages until the pipe ends.
fn read(answers: ChildStdout) -> Receiver<Value> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        for message in BufReader::new(answers).split(0).map_while(Result::ok) {
            let message = serde_json::from_slice(&message);
            if sender.send(message.unwrap_or_default()).is_err() {
                break;
            }
        }
    });
    receiver
}
