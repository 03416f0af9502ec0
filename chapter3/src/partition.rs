//! What is compiled together with a function that is called.

use crate::modules::Modules;
use chapter1::definitions::Definitions;
use chapter1::ir::{Block, Callee, Function, InstData};
use chapter1::symbol::Symbol;
use rustc_hash::{FxHashMap, FxHashSet};

/// Says what to compile when a function is called for the first time.
// ANCHOR: Partition
pub trait Partition: Send + Sync + 'static {
    /// Other functions to be compiled with the one that is `called`. Names
    /// without a definition, and the one itself, are left out.
    fn with(&self, called: &Symbol, program: &Program<'_>) -> Vec<Symbol>;
}
// ANCHOR_END: Partition

// ANCHOR: closure
impl<F> Partition for F
where
    F: Fn(&Symbol, &Program<'_>) -> Vec<Symbol> + Send + Sync + 'static,
{
    fn with(&self, called: &Symbol, program: &Program<'_>) -> Vec<Symbol> {
        self(called, program)
    }
}
// ANCHOR_END: closure

/// What a partition can know.
pub struct Program<'p> {
    /// What is defined, and who calls whom.
    pub definitions: &'p Definitions,
    pub(crate) modules: &'p Modules,
}

impl Program<'_> {
    /// The definitions that stand with this one in a text, itself among them.
    pub fn module(&self, name: &Symbol) -> Vec<Symbol> {
        self.modules.members(name)
    }

    /// What a function calls on every way through it, as far as its blocks
    /// tell.
    // ANCHOR: certain_callees_of
    pub fn certain_callees(&self, name: &Symbol) -> Vec<Symbol> {
        let definition = self.definitions.get(name);
        let module = definition.and_then(|it| self.definitions.module(&it));
        let functions = module.into_iter().flat_map(|it| it.functions);
        let function = { functions }.find(|function| function.name == *name);
        function.as_ref().map_or(vec![], certain_callees)
    }
    // ANCHOR_END: certain_callees_of
}

/// The function that is called, and nothing else.
// ANCHOR: per_function
pub fn per_function(_: &Symbol, _: &Program<'_>) -> Vec<Symbol> {
    Vec::new()
}
// ANCHOR_END: per_function

/// What it calls in any case, what that calls in any case, and so on.
// ANCHOR: call_closure
pub fn call_closure(called: &Symbol, program: &Program<'_>) -> Vec<Symbol> {
    let mut closure = Vec::new();
    let mut seen = FxHashSet::from_iter([called.clone()]);
    let mut next = program.certain_callees(called);
    while let Some(name) = next.pop() {
        if seen.insert(name.clone()) {
            next.extend(program.certain_callees(&name));
            closure.push(name);
        }
    }
    closure
}
// ANCHOR_END: call_closure

/// All that stands with it in the text.
// ANCHOR: whole_module
pub fn whole_module(called: &Symbol, program: &Program<'_>) -> Vec<Symbol> {
    program.module(called)
}
// ANCHOR_END: whole_module

/// So many blocks are looked at for a function, about, before the rest of its
/// callees are left to ask for themselves.
const MAX_BLOCKS: usize = 1 << 20;

/// The callees without whose call no way leads from the beginning of a
/// function to a return.
// ANCHOR: certain_callees
fn certain_callees(function: &Function) -> Vec<Symbol> {
    let mut calling: FxHashMap<Callee, FxHashSet<Block>> = FxHashMap::default();
    for (block, data) in &function.blocks {
        for &inst in &data.insts {
            if let InstData::Call { callee, .. } = function.insts[inst] {
                calling.entry(callee).or_default().insert(block);
            }
        }
    }
    let callees = function.callees.iter();
    let looked_at = callees.take(MAX_BLOCKS / function.blocks.len());
    let certain = looked_at.filter(|(callee, _)| {
        let blocks = calling.get(callee);
        blocks.is_some_and(|blocks| !can_avoid(function, blocks))
    });
    certain.map(|(_, callee)| callee.name.clone()).collect()
}
// ANCHOR_END: certain_callees

/// Whether a way from the beginning to a return is through none of these.
// ANCHOR: can_avoid
fn can_avoid(function: &Function, blocks: &FxHashSet<Block>) -> bool {
    let mut seen = FxHashSet::default();
    let mut next = vec![function.entry()];
    while let Some(block) = next.pop() {
        if blocks.contains(&block) || !seen.insert(block) {
            continue;
        }
        let end = function.terminator(block);
        if let InstData::Return(_) = function.insts[end] {
            return true;
        }
        next.extend(function.successors(block));
    }
    false
}
// ANCHOR_END: can_avoid
