//! Programs that wait for an answer before they go on, and what a long
//! conversation costs.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::process::Child;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::Duration;

use crate::common::{Run, wait};

/// An answer that takes longer than this does not come.
const PATIENCE: Duration = Duration::from_secs(20);

/// A run whose input is still open. Ends with the test.
struct Conversation {
    child: Child,
    questions: Option<Sender<Vec<u8>>>,
    answers: Receiver<String>,
}

impl Conversation {
    fn begin() -> Conversation {
        let (questions, asked) = channel::<Vec<u8>>();
        let run = Run::new().feed(move |pipe| {
            asked.iter().try_for_each(|text| pipe.write_all(&text))
        });
        let mut child = run.open();
        let output = BufReader::new(child.stdout.take().expect("a pipe"));
        let (sender, answers) = channel();
        thread::spawn(move || {
            for line in output.lines() {
                let line = line.expect("the pipe is open");
                // Nobody listens after a test that has failed.
                let _ = sender.send(line);
            }
        });
        Conversation { child, questions: Some(questions), answers }
    }

    fn say(&self, text: impl AsRef<[u8]>) {
        let questions = self.questions.as_ref().expect("not at the end");
        questions.send(text.as_ref().to_owned()).expect("somebody reads");
    }

    /// The next line of output.
    fn answer(&self) -> String {
        let answer = self.answers.recv_timeout(PATIENCE);
        answer.unwrap_or_else(|error| panic!("no answer: {error}"))
    }

    fn assert_answer(&self, question: impl AsRef<[u8]>, value: f64) {
        self.say(question);
        assert_eq!(self.answer(), format!("Evaluated to {value:.6}"));
    }

    /// The greatest resident size so far, in kilobytes.
    fn peak(&self) -> u64 {
        let path = format!("/proc/{}/status", self.child.id());
        let status = fs::read_to_string(path).expect("the program runs");
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let peak = peak.and_then(|peak| peak.trim().strip_suffix(" kB"));
        peak.and_then(|peak| peak.parse().ok()).expect("a size in kilobytes")
    }

    /// Ends the input; nothing more must be said.
    fn end(mut self) {
        drop(self.questions.take());
        assert_eq!(wait(&mut self.child).code(), Some(0));
        assert_eq!(self.answers.recv_timeout(PATIENCE).ok(), None);
    }
}

impl Drop for Conversation {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn each_item_is_answered_before_the_next_is_asked() {
    let talk = Conversation::begin();
    talk.assert_answer("1;", 1.0);
    talk.assert_answer("def f(x) x + 1;f(1);", 2.0);
    for i in 0..100 {
        talk.assert_answer(format!(" f({i});"), f64::from(i + 1));
    }
    talk.end();
}

#[test]
fn the_second_half_of_an_item_may_come_later() {
    let talk = Conversation::begin();
    talk.say("def f(x");
    talk.say(") x + 1; f(");
    talk.assert_answer("2) + 1;", 4.0);
    talk.end();
}

#[test]
fn a_long_item_in_two_halves_is_answered() {
    let terms = 25_000;
    let half = "1 +\n".repeat(terms);
    let talk = Conversation::begin();
    talk.say(&half);
    thread::sleep(Duration::from_millis(50));
    talk.assert_answer(half + "1;", (2 * terms + 1) as f64);
    talk.assert_answer("7;", 7.0);
    talk.end();
}

#[test]
fn a_long_comment_in_two_halves_is_passed_over() {
    let half = "# nothing; ".repeat(10_000);
    let talk = Conversation::begin();
    talk.say("1;");
    talk.say(&half);
    assert_eq!(talk.answer(), "Evaluated to 1.000000");
    talk.say(half);
    talk.assert_answer("2;\n3;", 3.0);
    talk.end();
}

#[test]
fn a_million_comments_between_two_items_take_no_memory() {
    let talk = Conversation::begin();
    talk.assert_answer("1;\n", 1.0);
    let before = talk.peak();
    for _ in 0..1000 {
        talk.say("# there is nothing to see; go on\n".repeat(1000));
    }
    talk.assert_answer("2;\n", 2.0);
    assert!(talk.peak() < before + 8 * 1024, "{before} → {}", talk.peak());
    talk.end();
}

#[test]
fn fifty_megabytes_of_blanks_take_no_memory() {
    let talk = Conversation::begin();
    talk.assert_answer("1;\n", 1.0);
    let before = talk.peak();
    for _ in 0..50 {
        talk.say(" ".repeat(1 << 20));
    }
    talk.assert_answer("2;", 2.0);
    assert!(talk.peak() < before + 8 * 1024, "{before} → {}", talk.peak());
    talk.end();
}
