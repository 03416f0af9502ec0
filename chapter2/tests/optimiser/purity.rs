//! What may be taken for granted of the host's mathematics library.

use chapter1::driver::Driver;
use chapter1::executor::Host;
use chapter1::ir::Function;
use chapter1::kaleidoscope::Kaleidoscope;
use chapter2::analysis::Analyses;
use chapter2::jit::KaleidoscopeJit;
use chapter2::passes::{Changed, Pass};
use chapter2::pipeline::Pipeline;
use std::sync::{Arc, Mutex};

use chapter1::codegen::Target;
use chapter1::executor::InProcess;
use chapter1::executor::memory::MemoryConfig;

/// A pass that changes nothing and notes which calls are pure.
struct Spy(Arc<Mutex<Vec<String>>>);

impl Pass for Spy {
    fn name(&self) -> &'static str {
        "spy"
    }

    fn summary(&self) -> &'static str {
        "notes which calls are pure"
    }

    fn run(&self, function: &mut Function, analyses: &mut Analyses) -> Changed {
        for (callee, data) in &function.callees {
            let is_pure = analyses.is_pure(function, callee);
            let word = if is_pure { "pure" } else { "impure" };
            let line = format!("{} {} {word}", function.name, data.name);
            self.0.lock().unwrap().push(line);
        }
        Changed::Nothing
    }
}

struct Session {
    program: Kaleidoscope<KaleidoscopeJit>,
    notes: Arc<Mutex<Vec<String>>>,
}

impl Session {
    fn new(host: Host) -> Session {
        let notes = Arc::<Mutex<Vec<String>>>::default();
        let config = MemoryConfig::default();
        let executor = InProcess::new(Target::host(), host, &config).unwrap();
        let pipeline = Pipeline::new(vec![Arc::new(Spy(notes.clone()))]);
        let jit = KaleidoscopeJit::new(Arc::new(executor), pipeline);
        Session { program: Kaleidoscope::new(jit), notes }
    }

    fn run(&mut self, text: &str) -> Result<Vec<f64>, String> {
        self.program.run(text).map_err(|error| error.to_string())
    }

    /// What was noted of the calls in definitions since the last time.
    fn notes(&self) -> Vec<String> {
        let notes = std::mem::take(&mut *self.notes.lock().unwrap());
        let is_expression = |line: &String| line.starts_with("__anon");
        notes.into_iter().filter(|line| !is_expression(line)).collect()
    }
}

#[test]
fn the_hosts_library_is_pure_and_nothing_else_is() {
    let mut session = Session::new(Host::default());
    let text = "extern sin(x); extern printd(x); def g(x) x;
        def f(x) sin(x) + printd(x) + g(x); f(0);";
    assert_eq!(session.run(text).unwrap(), [0.0]);
    let notes = ["f sin pure", "f printd impure", "f g impure"];
    assert_eq!(session.notes(), notes);
}

#[test]
fn what_is_registered_under_a_name_of_the_library_is_not() {
    let mut host = Host::default();
    host.register("sin", |x: f64| Ok::<f64, String>(x + 1.0));
    let mut session = Session::new(host);
    session.run("extern sin(x); def f(x) sin(x); f(0);").unwrap();
    assert_eq!(session.notes(), ["f sin impure"]);
}

#[test]
fn nor_is_what_the_user_defines_under_such_a_name() {
    let mut session = Session::new(Host::default());
    let text = "def sin(x) 42; def f(x) sin(x); f(1);";
    assert_eq!(session.run(text).unwrap(), [42.0]);
    assert_eq!(session.notes(), ["f sin impure"]);
    // Defined after its caller, but before anything is linked.
    let text = "extern cos(x); def g(x) cos(x); def cos(x) 43; g(1);";
    assert_eq!(session.run(text).unwrap(), [43.0]);
    assert_eq!(session.notes(), ["g cos impure"]);
}

#[test]
fn what_code_relies_on_cannot_be_defined_any_more() {
    let mut session = Session::new(Host::default());
    session.run("extern sin(x); def f(x) sin(x); f(0);").unwrap();
    let error = session.run("def sin(x) 42;").unwrap_err();
    assert!(error.contains("duplicate definition of `sin`"), "{error}");
}

#[test]
fn what_only_failed_code_relied_on_can() {
    let mut session = Session::new(Host::default());
    let text = "extern sin(x); extern nowhere(x);
        def g(x) sin(x); def f(x) g(x) + sin(x) + nowhere(x);";
    session.run(text).unwrap();
    assert!(session.run("f(0);").is_err());
    session.run("def sin(x) 42;").unwrap();
    session.notes();
    assert_eq!(session.run("g(1);").unwrap(), [42.0]);
    assert_eq!(session.notes(), ["g sin impure"]);
}

/// The function may have been through the passes with one that has failed.
#[test]
fn what_was_optimised_for_code_that_failed_is_optimised_again() {
    let text = "extern sin(x); extern nowhere(x);
        def g(x) sin(x); def f(x) g(x) + sin(x) + nowhere(x); f(0);";
    let jit = KaleidoscopeJit::in_process(Host::default()).unwrap();
    let mut program = Kaleidoscope::new(jit);
    assert!(program.run(text).is_err());
    program.run("def sin(x) 42;").unwrap();
    assert_eq!(program.run("g(1);").unwrap(), [42.0]);
    program.run("def nowhere(x) 1;").unwrap();
    assert_eq!(program.run("f(1);").unwrap(), [85.0]);
    assert!(program.jit.base().main.symbols().len() >= 4);
}
