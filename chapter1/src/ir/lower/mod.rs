//! Tree to IR.
//!
//! Every variable becomes a stack slot with loads and stores, as LLVM's
//! tutorial does with `alloca`: assignments and loops need no thought about
//! SSA then. A later pass may promote slots to values.

mod error;

pub use error::{LowerError, LowerErrorKind};

use super::{
    BinaryOp, Callee, CalleeData, CalleeKind, FloatCondition, Function,
    FunctionBuilder, Signature, Slot, Type, Value,
};
use crate::cancel;
use crate::recursion;
use crate::span::Span;
use crate::symbol::Symbol;
use crate::syntax::ast::BinaryKind;
use crate::syntax::{Ast, Expr, ExprData, Name, Prototype};
use cranelift_entity::packed_option::PackedOption;
use cranelift_entity::{EntityList, SecondaryMap};
use rustc_hash::FxHashMap;

/// What is known of functions outside the one being lowered.
pub trait Prototypes {
    /// The symbol and the number of parameters of a function that has been
    /// declared or defined.
    fn prototype(&self, name: &str) -> Option<(Symbol, usize)>;

    /// The number of parameters of a host function, declared or not.
    fn host_prototype(&self, name: &str) -> Option<usize>;
}

/// More mistakes than this in one item are not reported.
const MAX_ERRORS: usize = 10;

/// The name of the function that a top-level expression is compiled as.
/// No identifier of the language contains an underscore.
pub const ANONYMOUS: &str = "__anon_expr";

/// Lowers items, one after the other. Its tables are kept between items.
pub struct Lowering {
    slots: SecondaryMap<Name, PackedOption<Slot>>,
    /// Where each function is built. A copy of it takes no more memory than
    /// it needs, which tables that have grown do.
    draft: Function,
}

impl Default for Lowering {
    fn default() -> Lowering {
        let signature = Signature::kaleidoscope(0);
        let draft = Function::new(Symbol::new(ANONYMOUS), signature);
        Lowering { slots: SecondaryMap::default(), draft }
    }
}

impl Lowering {
    /// Lowers a definition.
    ///
    /// # Errors
    /// The first mistakes in the body.
    pub fn definition(
        &mut self,
        ast: &Ast,
        prototype: &Prototype,
        body: Expr,
        known: &dyn Prototypes,
    ) -> Result<Function, Vec<LowerError>> {
        let params = ast.params(prototype);
        let name = Symbol::new(ast.text(prototype.name));
        let signature = Signature::kaleidoscope(params.len());
        self.draft.reset(name.clone(), signature);
        let mut lowerer = Lowerer::new(ast, known, self);
        lowerer.itself = Some((prototype.name, name));
        let entry = lowerer.b.function.entry();
        for (index, param) in params.iter().enumerate() {
            let slot = lowerer.b.create_slot(Type::F64);
            let value = lowerer.b.function.params(entry)[index];
            lowerer.b.set_span(param.span);
            lowerer.b.store(slot, value);
            lowerer.slots[param.name] = slot.into();
        }
        let result = lowerer.finish(body);
        for param in params {
            self.slots[param.name] = None.into();
        }
        result.map(|()| self.draft.clone())
    }

    /// Lowers a top-level expression to a function without parameters.
    ///
    /// # Errors
    /// The first mistakes in the expression.
    pub fn expression(
        &mut self,
        ast: &Ast,
        body: Expr,
        known: &dyn Prototypes,
    ) -> Result<Function, Vec<LowerError>> {
        let name = Symbol::new(ANONYMOUS);
        self.draft.reset(name, Signature::kaleidoscope(0));
        Lowerer::new(ast, known, self).finish(body)?;
        Ok(self.draft.clone())
    }
}

/// The walk over one item.
struct Lowerer<'l> {
    b: FunctionBuilder<'l>,
    ast: &'l Ast,
    known: &'l dyn Prototypes,
    /// Where each visible variable lives.
    slots: &'l mut SecondaryMap<Name, PackedOption<Slot>>,
    /// The function being lowered, which its body can call.
    itself: Option<(Name, Symbol)>,
    callees: FxHashMap<Name, (Callee, usize)>,
    errors: Vec<LowerError>,
}

impl<'l> Lowerer<'l> {
    fn new(
        ast: &'l Ast,
        known: &'l dyn Prototypes,
        context: &'l mut Lowering,
    ) -> Lowerer<'l> {
        Lowerer {
            b: FunctionBuilder::new(&mut context.draft),
            ast,
            known,
            slots: &mut context.slots,
            itself: None,
            callees: FxHashMap::default(),
            errors: Vec::new(),
        }
    }

    fn finish(mut self, body: Expr) -> Result<(), Vec<LowerError>> {
        let value = self.expr(body);
        self.b.set_span(self.ast.spans[body]);
        self.b.ret(value);
        match self.errors.is_empty() {
            true => Ok(()),
            false => Err(self.errors),
        }
    }

    /// Lowers an expression at the current place.
    fn expr(&mut self, expr: Expr) -> Value {
        recursion::guarded(|| self.expr_unguarded(expr))
    }

    fn expr_unguarded(&mut self, expr: Expr) -> Value {
        let span = self.ast.spans[expr];
        if let Err(cancelled) = cancel::check() {
            let kind = LowerErrorKind::Cancelled(cancelled);
            self.errors = vec![LowerError { kind, span }];
            return self.b.constant(0.0);
        }
        match self.ast.exprs[expr] {
            ExprData::Number(value) => {
                self.b.set_span(span);
                self.b.constant(value)
            }
            ExprData::Variable(name) => {
                self.b.set_span(span);
                match self.slot(name, span) {
                    Some(slot) => self.b.load(slot),
                    None => self.b.constant(0.0),
                }
            }
            ExprData::Assign { target, value } => {
                let value = self.expr(value);
                self.b.set_span(span);
                if let Some(slot) = self.slot(target, span) {
                    self.b.store(slot, value);
                }
                value
            }
            ExprData::Unary { callee, operand } => {
                let operand = self.expr(operand);
                self.b.set_span(span);
                self.call(callee, &[operand], span)
            }
            ExprData::Binary { .. } => self.operators(expr),
            ExprData::Call { callee, args } => {
                self.call_expr(callee, args, span)
            }
            ExprData::If { condition, then, otherwise } => {
                self.if_expr(condition, then, otherwise)
            }
            ExprData::For { variable, start, condition, step, body } => {
                let start = self.expr(start);
                let parts = (condition, step, body);
                self.for_expr(variable, start, parts, span)
            }
            ExprData::Var { first, count, body } => {
                let first = first as usize;
                self.var_expr(first..first + count as usize, body)
            }
        }
    }

    /// Lowers a chain of operators. `a + b + c` is `(a + b) + c`: a long
    /// sum is a tree that is deep on its left, so that side is walked by a
    /// loop.
    fn operators(&mut self, expr: Expr) -> Value {
        let mut chain = Vec::new();
        let mut leftmost = expr;
        while let ExprData::Binary { kind, lhs, rhs } = self.ast.exprs[leftmost]
        {
            chain.push((kind, rhs, self.ast.spans[leftmost]));
            leftmost = lhs;
        }
        let mut value = self.expr(leftmost);
        for (kind, rhs, span) in chain.into_iter().rev() {
            let rhs = self.expr(rhs);
            self.b.set_span(span);
            value = self.binary(kind, value, rhs, span);
        }
        value
    }

    fn binary(
        &mut self,
        kind: BinaryKind,
        lhs: Value,
        rhs: Value,
        span: Span,
    ) -> Value {
        match kind {
            BinaryKind::Arithmetic(op) => self.b.binary(op, lhs, rhs),
            BinaryKind::Less => {
                let less = self.b.compare(FloatCondition::Ult, lhs, rhs);
                self.b.from_bool(less)
            }
            BinaryKind::User(callee) => self.call(callee, &[lhs, rhs], span),
        }
    }

    /// Lowers an expression of which only the truth is wanted. `a < b`
    /// yields a truth value to begin with.
    fn condition(&mut self, expr: Expr) -> Value {
        let span = self.ast.spans[expr];
        if let ExprData::Binary { kind: BinaryKind::Less, lhs, rhs } =
            self.ast.exprs[expr]
        {
            let lhs = self.expr(lhs);
            let rhs = self.expr(rhs);
            self.b.set_span(span);
            return self.b.compare(FloatCondition::Ult, lhs, rhs);
        }
        let value = self.expr(expr);
        self.b.set_span(span);
        let zero = self.b.constant(0.0);
        self.b.compare(FloatCondition::One, value, zero)
    }

    fn if_expr(&mut self, condition: Expr, then: Expr, other: Expr) -> Value {
        let condition = self.condition(condition);
        let then_block = self.b.create_block();
        let else_block = self.b.create_block();
        let join = self.b.create_block();
        let result = self.b.append_param(join, Type::F64);
        self.b.branch(condition, (then_block, &[]), (else_block, &[]));
        for (block, expr) in [(then_block, then), (else_block, other)] {
            self.b.switch_to(block);
            let value = self.expr(expr);
            self.b.jump(join, &[value]);
        }
        self.b.switch_to(join);
        result
    }

    /// Lowers a loop. The condition comes last and sees the old value of
    /// the variable, which the body may have assigned.
    fn for_expr(
        &mut self,
        variable: Name,
        start: Value,
        (condition, step, body): (Expr, Option<Expr>, Expr),
        span: Span,
    ) -> Value {
        let slot = self.b.create_slot(Type::F64);
        self.b.set_span(span);
        self.b.store(slot, start);
        let outer = std::mem::replace(&mut self.slots[variable], slot.into());
        let again = self.b.create_block();
        let after = self.b.create_block();
        self.b.jump(again, &[]);
        self.b.switch_to(again);
        self.expr(body);
        let step = match step {
            Some(step) => self.expr(step),
            None => {
                self.b.set_span(span);
                self.b.constant(1.0)
            }
        };
        let condition = self.condition(condition);
        self.b.set_span(span);
        let current = self.b.load(slot);
        let next = self.b.binary(BinaryOp::Add, current, step);
        self.b.store(slot, next);
        self.b.branch(condition, (again, &[]), (after, &[]));
        self.b.switch_to(after);
        self.slots[variable] = outer;
        self.b.constant(0.0)
    }

    fn var_expr(
        &mut self,
        bindings: std::ops::Range<usize>,
        body: Expr,
    ) -> Value {
        let bindings = &self.ast.bindings[bindings];
        let mut outer = Vec::with_capacity(bindings.len());
        for binding in bindings {
            let value = match binding.value {
                Some(value) => self.expr(value),
                None => self.b.constant(0.0),
            };
            let slot = self.b.create_slot(Type::F64);
            self.b.store(slot, value);
            let name = &mut self.slots[binding.name];
            outer.push(std::mem::replace(name, slot.into()));
        }
        let value = self.expr(body);
        for (binding, outer) in bindings.iter().zip(outer).rev() {
            self.slots[binding.name] = outer;
        }
        value
    }

    fn call_expr(
        &mut self,
        callee: Name,
        args: EntityList<Expr>,
        span: Span,
    ) -> Value {
        let args = args.as_slice(&self.ast.lists);
        let args: Vec<Value> = args.iter().map(|&arg| self.expr(arg)).collect();
        self.b.set_span(span);
        self.call(callee, &args, span)
    }

    fn call(&mut self, name: Name, args: &[Value], span: Span) -> Value {
        let callee = self.callee(name, span);
        let Some((callee, wanted)) = callee else {
            return self.b.constant(0.0);
        };
        if wanted != args.len() {
            self.report(
                span,
                LowerErrorKind::WrongArguments {
                    name: self.ast.text(name).to_owned(),
                    wanted,
                    found: args.len(),
                },
            );
            return self.b.constant(0.0);
        }
        self.b.call(callee, args).expect("Kaleidoscope functions yield")
    }

    /// The function of this name and its number of parameters.
    fn callee(&mut self, name: Name, span: Span) -> Option<(Callee, usize)> {
        if let Some(&known) = self.callees.get(&name) {
            return Some(known);
        }
        let text = self.ast.text(name);
        let found = match &self.itself {
            Some((own, symbol)) if *own == name => {
                let params = self.b.function.signature.params.len();
                Some((symbol.clone(), params))
            }
            _ => self.known.prototype(text),
        };
        let Some((symbol, params)) = found else {
            let host = self.known.host_prototype(text);
            let name = text.to_owned();
            let kind = LowerErrorKind::UnknownFunction { name, host };
            self.report(span, kind);
            return None;
        };
        let callee = self.b.import(CalleeData {
            name: symbol,
            signature: Signature::kaleidoscope(params),
            kind: CalleeKind::Function,
        });
        self.callees.insert(name, (callee, params));
        Some((callee, params))
    }

    fn slot(&mut self, name: Name, span: Span) -> Option<Slot> {
        let slot = self.slots[name].expand();
        if slot.is_none() {
            let name = self.ast.text(name).to_owned();
            self.report(span, LowerErrorKind::UnknownVariable { name });
        }
        slot
    }

    #[cold]
    fn report(&mut self, span: Span, kind: LowerErrorKind) {
        if self.errors.len() < MAX_ERRORS {
            self.errors.push(LowerError { kind, span });
        }
    }
}

#[cfg(test)]
mod tests;
