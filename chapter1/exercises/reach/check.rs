//! `:reach NAME` lists what a function may come to call.

use crate::{Verdict, ensure};
use chapter1::executor::output;
use chapter1::jit::KaleidoscopeJit;
use chapter1::repl::{Argument, Command, Rules, Session, Takes};
use chapter1::span::Span;
use chapter1::syntax::Source;

/// What a command prints after `program`; none if it refuses its argument.
fn answer(
    command: &Command<KaleidoscopeJit>,
    program: &str,
    name: &str,
) -> Option<String> {
    let session = Session::<KaleidoscopeJit>::with_arguments(&[]);
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

/// Tries the command on programs small and large.
pub(super) fn check(command: Command<KaleidoscopeJit>) -> Verdict {
    ensure(command.name == "reach", || "it is to be `:reach`".into())?;
    ensure(command.takes == Takes::Name, || "it takes a name".into())?;
    ensure(!command.help.is_empty(), || "`:help` has no words".into())?;

    let program = "extern g(x); def f(x) g(x);";
    let expect = |program: &str, name: &str, expected: &str, why: &str| {
        let found = answer(&command, program, name).unwrap_or_default();
        let shown = format!("{why}, `:reach {name}` prints {found:?}");
        ensure(found == expected, || format!("{shown}, not {expected:?}"))
    };
    expect(program, "f", "g\n", "after `def f(x) g(x)`")?;
    expect(program, "g", "", "where `g` is only declared")?;

    let program = "extern z(); def y() z(); def b() y();
        def c() y() + z(); def a() c() + b();";
    expect(program, "a", "b\nc\ny\nz\n", "each once, in order")?;
    let program = "def binary | 5 (a b) a + b; def f(x) x | 1;";
    expect(program, "f", "binary|\n", "an operator is a function")?;
    let program = "extern odd(x);
        def even(x) if x < 1 then 1 else odd(x - 1);
        def odd(x) if x < 1 then 0 else even(x - 1);
        def leaf(x) x; def round(x) if x then round(x - 1) else leaf(x);";
    let ring = "`even` calls `odd`, which calls `even`";
    expect(program, "even", "even\nodd\n", ring)?;
    expect(program, "round", "leaf\nround\n", "`round` calls itself")?;
    expect(program, "leaf", "", "`leaf` calls nobody")?;
    ensure(answer(&command, program, "nosuch").is_none(), || {
        "`:reach nosuch` should be an error: nobody knows `nosuch`".into()
    })
}
