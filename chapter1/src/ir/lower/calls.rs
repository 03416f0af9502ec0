//! Calls: of functions, and of operators that are functions.

use super::{LowerErrorKind, Lowerer};
use crate::ir::{Callee, CalleeData, CalleeKind, Signature, Value};
use crate::span::Span;
use crate::symbol::Symbol;
use crate::syntax::{Expr, Name};

impl Lowerer<'_> {
    #[inline(never)]
    // ANCHOR: call_expr
    pub(super) fn call_expr(
        &mut self,
        callee: Name,
        args: &[Expr],
        span: Span,
    ) -> Value {
        let args: Vec<Value> = args.iter().map(|&arg| self.expr(arg)).collect();
        self.call(callee, &args, span)
    }
    // ANCHOR_END: call_expr

    // ANCHOR: call
    pub(super) fn call(
        &mut self,
        name: Name,
        args: &[Value],
        span: Span,
    ) -> Value {
        match self.callee(name, args.len()) {
            Ok(callee) => {
                let result = self.at(span).call(callee, args);
                result.expect("Kaleidoscope functions yield")
            }
            Err(mistake) => self.refuse(mistake, span),
        }
    }
    // ANCHOR_END: call

    /// The function of this name, for a call with so many arguments.
    fn callee(
        &mut self,
        name: Name,
        found: usize,
    ) -> Result<Callee, LowerErrorKind> {
        let (callee, wanted) = match self.callees.get(&name) {
            Some(&imported) => imported,
            None => self.import(name)?,
        };
        match wanted == found {
            true => Ok(callee),
            false => {
                let name = self.ast.text(name).to_owned();
                Err(LowerErrorKind::WrongArguments { name, wanted, found })
            }
        }
    }

    /// Declares a function that this one calls. Returns it, and the number
    /// of its parameters.
    fn import(
        &mut self,
        name: Name,
    ) -> Result<(Callee, usize), LowerErrorKind> {
        let (symbol, params) = self.prototype(name)?;
        let callee = self.b.import(CalleeData {
            name: symbol,
            signature: Signature::kaleidoscope(params),
            kind: CalleeKind::Function,
        });
        self.callees.insert(name, (callee, params));
        Ok((callee, params))
    }

    /// The symbol of a function and the number of its parameters.
    fn prototype(&self, name: Name) -> Result<(Symbol, usize), LowerErrorKind> {
        if let Some((own, symbol)) = &self.itself
            && *own == name
        {
            let params = self.b.function.signature.params.len();
            return Ok((symbol.clone(), params));
        }
        let text = self.ast.text(name);
        self.known.prototype(text).ok_or_else(|| {
            let host = self.known.host_prototype(text);
            LowerErrorKind::UnknownFunction { name: text.to_owned(), host }
        })
    }
}
