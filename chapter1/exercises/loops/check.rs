//! Every block has the right depth, by hand and by definition.

use crate::{Verdict, ensure};
use chapter1::ir::{Block, Function, FunctionBuilder, Signature};
use chapter1::symbol::Symbol;
use cranelift_entity::SecondaryMap;

/// What an attempt is.
type Attempt = fn(&Function) -> SecondaryMap<Block, u32>;

/// Control flow: where each block can continue.
type Graph = Vec<Vec<usize>>;

/// Tries graphs drawn by hand, then many small ones.
pub(super) fn check(attempt: Attempt) -> Verdict {
    let by_hand: [(&str, Graph, &[u32]); 7] = [
        ("no loop", vec![vec![1, 2], vec![2], vec![]], &[0, 0, 0]),
        ("one loop", vec![vec![1], vec![1, 2], vec![]], &[0, 1, 0]),
        (
            "two ways back",
            vec![vec![1], vec![2, 4], vec![1, 3], vec![1], vec![]],
            &[0, 1, 1, 1, 0],
        ),
        (
            "a loop in a loop",
            vec![vec![1], vec![2], vec![2, 3], vec![1, 4], vec![]],
            &[0, 1, 2, 1, 0],
        ),
        (
            "a detour in a loop",
            vec![vec![1], vec![2, 3], vec![4], vec![4], vec![1, 5], vec![]],
            &[0, 1, 1, 1, 1, 0],
        ),
        // A ring that can be entered at two places has no header.
        ("two entries", vec![vec![1, 2], vec![2, 3], vec![1], vec![]], &[0; 4]),
        // Nobody ever comes from block 3.
        (
            "an unreachable way in",
            vec![vec![1], vec![1, 2], vec![], vec![3, 1]],
            &[0, 1, 0, 0],
        ),
    ];
    for (what, graph, expected) in by_hand {
        compare(attempt, &format!("{what}: "), &graph, expected)?;
    }
    let mut random = Random(1);
    for _ in 0..500 {
        let graph = random.graph();
        compare(attempt, "", &graph, &by_definition(&graph))?;
    }
    Ok(())
}

fn compare(
    attempt: Attempt,
    what: &str,
    graph: &Graph,
    expected: &[u32],
) -> Verdict {
    let function = function(graph);
    let found = attempt(&function);
    for (block, &expected) in function.blocks.keys().zip(expected) {
        let found = found[block];
        ensure(found == expected, || {
            let name = block;
            format!(
                "{what}{name} is in {found} loops, not in {expected}\n\
                 {function}"
            )
        })?;
    }
    Ok(())
}

/// A function of this shape.
fn function(graph: &Graph) -> Function {
    let signature = Signature::kaleidoscope(1);
    let mut function = Function::new(Symbol::new("shape"), signature);
    let mut builder = FunctionBuilder::new(&mut function);
    let mut blocks = vec![builder.current_block()];
    blocks.extend((1..graph.len()).map(|_| builder.create_block()));
    for (&block, successors) in blocks.iter().zip(graph) {
        builder.switch_to(block);
        match successors[..] {
            [next] => builder.jump(blocks[next], &[]),
            [a, b] => {
                let condition = builder.bool_constant(true);
                builder.branch(condition, (blocks[a], &[]), (blocks[b], &[]));
            }
            _ => {
                let zero = builder.constant(0.0);
                builder.ret(zero);
            }
        }
    }
    function
}

/// The blocks that `from` leads to, itself included, without entering
/// `avoiding`.
fn reach(graph: &Graph, from: usize, avoiding: Option<usize>) -> Vec<bool> {
    let mut seen = vec![false; graph.len()];
    let mut todo = vec![from];
    while let Some(block) = todo.pop() {
        if Some(block) != avoiding && !std::mem::replace(&mut seen[block], true)
        {
            todo.extend(&graph[block]);
        }
    }
    seen
}

/// How many loops each block is in, slowly: once for each header `h` to
/// which an edge leads back from the block, without passing by `h`.
fn by_definition(graph: &Graph) -> Vec<u32> {
    let blocks = 0..graph.len();
    let reachable = reach(graph, 0, None);
    let dominates = |a: usize, b: usize| {
        reachable[b] && (a == b || !reach(graph, 0, Some(a))[b])
    };
    let is_in = |block: usize, header: usize| {
        blocks.clone().any(|latch| {
            graph[latch].contains(&header)
                && dominates(header, latch)
                && (block == header || reach(graph, block, Some(header))[latch])
        })
    };
    let depth = |block: usize| {
        let headers = blocks.clone().filter(|&header| is_in(block, header));
        if reachable[block] { headers.count() as u32 } else { 0 }
    };
    blocks.clone().map(depth).collect()
}

/// A small generator of numbers, the same in each run.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        // Knuth's multiplier; the high bits are the good ones.
        self.0 = self.0.wrapping_mul(6364136223846793005).wrapping_add(1);
        (self.0 >> 33) as usize % limit
    }

    fn graph(&mut self) -> Graph {
        let blocks = 2 + self.below(8);
        // The entry has no predecessors, as the verifier demands.
        let mut successors = |_| {
            let count = self.below(4).min(2);
            (0..count).map(|_| 1 + self.below(blocks - 1)).collect()
        };
        (0..blocks).map(&mut successors).collect()
    }
}
