//! Modules run twice: by the IR's interpreter, and as machine code.

#![allow(dead_code, reason = "each test binary uses a part of this")]

use crate::ir_gen::recipe::NUMBERS;
use crate::ir_gen::{ModuleRecipe, Options, RunError, host, modules, run};
use chapter1::codegen::{CodeGenerator, Target, Tuning};
use chapter1::executor::memory::{MappingChoice, MemoryConfig};
use chapter1::executor::{Executor, ExecutorAddr, Host, InProcess, call};
use chapter1::ir::{
    CalleeData, CalleeKind, Function, FunctionBuilder, Module, Signature,
    verify_module,
};
use chapter1::link::{LinkGraph, Linker};
use chapter1::symbol::Symbol;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use std::cell::RefCell;
use std::collections::HashMap;

/// As many as `main` can have parameters.
const ARGUMENTS: usize = 12;

/// After so many instructions a module is given up.
pub(crate) const FUEL: u64 = 100_000;

/// What a run yields: the result, and what was passed to `trace`.
#[derive(PartialEq)]
pub(crate) struct Ran {
    result: u64,
    pub(crate) trace: Vec<u64>,
}

impl std::fmt::Debug for Ran {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let numbers = |bits: &u64| f64::from_bits(*bits);
        let trace: Vec<f64> = self.trace.iter().map(numbers).collect();
        write!(f, "{:?} after {trace:?}", numbers(&self.result))
    }
}

/// The bits of a number; of all NaNs the same.
fn bits(number: f64) -> u64 {
    if number.is_nan() { f64::NAN.to_bits() } else { number.to_bits() }
}

/// The meaning of a module for these arguments.
pub(crate) fn interpret(
    module: &Module,
    args: &[f64],
    fuel: u64,
) -> Result<Ran, RunError> {
    let trace = RefCell::new(Vec::new());
    let host = |name: &str, args: &[f64]| match (name, args) {
        ("trace", [x]) => {
            trace.borrow_mut().push(bits(*x));
            Some(0.0)
        }
        _ => host(name, args),
    };
    let params = module.functions[0].signature.params.len();
    let result = run(module, "main", &args[..params], &host, fuel)?;
    Ok(Ran { result: bits(result), trace: trace.into_inner() })
}

thread_local! {
    static TRACE: RefCell<Vec<u64>> = const { RefCell::new(Vec::new()) };
}

/// The runtime function that generated modules call, for no result.
fn trace(x: f64) -> Result<f64, &'static str> {
    TRACE.with_borrow_mut(|trace| trace.push(bits(x)));
    Ok(f64::NAN)
}

/// Everything between a module and its result.
pub(crate) struct Machine {
    codegen: CodeGenerator,
    linker: Linker,
    executor: InProcess,
}

impl Machine {
    pub(crate) fn new(target: Target, mapping: MappingChoice) -> Machine {
        Machine::tuned(target, Tuning::default(), mapping)
    }

    /// A machine whose code is improved in these ways.
    pub(crate) fn tuned(
        target: Target,
        tuning: Tuning,
        mapping: MappingChoice,
    ) -> Machine {
        let config = MemoryConfig { mapping, ..MemoryConfig::default() };
        let mut host = Host::default();
        host.register("trace", trace);
        let executor = InProcess::new(target, host, &config).unwrap();
        Machine {
            codegen: CodeGenerator::tuned(target, tuning),
            linker: Linker::new(executor.lease()),
            executor,
        }
    }

    /// Runs `main`, which is given the first of these arguments.
    pub(crate) fn run(&mut self, module: &Module, args: &[f64]) -> Ran {
        let params = module.functions[0].signature.params.len();
        let args = &args[..params];
        let main = self.codegen.compile(module).unwrap();
        if params <= call::MAX_ARGUMENTS {
            return self.run_graphs(vec![main], "main", args);
        }
        let wrapper = self.codegen.compile(&wrapper(args)).unwrap();
        self.run_graphs(vec![main, wrapper], "wrapper", &[])
    }

    fn run_graphs(
        &mut self,
        graphs: Vec<LinkGraph>,
        entry: &str,
        args: &[f64],
    ) -> Ran {
        let Machine { linker, executor, .. } = self;
        let mut known: HashMap<String, ExecutorAddr> = HashMap::new();
        let mut all = Vec::new();
        for graph in graphs {
            let placed = linker.place(graph).unwrap();
            for (name, address, _) in placed.definitions() {
                known.insert(name.to_string(), address);
            }
            all.push(placed);
        }
        let entry = known[entry];
        let resolve = |name: &Symbol| match known.get(name.as_str()) {
            Some(&address) => Some(address),
            None => Some(executor.host_symbol(name).unwrap().address),
        };
        let publish = |mut placed| {
            linker.link(&mut placed, resolve).unwrap();
            linker.publish(placed, executor).unwrap()
        };
        let published: Vec<_> = all.into_iter().map(publish).collect();
        TRACE.with_borrow_mut(Vec::clear);
        // SAFETY: the entry has been published just now, takes as many
        // numbers as `args` has and returns one. It is freed below.
        let result = unsafe { executor.call(entry, args) }.unwrap();
        for published in published {
            linker.free(published);
        }
        let trace = TRACE.with_borrow_mut(std::mem::take);
        Ran { result: bits(result), trace }
    }
}

/// A function without parameters that passes these arguments to `main`.
fn wrapper(args: &[f64]) -> Module {
    let signature = Signature::kaleidoscope(0);
    let mut function = Function::new(Symbol::new("wrapper"), signature);
    let mut builder = FunctionBuilder::new(&mut function);
    let callee = builder.import(CalleeData {
        name: Symbol::new("main"),
        signature: Signature::kaleidoscope(args.len()),
        kind: CalleeKind::Function,
    });
    let args: Vec<_> = args.iter().map(|&arg| builder.constant(arg)).collect();
    let result = builder.call(callee, &args).expect("yields a number");
    builder.ret(result);
    let module = Module { functions: vec![function] };
    assert_eq!(verify_module(&module), Ok(()));
    module
}

/// A module, and arguments for its `main`.
#[derive(Clone)]
pub(crate) struct Case {
    pub(crate) module: Module,
    pub(crate) args: Vec<f64>,
}

impl std::fmt::Debug for Case {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "arguments {:?}\n{}", self.args, self.module)
    }
}

/// Modules with arguments that are drawn from `args`.
pub(crate) fn cases(
    args: impl Strategy<Value = f64>,
) -> impl Strategy<Value = Case> {
    let args = vec(args, ARGUMENTS);
    (modules(Options::default()), args).prop_map(
        |(recipe, args): (ModuleRecipe, _)| Case {
            module: recipe.build(),
            args,
        },
    )
}

/// Numbers of which most instructions make something surprising: NaNs,
/// infinities, zeros of both signs, the smallest and the largest.
pub(crate) fn nasty_numbers() -> impl Strategy<Value = f64> {
    prop_oneof![
        4 => select(&NUMBERS[10..]),
        1 => Just(0.0),
        1 => proptest::num::f64::ANY,
        1 => proptest::num::f64::SUBNORMAL,
    ]
}
