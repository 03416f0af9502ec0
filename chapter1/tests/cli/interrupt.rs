//! Ctrl-C while a batch runs.

use std::io::{BufRead, BufReader, Read, Write};
use std::process::Child;
use std::thread;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

use crate::common::{Run, wait};

/// Waits for a line on standard error that begins with `marker`.
fn wait_for(stderr: &mut impl BufRead, marker: &str) {
    let mut line = String::new();
    while !line.starts_with(marker) {
        line.clear();
        let length = stderr.read_line(&mut line).expect("an open pipe");
        assert!(length > 0, "no {marker:?}");
    }
}

fn interrupt(child: &Child) {
    let id = Pid::from_child(child);
    kill_process(id, Signal::INT).expect("our own child");
}

/// The exit status, and what comes on both outputs until the end.
fn finish(mut child: Child, mut stderr: impl Read) -> (i32, String, String) {
    let mut outputs = [String::new(), String::new()];
    let mut stdout = child.stdout.take().expect("a pipe");
    let status = wait(&mut child).code().expect("no signal");
    stdout.read_to_string(&mut outputs[0]).expect("text");
    stderr.read_to_string(&mut outputs[1]).expect("text");
    let [stdout, stderr] = outputs;
    (status, stdout, stderr)
}

/// A marker on standard error, which is not buffered, and then a loop.
const LOOP: &str = "\
def spin(n) for i = 0, i < n in 0;
marker;
spin(1e18);
1 + 2;
";

#[test]
fn a_file_is_interrupted_and_nothing_more_is_run() {
    let directory = tempfile::tempdir().unwrap();
    let [first, second] = ["first.ks", "second.ks"].map(|name| {
        let path = directory.path().join(name);
        std::fs::write(&path, LOOP).unwrap();
        path
    });
    let run = Run::new().argument(first).argument(second);
    let mut child = run.open();
    let mut stderr = BufReader::new(child.stderr.take().expect("a pipe"));
    wait_for(&mut stderr, "error: unknown variable `marker`");
    // The message comes before the loop begins, by a little.
    thread::sleep(Duration::from_millis(50));
    interrupt(&child);
    let (status, stdout, stderr) = finish(child, stderr);
    assert_eq!((status, stdout.as_str()), (130, ""));
    assert_eq!(stderr.matches("error: ").count(), 1, "{stderr}");
    assert!(stderr.contains("error: interrupted"), "{stderr}");
}

#[test]
fn a_pipe_on_which_nothing_comes_is_interrupted() {
    let (end, ended) = std::sync::mpsc::channel::<()>();
    let run = Run::new().feed(move |pipe| {
        pipe.write_all(b"1 + 2;\nmarker;\n")?;
        // Open until the test ends.
        let _ = ended.recv();
        Ok(())
    });
    let mut child = run.open();
    let mut stderr = BufReader::new(child.stderr.take().expect("a pipe"));
    wait_for(&mut stderr, "error: unknown variable `marker`");
    thread::sleep(Duration::from_millis(50));
    interrupt(&child);
    let (status, stdout, stderr) = finish(child, stderr);
    assert_eq!((status, stdout.as_str()), (130, "Evaluated to 3.000000\n"));
    assert!(stderr.ends_with("error: interrupted\n"), "{stderr}");
    drop(end);
}

#[test]
fn a_script_for_the_prompt_goes_on() {
    let script = LOOP.replace("1 + 2;\n", "");
    let (go_on, may_go_on) = std::sync::mpsc::channel::<()>();
    let run = Run::new().argument("--interactive").feed(move |pipe| {
        pipe.write_all(script.as_bytes())?;
        let _ = may_go_on.recv();
        pipe.write_all(b"1 + 2;\n")
    });
    let mut child = run.open();
    let mut stderr = BufReader::new(child.stderr.take().expect("a pipe"));
    wait_for(&mut stderr, "error: unknown variable `marker`");
    thread::sleep(Duration::from_millis(50));
    interrupt(&child);
    wait_for(&mut stderr, "error: interrupted");
    go_on.send(()).unwrap();
    let (status, stdout, _) = finish(child, stderr);
    assert_eq!((status, stdout.as_str()), (0, "Evaluated to 3.000000\n"));
}
