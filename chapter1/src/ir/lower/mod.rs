//! Tree to IR.
//!
//! Every variable becomes a stack slot with loads and stores, as LLVM's
//! tutorial does with `alloca`: assignments and loops need no thought about
//! SSA then. A later pass may promote slots to values.
//!
//! | file | what it lowers |
//! |---|---|
//! | `variables` | names, assignments, `var`: what lives in slots |
//! | `operators` | `+` and its kind, and what is true |
//! | `control` | `if` and `for` |
//! | `calls` | calls, of functions and of operators that are functions |

mod calls;
mod control;
mod error;
mod operators;
mod variables;

pub use error::{LowerError, LowerErrorKind};

use super::{
    Callee, Function, FunctionBuilder, Module, Signature, Slot, Value,
};
use crate::cancel::{self, Cancelled};
use crate::recursion;
use crate::span::Span;
use crate::symbol::Symbol;
use crate::syntax::{Ast, Expr, ExprData, Name, Prototype};
use cranelift_entity::SecondaryMap;
use cranelift_entity::packed_option::PackedOption;
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
    /// Where each function is built, as the only one of a module. A copy of it
    /// takes no more memory than it needs, which tables that have grown do.
    draft: Module,
}

impl Default for Lowering {
    fn default() -> Lowering {
        let signature = Signature::kaleidoscope(0);
        let draft = Function::new(Symbol::new(ANONYMOUS), signature);
        let draft = Module { functions: vec![draft] };
        Lowering { slots: SecondaryMap::default(), draft }
    }
}

impl Lowering {
    /// Lowers a definition. Returns it as a module, for the time being: who
    /// keeps it takes a copy.
    ///
    /// # Errors
    /// The first mistakes in the body.
    pub fn definition(
        &mut self,
        ast: &Ast,
        prototype: &Prototype,
        body: Expr,
        known: &dyn Prototypes,
    ) -> Result<&Module, Vec<LowerError>> {
        let params = ast.params(prototype);
        let name = Symbol::new(ast.text(prototype.name));
        let signature = Signature::kaleidoscope(params.len());
        self.draft.functions[0].reset(name.clone(), signature);
        let mut lowerer = Lowerer::new(ast, known, self);
        lowerer.itself = Some((prototype.name, name));
        let entry = lowerer.b.function.entry();
        for (index, param) in params.iter().enumerate() {
            let value = lowerer.b.function.params(entry)[index];
            lowerer.b.set_span(param.span);
            lowerer.bind(param.name, value);
        }
        let result = lowerer.finish(body);
        for param in params {
            self.slots[param.name] = None.into();
        }
        result.map(|()| &self.draft)
    }

    /// Lowers a top-level expression to a function without parameters, the
    /// only one of a module: again, who keeps it takes a copy.
    ///
    /// # Errors
    /// The first mistakes in the expression.
    pub fn expression(
        &mut self,
        ast: &Ast,
        body: Expr,
        known: &dyn Prototypes,
    ) -> Result<&Module, Vec<LowerError>> {
        let name = Symbol::new(ANONYMOUS);
        self.draft.functions[0].reset(name, Signature::kaleidoscope(0));
        Lowerer::new(ast, known, self).finish(body)?;
        Ok(&self.draft)
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
            b: FunctionBuilder::new(&mut context.draft.functions[0]),
            ast,
            known,
            slots: &mut context.slots,
            itself: None,
            callees: FxHashMap::default(),
            errors: Vec::new(),
        }
    }

    /// Lowers all of the item, and says what was wrong with it.
    fn finish(mut self, body: Expr) -> Result<(), Vec<LowerError>> {
        let value = self.expr(body);
        self.at(self.ast.spans[body]).ret(value);
        match self.errors.is_empty() {
            true => Ok(()),
            false => Err(self.errors),
        }
    }

    /// Lowers an expression at the current place. Returns its value.
    // ANCHOR: expr
    fn expr(&mut self, expr: Expr) -> Value {
        recursion::guarded(|| match cancel::check() {
            Ok(()) => self.construct(expr),
            Err(cancelled) => self.give_up(cancelled, expr),
        })
    }
    // ANCHOR_END: expr

    /// Lowers an expression by what it is.
    // ANCHOR: construct
    fn construct(&mut self, expr: Expr) -> Value {
        let span = self.ast.spans[expr];
        match self.ast.exprs[expr] {
            ExprData::Number(value) => self.at(span).constant(value),
            ExprData::Variable(name) => self.variable(name, span),
            ExprData::Assign { target, value } => {
                self.assign(target, value, span)
            }
            ExprData::Unary { callee, operand } => {
                self.call_expr(callee, &[operand], span)
            }
            ExprData::Binary { .. } => self.operators(expr),
            ExprData::Call { callee, args } => {
                self.call_expr(callee, args.as_slice(&self.ast.lists), span)
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
                let range = first as usize..(first + count) as usize;
                self.var_expr(&self.ast.bindings[range], body)
            }
        }
    }
    // ANCHOR_END: construct

    /// The builder, about to make what `span` asks for.
    fn at(&mut self, span: Span) -> &mut FunctionBuilder<'l> {
        self.b.set_span(span);
        &mut self.b
    }

    /// Notes a mistake. The walk goes on to find others, so the expression
    /// needs a value: any will do, in a function that nobody gets.
    #[cold]
    fn refuse(&mut self, kind: LowerErrorKind, span: Span) -> Value {
        if self.errors.len() < MAX_ERRORS {
            self.errors.push(LowerError { kind, span });
        }
        self.b.constant(0.0)
    }

    /// Makes the wish to stop the only mistake.
    #[cold]
    fn give_up(&mut self, cancelled: Cancelled, expr: Expr) -> Value {
        self.errors.clear();
        self.refuse(cancelled.into(), self.ast.spans[expr])
    }
}

#[cfg(test)]
mod tests;
