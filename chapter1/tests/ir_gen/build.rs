//! From a recipe to its module.
//!
//! The blocks are laid out first, as a graph in which a *node* is a block of
//! the recipe, the exit after the last of them, or a detour (see
//! [`Plan`]). Then they are filled, dominators first, each with the
//! values of those that dominate it at hand.

use super::plan::{End, Plan, Target, block};
use super::recipe::{BlockRecipe, FunctionRecipe, ModuleRecipe, Pick};
use chapter1::ir::{
    BinaryOp, Block, Callee, FloatCondition, Function, FunctionBuilder, Module,
    Signature, Slot, Type, Value,
};
use chapter1::span::Span;
use chapter1::symbol::Symbol;
use std::collections::HashMap;

impl ModuleRecipe {
    /// The module, which is valid.
    pub fn build(&self) -> Module {
        let functions = (0..self.functions.len()).map(|index| {
            let recipe = &self.functions[index];
            let mut function =
                Function::new(Symbol::new(&name(index)), signature(recipe));
            let plan = Plan::new(recipe);
            Emitter::new(self, index, &plan, &mut function).emit();
            function
        });
        Module { functions: functions.collect() }
    }
}

/// The names of the functions; one of them needs quotes.
pub(super) fn name(index: usize) -> String {
    match index {
        0 => "main".to_owned(),
        1 => "binary|".to_owned(),
        _ => format!("helper_{index}"),
    }
}

pub(super) fn signature(recipe: &FunctionRecipe) -> Signature {
    Signature {
        params: recipe.params.clone().into_boxed_slice(),
        result: Some(recipe.result),
    }
}

/// What is at hand at some point.
#[derive(Clone, Default)]
pub(super) struct Scope {
    pub(super) numbers: Vec<Value>,
    pub(super) truths: Vec<Value>,
    /// Which slots have been written for certain.
    pub(super) stored: Vec<bool>,
    /// How many trips remain, if no slot says so.
    pub(super) counter: Option<Value>,
    /// The same after a back edge.
    pub(super) decremented: Option<Value>,
}

pub(super) struct Emitter<'a> {
    pub(super) module: &'a ModuleRecipe,
    pub(super) index: usize,
    pub(super) recipe: &'a FunctionRecipe,
    pub(super) plan: &'a Plan,
    pub(super) builder: FunctionBuilder<'a>,
    pub(super) callees: HashMap<String, Callee>,
    /// The blocks of the nodes.
    pub(super) blocks: Vec<Block>,
    /// For each node, what is at hand at its end.
    pub(super) scopes: Vec<Scope>,
    /// What is at hand now.
    pub(super) scope: Scope,
}

impl<'a> Emitter<'a> {
    fn new(
        module: &'a ModuleRecipe,
        index: usize,
        plan: &'a Plan,
        function: &'a mut Function,
    ) -> Emitter<'a> {
        let recipe = &module.functions[index];
        let mut builder = FunctionBuilder::new(function);
        let others = plan.ends.len() - 1;
        for _ in 0..others {
            builder.create_block();
        }
        let rotated = |node| 1 + (node + usize::from(recipe.rotation)) % others;
        let blocks = [0].into_iter().chain((0..others).map(rotated));
        Emitter {
            module,
            index,
            recipe,
            plan,
            builder,
            callees: HashMap::new(),
            blocks: blocks.map(block).collect(),
            scopes: vec![Scope::default(); plan.ends.len()],
            scope: Scope::default(),
        }
    }

    fn emit(mut self) {
        for &ty in &self.recipe.slots {
            self.builder.create_slot(ty);
        }
        if self.recipe.counter_in_slot {
            self.builder.create_slot(Type::F64);
        }
        let emitted =
            |&node: &usize| self.plan.reachable[node] || !self.recipe.prune;
        let order: Vec<usize> =
            self.plan.order.iter().copied().filter(emitted).collect();
        for &node in &order {
            self.append_params(node);
        }
        for node in order {
            self.node(node);
        }
    }

    /// The block of the recipe that a node is made from; none for the exit
    /// and for detours.
    fn block_recipe(&self, node: usize) -> Option<&'a BlockRecipe> {
        self.recipe.blocks.get(node)
    }

    /// Gives a block its parameters. The entry has the function's, so the
    /// exit gets those that the recipe has for the entry. Detours have none.
    fn append_params(&mut self, node: usize) {
        let exit = self.recipe.blocks.len();
        if node == 0 || node > exit {
            return;
        }
        let block = self.blocks[node];
        if !self.recipe.counter_in_slot {
            self.builder.append_param(block, Type::F64);
        }
        let recipe = self.block_recipe(node % exit).expect("not a detour");
        for &ty in &recipe.params {
            self.builder.append_param(block, ty);
        }
    }

    fn node(&mut self, node: usize) {
        self.scope = match self.plan.base[node] {
            Some(base) => self.scopes[base].clone(),
            None => Scope {
                stored: vec![false; self.recipe.slots.len()],
                ..Scope::default()
            },
        };
        let block = self.blocks[node];
        self.builder.switch_to(block);
        self.builder.set_span(Span::new(node, node + 1));
        let params = self.builder.function.params(block).to_vec();
        for &param in &params {
            self.have(param);
        }
        self.counter(node, &params);
        if let Some(recipe) = self.block_recipe(node) {
            recipe.steps.iter().for_each(|step| self.step(step));
        }
        self.end(node);
        self.scopes[node] = std::mem::take(&mut self.scope);
    }

    /// Sets the counter of trips up, or finds it.
    fn counter(&mut self, node: usize, params: &[Value]) {
        let is_detour = node > self.recipe.blocks.len();
        if node == 0 {
            let trips = f64::from(self.recipe.trips);
            let trips = self.builder.constant(trips);
            match self.counter_slot() {
                Some(slot) => self.builder.store(slot, trips),
                None => self.scope.counter = Some(trips),
            }
        } else if !is_detour && self.counter_slot().is_none() {
            self.scope.counter = Some(params[0]);
        }
    }

    fn counter_slot(&self) -> Option<Slot> {
        let slot = Slot::from_u32(self.recipe.slots.len() as u32);
        self.recipe.counter_in_slot.then_some(slot)
    }

    /// Adds a value to those at hand.
    pub(super) fn have(&mut self, value: Value) {
        match self.builder.function.values[value].ty {
            Type::F64 => self.scope.numbers.push(value),
            Type::Bool => self.scope.truths.push(value),
        }
    }

    pub(super) fn pick(&mut self, ty: Type, pick: Pick) -> Value {
        let list = match ty {
            Type::F64 => &self.scope.numbers,
            Type::Bool => &self.scope.truths,
        };
        if let Some(back) = usize::from(pick).checked_rem(list.len()) {
            return list[list.len() - 1 - back];
        }
        let value = match (ty, &self.scope.numbers[..]) {
            (Type::F64, _) => self.builder.constant(0.0),
            (Type::Bool, [.., a, b]) => {
                self.builder.compare(FloatCondition::Ult, *a, *b)
            }
            (Type::Bool, _) => self.builder.bool_constant(false),
        };
        self.have(value);
        value
    }

    pub(super) fn number(&mut self, pick: Pick) -> Value {
        self.pick(Type::F64, pick)
    }

    pub(super) fn truth(&mut self, pick: Pick) -> Value {
        self.pick(Type::Bool, pick)
    }

    fn end(&mut self, node: usize) {
        match self.plan.ends[node] {
            End::Jump(target) => {
                let args = self.args(node, &target);
                self.builder.jump(self.blocks[target.node], &args);
            }
            End::Branch(condition, then, otherwise) => {
                let mut condition = self.truth(condition);
                // A detour has been reached through a guard.
                let is_detour = node > self.recipe.blocks.len();
                if !is_detour && (then.back || otherwise.back) {
                    let guard = self.guard();
                    let way_out = self.builder.bool_constant(otherwise.back);
                    condition = self.builder.select(guard, condition, way_out);
                }
                self.branch(node, condition, &then, &otherwise);
            }
            End::Guard(back, next) => {
                let guard = self.guard();
                self.branch(node, guard, &back, &next);
            }
            End::Return(pick) => {
                let value = self.pick(self.recipe.result, pick);
                self.builder.ret(value);
            }
            End::Checksum => {
                let value = self.checksum();
                self.builder.ret(value);
            }
        }
    }

    fn branch(
        &mut self,
        node: usize,
        condition: Value,
        then: &Target,
        otherwise: &Target,
    ) {
        let then_args = self.args(node, then);
        let otherwise_args = self.args(node, otherwise);
        self.builder.branch(
            condition,
            (self.blocks[then.node], &then_args),
            (self.blocks[otherwise.node], &otherwise_args),
        );
    }

    /// Whether trips remain; takes one off.
    fn guard(&mut self) -> Value {
        let slot = self.counter_slot();
        let counter = match slot {
            Some(slot) => self.builder.load(slot),
            None => self.scope.counter.expect("every node has a counter"),
        };
        let one = self.builder.constant(1.0);
        let decremented = self.builder.binary(BinaryOp::Sub, counter, one);
        match slot {
            Some(slot) => self.builder.store(slot, decremented),
            None => self.scope.decremented = Some(decremented),
        }
        let zero = self.builder.constant(0.0);
        self.builder.compare(FloatCondition::Ult, zero, counter)
    }

    /// The arguments of an edge.
    fn args(&mut self, node: usize, target: &Target) -> Vec<Value> {
        let edge = target.edge;
        let mut params =
            self.builder.function.params(self.blocks[target.node]).to_vec();
        let mut args = Vec::new();
        if !params.is_empty() && !self.recipe.counter_in_slot {
            params.remove(0);
            let counter = match target.back {
                true => self.scope.decremented,
                false => self.scope.counter,
            };
            args.push(counter.expect("every node has a counter"));
        }
        let dominators = &self.plan.dominators;
        let at_hand = dominators.dominates(block(target.node), block(node));
        for (index, &param) in params.iter().enumerate() {
            let ty = self.builder.function.values[param].ty;
            let pick = index as Pick * Pick::from(edge.stride);
            let arg = match edge.rotate {
                Some(by) if at_hand => self.rotated(&params, param, by),
                _ => self.pick(ty, edge.first.wrapping_add(pick)),
            };
            args.push(arg);
        }
        args
    }

    /// The parameter so many places after this one, among those of its type.
    fn rotated(&self, params: &[Value], param: Value, by: u8) -> Value {
        let values = &self.builder.function.values;
        let same_type = |&&other: &&Value| values[other].ty == values[param].ty;
        let same: Vec<Value> =
            params.iter().filter(same_type).copied().collect();
        let place = same.iter().position(|&other| other == param);
        same[(place.expect("its own type") + usize::from(by)) % same.len()]
    }
}
