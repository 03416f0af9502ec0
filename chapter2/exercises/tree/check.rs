//! `:tree NAME` draws trees as they are.

use crate::{Verdict, ensure};
use chapter1::executor::output;
use chapter1::repl::{Argument, Command, Rules, Session, Takes};
use chapter1::span::Span;
use chapter1::syntax::Source;
use chapter2::jit::KaleidoscopeJit;

/// What a command prints after `program`; none if it refuses its argument.
fn answer(
    command: &Command<KaleidoscopeJit>,
    passes: &str,
    program: &str,
    name: &str,
) -> Option<String> {
    let session = Session::<KaleidoscopeJit>::with_arguments(&[passes]);
    let mut session = session.expect("there is memory");
    session.run(&Source::new("program", program), 0, Rules::Batch, true);
    let source = Source::new("line", name);
    let span = Span::new(0, name.len());
    let argument = Argument { source: &source, span };
    let run = || (command.run)(&mut session, &argument);
    let (result, printed) = output::capture(run);
    result.ok()?;
    Some(String::from_utf8(printed).expect("names are text"))
}

/// Programs whose control flow is a line, a diamond, a loop, and more.
const PROGRAMS: [(&str, &str, &str); 4] = [
    ("--passes=mem2reg", "def f(x) x * x;", "block0\n"),
    (
        "--passes=mem2reg",
        "extern sin(x); def f(x) (if x < 0 then sin(x) else x) + 1;",
        "block0\n  block2\n  block1\n  block3\n",
    ),
    (
        "--passes=mem2reg",
        "extern sin(x); def f(n) for i = 0, i < n in sin(i);",
        "block0\n  block1 (loop)\n    block2\n",
    ),
    (
        "--passes=mem2reg,sccp,simplifycfg",
        "def f(x) if 1 < 2 then x else 0;",
        "block0\n",
    ),
];

/// Tries the command on programs small and large.
pub(super) fn check(command: Command<KaleidoscopeJit>) -> Verdict {
    ensure(command.name == "tree", || "it is to be `:tree`".into())?;
    ensure(command.takes == Takes::Name, || "it takes a name".into())?;
    for (passes, program, expected) in PROGRAMS {
        let found = answer(&command, passes, program, "f").unwrap_or_default();
        ensure(found == expected, || {
            format!("`{program}` has the tree\n{expected}and not\n{found}")
        })?;
    }
    let is_error = answer(&command, "-O2", "", "nosuch").is_none();
    ensure(is_error, || "`:tree nosuch` should be an error".into())
}
