//! Units of materialization: who can produce which symbols.

use super::responsibility::MaterializationResponsibility;
use super::state::{Found, SymbolFlags};
use crate::executor::ExecutorAddr;
use crate::symbol::Symbol;
use rustc_hash::FxHashMap;

/// Something that can produce symbols when they are needed.
// ANCHOR: MaterializationUnit
pub trait MaterializationUnit: Send {
    /// The symbols, each with its flags.
    fn symbols(&self) -> Vec<(Symbol, SymbolFlags)>;

    /// Produces those that the responsibility lists: fewer, if others of
    /// these names have come first. Called at most once, with no lock held.
    fn materialize(
        self: Box<Self>,
        responsibility: MaterializationResponsibility,
    );
}
// ANCHOR_END: MaterializationUnit

/// Symbols whose addresses are known.
pub struct AbsoluteSymbols(pub Vec<(Symbol, ExecutorAddr, SymbolFlags)>);

impl MaterializationUnit for AbsoluteSymbols {
    fn symbols(&self) -> Vec<(Symbol, SymbolFlags)> {
        let symbols = self.0.iter();
        symbols.map(|(name, _, flags)| (name.clone(), *flags)).collect()
    }

    // ANCHOR: materialize_absolute
    fn materialize(self: Box<Self>, work: MaterializationResponsibility) {
        let addresses = self.0.into_iter();
        let addresses: Vec<(Symbol, ExecutorAddr)> =
            addresses.map(|(name, address, _)| (name, address)).collect();
        if work.resolve(&addresses).is_ok() {
            // Whoever has made it defunct meanwhile has told those who wait.
            let _ = work.emit(&[]);
        }
    }
    // ANCHOR_END: materialize_absolute
}

/// Further names for symbols, which may be further names themselves.
pub struct Aliases(pub Vec<Alias>);

/// A further name.
pub struct Alias {
    /// The name.
    pub name: Symbol,
    /// The symbol that it is for, looked up as the code of the alias's own
    /// dylib would.
    pub target: Symbol,
    /// What can be seen of the name.
    pub flags: SymbolFlags,
}

impl MaterializationUnit for Aliases {
    fn symbols(&self) -> Vec<(Symbol, SymbolFlags)> {
        let aliases = self.0.iter();
        aliases.map(|alias| (alias.name.clone(), alias.flags)).collect()
    }

    // ANCHOR: materialize_aliases
    fn materialize(self: Box<Self>, work: MaterializationResponsibility) {
        let wanted = work.symbols();
        let aliases = self.0.into_iter();
        let aliases: FxHashMap<Symbol, Symbol> = aliases
            .filter(|alias| wanted.contains(&alias.name))
            .map(|alias| (alias.name, alias.target))
            .collect();
        let follow = |name: &Symbol| follow(&aliases, name).clone();
        let targets: Vec<Symbol> = wanted.iter().map(follow).collect();
        work.ask(&targets, move |work, result| match result {
            Ok(found) => emit_aliases(work, wanted, &found),
            Err(error) => work.fail(error),
        });
    }
    // ANCHOR_END: materialize_aliases
}

/// What a name stands for that is no alias of the same unit: that one cannot
/// be looked up before the unit has done its work.
fn follow<'a>(
    aliases: &'a FxHashMap<Symbol, Symbol>,
    name: &'a Symbol,
) -> &'a Symbol {
    let mut at = name;
    for _ in aliases {
        match aliases.get(at) {
            Some(target) => at = target,
            None => break,
        }
    }
    at
}

/// Gives each name the address of what it stands for.
fn emit_aliases(
    work: MaterializationResponsibility,
    names: Vec<Symbol>,
    found: &[Found],
) {
    let addresses = names.into_iter().zip(found);
    let addresses: Vec<(Symbol, ExecutorAddr)> =
        addresses.map(|(name, found)| (name, found.address)).collect();
    if work.resolve(&addresses).is_ok() {
        let targets: Vec<_> = found.iter().map(|found| found.entry).collect();
        // Whoever has made it defunct meanwhile has told those who wait.
        let _ = work.emit(&targets);
    }
}
