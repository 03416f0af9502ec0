//! Random modules, passed through passes, and held against themselves: by
//! the IR's interpreter, before and after.

#[path = "../../chapter1/tests/ir_gen/mod.rs"]
mod ir_gen;
#[path = "../../chapter1/tests/ir_run/mod.rs"]
mod ir_run;
mod orders;
#[path = "../../chapter1/tests/property/mod.rs"]
mod property;

use chapter1::codegen::{Target, Tuning};
use chapter1::executor::memory::MappingChoice;
use chapter1::ir::{
    Block, ControlFlow, Function, InstData, Module, parse_module, verify_module,
};
use chapter2::analysis::Analyses;
use chapter2::edit;
use chapter2::passes::Changed;
use ir_gen::{RunError, numbers};
use ir_run::{Case, FUEL, Machine, Ran, cases, interpret, nasty_numbers};
use orders::{Order, orders};
use property::check_many;
use proptest::prelude::*;
use std::cell::{Cell, RefCell};
use std::fmt::Debug;

/// Half of the arguments are harmless.
fn all_cases() -> impl Strategy<Value = Case> {
    cases(prop_oneof![numbers(), nasty_numbers()])
}

/// What is run after the passes.
type Runner<'a> = &'a dyn Fn(&Module, &[f64]) -> Result<Ran, RunError>;

/// By the interpreter. What has moved out of a loop may be in vain, and takes
/// its time.
fn interpreted(module: &Module, args: &[f64]) -> Result<Ran, RunError> {
    interpret(module, args, 2 * FUEL)
}

/// Compares what a module means with what it means after some passes.
fn agree<W: Strategy>(
    name: &str,
    count: u32,
    ways: W,
    run: Runner<'_>,
    change: impl Fn(Module, &W::Value) -> Result<Module, String>,
) where
    W::Value: Debug,
{
    let (compared, given_up) = (Cell::new(0u32), Cell::new(0u32));
    check_many(name, count, (all_cases(), ways), |(case, way)| {
        let Case { module, args } = case;
        let after = change(module.clone(), &way)?;
        verify_module(&after).map_err(|e| format!("{e}\n{after}"))?;
        let expected = match interpret(&module, &args, FUEL) {
            Ok(expected) => expected,
            Err(RunError::OutOfFuel) => {
                given_up.set(given_up.get() + 1);
                return Ok(());
            }
            Err(error) => return Err(format!("{error:?}")),
        };
        compared.set(compared.get() + 1);
        match run(&after, &args) {
            Ok(found) if found == expected => Ok(()),
            found => Err(format!(
                "expected {expected:?}\n but found {found:?}\n{after}"
            )),
        }
    });
    let (compared, given_up) = (compared.get(), given_up.get());
    println!("{name}: {compared} modules compared, {given_up} given up");
    assert!(given_up <= compared / 10);
}

fn optimise(module: Module, order: &Order) -> Result<Module, String> {
    order.pipeline().run(module).map_err(|error| error.to_string())
}

#[test]
fn the_usual_order_changes_nothing_that_a_module_means() {
    let usual = Just(Order::usual());
    agree("ir usual", 2_000, usual, &interpreted, optimise);
}

#[test]
fn no_pass_alone_does() {
    for order in Order::each() {
        let name = format!("ir {order:?}");
        agree(&name, 500, Just(order), &interpreted, optimise);
    }
}

#[test]
fn no_order_of_passes_does() {
    agree("ir orders", 3_000, orders(), &interpreted, optimise);
}

#[test]
fn the_code_of_optimised_modules_does_not_either() {
    for target in [Target::AVX, Target::SSE2] {
        let name = format!("ir code {target}");
        if !target.runs_here() {
            println!("{name}: not on this processor");
            continue;
        }
        let machine = Machine::tuned(target, Tuning::ALL, MappingChoice::Auto);
        let machine = RefCell::new(machine);
        let run = |module: &Module, args: &[f64]| {
            Ok(machine.borrow_mut().run(module, args))
        };
        agree(&name, 1_000, orders(), &run, optimise);
    }
}

/// The blocks in order, and where each leads: what analyses are about.
type Flow = Vec<(Block, Vec<Block>)>;

fn flow(function: &Function) -> Flow {
    let flow = ControlFlow::compute(function);
    let blocks = flow.reverse_postorder().iter();
    blocks.map(|&b| (b, function.successors(b).collect())).collect()
}

/// Runs the passes of an order one by one, and checks what each says of
/// itself.
fn step_by_step(module: Module, order: &Order) -> Result<Module, String> {
    let mut module = module;
    for function in &mut module.functions {
        let mut analyses = Analyses::default();
        for pass in &order.0 {
            let (before, flow_before) = (function.to_string(), flow(function));
            let changed = pass.run(function, &mut analyses);
            let is_same = match changed {
                Changed::Nothing => function.to_string() == before,
                Changed::Instructions => flow(function) == flow_before,
                Changed::ControlFlow => {
                    analyses.forget();
                    true
                }
            };
            if !is_same {
                let name = pass.name();
                return Err(format!("{name}: {changed:?}?\n{function}"));
            }
            check_analyses(function, &mut analyses)?;
        }
    }
    Ok(module)
}

/// Whether what is kept is what would be computed now.
fn check_analyses(
    function: &Function,
    kept: &mut Analyses,
) -> Result<(), String> {
    let mut new = Analyses::default();
    let (kept_tree, tree) = (kept.tree(function), new.tree(function));
    let (kept_loops, loops) = (kept.loops(function), new.loops(function));
    let (kept_flow, flow) = (kept.flow(function), new.flow(function));
    let agree = |block: Block| {
        kept_tree.idom(block) == tree.idom(block)
            && kept_loops.depth(block) == loops.depth(block)
            && (!flow.is_reachable(block)
                || sources(&kept_flow, block) == sources(&flow, block))
    };
    let is_same = kept_flow.reverse_postorder() == flow.reverse_postorder()
        && kept_tree.preorder() == tree.preorder()
        && flow.reverse_postorder().iter().all(|&block| agree(block));
    match is_same {
        true => Ok(()),
        false => Err(format!("the analyses are not true\n{function}")),
    }
}

/// From where one comes to a block.
fn sources(flow: &ControlFlow, block: Block) -> Vec<Block> {
    let sources = flow.predecessors(block).iter().copied();
    sources.filter(|&source| flow.is_reachable(source)).collect()
}

#[test]
fn passes_say_what_they_have_changed() {
    agree("ir changed", 2_000, orders(), &interpreted, step_by_step);
}

/// Text is what people compare: it must tell all that a pass has made.
#[test]
fn optimised_modules_can_be_written_down_and_read_again() {
    agree("ir text", 500, orders(), &interpreted, |module, order| {
        let after = optimise(module, order)?;
        parse_module(&after.to_string())
            .map_err(|error| format!("{error:?}\n{after}"))
    });
}

/// A comparison that misses a difference would prove nothing.
#[test]
#[should_panic = "but found"]
fn a_pass_that_drops_a_call_is_noticed() {
    agree("ir dropped", 2_000, Just(()), &interpreted, |mut module, ()| {
        for function in &mut module.functions {
            edit::retain_insts(function, |function, inst| {
                let data = &function.insts[inst];
                let is_call = matches!(data, InstData::Call { .. });
                !is_call || function.results[inst].is_some()
            });
        }
        Ok(module)
    });
}
