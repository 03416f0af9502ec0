//! The commands that this chapter adds to the prompt.

use crate::optimiser::Optimiser;
use crate::passes;
use chapter1::codegen::CodeGenerator;
use chapter1::codegen::listing::Listing;
use chapter1::driver::JitError;
use chapter1::kaleidoscope::explain;
use chapter1::repl::{self, Argument, Chapter, Command, Session, Takes};
use chapter1::syntax::Diagnostic;

/// The widest line that two listings stand side by side in.
const WIDTH: usize = 80;

/// A program whose JIT has an optimiser.
pub trait Optimises: Chapter {
    /// The optimiser.
    fn optimiser(&self) -> &Optimiser;
}

/// `:ir`.
pub const fn ir<D: Optimises>() -> Command<D> {
    Command {
        name: "ir",
        takes: Takes::Name,
        help: "its intermediate representation, before and after all passes",
        run: show_ir,
    }
}

/// `:asm`.
pub const fn asm<D: Optimises>() -> Command<D> {
    Command {
        name: "asm",
        takes: Takes::Name,
        help: "its machine code, before and after all passes",
        run: show_asm,
    }
}

/// `:passes`.
pub const fn passes<D: Optimises>() -> Command<D> {
    Command {
        name: "passes",
        takes: Takes::Nothing,
        help: "the passes, and which of them run",
        run: show_passes,
    }
}

fn show_ir<D: Optimises>(
    session: &mut Session<D>,
    argument: &Argument<'_>,
) -> Result<(), Diagnostic> {
    let before = repl::module(session, argument)?;
    let text = before.to_string();
    let preview = session.jit().preview(before);
    let (after, _) =
        preview.map_err(|error| explain(&error, argument.span, None))?;
    session.print(&beside(&text, &after.to_string()));
    Ok(())
}

fn show_asm<D: Optimises>(
    session: &mut Session<D>,
    argument: &Argument<'_>,
) -> Result<(), Diagnostic> {
    let explained = |error: JitError| explain(&error, argument.span, None);
    let module = repl::module(session, argument)?;
    let target = session.jit().base().session.executor().target();
    let graph = CodeGenerator::new(target).compile(&module);
    let graph = graph.map_err(|error| explained(error.into()))?;
    let before = Listing::new(&graph, &module).to_string();
    let preview = session.jit().preview(module);
    let (module, graph) = preview.map_err(explained)?;
    let after = Listing::new(&graph, &module).to_string();
    session.print(&beside(&before, &after));
    Ok(())
}

/// Two listings side by side, or one below the other if that is too wide.
fn beside(before: &str, after: &str) -> String {
    let width = |text: &str| {
        let widths = text.lines().map(|line| line.chars().count());
        widths.max().unwrap_or(0)
    };
    let left = width(before).max(6);
    if left + 3 + width(after) > WIDTH {
        return format!("# before\n{before}\n# after\n{after}");
    }
    let mut text = format!("{:<left$}   # after\n", "# before");
    let (mut before, mut after) = (before.lines(), after.lines());
    loop {
        let pair = (before.next(), after.next());
        if pair == (None, None) {
            return text;
        }
        let (before, after) = (pair.0.unwrap_or(""), pair.1.unwrap_or(""));
        let line = format!("{before:<left$}   {after}");
        text += line.trim_end();
        text.push('\n');
    }
}

fn show_passes<D: Optimises>(
    session: &mut Session<D>,
    _: &Argument<'_>,
) -> Result<(), Diagnostic> {
    for pass in passes::each() {
        session.print(&format!("{:<12}  {}\n", pass.name(), pass.summary()));
    }
    let passes = session.jit().optimiser().pipeline.passes().iter();
    let order: Vec<&str> = passes.map(|pass| pass.name()).collect();
    let order = match order.is_empty() {
        true => "none".into(),
        false => order.join(", "),
    };
    session.print(&format!("\nIn this order: {order}\n"));
    Ok(())
}
