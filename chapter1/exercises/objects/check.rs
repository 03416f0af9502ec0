//! Functions in a file of bytes and names are linked, or the file refused.

use crate::{Verdict, ensure};
use chapter1::driver::Driver;
use chapter1::executor::Host;
use chapter1::jit::KaleidoscopeJit;
use chapter1::kaleidoscope::Kaleidoscope;
use chapter1::orc::{DefineError, JitDylib, ObjectLinkingLayer};
use chapter1::symbol::Symbol;
use std::sync::Arc;
use thiserror::Error;

/// A file cannot be loaded.
#[derive(Debug, Error)]
pub(super) enum BadObject {
    /// A line that means nothing; the first is 1.
    #[error("line {0} makes no sense")]
    Line(usize),
    /// There is such a function.
    #[error(transparent)]
    Define(#[from] DefineError),
}

/// What an attempt is.
type Attempt =
    fn(&str, &Arc<ObjectLinkingLayer>, &JitDylib) -> Result<(), BadObject>;

/// Functions of one parameter, by hand.
const FILE: &str = "
# x * x
function square 1
f2 0f 59 c0       # mulsd xmm0, xmm0
c3                # ret

function fourth 1
48 83 ec 08       # sub rsp, 8
call square
call square
48 83 c4 08       # add rsp, 8
c3

function root 1
48 83 ec 08
call sqrt         # of the host
48 83 c4 08
c3

function lost 1
48 83 ec 08
call nobody
48 83 c4 08
c3
";

/// Loads that file and calls what is in it, then files with mistakes.
pub(super) fn check(attempt: Attempt) -> Verdict {
    let mut program = program();
    let jit = &program.jit;
    attempt(FILE, &jit.objects, &jit.base().main)
        .map_err(|why| format!("the file is refused: {why}"))?;
    calls_lead_to_square(jit)?;
    for (text, expected) in [
        ("square(3)", 9.0),
        ("fourth(3)", 81.0),
        ("root(49)", 7.0),
        ("square(fourth(2)) + 1", 257.0),
    ] {
        let before = "extern square(x); extern fourth(x); extern root(x);";
        let found = program.run(&format!("{before} {text};"));
        ensure(found == Ok(vec![expected]), || {
            format!("`{text}` should be {expected}, not {found:?}")
        })?;
    }
    let wrong = program.run("square(1, 2);");
    ensure(wrong.is_err(), || "`square` takes one number, not two".into())?;
    let lost = program.run("extern lost(x); lost(1);").unwrap_err();
    ensure(lost.to_string().contains("`nobody`"), || {
        format!("`lost` calls `nobody`, but the message is\n{lost}")
    })?;
    files_with_mistakes(attempt)
}

fn program() -> Kaleidoscope<KaleidoscopeJit> {
    let jit = KaleidoscopeJit::in_process(Host::default());
    Kaleidoscope::new(jit.expect("there is memory"))
}

/// Whether the calls in `fourth` have the right distance: a wrong one must
/// not be taken.
fn calls_lead_to_square(jit: &KaleidoscopeJit) -> Verdict {
    let main = &jit.base().main;
    let address = |name: &str| {
        let found = main.lookup(&Symbol::new(name));
        found.map(|found| found.address.as_u64())
    };
    let square = address("square")
        .map_err(|why| format!("`square` is not found: {why}"))?;
    let fourth = address("fourth")
        .map_err(|why| format!("`fourth` cannot be linked: {why}"))?;
    for hole in [5, 10] {
        let at = (fourth + hole) as *const u8;
        // SAFETY: `fourth` is in this process, and has 19 bytes.
        let (opcode, distance) =
            unsafe { (*at.sub(1), at.cast::<i32>().read_unaligned()) };
        ensure(opcode == 0xE8, || {
            format!("byte {} of `fourth` should be `e8`", hole - 1)
        })?;
        // A call counts from the end of its four bytes.
        let target = (fourth + hole + 4).wrapping_add_signed(distance.into());
        ensure(target == square, || {
            let off = target.wrapping_sub(square) as i64;
            format!("a call in `fourth` leads to `square` plus {off}")
        })?;
    }
    Ok(())
}

fn files_with_mistakes(attempt: Attempt) -> Verdict {
    let good = "function good 1\nc3\n";
    let cases = [
        ("c3\n", 1),
        ("call sqrt\n", 1),
        ("function good 1\nc3\nfunction\n", 3),
        ("function good 1\nc3\nfunction f x\n", 3),
        ("function good 1\nc3\nfunction f 1 2\n", 3),
        ("function good 1\nc3 1\n", 2),
        ("function good 1\nc3\n\nfunction f 1\nxy\n", 5),
        ("function good 1\nc3\nfunction f 1\n+1\n", 4),
        ("function good 1\ncall\n", 2),
    ];
    for (text, line) in cases {
        let program = program();
        let (objects, main) = (&program.jit.objects, &program.jit.base().main);
        let found = attempt(text, objects, main);
        let is_right = matches!(found, Err(BadObject::Line(l)) if l == line);
        ensure(is_right, || {
            format!("line {line} is wrong, but not {found:?}:\n{text}")
        })?;
        nothing_is_defined(main, text)?;
    }
    let program = program();
    let (objects, main) = (&program.jit.objects, &program.jit.base().main);
    let twice = format!("{good}function f 1\nc3\n{good}");
    let found = attempt(&twice, objects, main);
    let is_right = matches!(found, Err(BadObject::Define(_)));
    ensure(is_right, || format!("`good` is there twice, but {found:?}"))?;
    nothing_is_defined(main, &twice)
}

fn nothing_is_defined(main: &JitDylib, text: &str) -> Verdict {
    let defined = main.symbols();
    ensure(defined.is_empty(), || {
        format!(
            "nothing of a file that is refused may be defined, \
             but {defined:?} is:\n{text}"
        )
    })
}
