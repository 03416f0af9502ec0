//! What passes ask of a function, held against the definitions, on random
//! control flow.

#[allow(unused_imports, reason = "nothing is run here")]
#[path = "../../chapter1/tests/ir_gen/mod.rs"]
mod ir_gen;
#[allow(dead_code, reason = "benchmarks use the rest")]
#[path = "../../chapter1/benches/programs/mod.rs"]
mod programs;
#[path = "../../chapter1/tests/property/mod.rs"]
mod property;

use chapter1::ir::{Block, ControlFlow, Function};
use chapter2::analysis::{Analyses, DominatorTree, Loops};
use ir_gen::{ModuleRecipe, Options, modules};
use property::check_many;
use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};

/// Tests each function of random modules. The count says how much of what
/// is tested there was.
fn check(
    name: &str,
    test: impl Fn(&Function, &mut Analyses) -> Result<usize, String>,
) {
    let options = Options { blocks: 20, ..Options::default() };
    let found = Cell::new(0);
    check_many(name, 2_000, modules(options), |recipe: ModuleRecipe| {
        for function in &recipe.build().functions {
            match test(function, &mut Analyses::default()) {
                Ok(count) => found.set(found.get() + count),
                Err(why) => return Err(format!("{why}\n{function}")),
            }
        }
        Ok(())
    });
    println!("{name}: {}", found.get());
    assert!(found.get() > 1_000);
}

#[test]
fn the_tree_is_walked_from_the_entry_downwards() {
    check("tree", |function, analyses| {
        let (flow, tree) = (analyses.flow(function), analyses.tree(function));
        let preorder = tree.preorder();
        if preorder.len() != flow.reverse_postorder().len() {
            return Err(format!("not all blocks: {preorder:?}"));
        }
        for (index, &block) in preorder.iter().enumerate() {
            check_block(&tree, index, block)?;
        }
        Ok(preorder.len())
    });
}

/// A block's subtree stands behind it without a gap, and what the tree says
/// of it in different words is the same.
fn check_block(
    tree: &DominatorTree,
    index: usize,
    block: Block,
) -> Result<(), String> {
    let preorder = tree.preorder();
    let below = preorder.iter().filter(|&&it| tree.dominates(block, it));
    let next = &preorder[index..];
    let is_good = next.starts_with(&below.copied().collect::<Vec<_>>())
        && tree.children(block).iter().all(|&child| {
            tree.idom(child) == Some(block)
                && tree.level(child) == tree.level(block) + 1
        })
        && (index == 0) == tree.idom(block).is_none();
    is_good.then_some(()).ok_or(format!("{block}: {preorder:?}"))
}

/// The loops by their definition: for each header its blocks.
fn naive(
    flow: &ControlFlow,
    tree: &DominatorTree,
) -> BTreeMap<Block, BTreeSet<Block>> {
    let mut loops: BTreeMap<Block, BTreeSet<Block>> = BTreeMap::new();
    for &header in flow.reverse_postorder() {
        let is_latch = |&block: &Block| {
            flow.is_reachable(block) && tree.dominates(header, block)
        };
        let latches = flow.predecessors(header).iter().copied();
        let mut next: Vec<Block> = latches.filter(is_latch).collect();
        if next.is_empty() {
            continue;
        }
        let blocks = loops.entry(header).or_default();
        blocks.insert(header);
        while let Some(block) = next.pop() {
            if blocks.insert(block) {
                let sources = flow.predecessors(block).iter().copied();
                next.extend(sources.filter(|&it| flow.is_reachable(it)));
            }
        }
    }
    loops
}

#[test]
fn a_loop_is_what_leads_back_to_its_header() {
    check("loops", |function, analyses| {
        let (flow, tree) = (analyses.flow(function), analyses.tree(function));
        let loops = analyses.loops(function);
        let expected = naive(&flow, &tree);
        let found: BTreeMap<Block, BTreeSet<Block>> = loops
            .all()
            .map(|l| {
                let blocks = flow.reverse_postorder().iter().copied();
                let blocks = blocks.filter(|&b| loops.contains(l, b));
                (loops.header(l), blocks.collect())
            })
            .collect();
        if found != expected {
            return Err(format!("{found:?}, not {expected:?}"));
        }
        for &block in flow.reverse_postorder() {
            check_depth(&loops, &expected, block)?;
        }
        Ok(found.len())
    });
}

/// The innermost loop around a block is the smallest, and its parents are
/// the others.
fn check_depth(
    loops: &Loops,
    expected: &BTreeMap<Block, BTreeSet<Block>>,
    block: Block,
) -> Result<(), String> {
    let mut around: Vec<(usize, Block)> = expected
        .iter()
        .filter(|(_, blocks)| blocks.contains(&block))
        .map(|(&header, blocks)| (blocks.len(), header))
        .collect();
    around.sort();
    let around: Vec<Block> = around.iter().map(|&(_, h)| h).collect();
    let up =
        std::iter::successors(loops.innermost(block), |&l| loops.parent(l));
    let found: Vec<Block> = up.map(|l| loops.header(l)).collect();
    let is_good =
        found == around && loops.depth(block) as usize == around.len();
    is_good.then_some(()).ok_or(format!("{block}: {found:?}, not {around:?}"))
}

/// The dominance frontier of a block, by its definition.
fn frontier(
    flow: &ControlFlow,
    tree: &DominatorTree,
    block: Block,
) -> Vec<Block> {
    let blocks = flow.reverse_postorder().iter().copied();
    let is_beyond = |&joint: &Block| {
        let sources = flow.predecessors(joint).iter();
        let mut sources = sources.filter(|&&it| flow.is_reachable(it));
        sources.any(|&from| tree.dominates(block, from))
            && (joint == block || !tree.dominates(block, joint))
    };
    blocks.filter(is_beyond).collect()
}

/// The loop that computes a point of the Mandelbrot set. The book draws its
/// tree from this.
#[test]
fn the_dominator_tree_of_mandelbrots_kernel() {
    let program = include_str!("../../chapter1/programs/mandelbrot.ks");
    let start = program.find("def unary").expect("operators");
    let end = program.find("# Far points").expect("the next function");
    let module = programs::lower(&program[start..end]).pop();
    let function = &module.expect("definitions").functions[0];
    assert_eq!(&*function.name, "escape");
    let mut analyses = Analyses::default();
    let (flow, tree) = (analyses.flow(function), analyses.tree(function));
    let loops = analyses.loops(function);
    let lines = flow.reverse_postorder().iter().map(|&block| {
        let next: Vec<Block> = function.successors(block).collect();
        format!(
            "{block} leads to {next:?}: level {}, dominates {:?}, frontier \
             {:?}, in {} loops\n",
            tree.level(block),
            tree.children(block),
            frontier(&flow, &tree, block),
            loops.depth(block)
        )
    });
    insta::assert_snapshot!(lines.collect::<String>());

    let drawing = include_str!("../../book/figures/dominators.svg");
    let said: Vec<&str> = drawing.split_whitespace().collect();
    for &block in flow.reverse_postorder() {
        let below = below(&tree, block);
        assert!(said.join(" ").contains(&below), "{below}");
    }
}

/// What the picture says of the blocks below another one: a sentence, or
/// nothing.
fn below(tree: &DominatorTree, block: Block) -> String {
    let mut names: Vec<String> =
        tree.children(block).iter().map(Block::to_string).collect();
    names.sort();
    let level = tree.level(block) + 1;
    match &names[..] {
        [] => String::new(),
        [name] => format!("Below {block} is {name}, on level {level}."),
        [names @ .., last] => {
            let names = names.join(", ");
            format!("Below {block} are {names} and {last}, on level {level}.")
        }
    }
}

/// In a nest of loops, each block that begins or ends one has all the headers
/// around it in its frontier.
#[test]
fn the_frontiers_of_a_nest_of_loops_are_as_large_as_its_square() {
    let size = |depth: usize| {
        let mut text = String::from("def f(x) ");
        for i in 0..depth {
            text += &format!("for i{i} = 1, i{i} < x in ");
        }
        let module = programs::lower(&(text + "x;")).pop();
        let function = &module.expect("a definition").functions[0];
        let mut analyses = Analyses::default();
        let (flow, tree) = (analyses.flow(function), analyses.tree(function));
        let blocks = flow.reverse_postorder().iter();
        blocks.map(|&block| frontier(&flow, &tree, block).len()).sum::<usize>()
    };
    assert_eq!([1, 2, 10, 100].map(size), [1, 4, 100, 10_000]);
}
