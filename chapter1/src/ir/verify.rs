//! The verifier: what must hold of every function.
//!
//! It trusts nothing but the tables' own memory, and asks in an order in
//! which each question may rely on the answers before it: the indices are in
//! range; the blocks end as blocks do and define each value once; operands
//! have the right types and number; and every use is dominated by its
//! definition. Blocks that cannot be reached are held to all but the last.

mod error;

pub use error::{Problem, VerifyError};

use super::dominators::{ControlFlow, Dominators};
use super::entities::{Block, Inst, Value};
use super::function::{Function, Module, Signature, ValueDef};
use super::instruction::{BlockCall, InstData, Type};
use cranelift_entity::{EntitySet, SecondaryMap};
use std::collections::HashSet;
use std::fmt;

/// Checks a module: each function by itself, and that their names differ.
///
/// # Errors
/// The first broken rule found.
pub fn verify_module(module: &Module) -> Result<(), VerifyError> {
    let mut names = HashSet::new();
    for function in &module.functions {
        if !names.insert(function.name.as_str()) {
            return Err(VerifyError {
                function: function.name.clone(),
                place: None,
                problem: Problem::DuplicateName,
            });
        }
        verify(function)?;
    }
    Ok(())
}

/// Checks a function.
///
/// # Errors
/// The first broken rule found.
// ANCHOR: verify
pub fn verify(function: &Function) -> Result<(), VerifyError> {
    let mut verifier = Verifier { function, definitions: SecondaryMap::new() };
    verifier.function()?;
    verifier.ranges()?;
    for (block, data) in &function.blocks {
        let removed = data.insts.is_empty() && data.params.is_empty();
        if !removed || block == function.entry() {
            verifier.layout(block)?;
        }
    }
    verifier.placed_once()?;
    verifier.operands()?;
    verifier.dominance()
}
// ANCHOR_END: verify

/// Where a value is defined: after `position` instructions of the block.
#[derive(Clone, Copy, PartialEq, Debug)]
struct Definition {
    block: Block,
    position: usize,
}

struct Verifier<'f> {
    function: &'f Function,
    definitions: SecondaryMap<Value, Option<Definition>>,
}

type Verdict = Result<(), VerifyError>;

impl Verifier<'_> {
    /// The function as a whole.
    fn function(&self) -> Verdict {
        let function = self.function;
        let insts = function.insts.len();
        if function.results.len() != insts || function.spans.len() != insts {
            return Err(self.error(None, Problem::Tables));
        }
        if function.signature.result.is_none() {
            return Err(self.error(None, Problem::NoResult));
        }
        if function.blocks.is_empty() {
            return Err(self.error(None, Problem::NoEntry));
        }
        Ok(())
    }

    /// Everything that the blocks refer to exists.
    fn ranges(&self) -> Verdict {
        let function = self.function;
        for (block, data) in &function.blocks {
            let place = || Some(block.to_string());
            for &param in function.params(block) {
                self.exists(place, &function.values, param)?;
            }
            for &inst in &data.insts {
                self.exists(place, &function.insts, inst)?;
                self.inst_ranges(inst)?;
            }
        }
        Ok(())
    }

    fn inst_ranges(&self, inst: Inst) -> Verdict {
        let function = self.function;
        let place = || Some(function.display_inst(inst).to_string());
        let mut operands = Vec::new();
        function.visit_operands(inst, |value| operands.push(value));
        operands.extend(function.results[inst].expand());
        for value in operands {
            self.exists(place, &function.values, value)?;
        }
        for target in function.insts[inst].targets() {
            self.exists(place, &function.blocks, target.block)?;
        }
        match function.insts[inst] {
            InstData::Load(slot) | InstData::Store { slot, .. } => {
                self.exists(place, &function.slots, slot)
            }
            InstData::Call { callee, .. } => {
                self.exists(place, &function.callees, callee)
            }
            _ => Ok(()),
        }
    }

    /// A block's parameters and instructions define what they say they do,
    /// and its last instruction alone ends it.
    fn layout(&mut self, block: Block) -> Verdict {
        let function = self.function;
        let place = || Some(block.to_string());
        for (index, &param) in function.params(block).iter().enumerate() {
            let def = ValueDef::Param(block, index as u32);
            if function.values[param].def != def {
                return Err(self.error(place(), Problem::Redefined(param)));
            }
            self.definitions[param] = Some(Definition { block, position: 0 });
        }
        let insts = &function.blocks[block].insts;
        let Some((&last, others)) = insts.split_last() else {
            return Err(self.error(place(), Problem::NoTerminator));
        };
        if !function.insts[last].is_terminator() {
            return Err(self.error(place(), Problem::NoTerminator));
        }
        let is_early = |&&inst: &&Inst| function.insts[inst].is_terminator();
        if let Some(&early) = others.iter().find(is_early) {
            return Err(self.at(early, Problem::EarlyTerminator));
        }
        for (index, &inst) in insts.iter().enumerate() {
            self.result(inst)?;
            if let Some(result) = function.results[inst].expand() {
                let position = index + 1;
                let definition = Definition { block, position };
                self.definitions[result] = Some(definition);
            }
        }
        Ok(())
    }

    /// An instruction's result agrees with the instruction.
    fn result(&self, inst: Inst) -> Verdict {
        let function = self.function;
        let result = function.results[inst].expand();
        let found = result.map(|value| function.values[value].ty);
        if found != function.result_type(&function.insts[inst]) {
            return Err(self.at(inst, Problem::WrongResult));
        }
        match result {
            Some(value)
                if function.values[value].def != ValueDef::Inst(inst) =>
            {
                Err(self.at(inst, Problem::Redefined(value)))
            }
            _ => Ok(()),
        }
    }

    /// No instruction has two places. With that, and with every definition
    /// recorded where it stands, each value is defined once.
    fn placed_once(&self) -> Verdict {
        let mut placed = EntitySet::new();
        for data in self.function.blocks.values() {
            for &inst in &data.insts {
                if !placed.insert(inst) {
                    return Err(self.at(inst, Problem::PlacedTwice));
                }
            }
        }
        Ok(())
    }

    /// Operands are defined somewhere, and agree in type and number with
    /// what is done with them.
    fn operands(&self) -> Verdict {
        let function = self.function;
        let entry = function.entry();
        let params = function.params(entry).iter();
        let found = params.map(|&param| function.values[param].ty);
        if !found.eq(function.signature.params.iter().copied()) {
            let place = Some(entry.to_string());
            return Err(self.error(place, Problem::EntryParams));
        }
        for data in function.blocks.values() {
            for &inst in &data.insts {
                self.operands_defined(inst)?;
                self.operand_types(inst)?;
            }
        }
        Ok(())
    }

    fn operands_defined(&self, inst: Inst) -> Verdict {
        let mut removed = None;
        self.function.visit_operands(inst, |value| {
            if self.definitions[value].is_none() {
                removed = removed.or(Some(value));
            }
        });
        match removed {
            Some(value) => Err(self.at(inst, Problem::RemovedValue(value))),
            None => Ok(()),
        }
    }

    fn operand_types(&self, inst: Inst) -> Verdict {
        let function = self.function;
        let number = |value| self.has_type(inst, value, Type::F64);
        let truth = |value| self.has_type(inst, value, Type::Bool);
        match &function.insts[inst] {
            InstData::Const(_) | InstData::BoolConst(_) | InstData::Load(_) => {
                Ok(())
            }
            InstData::Binary { args, .. } | InstData::Compare { args, .. } => {
                args.iter().copied().try_for_each(number)
            }
            InstData::FromBool(value) => truth(*value),
            InstData::Select { condition, args: [a, b] } => {
                truth(*condition)?;
                self.has_type(inst, *b, function.values[*a].ty)
            }
            InstData::Store { slot, value } => {
                self.has_type(inst, *value, function.slots[*slot])
            }
            InstData::Call { callee, args } => {
                let params = &function.callees[*callee].signature.params;
                let args = args.as_slice(&function.lists);
                self.arguments(inst, callee, params.iter().copied(), args)
            }
            InstData::Jump(target) => self.target(inst, target),
            InstData::Branch { condition, targets } => {
                truth(*condition)?;
                targets.iter().try_for_each(|target| self.target(inst, target))
            }
            InstData::Return(value) => match function.signature {
                Signature { result: Some(ty), .. } => {
                    self.has_type(inst, *value, ty)
                }
                Signature { result: None, .. } => Ok(()),
            },
        }
    }

    /// A jump's target can be jumped to, and gets what it takes.
    fn target(&self, inst: Inst, target: &BlockCall) -> Verdict {
        let function = self.function;
        let BlockCall { block, .. } = *target;
        if block == function.entry() {
            return Err(self.at(inst, Problem::EntryTarget));
        }
        if function.blocks[block].insts.is_empty() {
            return Err(self.at(inst, Problem::RemovedBlock(block)));
        }
        let params = function.params(block).iter();
        let params = params.map(|&param| function.values[param].ty);
        self.arguments(inst, &block, params, function.args(target))
    }

    fn arguments(
        &self,
        inst: Inst,
        target: &dyn fmt::Display,
        params: impl ExactSizeIterator<Item = Type>,
        args: &[Value],
    ) -> Verdict {
        if params.len() != args.len() {
            let (expected, found) = (params.len(), args.len());
            let target = target.to_string();
            let problem = Problem::ArgumentCount { target, expected, found };
            return Err(self.at(inst, problem));
        }
        params.zip(args).try_for_each(|(ty, &arg)| self.has_type(inst, arg, ty))
    }

    fn has_type(&self, inst: Inst, value: Value, expected: Type) -> Verdict {
        let found = self.function.values[value].ty;
        if found == expected {
            return Ok(());
        }
        Err(self.at(inst, Problem::WrongType { value, expected, found }))
    }

    /// In what can be reached, definitions come before uses.
    // ANCHOR: dominance
    fn dominance(&self) -> Verdict {
        let function = self.function;
        let flow = ControlFlow::compute(function);
        let dominators = Dominators::compute(&flow);
        for &block in flow.reverse_postorder() {
            let insts = &function.blocks[block].insts;
            for (position, &inst) in insts.iter().enumerate() {
                let mut early = None;
                function.visit_operands(inst, |value| {
                    let definition = self.definitions[value];
                    let is_before = definition.is_some_and(|definition| {
                        match definition.block == block {
                            true => definition.position <= position,
                            false => {
                                dominators.dominates(definition.block, block)
                            }
                        }
                    });
                    if !is_before {
                        early = early.or(Some(value));
                    }
                });
                if let Some(value) = early {
                    return Err(self.at(inst, Problem::NotDominated(value)));
                }
            }
        }
        Ok(())
    }
    // ANCHOR_END: dominance

    fn exists<K, V>(
        &self,
        place: impl FnOnce() -> Option<String>,
        table: &cranelift_entity::PrimaryMap<K, V>,
        key: K,
    ) -> Verdict
    where
        K: cranelift_entity::EntityRef + fmt::Display,
    {
        if table.is_valid(key) {
            return Ok(());
        }
        Err(self.error(place(), Problem::OutOfRange(key.to_string())))
    }

    fn at(&self, inst: Inst, problem: Problem) -> VerifyError {
        let place = self.function.display_inst(inst).to_string();
        self.error(Some(place), problem)
    }

    fn error(&self, place: Option<String>, problem: Problem) -> VerifyError {
        VerifyError { function: self.function.name.clone(), place, problem }
    }
}

#[cfg(test)]
mod tests;
