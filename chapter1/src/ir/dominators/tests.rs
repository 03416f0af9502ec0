//! Orders and dominator trees of small graphs, and of random ones against
//! the definition.

use super::*;
use crate::ir::{Function, FunctionBuilder, Signature};
use crate::symbol::Symbol;
use proptest::prelude::*;

/// A function whose block `i` goes on in `edges[i]`: nowhere, one or two.
fn graph(edges: &[Vec<usize>]) -> Function {
    let signature = Signature::kaleidoscope(0);
    let mut function = Function::new(Symbol::new("f"), signature);
    let mut builder = FunctionBuilder::new(&mut function);
    for _ in 1..edges.len() {
        builder.create_block();
    }
    for (from, to) in edges.iter().enumerate() {
        builder.switch_to(block(from));
        match to[..] {
            [] => {
                let zero = builder.constant(0.0);
                builder.ret(zero);
            }
            [a] => builder.jump(block(a), &[]),
            [a, b, ..] => {
                let truth = builder.bool_constant(true);
                builder.branch(truth, (block(a), &[]), (block(b), &[]));
            }
        }
    }
    function
}

fn block(index: usize) -> Block {
    Block::from_u32(index as u32)
}

fn blocks(indices: &[usize]) -> Vec<Block> {
    indices.iter().copied().map(block).collect()
}

#[test]
fn a_block_comes_before_its_successors() {
    let flow =
        ControlFlow::compute(&graph(&[vec![2, 1], vec![3], vec![3], vec![]]));
    assert_eq!(flow.reverse_postorder(), blocks(&[0, 1, 2, 3]));
    assert_eq!(flow.number(block(2)), Some(2));
}

#[test]
fn both_edges_of_a_branch_count_as_predecessors() {
    let flow = ControlFlow::compute(&graph(&[vec![1, 1], vec![]]));
    assert_eq!(flow.predecessors(block(1)), blocks(&[0, 0]));
}

#[test]
fn an_unreachable_block_is_a_predecessor_but_has_no_number() {
    let flow = ControlFlow::compute(&graph(&[vec![2], vec![2], vec![]]));
    assert_eq!(flow.predecessors(block(2)), blocks(&[0, 1]));
    assert!(!flow.is_reachable(block(1)));
    let dominators = Dominators::compute(&flow);
    assert_eq!(dominators.idom(block(2)), Some(block(0)));
    assert_eq!(dominators.idom(block(1)), None);
    assert!(!dominators.dominates(block(0), block(1)));
    assert!(!dominators.dominates(block(1), block(0)));
    assert!(dominators.dominates(block(1), block(1)));
}

/// The graph of figure 4 in the paper, which needs a second round.
#[test]
fn the_paper_s_irreducible_graph_is_dominated_by_its_entry_alone() {
    let edges = [vec![1, 2], vec![5], vec![4, 3], vec![4], vec![5, 3], vec![4]];
    let dominators = Dominators::compute(&ControlFlow::compute(&graph(&edges)));
    for index in 1..6 {
        assert_eq!(dominators.idom(block(index)), Some(block(0)));
    }
}

#[test]
fn a_function_without_blocks_has_an_empty_order() {
    let function = Function::new(Symbol::new("f"), Signature::kaleidoscope(0));
    let flow = ControlFlow::compute(&function);
    assert!(flow.reverse_postorder().is_empty());
    Dominators::compute(&flow);
}

#[test]
fn a_chain_of_a_hundred_thousand_blocks_is_walked_without_recursion() {
    let length = 100_000;
    let mut edges: Vec<_> = (1..length).map(|next| vec![next]).collect();
    edges.push(vec![]);
    let flow = ControlFlow::compute(&graph(&edges));
    let dominators = Dominators::compute(&flow);
    assert_eq!(flow.reverse_postorder().len(), length);
    assert!(dominators.dominates(block(1), block(length - 1)));
    assert!(!dominators.dominates(block(length - 1), block(1)));
}

/// Two chains: each block of the first leads down and across to its
/// counterpart.
#[test]
fn a_long_ladder_is_dominated_by_its_first_rung() {
    let length = 100_000;
    let mut edges: Vec<_> =
        (0..length).map(|i| vec![i + 1, length + i]).collect();
    edges[length - 1] = vec![2 * length - 1];
    edges.extend((1..length).map(|i| vec![length + i]));
    edges.push(vec![]);
    for across_first in [false, true] {
        if across_first {
            edges.iter_mut().for_each(|to| to.reverse());
        }
        let flow = ControlFlow::compute(&graph(&edges));
        let dominators = Dominators::compute(&flow);
        for right in length..2 * length {
            assert_eq!(dominators.idom(block(right)), Some(block(0)));
        }
    }
}

/// Which blocks can be reached from the entry without passing `without`.
fn reachable(edges: &[Vec<usize>], without: Option<usize>) -> Vec<bool> {
    let mut seen = vec![false; edges.len()];
    let mut open = vec![0];
    while let Some(from) = open.pop() {
        if Some(from) != without && !std::mem::replace(&mut seen[from], true) {
            open.extend(&edges[from]);
        }
    }
    seen
}

fn any_graph() -> impl Strategy<Value = Vec<Vec<usize>>> {
    prop_oneof![small_graph(), deep_graph()]
}

fn small_graph() -> impl Strategy<Value = Vec<Vec<usize>>> {
    (1_usize..14).prop_flat_map(|len| {
        let targets = proptest::collection::vec(0..len, 0..=2);
        proptest::collection::vec(targets, len)
    })
}

/// A chain with some edges besides, so that lines of dominators are long
/// enough to be jumped along.
fn deep_graph() -> impl Strategy<Value = Vec<Vec<usize>>> {
    (20_usize..60).prop_flat_map(|len| {
        let edges = proptest::collection::vec((0..len - 1, 0..len), 0..12);
        edges.prop_map(move |edges| {
            let chain = (1..len).map(|next| vec![next]);
            let mut all: Vec<_> = chain.chain([vec![]]).collect();
            for (from, to) in edges {
                all[from].truncate(1);
                all[from].push(to);
            }
            all
        })
    })
}

proptest! {
    #[test]
    fn a_dominator_is_what_cannot_be_avoided(edges in any_graph()) {
        let flow = ControlFlow::compute(&graph(&edges));
        let dominators = Dominators::compute(&flow);
        let reached = reachable(&edges, None);
        for a in 0..edges.len() {
            let avoiding = reachable(&edges, Some(a));
            for b in 0..edges.len() {
                let expected =
                    a == b || (reached[a] && reached[b] && !avoiding[b]);
                let found = dominators.dominates(block(a), block(b));
                prop_assert_eq!(found, expected, "{} {}", a, b);
            }
        }
    }

    #[test]
    fn the_immediate_dominator_is_below_every_other(edges in any_graph()) {
        let flow = ControlFlow::compute(&graph(&edges));
        let dominators = Dominators::compute(&flow);
        for &b in flow.reverse_postorder().iter().skip(1) {
            let idom = dominators.idom(b).expect("reachable");
            prop_assert!(idom != b && dominators.dominates(idom, b));
            for &a in flow.reverse_postorder() {
                if a != b && dominators.dominates(a, b) {
                    prop_assert!(dominators.dominates(a, idom));
                }
            }
        }
    }
}
