//! A text is read when its function is called, if nobody else has that.

use super::Texts;
use crate::{Verdict, ensure, plain};
use chapter1::driver::Driver;
use chapter1::kaleidoscope::Kaleidoscope;
use chapter1::symbol::Symbol;
use chapter3::jit::KaleidoscopeJit;
use chapter3::partition::per_function;
use std::sync::{Arc, Barrier, Mutex};
use std::thread;

/// What an attempt is.
pub(super) type Attempt = fn(&KaleidoscopeJit, Texts);

/// The library.
const TEXTS: [(&str, &str); 10] = [
    (
        "gcd",
        "extern rest(a b);
        def gcd(a b) if b < 1 then a else gcd(b, rest(a, b));",
    ),
    ("rest", "def rest(a b) if a < b then a else rest(a - b, b);"),
    ("far", "extern steep(x); def far(x) if x < 0 then steep(x) else x + 1;"),
    ("steep", "def steep(x) x * 1000;"),
    ("wave", "extern cos(x); def wave(x) cos(x) + 1;"),
    ("cos", "def cos(x) 99;"),
    ("weight", "def weight(a b) a;"),
    ("rate", "def rate(x) 1;"),
    ("tax", "extern rate(x); def tax(x) rate(x) * 2;"),
    ("broken", "def broken(x) nobody(x);"),
];

pub(super) type Session = Kaleidoscope<KaleidoscopeJit>;

/// What is to be run, and yields which number or a message with these words
/// in it, when which functions are compiled.
type Step = (&'static str, Result<f64, &'static str>, &'static str);

const STEPS: [Step; 18] = [
    ("extern gcd(a b); extern far(x); 1", Ok(1.0), ""),
    ("gcd(12, 18)", Ok(6.0), "gcd rest"),
    ("gcd(35, 21)", Ok(7.0), ""),
    // What is not called is not read.
    ("far(1)", Ok(2.0), "far"),
    ("far(0 - 1)", Ok(-1000.0), "steep"),
    // The user's own is called, also by the library.
    ("def rate(x) 5; extern tax(x); tax(1)", Ok(10.0), "rate tax"),
    ("def rate(x) 6; tax(1)", Ok(12.0), "rate"),
    ("def far(x) 7; far(1)", Ok(7.0), "far"),
    ("def call(x) gcd(x, 6); call(4)", Ok(2.0), "call"),
    // The host comes first.
    ("extern cos(x); extern wave(x); cos(0)", Ok(1.0), ""),
    ("wave(0)", Ok(2.0), "wave"),
    // Nobody has it.
    (
        "extern nothing(x); nothing(1)",
        Err("`nothing` is declared, but not defined"),
        "",
    ),
    ("extern broken(x); broken(1)", Err(""), ""),
    // Not with this number.
    ("extern weight(x); def heavy(x) weight(x); 1", Ok(1.0), ""),
    ("heavy(3)", Err(""), "heavy"),
    ("weight(3)", Err(""), ""),
    ("def weight(x) 2 * x; heavy(3)", Ok(6.0), "weight"),
    ("call(4) + wave(0) + far(9)", Ok(11.0), ""),
];

/// Runs some lines, one after the other, and has several threads call the
/// same function for the first time.
pub(super) fn check(attempt: Attempt) -> Verdict {
    let (mut session, compiled) = session(attempt);
    for (text, expected, functions) in STEPS {
        let found = session.run(&format!("{text};"));
        let call = text.rsplit("; ").next().unwrap_or_default();
        match (&found, expected) {
            (Ok(values), Ok(expected)) => {
                ensure(values.last() == Some(&expected), || {
                    format!("`{call}`: {values:?}, not {expected:?}")
                })?;
            }
            (Err(error), Err(part)) if error.to_string().contains(part) => {}
            (Ok(values), Err(_)) => {
                return Err(format!("`{call}`: {values:?}, but no error"));
            }
            (Err(error), _) => return Err(format!("`{call}`: {error}")),
        }
        let mut names = std::mem::take(&mut *compiled.lock().unwrap());
        names.sort();
        let names = names.join(" ");
        ensure(names == functions, || {
            let list = |names: &str| match names {
                "" => "nothing".to_owned(),
                names => names.replace(' ', ", "),
            };
            let (found, expected) = (list(&names), list(functions));
            format!("`{call}`: compiled {found}, not {expected}")
        })?;
    }
    after_removal(&mut session)?;
    (0..50).try_for_each(|_| at_once(attempt))
}

/// A session with the library, and the functions that have been compiled.
pub(super) fn session(attempt: Attempt) -> (Session, Arc<Mutex<Vec<String>>>) {
    let jit = plain(per_function);
    attempt(&jit, TEXTS.into_iter().collect());
    let compiled: Arc<Mutex<Vec<String>>> = Arc::default();
    let names = compiled.clone();
    jit.observe(Box::new(move |module, _| {
        let functions = module.functions.iter().map(|it| it.name.to_string());
        // Expressions have names of their own.
        let functions = functions.filter(|name| !name.starts_with("__"));
        names.lock().unwrap().extend(functions);
    }));
    (Kaleidoscope::new(jit), compiled)
}

/// When the user's function is removed, there is the library's.
fn after_removal(session: &mut Session) -> Verdict {
    for name in ["rate", "far"] {
        let removed = session.jit.remove(&Symbol::new(name));
        removed.map_err(|why| why.to_string())?;
    }
    let values = session.run("extern far(x); tax(1); far(9);");
    let values = values.map_err(|why| why.to_string())?;
    ensure(values == [2.0, 10.0], || {
        format!(
            "without the user's `rate` and `far`, values are {values:?}, not \
             [2.0, 10.0]"
        )
    })
}

/// Some threads call the same function.
fn at_once(attempt: Attempt) -> Verdict {
    const THREADS: usize = 4;
    let (mut session, compiled) = session(attempt);
    let text = "extern gcd(a b); def call(x) gcd(x, 6);";
    session.run(text).map_err(|why| why.to_string())?;
    let call = session.jit.function::<fn(f64) -> f64>("call");
    let call = call.map_err(|why| why.to_string())?;
    let barrier = Barrier::new(THREADS);
    let values: Vec<Result<f64, String>> = thread::scope(|scope| {
        let run = || {
            barrier.wait();
            call.call(4.0).map_err(|why| why.to_string())
        };
        let threads: Vec<_> = (0..THREADS).map(|_| scope.spawn(run)).collect();
        threads.into_iter().map(|it| it.join().unwrap()).collect()
    });
    for value in values {
        let value = value.map_err(|why| {
            format!("several threads call `gcd` for the first time: {why}")
        })?;
        ensure(value == 2.0, || format!("gcd(4, 6) is {value}, not 2.0"))?;
    }
    let count = compiled.lock().unwrap().len();
    ensure(count == 3, || {
        format!("several threads compile {count} functions, not 3")
    })
}
