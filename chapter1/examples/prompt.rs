//! A prompt, without any comfort: reads lines, and answers each item as soon
//! as a line completes it.

use chapter1::executor::Host;
use chapter1::jit::KaleidoscopeJit;
use chapter1::kaleidoscope::{Answer, Kaleidoscope};
use chapter1::syntax::{Parsed, Parser};
use std::error::Error;

// ANCHOR: main
fn main() -> Result<(), Box<dyn Error>> {
    let jit = KaleidoscopeJit::in_process(Host::default())?;
    let mut program = Kaleidoscope::new(jit);
    let mut text = String::new();
    for line in std::io::stdin().lines() {
        text = text + &line? + "\n";
        let mut parser = Parser::by_lines(&text, 0);
        let mut done = 0;
        loop {
            let parsed = program.parse(&mut parser);
            if matches!(parsed, Parsed::End) {
                break;
            }
            if parser.is_open() {
                program.take_back();
                println!("  ...>");
                break;
            }
            let item = &text[done..parser.consumed()];
            done = parser.consumed();
            println!("{}", answer(&mut program, &parsed, item));
        }
        text.drain(..done);
    }
    Ok(())
}
// ANCHOR_END: main

// ANCHOR: answer
fn answer(
    program: &mut Kaleidoscope<KaleidoscopeJit>,
    parsed: &Parsed,
    text: &str,
) -> String {
    let answer = match parsed {
        Parsed::Refused(error) => return error.to_string(),
        Parsed::Item(tree) => program.accept(tree, text, |_| ()),
        _ => return String::new(),
    };
    match answer {
        Answer::Value(value) => value.to_string(),
        Answer::Refused(why) => why[0].title.clone(),
        _ => "ready>".to_owned(),
    }
}
// ANCHOR_END: answer
