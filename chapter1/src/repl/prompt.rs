//! The prompt: reads lines from a person, or from a script that is written
//! for one.

use super::editor::{Editor, Typed};
use super::input::Input;
use super::{Chapter, Rules, Session, batch, report};
use crate::executor::output;
use std::env;
use std::io::{self, IsTerminal};

/// What stands before an item, and before each further line of it.
pub(super) const PROMPTS: [&str; 2] = ["ready> ", "  ...> "];

/// Runs standard input by the prompt's rules.
pub(super) fn run<D: Chapter>(session: &mut Session<D>) {
    if !io::stdin().is_terminal() {
        return batch::run_stdin(session, Rules::Prompt, |_| ());
    }
    let term = env::var_os("TERM").unwrap_or_default();
    let editor = match term.is_empty() || term == "dumb" {
        true => None,
        false => Editor::new(session),
    };
    match editor {
        Some(editor) => edit(session, editor),
        // A terminal that cannot move its cursor.
        None => batch::run_stdin(session, Rules::Prompt, |is_open| {
            report::write(PROMPTS[usize::from(is_open)]);
        }),
    }
}

/// Runs what somebody types into an editor.
fn edit<D: Chapter>(session: &mut Session<D>, mut editor: Editor<D>) {
    let mut input = Input::new(true);
    let mut asked_to_leave = false;
    let mut is_last = false;
    while !(session.is_leaving || is_last) {
        output::flush();
        let prompt = PROMPTS[usize::from(input.is_open())];
        match editor.read(session, prompt) {
            Ok(Typed::Text(text)) => {
                asked_to_leave = false;
                input.push((text + "\n").as_bytes(), false);
            }
            Ok(Typed::Interrupt { on_text }) => {
                if !(on_text || input.is_open()) {
                    if std::mem::replace(&mut asked_to_leave, true) {
                        return;
                    }
                    report::write("Ctrl-C again, or Ctrl-D, leaves\n");
                }
                input.drop_item();
                editor.drop_item();
                continue;
            }
            Ok(Typed::End) => is_last = true,
            Err(error) => {
                let message = format!("cannot read the terminal: {error}");
                return session.reporter.fail(message);
            }
        }
        batch::run_piece(
            session,
            batch::STDIN,
            &mut input,
            Rules::Prompt,
            is_last,
        );
        if session.take_interruption() {
            input.drop_item();
        }
        if !input.is_open() {
            editor.end_item();
        }
    }
}
