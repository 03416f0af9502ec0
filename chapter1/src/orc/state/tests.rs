//! One fact each; `model` compares random histories with the definition of
//! readiness.

mod model;
mod reliance;

use super::*;
use crate::executor::ExecutorAddr;

type Machine = State<&'static str, &'static str>;

#[derive(Debug, thiserror::Error)]
#[error("broken")]
struct Broken;

fn symbol(name: &str) -> Symbol {
    Symbol::new(name)
}

/// A machine with one dylib.
fn machine() -> (Machine, DylibId) {
    let mut machine = Machine::default();
    let dylib = machine.add_dylib();
    (machine, dylib)
}

impl Machine {
    /// Defines functions by one unit, with a tracker of their own.
    fn add(
        &mut self,
        dylib: DylibId,
        unit: &'static str,
        names: &[&str],
    ) -> TrackerId {
        let tracker = self.add_tracker();
        let function = |name: &&str| (symbol(name), SymbolFlags::FUNCTION);
        let symbols: Vec<_> = names.iter().map(function).collect();
        self.define(dylib, tracker, &symbols, unit).unwrap();
        tracker
    }

    fn ask(
        &mut self,
        dylib: DylibId,
        who: &'static str,
        names: &[&str],
        wanted: Wanted,
    ) {
        let names: Vec<Symbol> = names.iter().map(|n| symbol(n)).collect();
        let order = [(dylib, Visibility::All)];
        self.lookup(&order, &names, wanted, None, who);
    }

    /// The effects, as text, and the work that was started.
    fn happened(&mut self) -> (Vec<String>, Vec<WorkId>) {
        let mut started = Vec::new();
        let effects = self.take_effects();
        let texts = effects.into_iter().map(|effect| match effect {
            Effect::Materialize(unit, work, _) => {
                started.push(work);
                format!("start {unit}")
            }
            Effect::Complete(who, Ok(found)) => {
                let name =
                    |found: &Found| self.entries[found.entry].name.clone();
                let names: Vec<Symbol> = found.iter().map(name).collect();
                format!("{who} gets {}", list(&names))
            }
            Effect::Complete(who, Err(error)) => format!("{who}: {error}"),
            Effect::Drop(unit) => format!("drop {unit}"),
            Effect::Release(_) => "release".to_owned(),
            Effect::Report(names, cause) => {
                format!("report {}: {cause}", list(&names))
            }
        });
        let texts = texts.collect();
        (texts, started)
    }

    fn texts(&mut self) -> Vec<String> {
        self.happened().0
    }

    /// Looks up one symbol and returns the work that this starts.
    fn begin(
        &mut self,
        dylib: DylibId,
        who: &'static str,
        name: &str,
    ) -> WorkId {
        self.ask(dylib, who, &[name], Wanted::Ready);
        let (_, started) = self.happened();
        started[0]
    }

    fn resolve_all(&mut self, work: WorkId) -> Result<(), Defunct> {
        let names = self.responsibility(work).into_iter();
        let address = ExecutorAddr::new(0x1000);
        let addresses: Vec<_> = names.map(|name| (name, address)).collect();
        self.resolve(work, &addresses)
    }

    /// Resolves and emits, with dependencies by name.
    fn finish(
        &mut self,
        dylib: DylibId,
        work: WorkId,
        needs: &[&str],
    ) -> Result<(), Defunct> {
        self.resolve_all(work)?;
        let needs = needs.iter().map(|name| self.dylibs[dylib][&symbol(name)]);
        let needs: Vec<EntryId> = needs.collect();
        self.emit(work, &needs)
    }
}

#[test]
fn a_lookup_starts_the_unit_and_waits_for_it() {
    let (mut m, d) = machine();
    m.add(d, "unit", &["f", "g"]);
    m.ask(d, "me", &["f"], Wanted::Ready);
    let (texts, started) = m.happened();
    assert_eq!(texts, ["start unit"]);
    m.resolve_all(started[0]).unwrap();
    assert!(m.texts().is_empty());
    m.emit(started[0], &[]).unwrap();
    assert_eq!(m.texts(), ["me gets `f`"]);
    m.ask(d, "you", &["g"], Wanted::Ready);
    assert_eq!(m.texts(), ["you gets `g`"]);
}

#[test]
fn an_address_is_enough_to_link() {
    let (mut m, d) = machine();
    m.add(d, "unit", &["f"]);
    m.ask(d, "linker", &["f"], Wanted::Resolved);
    let (_, started) = m.happened();
    m.resolve_all(started[0]).unwrap();
    assert_eq!(m.texts(), ["linker gets `f`"]);
}

#[test]
fn missing_symbols_are_listed_exactly() {
    let (mut m, d) = machine();
    m.add(d, "unit", &["f"]);
    m.ask(d, "me", &["f", "g", "h"], Wanted::Ready);
    assert_eq!(m.texts(), ["me: symbols not found: `g`, `h`"]);
}

#[test]
fn the_first_dylib_that_shows_a_name_has_it() {
    let (mut m, first) = machine();
    let second = m.add_dylib();
    let tracker = m.add_tracker();
    let hidden = SymbolFlags { exported: false, ..SymbolFlags::FUNCTION };
    m.define(first, tracker, &[(symbol("f"), hidden)], "hidden").unwrap();
    m.add(second, "shown", &["f"]);
    for (visibility, unit) in [
        (Visibility::All, "start hidden"),
        (Visibility::Exported, "start shown"),
    ] {
        let order = [(first, visibility), (second, Visibility::Exported)];
        m.lookup(&order, &[symbol("f")], Wanted::Ready, None, "me");
        assert_eq!(m.texts(), [unit]);
    }
}

#[test]
fn a_second_strong_definition_is_refused_and_changes_nothing() {
    let (mut m, d) = machine();
    m.add(d, "first", &["f"]);
    let tracker = m.add_tracker();
    let symbols = ["g", "f"].map(|name| (symbol(name), SymbolFlags::FUNCTION));
    let error = m.define(d, tracker, &symbols, "second").unwrap_err();
    assert_eq!(error.to_string(), "duplicate definition of `f`");
    m.ask(d, "me", &["g"], Wanted::Ready);
    assert_eq!(m.texts(), ["drop second", "me: symbols not found: `g`"]);
}

#[test]
fn strong_beats_weak_and_the_loser_is_never_started() {
    let (mut m, d) = machine();
    let weak = SymbolFlags { weak: true, ..SymbolFlags::FUNCTION };
    let tracker = m.add_tracker();
    m.define(d, tracker, &[(symbol("f"), weak)], "weak").unwrap();
    m.add(d, "strong", &["f"]);
    m.define(d, tracker, &[(symbol("f"), weak)], "late").unwrap();
    m.ask(d, "me", &["f"], Wanted::Ready);
    assert_eq!(m.texts(), ["drop weak", "drop late", "start strong"]);
}

#[test]
fn a_weak_definition_that_is_being_used_is_not_replaced() {
    let (mut m, d) = machine();
    let weak = SymbolFlags { weak: true, ..SymbolFlags::FUNCTION };
    let tracker = m.add_tracker();
    m.define(d, tracker, &[(symbol("f"), weak)], "weak").unwrap();
    m.begin(d, "me", "f");
    let strong = [(symbol("f"), SymbolFlags::FUNCTION)];
    assert!(m.define(d, tracker, &strong, "strong").is_err());
}

#[test]
fn a_weak_definition_that_is_held_is_not_replaced() {
    let (mut m, d) = machine();
    let weak = SymbolFlags { weak: true, ..SymbolFlags::FUNCTION };
    let tracker = m.add_tracker();
    m.define(d, tracker, &[(symbol("f"), weak)], "weak").unwrap();
    m.ask(d, "linker", &["f"], Wanted::Resolved);
    let (_, started) = m.happened();
    m.resolve_all(started[0]).unwrap();
    let f = m.dylibs[d][&symbol("f")];
    assert!(m.hold(f));
    let strong = [(symbol("f"), SymbolFlags::FUNCTION)];
    assert!(m.define(d, tracker, &strong, "strong").is_err());
    m.let_go(f);
    assert!(m.define(d, tracker, &strong, "strong").is_ok());
    assert!(!m.hold(f));
}

#[test]
fn a_unit_has_a_name_once() {
    let (mut m, d) = machine();
    let weak = SymbolFlags { weak: true, ..SymbolFlags::FUNCTION };
    let strong = SymbolFlags::FUNCTION;
    for flags in [[weak, strong], [strong, weak], [weak; 2], [strong; 2]] {
        let tracker = m.add_tracker();
        let symbols = flags.map(|flags| (symbol("f"), flags));
        assert!(m.define(d, tracker, &symbols, "unit").is_err());
    }
    assert_eq!(m.sizes(), (0, 0));
}

#[test]
fn a_function_may_depend_on_itself() {
    let (mut m, d) = machine();
    m.add(d, "f", &["f"]);
    let work = m.begin(d, "me", "f");
    m.finish(d, work, &["f"]).unwrap();
    assert_eq!(m.texts(), ["me gets `f`"]);
}

#[test]
fn a_ring_of_three_becomes_ready_together() {
    let (mut m, d) = machine();
    for (unit, name) in [("a", "a"), ("b", "b"), ("c", "c")] {
        m.add(d, unit, &[name]);
    }
    let a = m.begin(d, "me", "a");
    let b = m.begin(d, "b's friend", "b");
    let c = m.begin(d, "c's friend", "c");
    m.finish(d, a, &["b"]).unwrap();
    m.finish(d, b, &["c"]).unwrap();
    assert!(m.texts().is_empty());
    m.finish(d, c, &["a"]).unwrap();
    let mut texts = m.texts();
    texts.sort();
    let all = ["b's friend gets `b`", "c's friend gets `c`", "me gets `a`"];
    assert_eq!(texts, all);
    assert_eq!(m.sizes(), (3, 0));
}

#[test]
fn a_failed_dependency_fails_its_dependants() {
    let (mut m, d) = machine();
    m.add(d, "a", &["a"]);
    m.add(d, "b", &["b"]);
    let a = m.begin(d, "me", "a");
    let b = m.begin(d, "you", "b");
    m.finish(d, a, &["b"]).unwrap();
    m.fail(b, Cause::new(Broken));
    let mut texts = m.texts();
    texts.sort();
    let both = "failed to materialize `a`, `b`: broken";
    let (me, you) = (format!("me: {both}"), format!("you: {both}"));
    assert_eq!(texts, [&me, "release", "report `b`: broken", &you]);
    assert_eq!(m.sizes(), (0, 0));
}

/// Here the dependant has linked to the address of what fails then. It is
/// told the reason all the same, and nothing of that is kept.
#[test]
fn who_emits_after_a_dependency_has_failed_is_told_why() {
    let (mut m, d) = machine();
    m.add(d, "a", &["a"]);
    m.add(d, "b", &["b"]);
    let a = m.begin(d, "me", "a");
    let b = m.begin(d, "you", "b");
    m.resolve_all(b).unwrap();
    m.resolve_all(a).unwrap();
    let gone = m.dylibs[d][&symbol("b")];
    m.fail(b, Cause::new(Broken));
    m.take_effects();
    assert_eq!(m.emit(a, &[gone]), Err(Defunct));
    let reason = "failed to materialize `b`: broken";
    let report = format!("report `a`: {reason}");
    let text = format!("me: failed to materialize `a`: {reason}");
    assert_eq!(m.texts(), [report, text]);
    assert!(m.failed.is_empty());
}

#[test]
fn what_has_failed_can_be_defined_again() {
    let (mut m, d) = machine();
    m.add(d, "first", &["f"]);
    let work = m.begin(d, "me", "f");
    m.fail(work, Cause::new(Broken));
    m.take_effects();
    m.add(d, "second", &["f"]);
    let work = m.begin(d, "me", "f");
    m.finish(d, work, &[]).unwrap();
    assert_eq!(m.texts(), ["me gets `f`"]);
}

#[test]
fn removal_while_compiling_makes_the_work_defunct() {
    let (mut m, d) = machine();
    let tracker = m.add(d, "unit", &["f"]);
    let work = m.begin(d, "me", "f");
    assert_eq!(*m.remove(tracker).unwrap(), [symbol("f")]);
    assert_eq!(m.texts(), ["me: failed to materialize `f`: it was removed"]);
    assert_eq!(m.resolve_all(work), Err(Defunct));
    assert_eq!(m.emit(work, &[]), Err(Defunct));
}

#[test]
fn removing_what_is_lazy_drops_the_unit() {
    let (mut m, d) = machine();
    let tracker = m.add(d, "unit", &["f", "g"]);
    m.remove(tracker).unwrap();
    assert_eq!(m.texts(), ["drop unit"]);
    assert_eq!(m.sizes(), (0, 0));
}

#[test]
fn a_root_that_goes_fails_the_lookup_even_if_it_was_ready() {
    let (mut m, d) = machine();
    let tracker = m.add(d, "a", &["a"]);
    m.add(d, "b", &["b"]);
    let a = m.begin(d, "first", "a");
    m.finish(d, a, &[]).unwrap();
    m.take_effects();
    m.ask(d, "both", &["a", "b"], Wanted::Ready);
    m.take_effects();
    m.remove(tracker).unwrap();
    let both = "both: failed to materialize `a`: it was removed";
    assert_eq!(m.texts(), ["release", both]);
}

#[test]
fn responsibility_can_be_delegated() {
    let (mut m, d) = machine();
    m.add(d, "unit", &["f", "g"]);
    let work = m.begin(d, "me", "f");
    let part = m.delegate(work, &[symbol("g")]).unwrap();
    assert_eq!(m.responsibility(work), [symbol("f")]);
    assert_eq!(m.responsibility(part), [symbol("g")]);
    m.finish(d, work, &[]).unwrap();
    assert_eq!(m.texts(), ["me gets `f`"]);
    m.fail(part, Cause::new(Broken));
    assert_eq!(m.delegate(part, &[symbol("g")]), Err(Defunct));
}

#[test]
fn what_is_replaced_starts_at_once_only_if_it_is_waited_for() {
    let (mut m, d) = machine();
    m.add(d, "unit", &["f", "g"]);
    let work = m.begin(d, "me", "f");
    m.replace(work, &[symbol("g")], "later").unwrap();
    assert!(m.texts().is_empty());
    m.replace(work, &[symbol("f")], "now").unwrap();
    let (texts, started) = m.happened();
    assert_eq!(texts, ["start now"]);
    m.finish(d, started[0], &[]).unwrap();
    assert_eq!(m.texts(), ["me gets `f`"]);
}

#[test]
fn emitting_what_has_no_address_is_a_failure() {
    let (mut m, d) = machine();
    m.add(d, "unit", &["f"]);
    let work = m.begin(d, "me", "f");
    assert_eq!(m.emit(work, &[]), Err(Defunct));
    let reason = "its unit gives `f` no address";
    let report = format!("report `f`: {reason}");
    let text = format!("me: failed to materialize `f`: {reason}");
    assert_eq!(m.texts(), [report, text]);
}

#[test]
fn a_chain_of_a_hundred_thousand_needs_no_recursion() {
    let (mut m, d) = machine();
    let names: Vec<String> = (0..100_000).map(|i| format!("f{i}")).collect();
    let mut works = Vec::new();
    for name in &names {
        m.add(d, "unit", &[name]);
        m.ask(d, "linker", &[name], Wanted::Resolved);
        works.extend(m.happened().1);
    }
    m.ask(d, "me", &["f99999"], Wanted::Ready);
    for index in (1..names.len()).rev() {
        m.finish(d, works[index], &[&names[index - 1]]).unwrap();
    }
    m.take_effects();
    m.finish(d, works[0], &[]).unwrap();
    assert!(m.texts().contains(&"me gets `f99999`".to_owned()));
}
