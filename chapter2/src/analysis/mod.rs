//! What passes ask of a function, computed once and kept as long as it is
//! true.
//!
//! | file | what it knows |
//! |---|---|
//! | `dominators` | which block lies on every way to which |
//! | `tree` | the dominator tree, downwards |
//! | `loops` | which blocks are a loop, and which loop is in which |
//! | `edges` | the ways into each block |
//! | `uses` | who reads a value |

mod dominators;
mod edges;
mod loops;
mod tree;
mod uses;

pub use edges::{Edge, Edges};
pub use loops::{Loop, Loops};
pub use tree::DominatorTree;
pub use uses::{Use, Uses};

use chapter1::ir::{ControlFlow, Function};
use std::rc::Rc;

/// What is known of a function's control flow.
#[derive(Default)]
pub struct Analyses {
    flow: Option<Rc<ControlFlow>>,
    tree: Option<Rc<DominatorTree>>,
    loops: Option<Rc<Loops>>,
}

impl Analyses {
    /// The order of the blocks, and their predecessors.
    pub fn flow(&mut self, function: &Function) -> Rc<ControlFlow> {
        let compute = || Rc::new(ControlFlow::compute(function));
        self.flow.get_or_insert_with(compute).clone()
    }

    /// Which block lies on every way to which.
    pub fn tree(&mut self, function: &Function) -> Rc<DominatorTree> {
        let flow = self.flow(function);
        let compute = || Rc::new(DominatorTree::compute(&flow));
        self.tree.get_or_insert_with(compute).clone()
    }

    /// The loops.
    pub fn loops(&mut self, function: &Function) -> Rc<Loops> {
        let (flow, tree) = (self.flow(function), self.tree(function));
        let compute = || Rc::new(Loops::compute(&flow, &tree));
        self.loops.get_or_insert_with(compute).clone()
    }

    /// Forgets all: blocks, or the ways between them, have changed.
    pub fn forget(&mut self) {
        *self = Analyses::default();
    }
}
