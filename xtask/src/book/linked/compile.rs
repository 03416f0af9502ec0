//! One function of a program, as each stage of the compiler has it.

use std::collections::HashMap;

use chapter1::codegen::{CodeGenerator, Target};
use chapter1::ir::lower::{Lowering, Prototypes};
use chapter1::ir::{Function, Module};
use chapter1::link::LinkGraph;
use chapter1::span::Span;
use chapter1::symbol::Symbol;
use chapter1::syntax::{
    Ast, Diagnostic, Expr, Item, Lexer, Operators, Parsed, Parser, Prototype,
    Source, Token,
};
use chapter2::pipeline::Pipeline;

/// What every x86-64 processor has: pages are the same on all machines.
pub(super) const TARGET: Target = Target::SSE2;

/// A function, from text to code.
pub(super) struct Compiled {
    /// The program.
    pub(super) text: String,
    /// The function's definition in it.
    pub(super) span: Span,
    /// The tree of the definition.
    pub(super) ast: Ast,
    /// The definition in the tree.
    pub(super) item: Item,
    /// The function alone.
    pub(super) module: Module,
    /// Its code.
    pub(super) graph: LinkGraph,
}

impl Compiled {
    /// Compiles the first function of this name in a program.
    ///
    /// # Errors
    /// If there is none, or something is wrong with the text up to there.
    pub(super) fn new(text: String, name: &str) -> Result<Compiled, String> {
        let mut parser = Parser::new(&text);
        let (mut operators, mut ast) = (Operators::default(), Ast::default());
        let mut known = Known::default();
        let (span, item, function) = loop {
            ast.clear();
            let start = next_token(&text, parser.consumed());
            let item = match parser.next_item(&mut operators, &mut ast) {
                Parsed::Item(item) => item,
                Parsed::Ignored(_) => continue,
                Parsed::Refused(error) => {
                    return Err(message(&text, &error.diagnostic()));
                }
                Parsed::End => return Err(format!("no function `{name}`")),
            };
            match &item {
                Item::Definition { prototype, body }
                    if ast.text(prototype.name) == name =>
                {
                    let function = known.lower(&ast, prototype, *body);
                    let function =
                        function.map_err(|wrong| message(&text, &wrong))?;
                    let span = Span::new(start, parser.consumed());
                    break (span, item, function);
                }
                Item::Definition { prototype, .. }
                | Item::Extern { prototype } => known.add(&ast, prototype),
                Item::Expression { .. } => {}
            }
        };
        let module = Module { functions: vec![function] };
        let graph = CodeGenerator::new(TARGET).compile(&module);
        let graph = graph.map_err(|error| error.to_string())?;
        Ok(Compiled { text, span, ast, item, module, graph })
    }

    /// The same function after some passes. What they have left keeps its
    /// identity.
    ///
    /// # Errors
    /// If it does not compile any more.
    pub(super) fn optimised(
        &self,
        pipeline: &Pipeline,
    ) -> Result<Compiled, String> {
        let mut optimised = Compiled::new(self.text.clone(), &self.name())?;
        let module = pipeline.run(self.module.clone());
        optimised.module = module.map_err(|error| error.to_string())?;
        let graph = CodeGenerator::new(TARGET).compile(&optimised.module);
        optimised.graph = graph.map_err(|error| error.to_string())?;
        Ok(optimised)
    }

    fn name(&self) -> String {
        self.function().name.to_string()
    }

    /// Its IR.
    pub(super) fn function(&self) -> &Function {
        &self.module.functions[0]
    }
}

/// Where the next token is that is no semicolon.
fn next_token(text: &str, start: usize) -> usize {
    let mut lexer = Lexer::starting_at(text, start);
    loop {
        let (token, span) = lexer.token();
        if token != Token::Semicolon {
            return span.start as usize;
        }
    }
}

fn message(text: &str, diagnostic: &Diagnostic) -> String {
    let source = Source::new("", text);
    let (line, column) = source.position(diagnostic.span.start as usize);
    format!("{line}:{column}: {}", diagnostic.title)
}

/// The functions that can be called so far: names, symbols, parameters.
#[derive(Default)]
struct Known(HashMap<String, (Symbol, usize)>);

impl Known {
    fn add(&mut self, ast: &Ast, prototype: &Prototype) {
        let name = ast.text(prototype.name);
        let params = ast.params(prototype).len();
        self.0.insert(name.to_owned(), (Symbol::new(name), params));
    }

    fn lower(
        &self,
        ast: &Ast,
        prototype: &Prototype,
        body: Expr,
    ) -> Result<Function, Diagnostic> {
        let mut lowering = Lowering::default();
        let lowered = lowering.definition(ast, prototype, body, self);
        let lowered = lowered.map_err(|errors| errors[0].diagnostic())?;
        Ok(lowered.functions[0].clone())
    }
}

impl Prototypes for Known {
    fn prototype(&self, name: &str) -> Option<(Symbol, usize)> {
        self.0.get(name).cloned()
    }

    fn host_prototype(&self, _: &str) -> Option<usize> {
        None
    }
}
