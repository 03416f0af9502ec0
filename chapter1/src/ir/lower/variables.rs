//! Variables: what lives in slots, and which name means which slot.

use super::{LowerErrorKind, Lowerer};
use crate::ir::{Slot, Type, Value};
use crate::span::Span;
use crate::syntax::ast::Binding;
use crate::syntax::{Expr, Name};
use cranelift_entity::packed_option::PackedOption;

impl Lowerer<'_> {
    // ANCHOR: variable
    pub(super) fn variable(&mut self, name: Name, span: Span) -> Value {
        match self.slots[name].expand() {
            Some(slot) => self.at(span).load(slot),
            None => self.refuse(self.unknown_variable(name), span),
        }
    }
    // ANCHOR_END: variable

    // ANCHOR: assign
    pub(super) fn assign(
        &mut self,
        target: Name,
        value: Expr,
        span: Span,
    ) -> Value {
        let value = self.expr(value);
        match self.slots[target].expand() {
            Some(slot) => self.at(span).store(slot, value),
            None => {
                self.refuse(self.unknown_variable(target), span);
            }
        }
        value
    }
    // ANCHOR_END: assign

    /// Gives a variable a slot and a first value. Returns the slot, and what
    /// the name has meant until now.
    // ANCHOR: bind
    pub(super) fn bind(
        &mut self,
        name: Name,
        value: Value,
    ) -> (Slot, PackedOption<Slot>) {
        let slot = self.b.create_slot(Type::F64);
        self.b.store(slot, value);
        (slot, std::mem::replace(&mut self.slots[name], slot.into()))
    }
    // ANCHOR_END: bind

    #[inline(never)]
    // ANCHOR: var_expr
    pub(super) fn var_expr(
        &mut self,
        bindings: &[Binding],
        body: Expr,
    ) -> Value {
        let mut hidden = Vec::with_capacity(bindings.len());
        for binding in bindings {
            let value = match binding.value {
                Some(value) => self.expr(value),
                None => self.b.constant(0.0),
            };
            let (_, outer) = self.bind(binding.name, value);
            hidden.push(outer);
        }
        let value = self.expr(body);
        for (binding, outer) in bindings.iter().zip(hidden).rev() {
            self.slots[binding.name] = outer;
        }
        value
    }
    // ANCHOR_END: var_expr

    fn unknown_variable(&self, name: Name) -> LowerErrorKind {
        let name = self.ast.text(name).to_owned();
        LowerErrorKind::UnknownVariable { name }
    }
}
