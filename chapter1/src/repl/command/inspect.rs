//! Commands that show what there is.

use super::Argument;
use crate::codegen::listing::Listing;
use crate::definitions::Definition;
use crate::ir::Module;
use crate::ir::lower::Prototypes;
use crate::kaleidoscope::explain;
use crate::repl::nearest::nearest;
use crate::repl::{Chapter, Session};
use crate::symbol::Symbol;
use crate::syntax::diagnostics::{count, cut};
use crate::syntax::print::PrintItem;
use crate::syntax::{Diagnostic, Item, PrototypeKind};
use std::sync::Arc;

pub(super) fn ast<D: Chapter>(
    session: &mut Session<D>,
    argument: &Argument<'_>,
) -> Result<(), Diagnostic> {
    let (_, definition) = find(session, argument)?;
    let Some((ast, item)) = definition.tree() else {
        return Err(argument.error("this was defined without a text"));
    };
    session.print(&format!("{}\n", PrintItem(&ast, &item)));
    Ok(())
}

pub(super) fn ir<D: Chapter>(
    session: &mut Session<D>,
    argument: &Argument<'_>,
) -> Result<(), Diagnostic> {
    let module = module(session, argument)?;
    session.print(&module.to_string());
    Ok(())
}

pub(super) fn asm<D: Chapter>(
    session: &mut Session<D>,
    argument: &Argument<'_>,
) -> Result<(), Diagnostic> {
    let module = module(session, argument)?;
    let preview = session.jit().preview(module);
    let (module, graph) =
        preview.map_err(|error| explain(&error, argument.span, None))?;
    session.print(&Listing::new(&graph, &module).to_string());
    Ok(())
}

pub(super) fn symbols<D: Chapter>(
    session: &mut Session<D>,
    _: &Argument<'_>,
) -> Result<(), Diagnostic> {
    let base = session.jit().base();
    let definitions = &base.definitions;
    let compiled = session.jit().compiled();
    let is_compiled = |name: &Symbol| compiled.binary_search(name).is_ok();
    let defined = definitions.defined().into_iter().map(|(name, params)| {
        let state = match is_compiled(&name) {
            true => "compiled",
            false => "not compiled",
        };
        (head(session, &name, params), state.to_owned())
    });
    let row = |(name, params): (Symbol, usize)| {
        (name.to_string(), count(params, "parameter"))
    };
    let is_host = |name: &Symbol| base.session.executor().has_host_symbol(name);
    let (host, declared): (Vec<_>, Vec<_>) =
        definitions.declared().into_iter().partition(|(name, _)| is_host(name));
    session.print(&section("defined", defined));
    session.print(&section("declared", declared.into_iter().map(row)));
    session.print(&section("host", host.into_iter().map(row)));
    Ok(())
}

/// A heading and rows of two columns; nothing without rows.
fn section(
    heading: &str,
    rows: impl Iterator<Item = (String, String)>,
) -> String {
    let mut text = String::new();
    for (left, right) in rows {
        if text.is_empty() {
            text = format!("{heading}\n");
        }
        text += &format!("  {left:<24}  {right}\n");
    }
    text
}

/// The beginning of a definition: `fib(n)`, `binary| 5 (a b)`.
fn head<D: Chapter>(
    session: &Session<D>,
    name: &Symbol,
    params: usize,
) -> String {
    let definition = session.jit().base().definitions.get(name);
    let tree = definition.and_then(|definition| definition.tree());
    let Some((ast, Item::Definition { prototype, .. })) = tree else {
        return format!("{}, {}", cut(name), count(params, "parameter"));
    };
    let params = ast.params(&prototype).iter();
    let params: Vec<&str> = params.map(|param| ast.text(param.name)).collect();
    let params = cut(&params.join(" "));
    let operators = session.program.operators();
    match prototype.kind {
        PrototypeKind::Function => format!("{}({params})", cut(name)),
        PrototypeKind::Unary(_) => format!("{name} ({params})"),
        PrototypeKind::Binary(op) => {
            let operator = operators.binary(op);
            let precedence = operator.map_or(0, |known| known.precedence);
            format!("{name} {precedence} ({params})")
        }
    }
}

pub(super) fn uses<D: Chapter>(
    session: &mut Session<D>,
    argument: &Argument<'_>,
) -> Result<(), Diagnostic> {
    let name = known(session, argument)?;
    let base = session.jit().base();
    let callers = base.definitions.callers(&name);
    let callees = base.definitions.callees(&name);
    let handles = base.main.holders(&name) as usize;
    let mut text = format!("called by  {}\n", list(&callers));
    if base.definitions.get(&name).is_some() {
        text += &format!("calls      {}\n", list(&callees));
    }
    let inliners = base.definitions.inliners(&name);
    if !inliners.is_empty() {
        text += &format!("inlined in {}\n", list(&inliners));
    }
    if handles > 0 {
        text += &format!("held by    {}\n", count(handles, "handle"));
    }
    session.print(&text);
    Ok(())
}

fn list(names: &[Symbol]) -> String {
    let names: Vec<&str> = names.iter().map(Symbol::as_str).collect();
    match names.is_empty() {
        true => "nobody".into(),
        false => names.join(", "),
    }
}

/// The IR of the definition that an argument names.
///
/// # Errors
/// If there is no such definition, or it has no IR any more.
pub fn module<D: Chapter>(
    session: &Session<D>,
    argument: &Argument<'_>,
) -> Result<Module, Diagnostic> {
    let (name, definition) = find(session, argument)?;
    let module = session.jit().base().definitions.module(&definition);
    module.ok_or_else(|| {
        let title = format!("`{}` cannot be lowered any more", cut(&name));
        argument.error(title).label("what it calls is not known any more")
    })
}

/// The definition that an argument names.
fn find<D: Chapter>(
    session: &Session<D>,
    argument: &Argument<'_>,
) -> Result<(Symbol, Arc<Definition>), Diagnostic> {
    let name = known(session, argument)?;
    let base = session.jit().base();
    if let Some(definition) = base.definitions.get(&name) {
        return Ok((name, definition));
    }
    let is_host = base.session.executor().has_host_symbol(&name);
    let title = format!("`{}` is declared, but not defined", cut(&name));
    Err(argument.error(title).label(match is_host {
        true => "a function of the host",
        false => "not defined yet",
    }))
}

/// The function that an argument names, declared or defined.
pub(super) fn known<D: Chapter>(
    session: &Session<D>,
    argument: &Argument<'_>,
) -> Result<Symbol, Diagnostic> {
    let definitions = &session.jit().base().definitions;
    let name = argument.name();
    if let Some((symbol, _)) = definitions.prototype(&name) {
        return Ok(symbol);
    }
    let title = format!("unknown function `{}`", cut(&name));
    let error = argument.error(title).label("neither defined nor declared");
    let known = definitions.defined();
    let known = known.iter().map(|(name, _)| name.as_str());
    Err(match nearest(&name, known) {
        Some(near) => error.help(format!("did you mean `{near}`?")),
        None => error.help("`:symbols` lists what is known"),
    })
}
