//! Almost: each block below the first that leads to it. That is a tree, and
//! not the one.

use chapter1::driver::Driver;
use chapter1::ir::{Block, Function};
use chapter1::kaleidoscope::explain;
use chapter1::repl::{self, Argument, Command, Session};
use chapter1::syntax::Diagnostic;
use chapter2::analysis::Analyses;
use chapter2::jit::KaleidoscopeJit;
use std::collections::HashSet;

pub(super) const TREE: Command<KaleidoscopeJit> =
    Command { run: tree, ..super::answer::TREE };

fn tree(
    session: &mut Session<KaleidoscopeJit>,
    argument: &Argument<'_>,
) -> Result<(), Diagnostic> {
    let module = repl::module(session, argument)?;
    let (module, _) = session
        .jit()
        .preview(module)
        .map_err(|error| explain(&error, argument.span, None))?;
    session.print(&module.functions.iter().map(drawn).collect::<String>());
    Ok(())
}

fn drawn(function: &Function) -> String {
    let loops = Analyses::default().loops(function);
    let headers: HashSet<Block> =
        loops.all().map(|l| loops.header(l)).collect();
    let (mut text, mut seen) = (String::new(), HashSet::new());
    let mut todo = vec![(function.entry(), 0)];
    while let Some((block, indent)) = todo.pop() {
        if seen.insert(block) {
            let mark = if headers.contains(&block) { " (loop)" } else { "" };
            text += &format!("{:indent$}{block}{mark}\n", "");
            let next = function.successors(block).rev();
            todo.extend(next.map(|next| (next, indent + 2)));
        }
    }
    text
}
