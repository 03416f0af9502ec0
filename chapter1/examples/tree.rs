//! Parses a program, shows its trees, and runs them with the evaluator of
//! the tests: no machine code anywhere.

use std::error::Error;
use std::io::{self, Write};
use std::{env, fs};

use chapter1::syntax::print::PrintItem;
use chapter1::syntax::{Ast, Operators, Parsed, Parser};
use reference::{Limits, Session};

#[allow(dead_code, unused_imports, reason = "the tests use all of it")]
#[path = "../tests/reference/mod.rs"]
mod reference;

const PROGRAM: &str = "def sq(x) x*x; 10 - sq(2) - 3; 1 + ; sq(7);";

// ANCHOR: main
fn main() -> Result<(), Box<dyn Error>> {
    let text = match env::args().nth(1) {
        Some(file) => fs::read_to_string(file)?,
        None => PROGRAM.to_owned(),
    };
    let limits = Limits { fuel: u64::MAX, depth: 10_000 };
    let mut steps = Session::new(limits).run(&text).into_iter();

    let mut parser = Parser::new(&text);
    let (mut operators, mut ast) = (Operators::default(), Ast::default());
    loop {
        match parser.next_item(&mut operators, &mut ast) {
            Parsed::Item(item) => println!("{}", PrintItem(&ast, &item)),
            Parsed::Ignored(_) | Parsed::Refused(_) => {}
            Parsed::End => return Ok(()),
        }
        let step = steps.next().ok_or("a step for each item")?;
        io::stdout().write_all(&step.output)?;
        println!("{:?}", step.outcome);
    }
}
// ANCHOR_END: main
