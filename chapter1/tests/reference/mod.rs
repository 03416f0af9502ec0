//! What a program means, told a second time: an evaluator that walks the
//! tree. Of the compiler under test it uses nothing but the parser.
//!
//! It is written from the language's definition alone, rule by rule, and
//! is as plain as it can be. Where it and the compiler differ, one of the
//! two has misread that definition.

mod check;
mod eval;
mod host;
#[cfg(test)]
mod tests;

pub(crate) use host::format_f64;

use chapter1::syntax::{
    Ast, Expr, Item, Name, Operators, Parsed, Parser, Prototype,
};
use check::Check;
use eval::{Machine, Stop};
use std::collections::{BTreeSet, HashMap, HashSet};
use std::rc::Rc;

/// What becomes of one item.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Outcome {
    /// An expression has this value.
    Value(f64),
    /// A function is defined.
    Defined,
    /// A function is promised.
    Declared,
    /// A definition without effect.
    Warning,
    /// The item is not accepted, for this reason.
    Refused(String),
    /// The expression calls, directly or not, this function that nobody has
    /// defined.
    Unresolved(String),
    /// The evaluator gave up: too many steps.
    OutOfFuel,
    /// The evaluator gave up: too many calls in each other.
    TooDeep,
}

/// An item's outcome, and what the host functions wrote meanwhile.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Step {
    /// What became of the item.
    pub(crate) outcome: Outcome,
    /// What `putchard` and `printd` wrote.
    pub(crate) output: Vec<u8>,
}

/// How much an evaluation may use before the evaluator gives up.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// Expressions evaluated, by one text.
    pub(crate) fuel: u64,
    /// Calls in each other.
    pub(crate) depth: u32,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits { fuel: 100_000, depth: 1_000 }
    }
}

/// A function, or an expression to evaluate, with the tree it lives in.
struct Code {
    ast: Ast,
    params: Vec<Name>,
    body: Expr,
    calls: BTreeSet<String>,
}

/// All that earlier items have established.
#[derive(Default)]
pub(crate) struct Session {
    limits: Limits,
    operators: Operators,
    /// The number of parameters of every function defined or declared.
    arities: HashMap<String, usize>,
    definitions: HashMap<String, Rc<Code>>,
    /// Host functions that have been called under their name: a definition
    /// comes too late for them.
    bound: HashSet<String>,
}

impl Session {
    /// A session in which nothing is defined.
    pub(crate) fn new(limits: Limits) -> Session {
        Session { limits, ..Session::default() }
    }

    /// Takes the items of a text one after the other.
    pub(crate) fn run(&mut self, text: &str) -> Vec<Step> {
        let mut parser = Parser::new(text);
        let mut fuel = self.limits.fuel;
        let mut steps = Vec::new();
        loop {
            let before = self.operators;
            let mut ast = Ast::default();
            let mut output = Vec::new();
            let parsed = parser.next_item(&mut self.operators, &mut ast);
            let outcome = match parsed {
                Parsed::End => return steps,
                Parsed::Ignored(_) => Outcome::Warning,
                Parsed::Refused(error) => Outcome::Refused(error.to_string()),
                Parsed::Item(item) => self
                    .item(item, ast, &mut fuel, &mut output)
                    .unwrap_or_else(Outcome::Refused),
            };
            if let Outcome::Refused(_) = outcome {
                self.operators = before;
            }
            steps.push(Step { outcome, output });
        }
    }

    fn item(
        &mut self,
        item: Item,
        ast: Ast,
        fuel: &mut u64,
        output: &mut Vec<u8>,
    ) -> Result<Outcome, String> {
        match item {
            Item::Extern { prototype } => self.declare(&prototype, &ast),
            Item::Definition { prototype, body } => {
                self.define(&prototype, ast, body)
            }
            Item::Expression { body } => {
                let calls = Check::new(&ast, &self.arities).run(&[], body)?;
                let code = Code { ast, params: Vec::new(), body, calls };
                if let Err(name) = self.link(&code) {
                    return Ok(Outcome::Unresolved(name));
                }
                Ok(self.evaluate(&code, fuel, output))
            }
        }
    }

    fn declare(
        &mut self,
        prototype: &Prototype,
        ast: &Ast,
    ) -> Result<Outcome, String> {
        let name = ast.text(prototype.name);
        let arity = prototype.params.len();
        self.check_arity(name, arity)?;
        self.arities.insert(name.to_owned(), arity);
        Ok(Outcome::Declared)
    }

    fn define(
        &mut self,
        prototype: &Prototype,
        ast: Ast,
        body: Expr,
    ) -> Result<Outcome, String> {
        let name = ast.text(prototype.name).to_owned();
        let params: Vec<Name> =
            ast.params(prototype).iter().map(|param| param.name).collect();
        self.check_arity(&name, params.len())?;
        if self.definitions.contains_key(&name) || self.bound.contains(&name) {
            return Err(format!("duplicate definition of `{name}`"));
        }
        let mut arities = self.arities.clone();
        arities.insert(name.clone(), params.len());
        let calls = Check::new(&ast, &arities).run(&params, body)?;
        self.arities = arities;
        let code = Code { ast, params, body, calls };
        self.definitions.insert(name, Rc::new(code));
        Ok(Outcome::Defined)
    }

    fn check_arity(&self, name: &str, arity: usize) -> Result<(), String> {
        match self.arities.get(name) {
            Some(&known) if known != arity => {
                Err(format!("`{name}` takes {known} arguments, not {arity}"))
            }
            _ => Ok(()),
        }
    }

    /// Finds everything that `code` calls, directly or not, whether or not
    /// it will come to calling it; `Err` names a function nobody defines.
    fn link(&mut self, code: &Code) -> Result<(), String> {
        let mut seen = BTreeSet::new();
        let mut hosts = Vec::new();
        let mut pending: Vec<String> = code.calls.iter().cloned().collect();
        while let Some(name) = pending.pop() {
            if !seen.insert(name.clone()) {
                continue;
            }
            if let Some(callee) = self.definitions.get(&name) {
                pending.extend(callee.calls.iter().cloned());
            } else if host::arity(&name) == self.arities.get(&name).copied() {
                hosts.push(name);
            } else {
                return Err(name);
            }
        }
        self.bound.extend(hosts);
        Ok(())
    }

    fn evaluate(
        &self,
        code: &Code,
        fuel: &mut u64,
        output: &mut Vec<u8>,
    ) -> Outcome {
        let definitions = &self.definitions;
        let depth = self.limits.depth;
        let mut machine = Machine { definitions, fuel, depth, output };
        match machine.eval(code, &mut Vec::new(), code.body) {
            Ok(value) => Outcome::Value(value),
            Err(Stop::OutOfFuel) => Outcome::OutOfFuel,
            Err(Stop::TooDeep) => Outcome::TooDeep,
        }
    }
}
