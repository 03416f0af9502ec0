//! Kaleidoscope on a JIT: source text goes in, values come out.
//!
//! | file | what it has |
//! |---|---|
//! | `explain` | what the JIT objects to, as messages that point at the text |

mod explain;

pub use explain::explain;

use crate::definitions::Origin;
use crate::driver::{Driver, JitError};
use crate::ir::lower::Lowering;
use crate::ir::{Function, InstData, Module};
use crate::span::Span;
use crate::symbol::Symbol;
use crate::syntax::{
    Ast, Diagnostic, Expr, Item, Operators, Parsed, Parser, Prototype, Source,
};
use crate::timing::Phase;
use explain::explain_all;
use std::sync::Arc;
use thiserror::Error;

/// When the interner has this many names, it is emptied before the next
/// piece of text: a session may last long.
const MAX_NAMES: usize = 1 << 12;

/// A JIT that understands Kaleidoscope.
pub struct Kaleidoscope<D> {
    /// The JIT.
    pub jit: D,
    /// The tree of the present item.
    pub ast: Ast,
    operators: Operators,
    /// The operators before the present item.
    before: Operators,
    /// The operators as definitions remember them.
    remembered: Arc<Operators>,
    lowering: Lowering,
}

/// What becomes of an item.
#[derive(Debug)]
pub enum Answer {
    /// A function is promised.
    Declared,
    /// A function is defined.
    Defined(Symbol),
    /// An expression has this value.
    Value(f64),
    /// A definition without effect.
    Ignored(Diagnostic),
    /// The item is not accepted, or failed, for these reasons.
    Refused(Refusal),
}

/// The reasons for which an item is refused.
pub type Refusal = Vec<Diagnostic>;

/// An item of a program is refused: a message with the place in the text.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
#[error("{0}")]
pub struct ProgramError(String);

impl<D: Driver> Kaleidoscope<D> {
    /// A JIT that is told nothing but Kaleidoscope.
    pub fn new(jit: D) -> Kaleidoscope<D> {
        let operators = Operators::default();
        Kaleidoscope {
            jit,
            ast: Ast::default(),
            operators,
            before: operators,
            remembered: Arc::new(operators),
            lowering: Lowering::default(),
        }
    }

    /// Runs a program, and returns the values of its top-level expressions.
    ///
    /// # Errors
    /// At the first item that is refused. What came before it has been done,
    /// what comes after it has not.
    pub fn run(&mut self, text: &str) -> Result<Vec<f64>, ProgramError> {
        let source = Source::new("program", text);
        let mut parser = Parser::new(text);
        let mut values = Vec::new();
        let mut start = 0;
        loop {
            let parsed = self.parse(&mut parser);
            let item = Span::new(start, parser.consumed());
            start = parser.consumed();
            let refusal = match parsed {
                Parsed::End => {
                    self.jit.end_module();
                    return Ok(values);
                }
                Parsed::Ignored(_) => continue,
                Parsed::Refused(error) => vec![error.diagnostic()],
                Parsed::Item(tree) => {
                    let text = &text[item.range()];
                    match self.accept(&tree, text, |_| ()) {
                        Answer::Value(value) => {
                            values.push(value);
                            continue;
                        }
                        Answer::Refused(refusal) => refusal,
                        _ => continue,
                    }
                }
            };
            return Err(ProgramError(render(&refusal, &source)));
        }
    }

    /// Parses the next item into `ast`.
    pub fn parse(&mut self, parser: &mut Parser<'_>) -> Parsed {
        if self.ast.names.len() > MAX_NAMES {
            self.ast = Ast::default();
        }
        self.ast.clear();
        self.before = self.operators;
        let Kaleidoscope { jit, operators, ast, .. } = self;
        jit.base()
            .phases
            .measure(Phase::Parse, || parser.next_item(operators, ast))
    }

    /// Undoes what parsing the present item has done to the operators.
    pub fn take_back(&mut self) {
        self.operators = self.before;
    }

    /// Does what the present item says. `text` is what it was parsed from;
    /// `show` is shown its IR.
    pub fn accept(
        &mut self,
        item: &Item,
        text: &str,
        show: impl Fn(&Module),
    ) -> Answer {
        let result = match item {
            Item::Definition { prototype, body } => {
                self.define(prototype, *body, text, show)
            }
            Item::Extern { prototype } => self.declare(prototype),
            Item::Expression { body } => {
                self.jit.end_module();
                self.evaluate(*body, show)
            }
        };
        result.unwrap_or_else(|refusal| {
            self.take_back();
            Answer::Refused(refusal)
        })
    }

    /// The operators as they are defined now.
    pub fn operators(&self) -> &Operators {
        &self.operators
    }

    /// Removes a function; an operator's character then means what it meant
    /// before any definition.
    ///
    /// # Errors
    /// If there is none, or it is in use.
    pub fn undefine(&mut self, name: &Symbol) -> Result<(), JitError> {
        self.jit.remove(name)?;
        if let Some(&[op]) = name.strip_prefix("binary").map(str::as_bytes)
            && op.is_ascii_punctuation()
        {
            self.operators.forget_binary(op);
        }
        if let Some(&[op]) = name.strip_prefix("unary").map(str::as_bytes)
            && op.is_ascii_punctuation()
        {
            self.operators.forget_unary(op);
        }
        Ok(())
    }

    fn define(
        &mut self,
        prototype: &Prototype,
        body: Expr,
        text: &str,
        show: impl Fn(&Module),
    ) -> Result<Answer, Refusal> {
        let span = prototype.span;
        let name = self.ast.text(prototype.name);
        let refuse = |error| vec![explain(&error, span, None)];
        let params = prototype.params.len();
        self.jit.check_definable(name, params).map_err(refuse)?;
        let Kaleidoscope { jit, lowering, ast, .. } = self;
        let base = jit.base();
        let module = base
            .phases
            .measure(Phase::Lower, || {
                lowering.definition(ast, prototype, body, &*base.definitions)
            })
            .map_err(|errors| explain_all(&errors))?;
        show(module);
        let name = module.functions[0].name.clone();
        if self.remembered.version() != self.operators.version() {
            self.remembered = Arc::new(self.operators);
        }
        let operators = self.remembered.clone();
        let text = Arc::from(text.trim_start());
        let origin = Origin::Source { text, operators };
        self.jit.define_part(module, origin).map_err(refuse)?;
        Ok(Answer::Defined(name))
    }

    fn declare(&mut self, prototype: &Prototype) -> Result<Answer, Refusal> {
        let name = self.ast.text(prototype.name);
        let params = prototype.params.len();
        let definitions = &self.jit.base().definitions;
        definitions.check(name, params).map_err(|mismatch| {
            vec![explain(&mismatch.into(), prototype.span, None)]
        })?;
        definitions.declare(name, params);
        Ok(Answer::Declared)
    }

    fn evaluate(
        &mut self,
        body: Expr,
        show: impl Fn(&Module),
    ) -> Result<Answer, Refusal> {
        let Kaleidoscope { jit, lowering, ast, .. } = self;
        let base = jit.base();
        let module = base
            .phases
            .measure(Phase::Lower, || {
                lowering.expression(ast, body, &*base.definitions)
            })
            .map_err(|errors| explain_all(&errors))?;
        show(module);
        let calls = calls(&module.functions[0]);
        let value = jit.evaluate(module.clone()).map_err(|error| {
            vec![explain(&error, ast.spans[body], Some(&calls))]
        })?;
        Ok(Answer::Value(value))
    }
}

/// The first call of each function in an expression.
fn calls(function: &Function) -> Vec<(Symbol, Span)> {
    let mut calls: Vec<(Symbol, Span)> =
        Vec::with_capacity(function.callees.len());
    if function.callees.is_empty() {
        return calls;
    }
    for (inst, data) in &function.insts {
        if let InstData::Call { callee, .. } = data
            && callee.as_u32() as usize == calls.len()
        {
            // Callees are numbered in the order of their first calls.
            let name = function.callees[*callee].name.clone();
            calls.push((name, function.spans[inst]));
        }
    }
    calls
}

/// Messages with the places in a source.
fn render(refusal: &[Diagnostic], source: &Source<'_>) -> String {
    let renderer = annotate_snippets::Renderer::plain();
    let messages = refusal.iter().map(|diagnostic| {
        let excerpt = source.excerpt(diagnostic.span);
        diagnostic.render_with(&excerpt, &renderer).to_string()
    });
    messages.collect::<Vec<String>>().join("\n")
}
