//! What work takes for granted stays as it is until the work is done.

use super::*;

/// A machine with a weak `g`, and work on `f` that relies on it.
fn relying() -> (Machine, DylibId, WorkId) {
    let (mut m, d) = machine();
    let weak = SymbolFlags { weak: true, ..SymbolFlags::FUNCTION };
    let tracker = m.add_tracker();
    m.define(d, tracker, &[(symbol("g"), weak)], "weak").unwrap();
    m.add(d, "unit", &["f"]);
    let work = m.begin(d, "me", "f");
    let order = [(d, Visibility::All)];
    assert_eq!(m.rely_on(work, &order, &symbol("h")), None);
    assert_eq!(m.rely_on(work, &order, &symbol("g")), Some(weak));
    (m, d, work)
}

fn is_taken(m: &Machine, d: DylibId) -> bool {
    m.is_taken(d, &symbol("g"))
}

#[test]
fn what_work_relies_on_gives_way_to_nothing() {
    let (mut m, d, work) = relying();
    assert!(is_taken(&m, d));
    m.fail(work, Cause::new(Broken));
    assert!(!is_taken(&m, d), "the work has failed");
    let order = [(d, Visibility::All)];
    assert_eq!(m.rely_on(work, &order, &symbol("g")), None);
}

#[test]
fn work_can_be_told_to_rely_on_nothing_any_more() {
    let (mut m, d, work) = relying();
    let relied_on = m.take_relied_on(work);
    assert_eq!(relied_on, [m.dylibs[d][&symbol("g")]]);
    assert!(is_taken(&m, d));
    m.rely_no_more(relied_on);
    assert!(!is_taken(&m, d));
}

#[test]
fn work_that_is_handed_on_relies_on_it_too() {
    let (mut m, d, work) = relying();
    let other = m.delegate(work, &[symbol("f")]).unwrap();
    assert!(is_taken(&m, d));
    let g = m.dylibs[d][&symbol("g")];
    assert_eq!(m.entries[g].reliers, 1, "the first work has nothing left");
    m.fail(other, Cause::new(Broken));
    assert_eq!(m.entries[g].reliers, 0);
}

#[test]
fn work_whose_symbols_are_removed_relies_on_nothing() {
    let (mut m, d) = machine();
    m.add(d, "g", &["g"]);
    let tracker = m.add(d, "unit", &["f"]);
    let work = m.begin(d, "me", "f");
    m.rely_on(work, &[(d, Visibility::All)], &symbol("g")).unwrap();
    m.remove(tracker).unwrap();
    assert_eq!(m.entries[m.dylibs[d][&symbol("g")]].reliers, 0);
}
