//! Any sequence of definitions, removals and calls, against a model.

use crate::support::{Session, remove, session_with};
use chapter1::driver::Driver;
use chapter1::symbol::Symbol;
use chapter2::pipeline::Pipeline;
use chapter3::partition::{Program, call_closure, per_function, whole_module};
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::fmt::Write;

/// How many functions there are. Each calls only later ones.
const FUNCTIONS: usize = 6;

#[derive(Clone, Debug)]
enum Step {
    /// One text with some definitions: of each the name, a number, and two
    /// functions that may be called.
    Define(Vec<(usize, u32, usize, usize)>),
    Remove(usize),
    /// The function, and whether all that it calls is needed.
    Call(usize, bool),
    /// Compiled, but not called.
    Compile(usize),
}

fn step() -> impl Strategy<Value = Step> {
    let name = 0..FUNCTIONS;
    let definition = (name.clone(), 1..1000u32, 0..=FUNCTIONS, 0..=FUNCTIONS);
    prop_oneof![
        4 => prop::collection::vec(definition, 1..4).prop_map(Step::Define),
        1 => name.clone().prop_map(Step::Remove),
        4 => (name.clone(), any::<bool>()).prop_map(|(f, b)| Step::Call(f, b)),
        1 => name.prop_map(Step::Compile),
    ]
}

/// `fN(x) = number + (callee always) + (if x then the other callee)`.
#[derive(Clone, Copy)]
struct Function {
    number: u32,
    always: Option<usize>,
    sometimes: Option<usize>,
}

#[derive(Default)]
struct Model(BTreeMap<usize, Function>);

impl Model {
    /// The value of a call, or the function that is missing.
    fn call(&self, f: usize, x: bool) -> Result<f64, usize> {
        let function = self.0.get(&f).ok_or(f)?;
        let mut value = f64::from(function.number);
        if let Some(callee) = function.always {
            value += self.call(callee, x)?;
        }
        if let (true, Some(callee)) = (x, function.sometimes) {
            value += self.call(callee, x)?;
        }
        Ok(value)
    }

    fn is_complete(&self, f: usize) -> bool {
        self.0.get(&f).is_some_and(|function| {
            let callees = function.always.into_iter().chain(function.sometimes);
            { callees }.all(|callee| self.is_complete(callee))
        })
    }

    /// Defines functions, and returns the text that does so.
    fn define(&mut self, all: &[(usize, u32, usize, usize)]) -> String {
        let mut text = String::new();
        for f in 0..FUNCTIONS {
            write!(text, "extern f{f}(x);").unwrap();
        }
        for &(name, number, always, sometimes) in all {
            let later = |f: usize| (name < f && f < FUNCTIONS).then_some(f);
            let function = Function {
                number,
                always: later(always),
                sometimes: later(sometimes),
            };
            self.0.insert(name, function);
            let call = |f: Option<usize>| {
                f.map_or("0".to_owned(), |f| format!("f{f}(x)"))
            };
            let (always, sometimes) =
                (call(function.always), call(function.sometimes));
            write!(
                text,
                "def f{name}(x) {number} + {always} + \
                 (if x then {sometimes} else 0);"
            )
            .unwrap();
        }
        text
    }
}

fn call(session: &mut Session, f: usize, x: bool) -> Result<f64, String> {
    let text = format!("extern f{f}(x); f{f}({});", u8::from(x));
    let result = session.run(&text);
    result.map(|values| values[0]).map_err(|error| error.to_string())
}

fn compile(session: &Session, f: usize) -> bool {
    session.jit.compile(&Symbol::new(&format!("f{f}"))).is_ok()
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 300,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn no_stale_body_is_ever_called(
        steps in prop::collection::vec(step(), 1..60),
        is_optimised in any::<bool>(),
        partition in 0..3usize,
    ) {
        let pipeline = match is_optimised {
            true => Pipeline::optimised(),
            false => Pipeline::default(),
        };
        let partitions: [fn(&Symbol, &Program<'_>) -> Vec<Symbol>; 3] =
            [per_function, call_closure, whole_module];
        let partition = partitions[partition];

        let mut session = session_with("", pipeline, partition);
        let mut model = Model::default();
        for step in steps {
            match step {
                Step::Define(all) => {
                    let text = model.define(&all);
                    session.run(&text).unwrap();
                }
                Step::Remove(f) => {
                    let was_there = model.0.remove(&f).is_some();
                    let result = remove(&session, &format!("f{f}"));
                    prop_assert_eq!(result.is_ok(), was_there);
                }
                Step::Call(f, x) => {
                    let result = call(&mut session, f, x);
                    match model.call(f, x) {
                        Ok(value) => prop_assert_eq!(result, Ok(value)),
                        Err(missing) => {
                            let error = result.unwrap_err();
                            let expected = format!("`f{missing}` is declared");
                            prop_assert!(error.contains(&expected), "{error}");
                        }
                    }
                }
                Step::Compile(f) => {
                    let is_complete = model.is_complete(f);
                    prop_assert_eq!(compile(&session, f), is_complete);
                }
            }
        }
    }
}
