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
            if parser.is_open() && !matches!(parsed, Parsed::End) {
                program.take_back();
                println!("  ...>");
                break;
            }
            let item = &text[done..parser.consumed()];
            done = parser.consumed();
            match parsed {
                Parsed::End => break,
                Parsed::Ignored(_) => {}
                Parsed::Refused(error) => println!("{error}"),
                Parsed::Item(tree) => match program.accept(&tree, item, |_| ())
                {
                    Answer::Value(value) => println!("{value}"),
                    Answer::Refused(why) => println!("{}", why[0].title),
                    _ => println!("ready>"),
                },
            }
        }
        text.drain(..done);
    }
    Ok(())
}
// ANCHOR_END: main
