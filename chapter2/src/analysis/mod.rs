//! What passes ask of a function, computed once and kept as long as it is
//! true.
//!
//! | file | what it knows |
//! |---|---|
//! | `tree` | the dominator tree, downwards |
//! | `loops` | which blocks are a loop, and which loop is in which |
//! | `edges` | the ways into each block |
//! | `uses` | who reads a value |

mod edges;
mod loops;
mod tree;
mod uses;

pub use edges::{Edge, Edges};
pub use loops::{Loop, Loops};
pub use tree::DominatorTree;
pub use uses::{Use, Uses};

use chapter1::ir::{Callee, ControlFlow, Function};
use chapter1::symbol::Symbol;
use cranelift_entity::{EntityRef, SecondaryMap};
use rustc_hash::FxHashSet;
use std::rc::Rc;
use std::sync::Arc;

/// The functions whose calls are pure: they yield a number, always the same
/// for the same arguments, and do nothing else. They may be called once
/// instead of twice, earlier, or not at all.
///
/// A name alone says nothing about that. Who fills this has made sure of what
/// the name is bound to.
pub type Pure = Arc<FxHashSet<Symbol>>;

/// A table with so many entries from the start: growing costs more than
/// writing does.
pub(crate) fn table<K: EntityRef, V: Clone + Default>(
    count: usize,
) -> SecondaryMap<K, V> {
    let mut table = SecondaryMap::new();
    table.resize(count);
    table
}

/// What is known of a function's control flow.
#[derive(Default)]
// ANCHOR: Analyses
pub struct Analyses {
    flow: Option<Rc<ControlFlow>>,
    tree: Option<Rc<DominatorTree>>,
    loops: Option<Rc<Loops>>,
    pure: Pure,
}
// ANCHOR_END: Analyses

impl Analyses {
    /// Nothing is known but which functions are pure.
    pub fn new(pure: Pure) -> Analyses {
        Analyses { pure, ..Analyses::default() }
    }

    /// Whether calls of a function that `function` declares are pure.
    pub fn is_pure(&self, function: &Function, callee: Callee) -> bool {
        self.pure.contains(&function.callees[callee].name)
    }

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
    // ANCHOR: loops
    pub fn loops(&mut self, function: &Function) -> Rc<Loops> {
        let (flow, tree) = (self.flow(function), self.tree(function));
        let compute = || Rc::new(Loops::compute(&flow, &tree));
        self.loops.get_or_insert_with(compute).clone()
    }
    // ANCHOR_END: loops

    /// Forgets all but what is pure: blocks, or the ways between them, have
    /// changed.
    pub fn forget(&mut self) {
        *self = Analyses::new(self.pure.clone());
    }
}
