//! A generator supplies `pi`, `e`, and `const` followed by digits.

use crate::{Verdict, ensure};
use chapter1::driver::Driver;
use chapter1::executor::Host;
use chapter1::jit::KaleidoscopeJit;
use chapter1::kaleidoscope::Kaleidoscope;
use chapter1::orc::{
    DefinitionGenerator, IrCompileLayer, LookupError, ObjectLinkingLayer,
};
use chapter1::symbol::Symbol;
use std::f64::consts::{E, PI};
use std::sync::Arc;

/// The layer that an attempt may add modules to.
pub(super) type Compile = Arc<IrCompileLayer<ObjectLinkingLayer>>;

/// What an attempt is.
type Attempt = fn(Compile) -> Arc<dyn DefinitionGenerator>;

/// A JIT with the generator, after its own.
fn program(attempt: Attempt) -> Kaleidoscope<KaleidoscopeJit> {
    let jit = KaleidoscopeJit::in_process(Host::default());
    let jit = jit.expect("there is memory");
    jit.base().main.add_generator(attempt(jit.compile.clone()));
    Kaleidoscope::new(jit)
}

/// Calls what is there and what is not.
pub(super) fn check(attempt: Attempt) -> Verdict {
    let cases = [
        ("pi", PI),
        ("e", E),
        ("const0", 0.0),
        ("const42", 42.0),
        ("const007", 7.0),
        ("const9007199254740993", 9007199254740992.0),
    ];
    for (name, expected) in cases {
        let text = format!("extern {name}(); {name}(); {name}() + 1;");
        let values = program(attempt).run(&text);
        let found = values.map_err(|why| {
            format!("`{name}()` should be {expected}, but says\n{why}")
        })?;
        ensure(found == [expected, expected + 1.0], || {
            format!("`{name}()` should be {expected}, not {}", found[0])
        })?;
    }

    let found = program(attempt).run("def e() 3; e();");
    ensure(found == Ok(vec![3.0]), || {
        format!("after `def e() 3`, `e()` should be 3, not {found:?}")
    })?;

    for name in ["const", "const1e5", "constinf", "const+1", "constant", "tau"]
    {
        let program = program(attempt);
        let found = program.jit.base().main.lookup(&Symbol::new(name));
        let is_right = matches!(found, Err(LookupError::NotFound(_)));
        ensure(is_right, || {
            format!("`{name}` should not be found: {found:?}")
        })?;
    }

    // As two threads would that miss it at the same time.
    let program = program(attempt);
    let generator = attempt(program.jit.compile.clone());
    for time in ["first", "second"] {
        let main = &program.jit.base().main;
        let result = generator.generate(main, &[Symbol::new("pi")]);
        result.map_err(|cause| {
            format!("asked for `pi` a {time} time, it fails: {cause}")
        })?;
    }
    Ok(())
}
