use super::Placement;
use crate::analysis::{Analyses, DominatorTree};
use crate::edit;
use crate::passes::Mem2Reg;
use crate::passes::tests::{assert_unchanged, run};
use chapter1::ir::{
    Block, BlockCall, ControlFlow, Function, InstData, Signature, Slot, Type,
    ValueList,
};
use chapter1::span::Span;
use chapter1::symbol::Symbol;
use insta::assert_snapshot;
use std::collections::BTreeSet;

#[test]
fn a_slot_that_is_stored_to_once_is_the_value_stored() {
    assert_snapshot!(run(
        &Mem2Reg,
        "function @f(f64) -> f64 {
        s0 = slot f64
        block0(v0: f64):
            store v0, s0
            v1 = load s0
            v2 = ult v1, v1
            branch v2, block1, block2
        block1:
            v3 = load s0
            return v3
        block2:
            return v1
        }"
    ));
}

#[test]
fn where_two_stores_meet_there_is_a_parameter() {
    assert_snapshot!(run(
        &Mem2Reg,
        "function @f(f64) -> f64 {
        s0 = slot f64
        block0(v0: f64):
            store v0, s0
            v1 = ult v0, v0
            branch v1, block1, block2
        block1:
            v2 = const 1
            store v2, s0
            jump block2
        block2:
            v3 = load s0
            return v3
        }"
    ));
}

#[test]
fn a_loop_of_one_block_gets_a_parameter() {
    assert_snapshot!(run(
        &Mem2Reg,
        "function @f(f64) -> f64 {
        s0 = slot f64
        block0(v0: f64):
            v1 = const 0
            store v1, s0
            jump block1
        block1:
            v2 = load s0
            v3 = const 1
            v4 = add v2, v3
            store v4, s0
            v5 = ult v2, v0
            branch v5, block1, block2
        block2:
            return v0
        }"
    ));
}

#[test]
fn the_variable_of_an_inner_loop_is_none_of_the_outer_one() {
    assert_snapshot!(run(
        &Mem2Reg,
        "function @f(f64) -> f64 {
        s0 = slot f64
        s1 = slot f64
        block0(v0: f64):
            store v0, s0
            jump block1
        block1:
            store v0, s1
            jump block2
        block2:
            v1 = load s1
            v2 = add v1, v0
            store v2, s1
            v3 = ult v2, v0
            branch v3, block2, block3
        block3:
            v4 = load s0
            v5 = add v4, v0
            store v5, s0
            v6 = ult v5, v0
            branch v6, block1, block4
        block4:
            v7 = load s0
            return v7
        }"
    ));
}

#[test]
fn what_nobody_reads_any_more_is_not_passed_on() {
    assert_snapshot!(run(
        &Mem2Reg,
        "function @f(f64) -> f64 {
        s0 = slot f64
        block0(v0: f64):
            store v0, s0
            v1 = ult v0, v0
            branch v1, block1, block2
        block1:
            v2 = load s0
            v3 = add v2, v2
            store v3, s0
            jump block2
        block2:
            v4 = ult v0, v0
            branch v4, block3, block4
        block3:
            store v0, s0
            jump block4
        block4:
            return v0
        }"
    ));
}

#[test]
fn what_was_never_stored_is_anything() {
    assert_snapshot!(run(
        &Mem2Reg,
        "function @f(f64) -> f64 {
        s0 = slot f64
        s1 = slot bool
        block0(v0: f64):
            v1 = load s1
            branch v1, block1, block2
        block1:
            store v0, s0
            jump block2
        block2:
            v2 = load s0
            return v2
        }"
    ));
}

#[test]
fn stores_where_nobody_comes_do_not_count() {
    assert_snapshot!(run(
        &Mem2Reg,
        "function @f(f64) -> f64 {
        s0 = slot f64
        block0(v0: f64):
            store v0, s0
            jump block1
        block1:
            v1 = load s0
            return v1
        block2:
            v2 = const 1
            store v2, s0
            jump block1
        }"
    ));
}

#[test]
fn a_function_without_slots_stays() {
    assert_unchanged(
        &Mem2Reg,
        "function @f(f64) -> f64 {
        block0(v0: f64):
            jump block1(v0)
        block1(v1: f64):
            return v1
        }",
    );
}

/// Blocks that load, store and lead to each other at random, as far as they
/// can be reached.
fn random(mut seed: u64) -> Function {
    let mut random = |below: usize| {
        seed = seed.wrapping_mul(6364136223846793005).wrapping_add(1);
        (seed >> 33) as usize % below
    };
    let mut function =
        Function::new(Symbol::new("f"), Signature::kaleidoscope(0));
    let slots = [(); 3].map(|()| function.slots.push(Type::Bool));
    let blocks: Vec<Block> = (0..2 + random(12))
        .map(|_| function.blocks.push(Default::default()))
        .collect();
    for &block in &blocks {
        let constant = InstData::BoolConst(true);
        let inst = function.push_inst(block, constant, Span::default());
        let value = function.results[inst].expect("a constant");
        for _ in 0..random(3) {
            let slot = slots[random(slots.len())];
            let data = match random(2) {
                0 => InstData::Load(slot),
                _ => InstData::Store { slot, value },
            };
            function.push_inst(block, data, Span::default());
        }
        let targets = [(); 2].map(|()| {
            let block = blocks[1 + random(blocks.len() - 1)];
            BlockCall { block, args: ValueList::new() }
        });
        let last = match random(4) {
            0 => InstData::Return(value),
            1 => InstData::Jump(targets[0]),
            _ => InstData::Branch { condition: value, targets },
        };
        function.push_inst(block, last, Span::default());
    }
    let flow = ControlFlow::compute(&function);
    edit::remove_unreachable(&mut function, &flow);
    function
}

/// The blocks that store to a slot, and those that read it first.
fn stores_and_reads(
    function: &Function,
    flow: &ControlFlow,
    slot: Slot,
) -> [Vec<Block>; 2] {
    let (mut stores, mut reads) = (Vec::new(), Vec::new());
    for &block in flow.reverse_postorder() {
        let insts = function.blocks[block].insts.iter();
        let mut uses = insts.filter_map(|&it| match function.insts[it] {
            InstData::Load(it) if it == slot => Some(false),
            InstData::Store { slot: it, .. } if it == slot => Some(true),
            _ => None,
        });
        let first = uses.next();
        if first == Some(false) {
            reads.push(block);
        }
        if first == Some(true) || uses.any(|is_store| is_store) {
            stores.push(block);
        }
    }
    [stores, reads]
}

/// The iterated dominance frontier, by its definition.
fn frontier(
    flow: &ControlFlow,
    tree: &DominatorTree,
    stores: &[Block],
) -> BTreeSet<Block> {
    let mut frontier = BTreeSet::new();
    let mut next = stores.to_vec();
    while let Some(block) = next.pop() {
        for &joint in flow.reverse_postorder() {
            let mut sources = flow.predecessors(joint).iter();
            let is_beyond = sources.any(|&it| tree.dominates(block, it))
                && (joint == block || !tree.dominates(block, joint));
            if is_beyond && frontier.insert(joint) {
                next.push(joint);
            }
        }
    }
    frontier
}

#[test]
fn parameters_are_in_the_iterated_frontier_as_far_as_the_scope_reaches() {
    let mut count = 0;
    for seed in 0..4000 {
        let mut function = random(seed);
        let text = function.to_string();
        let mut analyses = Analyses::default();
        let flow = analyses.flow(&function);
        let tree = analyses.tree(&function);
        let slots: Vec<Slot> = function.slots.keys().collect();
        let all = slots
            .iter()
            .map(|&slot| stores_and_reads(&function, &flow, slot))
            .collect::<Vec<_>>();
        let params = Placement::new(&mut function, &flow, &tree).place();
        for (&slot, [stores, reads]) in slots.iter().zip(&all) {
            let others = || stores.iter().chain(reads);
            let scope = stores.iter().find(|&&scope| {
                !reads.contains(&scope)
                    && others().all(|&it| tree.dominates(scope, it))
            });
            let mut expected = frontier(&flow, &tree, stores);
            expected.retain(|&block| {
                !reads.is_empty()
                    && scope.is_none_or(|&scope| {
                        block != scope && tree.dominates(scope, block)
                    })
            });
            let blocks = flow.reverse_postorder().iter().copied();
            let has_param = |&block: &Block| {
                params[block].iter().any(|&(of, _)| of == slot)
            };
            let found: BTreeSet<Block> = blocks.filter(has_param).collect();
            // A slot that is stored to once is told without a search.
            if stores.len() > 1 || scope.is_none() {
                assert_eq!(found, expected, "{slot} of {text}");
                count += found.len();
            }
        }
    }
    assert!(count > 2000, "{count}");
}
