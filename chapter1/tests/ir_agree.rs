//! Random modules, compiled, run, and held against the IR's interpreter.

mod ir_gen;
mod property;

use chapter1::codegen::{CodeGenerator, Target};
use chapter1::executor::memory::{MappingChoice, MemoryConfig};
use chapter1::executor::{Executor, ExecutorAddr, Host, InProcess, call};
use chapter1::ir::{
    CalleeData, CalleeKind, Function, FunctionBuilder, Module, Signature,
    verify_module,
};
use chapter1::link::{LinkGraph, Linker};
use chapter1::symbol::Symbol;
use ir_gen::recipe::NUMBERS;
use ir_gen::{ModuleRecipe, Options, RunError, host, modules, numbers, run};
use property::check_many;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use std::cell::{Cell, RefCell};
use std::collections::HashMap;

/// As many as `main` can have parameters.
const ARGUMENTS: usize = 12;

/// The interpreter gives up after so many instructions.
const FUEL: u64 = 100_000;

/// What a run yields: the result, and what was passed to `trace`.
#[derive(PartialEq, Debug)]
struct Ran {
    result: u64,
    trace: Vec<u64>,
}

/// The bits of a number; of all NaNs the same.
fn bits(number: f64) -> u64 {
    if number.is_nan() { f64::NAN.to_bits() } else { number.to_bits() }
}

/// The meaning of a module for these arguments.
fn interpret(module: &Module, args: &[f64]) -> Result<Ran, RunError> {
    let trace = RefCell::new(Vec::new());
    let host = |name: &str, args: &[f64]| match (name, args) {
        ("trace", [x]) => {
            trace.borrow_mut().push(bits(*x));
            Some(0.0)
        }
        _ => host(name, args),
    };
    let params = module.functions[0].signature.params.len();
    let result = run(module, "main", &args[..params], &host, FUEL)?;
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
struct Machine {
    codegen: CodeGenerator,
    linker: Linker,
    executor: InProcess,
}

impl Machine {
    fn new(target: Target, mapping: MappingChoice) -> Machine {
        let config = MemoryConfig { mapping, ..MemoryConfig::default() };
        let mut host = Host::default();
        host.register("trace", trace);
        let executor = InProcess::new(target, host, &config).unwrap();
        Machine {
            codegen: CodeGenerator::new(target),
            linker: Linker::new(executor.lease()),
            executor,
        }
    }

    /// Runs `main`, which is given the first of these arguments.
    fn run(&mut self, module: &Module, args: &[f64]) -> Ran {
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
struct Case {
    module: Module,
    args: Vec<f64>,
}

impl std::fmt::Debug for Case {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "arguments {:?}\n{}", self.args, self.module)
    }
}

/// Modules with arguments that are drawn from `args`.
fn cases(args: impl Strategy<Value = f64>) -> impl Strategy<Value = Case> {
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
fn nasty_numbers() -> impl Strategy<Value = f64> {
    prop_oneof![
        4 => select(&NUMBERS[10..]),
        1 => Just(0.0),
        1 => proptest::num::f64::ANY,
        1 => proptest::num::f64::SUBNORMAL,
    ]
}

/// Compares the machine with the interpreter on `count` cases.
fn agree(
    name: &str,
    count: u32,
    target: Target,
    mapping: MappingChoice,
    cases: impl Strategy<Value = Case>,
) {
    if !target.runs_here() {
        println!("{name}: this processor has no {target} instructions");
        return;
    }
    let machine = RefCell::new(Machine::new(target, mapping));
    let (compared, given_up) = (Cell::new(0u32), Cell::new(0u32));
    check_many(name, count, cases, |Case { module, args }| {
        match interpret(&module, &args) {
            Ok(expected) => {
                compared.set(compared.get() + 1);
                let found = machine.borrow_mut().run(&module, &args);
                match found == expected {
                    true => Ok(()),
                    false => Err(difference(&expected, &found)),
                }
            }
            Err(RunError::OutOfFuel) => {
                given_up.set(given_up.get() + 1);
                Ok(())
            }
            Err(error) => Err(format!("{error:?}")),
        }
    });
    let (compared, given_up) = (compared.get(), given_up.get());
    println!("{name}: {compared} modules compared, {given_up} given up");
    assert!(given_up <= compared / 10);
}

fn difference(expected: &Ran, found: &Ran) -> String {
    let show = |ran: &Ran| {
        let numbers = |bits: &u64| f64::from_bits(*bits);
        let trace: Vec<f64> = ran.trace.iter().map(numbers).collect();
        format!("{:?} after {trace:?}", f64::from_bits(ran.result))
    };
    format!("expected {}\n but found {}", show(expected), show(found))
}

#[test]
fn modules_mean_the_same_on_avx() {
    let auto = MappingChoice::Auto;
    agree("ir avx", 2_000, Target::AVX, auto, cases(numbers()));
}

#[test]
fn modules_mean_the_same_on_sse2() {
    let auto = MappingChoice::Auto;
    agree("ir sse2", 2_000, Target::SSE2, auto, cases(numbers()));
}

#[test]
fn nasty_arguments_mean_the_same_on_avx() {
    let auto = MappingChoice::Auto;
    agree("ir avx nasty", 500, Target::AVX, auto, cases(nasty_numbers()));
}

#[test]
fn nasty_arguments_mean_the_same_on_sse2() {
    let auto = MappingChoice::Auto;
    agree("ir sse2 nasty", 500, Target::SSE2, auto, cases(nasty_numbers()));
}

#[test]
fn modules_mean_the_same_in_segments() {
    let segmented = MappingChoice::Segmented;
    let target = Target::host();
    agree("ir segmented", 300, target, segmented, cases(numbers()));
}

/// A comparison that misses a difference would prove nothing.
#[test]
#[should_panic = "but found"]
fn code_that_drops_a_trace_is_noticed() {
    let machine =
        RefCell::new(Machine::new(Target::host(), MappingChoice::Auto));
    property::check_from(1, 2_000, cases(numbers()), |case| {
        let Ok(mut expected) = interpret(&case.module, &case.args) else {
            return Ok(());
        };
        expected.trace.pop();
        let found = machine.borrow_mut().run(&case.module, &case.args);
        match found == expected {
            true => Ok(()),
            false => Err(difference(&expected, &found)),
        }
    });
}
