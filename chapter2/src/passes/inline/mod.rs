//! Inlining: a call gives way to a copy of what it calls.
//!
//! What a call costs is not so much the call as the wall: values must leave
//! their registers around it, and no other pass sees through it. The order is
//! bottom-up over the call graph, as in the inliner of Allen and Johnson
//! (*Compiling C for Vectorization, Parallelization, and Inline Expansion*,
//! 1988): what a function calls is finished before the function is looked at,
//! so that its size is known, and what was inlined in it comes along.
//!
//! | file | what it has |
//! |---|---|
//! | `graph` | the order: Tarjan's components |
//! | `splice` | the replacement itself |
//!
//! **What is inlined.** A body counts one for each instruction, [`CALL`] for a
//! call, nothing for constants, jumps and returns, which mostly vanish. A call
//! is replaced if its callee counts at most [`LIMIT`], [`PER_CONSTANT`] more
//! for each argument that is a constant (whatever depends on it can be
//! computed), and [`ONLY`] if it is the only call of its callee. (Not more: the
//! callee itself stays, for somebody may call it from the prompt.) The callee
//! must be in the module and be what the name means there: `def sin(x) 42`
//! is inlined where `sin` of the host could not be. Functions that call each
//! other in a circle are not inlined in each other. And no function grows by
//! more than it had, plus [`GROWTH`].
//!
//! `inline-self` does it once to a function that calls itself: half as many
//! calls of `fib`, each with twice the body.

mod graph;
mod splice;

use super::{Changed, ModulePass, Pass, Surroundings};
use crate::analysis::Analyses;
use chapter1::cancel::{self, Cancelled};
use chapter1::ir::{Function, Inst, InstData, Module, Value, ValueDef};
use chapter1::symbol::Symbol;
use graph::CallGraph;
use rustc_hash::FxHashMap;
use splice::Copied;

/// What a call counts.
const CALL: usize = 5;

/// What a callee may count.
const LIMIT: usize = 20;

/// How much more for each constant argument.
const PER_CONSTANT: usize = 5;

/// What a callee may count that is called once.
const ONLY: usize = 40;

/// By how much a function may grow besides its own size.
const GROWTH: usize = 200;

/// What a function may count to be inlined in itself.
const LIMIT_SELF: usize = 40;

/// How often a function may call itself to be inlined in itself.
const CALLS_SELF: usize = 4;

/// A function whose tables are larger is never copied, however little passes
/// have left of it.
const TABLES: usize = 2000;

/// The pass that looks at other functions.
pub struct Inline;

/// The pass that looks at a function's calls of itself.
pub struct InlineSelf;

impl Pass for Inline {
    fn name(&self) -> &'static str {
        "inline"
    }

    fn summary(&self) -> &'static str {
        "calls give way to copies of small functions of the module"
    }

    fn run(&self, _: &mut Function, _: &mut Analyses) -> Changed {
        Changed::Nothing
    }

    fn as_module_pass(&self) -> Option<&dyn ModulePass> {
        Some(self)
    }
}

impl ModulePass for Inline {
    fn run_on_module(
        &self,
        module: &mut Module,
        surroundings: &mut Surroundings,
    ) -> Result<Vec<Changed>, Cancelled> {
        if module.functions.len() < 2 && surroundings.bodies.is_empty() {
            return Ok(vec![Changed::Nothing; module.functions.len()]);
        }
        Inlining::new(module, surroundings).run()
    }
}

impl Pass for InlineSelf {
    fn name(&self) -> &'static str {
        "inline-self"
    }

    fn summary(&self) -> &'static str {
        "a function that calls itself gets one copy of itself"
    }

    // ANCHOR: inline_self
    fn run(&self, function: &mut Function, _: &mut Analyses) -> Changed {
        let calls = calls(function).filter(|&(_, name, args)| {
            *name == function.name && splice::fits(function, args.len())
        });
        let calls: Vec<Inst> = calls.map(|(call, ..)| call).collect();
        let is_few = (1..=CALLS_SELF).contains(&calls.len());
        if !is_few || !is_copied(function, LIMIT_SELF) {
            return Changed::Nothing;
        }
        let body = function.clone();
        let copied = &mut Copied::default();
        splice::splice(function, copied, |inst| {
            calls.contains(&inst).then_some(&body)
        });
        Changed::ControlFlow
    }
    // ANCHOR_END: inline_self
}

/// Whether a function may be a body for calls in functions outside of its
/// module.
pub fn is_candidate(function: &Function) -> bool {
    let params = function.signature.params.len();
    is_copied(function, LIMIT + PER_CONSTANT * params)
}

/// What a function counts.
fn size(function: &Function) -> usize {
    let insts = function.blocks.values().flat_map(|block| &block.insts);
    let weights = insts.map(|&inst| match function.insts[inst] {
        InstData::Const(_)
        | InstData::BoolConst(_)
        | InstData::Jump(_)
        | InstData::Return(_) => 0,
        InstData::Call { .. } => CALL,
        _ => 1,
    });
    weights.sum()
}

fn is_copied(function: &Function, limit: usize) -> bool {
    let tables =
        function.values.len() + function.insts.len() + function.blocks.len();
    tables <= TABLES && size(function) <= limit
}

/// The calls of a function, with the names of their callees and the
/// arguments.
fn calls(
    function: &Function,
) -> impl Iterator<Item = (Inst, &Symbol, &[Value])> {
    let insts = function.blocks.values().flat_map(|block| &block.insts);
    insts.filter_map(|&inst| match &function.insts[inst] {
        InstData::Call { callee, args } => {
            let name = &function.callees[*callee].name;
            Some((inst, name, args.as_slice(&function.lists)))
        }
        _ => None,
    })
}

/// The pass at work on a module.
struct Inlining<'m> {
    module: &'m mut Module,
    surroundings: &'m mut Surroundings,
    index: FxHashMap<Symbol, usize>,
    /// What each function counts; none for one that is not copied.
    sizes: Vec<Option<usize>>,
    /// How many calls of each there are.
    call_counts: FxHashMap<Symbol, usize>,
    copied: Copied,
}

impl<'m> Inlining<'m> {
    fn new(
        module: &'m mut Module,
        surroundings: &'m mut Surroundings,
    ) -> Inlining<'m> {
        let names = module.functions.iter().map(|f| f.name.clone());
        let index = names.enumerate().map(|(i, name)| (name, i)).collect();
        let mut call_counts = FxHashMap::default();
        for function in &module.functions {
            for (_, name, _) in calls(function) {
                *call_counts.entry(name.clone()).or_default() += 1;
            }
        }
        let sizes = vec![None; module.functions.len()];
        let copied = Copied::default();
        Inlining { module, surroundings, index, sizes, call_counts, copied }
    }

    fn run(mut self) -> Result<Vec<Changed>, Cancelled> {
        let graph = CallGraph::compute(&self.module.functions, &self.index);
        let mut changes = vec![Changed::Nothing; self.module.functions.len()];
        for &at in &graph.order {
            cancel::check()?;
            if self.function(at, &graph) {
                changes[at] = Changed::ControlFlow;
            }
            let function = &self.module.functions[at];
            let is_small = is_copied(function, ONLY);
            self.sizes[at] = is_small.then(|| size(function));
        }
        Ok(changes)
    }

    /// Inlines in one function. Returns whether there was anything.
    fn function(&mut self, at: usize, graph: &CallGraph) -> bool {
        let chosen = self.choose(&self.module.functions[at], at, graph);
        if chosen.is_empty() {
            return false;
        }
        let Function { name, signature, .. } = &self.module.functions[at];
        let name = name.clone();
        // Out of the module as long as others in it are looked at.
        let stand_in = Function::new(name.clone(), signature.clone());
        let functions = &mut self.module.functions;
        let mut function = std::mem::replace(&mut functions[at], stand_in);
        let mut copied = std::mem::take(&mut self.copied);
        splice::splice(&mut function, &mut copied, |inst| {
            chosen.get(&inst).map(|callee| self.body(callee))
        });
        self.copied = copied;
        self.module.functions[at] = function;
        self.note(&name, chosen.into_values());
        true
    }

    /// The calls that are to be replaced, and what they call.
    // ANCHOR: choose
    fn choose(
        &self,
        function: &Function,
        at: usize,
        graph: &CallGraph,
    ) -> FxHashMap<Inst, Symbol> {
        let mut room = GROWTH + size(function);
        let mut chosen = FxHashMap::default();
        for (call, name, args) in calls(function) {
            let index = self.index.get(name).copied();
            let is_circle = index.is_some_and(|callee| {
                graph.component[callee] == graph.component[at]
            });
            let Some(size) = self.size(name, index) else { continue };
            if is_circle
                || size > self.limit(function, name, args)
                || size > room
                || !splice::fits(self.body(name), args.len())
            {
                continue;
            }
            room -= size;
            chosen.insert(call, name.clone());
        }
        chosen
    }
    // ANCHOR_END: choose

    /// What a callee counts; none if it is not inlined.
    fn size(&self, name: &Symbol, index: Option<usize>) -> Option<usize> {
        match index {
            Some(index) => self.sizes[index],
            None => {
                let body = self.surroundings.bodies.get(name)?;
                Some(size(&body.function))
            }
        }
    }

    fn limit(
        &self,
        function: &Function,
        name: &Symbol,
        args: &[Value],
    ) -> usize {
        let is_constant = |&&arg: &&Value| match function.values[arg].def {
            ValueDef::Inst(inst) => {
                matches!(function.insts[inst], InstData::Const(_))
            }
            _ => false,
        };
        let constants = args.iter().filter(is_constant).count();
        let limit = LIMIT + PER_CONSTANT * constants;
        match self.index.contains_key(name) && self.call_counts[name] == 1 {
            true => limit.max(ONLY),
            false => limit,
        }
    }

    /// The body of a callee.
    fn body(&self, name: &Symbol) -> &Function {
        match self.index.get(name) {
            Some(&index) => &self.module.functions[index],
            None => &self.surroundings.bodies[name].function,
        }
    }

    /// Notes what was inlined in a function, and what had been inlined in
    /// that.
    fn note(&mut self, name: &Symbol, callees: impl Iterator<Item = Symbol>) {
        let Surroundings { bodies, inlined, .. } = &mut *self.surroundings;
        let mut all = inlined.remove(name).unwrap_or_default();
        for callee in callees {
            if let Some(body) = bodies.get(&callee) {
                all.extend(body.inlined.iter().cloned());
            }
            if let Some(inner) = inlined.get(&callee) {
                all.extend(inner.iter().cloned());
            }
            all.insert(callee);
        }
        inlined.insert(name.clone(), all);
    }
}

#[cfg(test)]
mod tests;
