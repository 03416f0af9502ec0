//! Definitions, lookups and evaluations, on IR text.

mod commits;

use super::*;
use crate::codegen::MAX_FRAME;
use crate::driver::JitError;
use crate::executor::memory::MappingChoice;
use crate::executor::{SegmentKind, call, output};
use crate::ir::parse_module;
use crate::link::LinkError;
use crate::orc::ObjectError;
use crate::symbol::Symbol;
use std::fmt::Write;
use std::sync::Mutex;

fn jit_with(memory: &MemoryConfig) -> KaleidoscopeJit {
    let executor = InProcess::new(Target::host(), Host::default(), memory);
    KaleidoscopeJit::new(Arc::new(executor.unwrap()))
}

fn jit() -> KaleidoscopeJit {
    jit_with(&MemoryConfig::default())
}

/// A JIT with so little memory for code.
fn small_jit(code_size: u64) -> KaleidoscopeJit {
    jit_with(&MemoryConfig {
        code_size,
        mapping: MappingChoice::Dual,
        ..MemoryConfig::default()
    })
}

fn module(text: &str) -> Module {
    parse_module(text).unwrap()
}

/// A function that yields a number.
fn number(name: &str, value: f64) -> Module {
    module(&format!(
        "function @{name}() -> f64 {{
        block0:
            v0 = const {value}
            return v0
        }}"
    ))
}

/// A function of `params` parameters that passes them on to `callee`, and
/// adds one to what that yields.
fn caller(name: &str, callee: &str, params: usize) -> Module {
    let types = vec!["f64"; params].join(", ");
    let names: Vec<String> = (0..params).map(|i| format!("v{i}")).collect();
    let typed: Vec<String> =
        names.iter().map(|name| format!("{name}: f64")).collect();
    let entry = match params {
        0 => String::new(),
        _ => format!("({})", typed.join(", ")),
    };
    let (one, result, sum) = (params, params + 1, params + 2);
    module(&format!(
        "function @{name}({types}) -> f64 {{
            fn0 = function @{callee}({types}) -> f64
        block0{entry}:
            v{one} = const 1
            v{result} = call fn0({})
            v{sum} = add v{result}, v{one}
            return v{sum}
        }}",
        names.join(", ")
    ))
}

/// An expression that calls `callee` with as many ones.
fn expression(callee: &str, params: usize) -> Module {
    let types = vec!["f64"; params].join(", ");
    let args = vec!["v0"; params].join(", ");
    module(&format!(
        "function @__anon_expr() -> f64 {{
            fn0 = function @{callee}({types}) -> f64
        block0:
            v0 = const 1
            v1 = call fn0({args})
            return v1
        }}"
    ))
}

/// A function with so many stack slots.
fn wide(name: &str, slots: usize) -> Module {
    let mut text = format!("function @{name}() -> f64 {{\n");
    for i in 0..slots {
        writeln!(text, "s{i} = slot f64").unwrap();
    }
    text.push_str("block0:\nv0 = const 5\nreturn v0\n}");
    module(&text)
}

/// A function of so many additions.
fn long(name: &str, additions: usize) -> Module {
    let mut text = format!(
        "function @{name}() -> f64 {{
        block0:
            v0 = const 1\n"
    );
    for i in 0..additions {
        writeln!(text, "v{} = add v{i}, v0", i + 1).unwrap();
    }
    write!(text, "return v{additions} }}").unwrap();
    module(&text)
}

fn path(error: JitError) -> Vec<String> {
    match error {
        JitError::Missing { path }
        | JitError::NotAllowed { path }
        | JitError::Prototype { path, .. } => {
            path.0.iter().map(Symbol::to_string).collect()
        }
        other => panic!("no path: {other}"),
    }
}

/// How many bytes of code are in use.
fn used(jit: &KaleidoscopeJit) -> u64 {
    jit.objects.memory_used(SegmentKind::Code)
}

fn is_full(error: &JitError) -> bool {
    let JitError::Failed(cause) = error else { return false };
    let error = cause.downcast_ref();
    matches!(error, Some(ObjectError::Link(LinkError::Full(_))))
}

#[test]
fn a_function_is_compiled_when_it_is_looked_up_and_only_then() {
    let jit = jit();
    jit.define_ir(number("f", 7.0)).unwrap();
    assert_eq!((jit.counts().defined, jit.counts().compiled), (1, 0));
    let f = jit.lookup(&Symbol::new("f")).unwrap();
    assert_eq!(jit.counts().compiled, 1);
    assert_eq!(jit.lookup(&Symbol::new("f")).unwrap(), f);
    assert_eq!(jit.counts().compiled, 1);
    // SAFETY: `f` has been published, and has no parameters.
    assert_eq!(unsafe { call::call(f, &[]) }, 7.0);
}

#[test]
fn a_lookup_compiles_what_is_called_and_nothing_else() {
    let jit = jit();
    jit.define_ir(number("one", 1.0)).unwrap();
    jit.define_ir(caller("two", "one", 0)).unwrap();
    jit.define_ir(caller("three", "two", 0)).unwrap();
    jit.define_ir(number("other", 1.0)).unwrap();
    assert_eq!(jit.evaluate(expression("three", 0)).unwrap(), 3.0);
    // With the expression, which is compiled too.
    assert_eq!(jit.counts().compiled, 4);
}

#[test]
fn a_duplicate_definition_is_refused_and_the_first_stays() {
    let jit = jit();
    jit.define_ir(number("f", 1.0)).unwrap();
    for compiled in [false, true] {
        if compiled {
            jit.lookup(&Symbol::new("f")).unwrap();
        }
        let error = jit.define_ir(number("f", 2.0)).unwrap_err();
        assert_eq!(error.to_string(), "duplicate definition of `f`");
        assert!(matches!(error, JitError::Duplicate { is_host: false, .. }));
        assert_eq!(jit.evaluate(expression("f", 0)).unwrap(), 1.0);
    }
    assert_eq!(jit.counts().defined, 1);
}

#[test]
fn of_a_module_with_a_duplicate_nothing_is_kept() {
    let jit = jit();
    jit.define_ir(number("f", 1.0)).unwrap();
    let mut both = number("g", 2.0);
    both.functions.extend(number("f", 3.0).functions);
    assert!(jit.define_ir(both).is_err());
    assert_eq!(path(jit.lookup(&Symbol::new("g")).unwrap_err()), ["g"]);
    jit.define_ir(number("g", 4.0)).unwrap();
    assert_eq!(jit.evaluate(expression("g", 0)).unwrap(), 4.0);
}

#[test]
fn a_missing_function_is_named_with_the_way_to_it_and_looked_for_again() {
    let jit = jit();
    jit.define_ir(caller("f", "g", 0)).unwrap();
    jit.define_ir(caller("g", "h", 0)).unwrap();
    for _ in 0..2 {
        let error = jit.evaluate(expression("f", 0)).unwrap_err();
        assert_eq!(error.to_string(), "`h` is declared, but not defined");
        assert_eq!(path(error), ["__anon_expr", "f", "g", "h"]);
        assert_eq!(
            path(jit.lookup(&Symbol::new("g")).unwrap_err()),
            ["g", "h"]
        );
    }
    assert_eq!(path(jit.lookup(&Symbol::new("h")).unwrap_err()), ["h"]);
    jit.define_ir(number("h", 5.0)).unwrap();
    assert_eq!(jit.evaluate(expression("f", 0)).unwrap(), 7.0);
}

#[test]
fn functions_of_different_modules_call_each_other() {
    let jit = jit();
    let countdown = |name: &str, other: &str, add: f64| {
        module(&format!(
            "function @{name}(f64) -> f64 {{
                fn0 = function @{other}(f64) -> f64
            block0(v0: f64):
                v1 = const 1
                v2 = ult v0, v1
                branch v2, block1, block2
            block1:
                return v0
            block2:
                v3 = sub v0, v1
                v4 = call fn0(v3)
                v5 = const {add}
                v6 = add v4, v5
                return v6
            }}"
        ))
    };
    jit.define_ir(countdown("even", "odd", 1.0)).unwrap();
    jit.define_ir(countdown("odd", "even", 100.0)).unwrap();
    let even = jit.lookup(&Symbol::new("even")).unwrap();
    // SAFETY: `even` has been published, and has one parameter.
    assert_eq!(unsafe { call::call(even, &[5.0]) }, 203.0);
}

#[test]
fn a_definition_comes_before_the_host_unless_that_is_bound() {
    let jit = jit();
    jit.define_ir(caller("cos", "fabs", 1)).unwrap();
    assert_eq!(jit.evaluate(expression("cos", 1)).unwrap(), 2.0);
    let error = jit.define_ir(caller("fabs", "sqrt", 1)).unwrap_err();
    assert!(matches!(error, JitError::Duplicate { is_host: true, .. }));
    assert_eq!(jit.evaluate(expression("cos", 1)).unwrap(), 2.0);
}

#[test]
fn other_symbols_of_the_process_are_not_called() {
    let jit = jit();
    jit.define_ir(caller("f", "exit", 1)).unwrap();
    let error = jit.evaluate(expression("f", 1)).unwrap_err();
    assert_eq!(error.to_string(), "calling `exit` is not allowed");
    assert_eq!(path(error), ["__anon_expr", "f", "exit"]);
}

#[test]
fn a_host_function_is_called_with_its_number_of_arguments_or_not_at_all() {
    let jit = jit();
    for bound in [false, true] {
        if bound {
            assert_eq!(jit.evaluate(expression("pow", 2)).unwrap(), 1.0);
        }
        jit.evaluate(expression("pow", 3)).unwrap_err();
        let error = jit.evaluate(expression("pow", 1)).unwrap_err();
        let takes = "the host's `pow` takes 2 parameters";
        let text = format!("{takes}, but is declared with 1");
        assert_eq!(error.to_string(), text);
        assert_eq!(path(error), ["__anon_expr", "pow"]);
    }
}

#[test]
fn a_lookup_that_fails_changes_nothing() {
    let jit = jit();
    jit.define_ir(number("f", 1.0)).unwrap();
    jit.define_ir(caller("g", "f", 0)).unwrap();
    jit.define_ir(module(
        "function @h() -> f64 {
            fn0 = function @g() -> f64
            fn1 = function @cos(f64) -> f64
            fn2 = function @nosuch() -> f64
        block0:
            v0 = call fn0()
            v1 = call fn1(v0)
            v2 = call fn2()
            return v2
        }",
    ))
    .unwrap();
    assert_eq!(
        path(jit.lookup(&Symbol::new("h")).unwrap_err()),
        ["h", "nosuch"]
    );
    assert_eq!(used(&jit), 0);
    // The host's function is not bound.
    jit.define_ir(caller("cos", "fabs", 1)).unwrap();
    assert_eq!(jit.evaluate(expression("g", 0)).unwrap(), 2.0);
}

#[test]
fn a_frame_that_is_too_large_is_an_error_and_leaves_the_rest_alone() {
    let jit = jit();
    let fits = MAX_FRAME as usize / 8;
    jit.define_ir(number("one", 1.0)).unwrap();
    jit.define_ir(wide("wide", fits)).unwrap();
    jit.define_ir(wide("wider", fits + 1)).unwrap();
    jit.define_ir(caller("f", "wider", 0)).unwrap();
    for _ in 0..2 {
        let error = jit.evaluate(expression("f", 0)).unwrap_err();
        let bytes = 8 * (fits + 1);
        assert_eq!(
            error.to_string(),
            format!(
                "`wider` needs {bytes} bytes of stack for one call; at \
                 most {MAX_FRAME} are possible"
            )
        );
        assert_eq!(jit.evaluate(expression("one", 0)).unwrap(), 1.0);
    }
    let result = jit.evaluate(expression("wide", 0)).unwrap();
    assert_eq!(result, 5.0);
}

#[test]
fn a_module_that_cannot_be_compiled_leaves_no_constants_behind() {
    let jit = jit();
    jit.define_ir(number("one", 1.0)).unwrap();
    let mut both = caller("f", "one", 0);
    both.functions.extend(wide("wide", MAX_FRAME as usize).functions);
    jit.define_ir(both).unwrap();
    for _ in 0..2 {
        assert!(matches!(
            jit.lookup(&Symbol::new("f")),
            Err(JitError::Codegen(_))
        ));
        assert_eq!(jit.evaluate(number("__anon_expr", 7.0)).unwrap(), 7.0);
    }
}

#[test]
fn the_memory_of_expressions_is_given_back() {
    let jit = jit();
    jit.define_ir(caller("f", "fabs", 1)).unwrap();
    let expression = expression("f", 1);
    let mut most = 0;
    for _ in 0..10_000 {
        assert_eq!(jit.evaluate(expression.clone()).unwrap(), 2.0);
        most = most.max(used(&jit));
    }
    // Some tens of expressions are in quarantine at once.
    assert!(most < 8 << 10, "{most} bytes");
}

#[test]
fn full_memory_is_an_error_and_the_session_goes_on() {
    let jit = small_jit(4096);
    jit.define_ir(number("one", 1.0)).unwrap();
    jit.define_ir(long("long", 5_000)).unwrap();
    for _ in 0..2 {
        let before = used(&jit);
        let error = jit.evaluate(expression("long", 0)).unwrap_err();
        assert!(is_full(&error), "{error}");
        let error = jit.lookup(&Symbol::new("long")).unwrap_err();
        assert!(is_full(&error), "{error}");
        assert_eq!(jit.evaluate(expression("one", 0)).unwrap(), 1.0);
        assert!(used(&jit) <= before + 1024);
    }
    for round in 0..1_000 {
        jit.evaluate(expression("long", 0)).unwrap_err();
        let result = jit.evaluate(expression("one", 0));
        assert_eq!(result.unwrap(), 1.0, "round {round}");
    }
}

/// Code, constants and a thunk for the host's function: any of them may be
/// what does not fit.
#[test]
fn whatever_does_not_fit_nothing_half_finished_is_called() {
    let mut outcomes = [0; 2];
    for functions in 0..260 {
        let jit = small_jit(4096);
        for i in 0..functions {
            // Zero takes no constant, so this is 16 bytes.
            jit.define_ir(number(&format!("f{i}"), 0.0)).unwrap();
            let _ = jit.lookup(&Symbol::new(&format!("f{i}")));
        }
        // A function of this program, which is far from mapped memory.
        jit.define_ir(caller("g", "putchard", 1)).unwrap();
        jit.define_ir(caller("h", "g", 1)).unwrap();
        let first = jit.lookup(&Symbol::new("h"));
        let before = used(&jit);
        let second = jit.lookup(&Symbol::new("h"));
        assert_eq!(first.is_ok(), second.is_ok(), "{functions} functions");
        assert_eq!(used(&jit), before, "{functions} functions");
        outcomes[usize::from(first.is_ok())] += 1;
        let evaluate = || jit.evaluate(expression("h", 1));
        match output::capture(evaluate).0 {
            Ok(value) => assert_eq!(value, 2.0),
            Err(error) => assert!(is_full(&error), "{error}"),
        }
    }
    assert!(outcomes[0] > 4 && outcomes[1] > 4, "{outcomes:?}");
}

#[test]
fn the_observer_sees_each_module_that_is_compiled() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let jit = jit();
    let names = seen.clone();
    jit.observe(Box::new(move |module, graph| {
        assert!(!graph.bytes.is_empty());
        names.lock().unwrap().push(module.functions[0].name.to_string());
    }));
    jit.define_ir(caller("f", "g", 0)).unwrap();
    jit.define_ir(number("g", 1.0)).unwrap();
    jit.evaluate(expression("f", 0)).unwrap();
    assert_eq!(*seen.lock().unwrap(), ["f", "g", "__anon_expr"]);
}

#[test]
fn a_function_that_somebody_holds_outlives_the_session() {
    let jit = jit();
    jit.define_ir(caller("f", "g", 0)).unwrap();
    jit.define_ir(number("g", 6.0)).unwrap();
    let f = jit.function::<fn() -> f64>("f").unwrap();
    let objects = jit.objects.clone();
    drop(jit);
    objects.collect().unwrap();
    assert_eq!(f.call().unwrap(), 7.0);
}
