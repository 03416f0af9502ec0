//! A session: takes one item after the other from a text, and answers each.

use super::Driver;
use super::emit::Stages;
use super::options::Options;
use super::report::Reporter;
use crate::codegen::listing::Listing;
use crate::definitions::{Definitions, PrototypeMismatch};
use crate::executor::output;
use crate::ir::lower::{LowerError, Lowering};
use crate::ir::{Function, InstData, Module};
use crate::jit::{JitError, Path};
use crate::span::Span;
use crate::symbol::Symbol;
use crate::syntax::diagnostics::{count, cut};
use crate::syntax::{
    Ast, Diagnostic, Excerpt, Expr, Item, Operators, Parsed, Parser, Prototype,
    Source,
};
use crate::timing::Phase;

/// When the interner has this many names, it is emptied before the next
/// piece of text: a session may last long.
const MAX_NAMES: usize = 1 << 16;

/// What a session knows: the operators, the functions, and a JIT.
pub struct Session<D> {
    /// The JIT.
    pub driver: D,
    operators: Operators,
    definitions: Definitions,
    ast: Ast,
    lowering: Lowering,
    stages: Stages,
    /// The definitions of the present batch, to be compiled at its end.
    batch: Option<Vec<(Symbol, Excerpt)>>,
    pub(super) reporter: Reporter,
}

/// What becomes of an item.
#[derive(Debug)]
pub enum Answer {
    /// A function is promised.
    Declared,
    /// A function is defined.
    Defined,
    /// An expression has this value.
    Value(f64),
    /// A definition without effect.
    Ignored(Diagnostic),
    /// The item is not accepted, or failed, for these reasons.
    Refused(Refusal),
}

/// The reasons for which an item is refused.
type Refusal = Vec<Diagnostic>;

impl<D: Driver> Session<D> {
    /// A session without definitions.
    pub fn new(mut driver: D, options: &Options) -> Session<D> {
        let stages = Stages::new(options);
        if stages.asm {
            driver.observe(Box::new(|module, graph| {
                super::emit::show(Listing::new(graph, module).to_string());
            }));
        }
        let host = driver.host_functions();
        Session {
            driver,
            operators: Operators::default(),
            definitions: Definitions::new(host.into_iter()),
            ast: Ast::default(),
            lowering: Lowering::default(),
            stages,
            batch: options.eager.then(Vec::new),
            reporter: Reporter::default(),
        }
    }

    /// Whether any item was refused or failed.
    pub fn has_failed(&self) -> bool {
        self.reporter.has_failed()
    }

    /// Handles the items in a piece of text from the byte `start` on, and
    /// returns where the last of them ends. If the piece is not the last, an
    /// item that might go on in the next one is left alone.
    pub fn run(
        &mut self,
        source: &Source<'_>,
        start: usize,
        is_last: bool,
    ) -> usize {
        self.run_with(source, start, is_last, |session, answer| {
            session.show(answer, source);
        })
    }

    /// The same, but `show` gets the answers instead of the user.
    pub fn run_with(
        &mut self,
        source: &Source<'_>,
        start: usize,
        is_last: bool,
        mut show: impl FnMut(&mut Session<D>, Answer),
    ) -> usize {
        if self.ast.names.len() > MAX_NAMES {
            self.ast = Ast::default();
        }
        let complete = &source.text[..source.end];
        let mut parser = Parser::starting_at(complete, start);
        let mut consumed = start;
        loop {
            self.ast.clear();
            let before = self.operators;
            let parsed = self.driver.phases().measure(Phase::Parse, || {
                parser.next_item(&mut self.operators, &mut self.ast)
            });
            // Between two items, nothing is open.
            let is_item = !matches!(parsed, Parsed::End);
            if is_item && !is_last && parser.is_open() {
                self.operators = before;
                return consumed;
            }
            let text = Span::new(consumed, parser.consumed());
            consumed = parser.consumed();
            self.stages.tokens(source, text);
            let answer = match parsed {
                Parsed::End => {
                    if is_last {
                        self.end_batch();
                    }
                    return consumed + blank_prefix(&complete[consumed..]);
                }
                Parsed::Ignored(warning) => Answer::Ignored(warning),
                Parsed::Refused(error) => {
                    Answer::Refused(vec![error.diagnostic()])
                }
                Parsed::Item(item) => {
                    self.stages.ast(&self.ast, &item);
                    self.item(&item, source).unwrap_or_else(|refusal| {
                        self.operators = before;
                        Answer::Refused(refusal)
                    })
                }
            };
            show(self, answer);
        }
    }

    /// Tells the user what became of an item.
    fn show(&mut self, answer: Answer, source: &Source<'_>) {
        match answer {
            Answer::Declared | Answer::Defined => {}
            Answer::Value(value) => {
                let text = output::format_number(value);
                output::write(format!("Evaluated to {text}\n").as_bytes());
            }
            Answer::Ignored(warning) => self.reporter.show(&warning, source),
            Answer::Refused(refusal) => {
                for diagnostic in refusal {
                    self.reporter.show(&diagnostic, source);
                }
            }
        }
    }

    fn item(
        &mut self,
        item: &Item,
        source: &Source<'_>,
    ) -> Result<Answer, Refusal> {
        match item {
            Item::Definition { prototype, body } => {
                let name = self.define(prototype, *body)?;
                if let Some(batch) = &mut self.batch {
                    batch.push((name, source.excerpt(prototype.span)));
                }
                Ok(Answer::Defined)
            }
            Item::Extern { prototype } => self.declare(prototype),
            Item::Expression { body } => {
                self.end_batch();
                self.evaluate(*body)
            }
        }
    }

    /// Compiles the definitions of a batch, if they are not to wait until
    /// they are called.
    fn end_batch(&mut self) {
        let Some(batch) = &mut self.batch else { return };
        for (name, excerpt) in std::mem::take(batch) {
            if let Err(error) = self.driver.compile(&name) {
                let diagnostic = explain(&error, Span::default(), None);
                self.reporter.show_at(&diagnostic, &excerpt);
            }
        }
    }

    fn define(
        &mut self,
        prototype: &Prototype,
        body: Expr,
    ) -> Result<Symbol, Refusal> {
        let span = prototype.span;
        let name = self.ast.text(prototype.name);
        let params = prototype.params.len();
        self.driver
            .check_definable(name)
            .map_err(|error| vec![explain(&error, span, None)])?;
        self.definitions
            .check(name, params)
            .map_err(|mismatch| vec![explain_mismatch(&mismatch, span)])?;
        let Session { driver, lowering, ast, definitions, .. } = self;
        let function = driver
            .phases()
            .measure(Phase::Lower, || {
                lowering.definition(ast, prototype, body, definitions)
            })
            .map_err(|errors| explain_all(&errors))?;
        let name = function.name.clone();
        let callees: Vec<Symbol> = callees(&function).collect();
        let module = Module { functions: vec![function] };
        self.stages.ir(&module);
        driver
            .define(module)
            .map_err(|error| vec![explain(&error, span, None)])?;
        definitions.define(&name, params, callees.iter());
        Ok(name)
    }

    fn declare(&mut self, prototype: &Prototype) -> Result<Answer, Refusal> {
        let name = self.ast.text(prototype.name);
        let params = prototype.params.len();
        self.definitions.check(name, params).map_err(|mismatch| {
            vec![explain_mismatch(&mismatch, prototype.span)]
        })?;
        self.definitions.declare(name, params);
        Ok(Answer::Declared)
    }

    fn evaluate(&mut self, body: Expr) -> Result<Answer, Refusal> {
        let Session { driver, lowering, ast, definitions, .. } = self;
        let function = driver
            .phases()
            .measure(Phase::Lower, || {
                lowering.expression(ast, body, definitions)
            })
            .map_err(|errors| explain_all(&errors))?;
        let calls = calls(&function);
        let module = Module { functions: vec![function] };
        self.stages.ir(&module);
        let value = driver.evaluate(module).map_err(|error| {
            vec![explain(&error, ast.spans[body], Some(&calls))]
        })?;
        Ok(Answer::Value(value))
    }
}

/// How much of a text of only blanks and comments need not be seen again: a
/// comment may go on until its line ends.
fn blank_prefix(text: &str) -> usize {
    let last_line = text.rfind('\n').map_or(0, |newline| newline + 1);
    match text[last_line..].contains('#') {
        true => last_line,
        false => text.len(),
    }
}

/// The functions that a function calls, each once.
fn callees(function: &Function) -> impl Iterator<Item = Symbol> + '_ {
    function.callees.values().map(|callee| callee.name.clone())
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

fn explain_all(errors: &[LowerError]) -> Refusal {
    errors.iter().map(LowerError::diagnostic).collect()
}

/// Says what the JIT objects to, at the call in `calls` that leads to it or
/// at `span`.
fn explain(
    error: &JitError,
    span: Span,
    calls: Option<&[(Symbol, Span)]>,
) -> Diagnostic {
    let title = cut_title(error);
    match error {
        JitError::Duplicate { is_host, .. } => {
            let diagnostic = Diagnostic::error(title, span);
            match is_host {
                true => diagnostic
                    .label("callers are bound to the host's function")
                    .help("define it before anything calls it"),
                false => diagnostic
                    .label("already defined")
                    .note("the first definition stays"),
            }
        }
        JitError::Missing { path } => along(title, path, span, calls)
            .help(format!("define it: `def {}(…) …`", cut(path.end()))),
        JitError::NotAllowed { path } => along(title, path, span, calls)
            .note(
                "it is a symbol of this process that may have other \
                 parameters than numbers: a wrong call would corrupt it",
            )
            .help(format!(
                "if you know that it takes and returns doubles, run with \
                 `--allow-symbol {}`",
                cut(path.end())
            )),
        JitError::HostPrototype { path, .. } => along(title, path, span, calls),
        JitError::Codegen(_) | JitError::Link(_) => {
            Diagnostic::error(title, span).label("cannot be compiled")
        }
        JitError::Executor(_) => {
            Diagnostic::error(title, span).label("cannot be run")
        }
    }
}

fn cut_title(error: &JitError) -> String {
    let title = error.to_string();
    match title.char_indices().nth(200) {
        Some((end, _)) => format!("{}…", &title[..end]),
        None => title,
    }
}

/// A message about the end of a chain of calls that begins in an expression.
fn along(
    title: String,
    path: &Path,
    span: Span,
    calls: Option<&[(Symbol, Span)]>,
) -> Diagnostic {
    let first = path.0.get(1);
    let place = calls
        .into_iter()
        .flatten()
        .find(|(name, _)| Some(name) == first)
        .map_or(span, |&(_, span)| span);
    let diagnostic = Diagnostic::error(title, place);
    match &path.0[..] {
        [] | [_] | [_, _] => diagnostic.label("needed here"),
        [_, first, _] => {
            let first = cut(first);
            diagnostic.label(format!("`{first}`, called here, needs it"))
        }
        [_, first, .., last, _] => diagnostic
            .label(format!("`{}` is called here", cut(first)))
            .note(format!(
                "`{}`, {} further on, needs it",
                cut(last),
                count(path.0.len() - 3, "call")
            )),
    }
}

fn explain_mismatch(mismatch: &PrototypeMismatch, span: Span) -> Diagnostic {
    let title = format!(
        "`{}` has {}, not {}",
        cut(&mismatch.name),
        count(mismatch.known, "parameter"),
        mismatch.found
    );
    let diagnostic = Diagnostic::error(title, span)
        .label("differs in the number of parameters");
    if mismatch.is_defined {
        return diagnostic.note("it has been defined");
    }
    let shown = mismatch.callers.iter().take(5);
    let mut names: Vec<String> =
        shown.map(|name| format!("`{}`", cut(name))).collect();
    if mismatch.callers.len() > names.len() {
        names.push(format!("{} more", mismatch.callers.len() - names.len()));
    }
    diagnostic.note(format!("it is called by {}", names.join(", ")))
}
