//! The control-flow graph of a recipe.

use super::recipe::{Edge, Exit, FunctionRecipe, Pick};
use chapter1::ir::{
    Block, ControlFlow, Dominators, Function, FunctionBuilder, Signature,
};
use chapter1::symbol::Symbol;

/// An edge whose target is known.
#[derive(Clone, Copy)]
pub struct Target {
    pub node: usize,
    pub edge: Edge,
    /// Whether it leads to a block that is not further on. Such an edge may
    /// be taken only while trips remain.
    pub back: bool,
}

#[derive(Clone, Copy)]
pub enum End {
    Jump(Target),
    Branch(Pick, Target, Target),
    /// To the first target while trips remain, then to the second.
    Guard(Target, Target),
    Return(Pick),
    /// The exit's: return the checksum.
    Checksum,
}

/// The graph.
///
/// A branch of which one target is a back edge has the guard in its
/// condition. If both are, it moves to a *detour*, a block of its own that
/// the guard leads to.
pub struct Plan {
    pub ends: Vec<End>,
    /// The nodes in the order in which to fill them.
    pub order: Vec<usize>,
    /// For each node, the one whose values it finds at hand.
    pub base: Vec<Option<usize>>,
    pub reachable: Vec<bool>,
    pub dominators: Dominators,
}

impl Plan {
    pub fn new(recipe: &FunctionRecipe) -> Plan {
        let exit = recipe.blocks.len();
        let mut ends = Vec::new();
        let mut detours = Vec::new();
        for (node, block) in recipe.blocks.iter().enumerate() {
            let mut end = end(node, exit, &block.exit);
            if let End::Branch(_, then, otherwise) = end
                && then.back
                && otherwise.back
            {
                let edge = Edge { distance: 0, ..then.edge };
                let target = |node| Target { node, edge, back: false };
                let detour = target(exit + 1 + detours.len());
                detours.push((node, end));
                end = End::Guard(detour, target(node + 1));
            }
            ends.push(end);
        }
        ends.push(End::Checksum);
        ends.extend(detours.iter().map(|(_, end)| *end));
        let flow = ControlFlow::compute(&skeleton(&ends));
        let dominators = Dominators::compute(&flow);
        let index = |block: Block| block.as_u32() as usize;
        let mut order: Vec<usize> =
            flow.reverse_postorder().iter().copied().map(index).collect();
        let reachable: Vec<bool> =
            (0..ends.len()).map(|n| flow.is_reachable(block(n))).collect();
        order.extend((0..ends.len()).filter(|&node| !reachable[node]));
        let base = |node: usize| match node.checked_sub(exit + 1) {
            Some(detour) => Some(detours[detour].0),
            None if reachable[node] => dominators.idom(block(node)).map(index),
            None => Some(0),
        };
        let base = (0..ends.len()).map(base).collect();
        Plan { ends, order, base, reachable, dominators }
    }
}

fn end(node: usize, exit: usize, recipe: &Exit) -> End {
    let target = |edge: Edge| {
        let distance = usize::from(edge.distance.unsigned_abs());
        let back = edge.distance <= 0 && node > 0;
        let node = match back {
            true => node.saturating_sub(distance).max(1),
            false => (node + distance.max(1)).min(exit),
        };
        Target { node, edge, back }
    };
    match *recipe {
        Exit::Jump(edge) if target(edge).back => {
            let next = Target { node: node + 1, edge, back: false };
            End::Guard(target(edge), next)
        }
        Exit::Jump(edge) => End::Jump(target(edge)),
        Exit::Branch(condition, then, otherwise) => {
            End::Branch(condition, target(then), target(otherwise))
        }
        Exit::Fork(condition, then, otherwise) => {
            let distance = then.distance;
            let otherwise = Edge { distance, ..otherwise };
            End::Branch(condition, target(then), target(otherwise))
        }
        Exit::Return(pick) => End::Return(pick),
    }
}

/// The block of a node, before rotation.
pub fn block(node: usize) -> Block {
    Block::from_u32(node as u32)
}

/// A function with the plan's edges and nothing else.
fn skeleton(ends: &[End]) -> Function {
    let signature = Signature::kaleidoscope(0);
    let mut function = Function::new(Symbol::new("skeleton"), signature);
    let mut builder = FunctionBuilder::new(&mut function);
    for _ in 1..ends.len() {
        builder.create_block();
    }
    for (node, end) in ends.iter().enumerate() {
        builder.switch_to(block(node));
        match end {
            End::Jump(target) => builder.jump(block(target.node), &[]),
            End::Branch(_, a, b) | End::Guard(a, b) => {
                let truth = builder.bool_constant(true);
                let (a, b) = (block(a.node), block(b.node));
                builder.branch(truth, (a, &[]), (b, &[]));
            }
            End::Return(_) | End::Checksum => {}
        }
    }
    function
}
