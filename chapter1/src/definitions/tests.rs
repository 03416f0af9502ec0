use super::*;
use crate::executor::fake::Fake;
use crate::ir::parse_module;
use crate::orc::ExecutionSession;

/// A table, and a tracker that nobody asks anything.
fn table() -> (Definitions, ResourceTracker) {
    let session = ExecutionSession::new(Arc::new(Fake::new()));
    let tracker = session.create_dylib("main").default_tracker();
    (Definitions::default(), tracker)
}

/// A function that calls others, each with one argument.
fn caller(name: &str, callees: &[&str]) -> Module {
    let mut text = format!("function @{name}(f64) -> f64 {{\n");
    for (i, callee) in callees.iter().enumerate() {
        text += &format!("fn{i} = function @{callee}(f64) -> f64\n");
    }
    parse_module(&(text + "block0(v0: f64):\nreturn v0\n}")).unwrap()
}

fn define(definitions: &Definitions, t: &ResourceTracker, module: &Module) {
    let origin = Origin::Ir(Arc::new(module.clone()));
    definitions.define(Prepared::from_module(module), origin, t);
}

fn names(symbols: &[Symbol]) -> Vec<&str> {
    symbols.iter().map(Symbol::as_str).collect()
}

#[test]
fn a_declaration_without_callers_can_be_replaced() {
    let definitions = Definitions::default();
    definitions.declare("f", 1);
    assert_eq!(definitions.check("f", 2), Ok(()));
    definitions.declare("f", 2);
    assert_eq!(definitions.prototype("f").unwrap().1, 2);
}

#[test]
fn callers_hold_on_to_the_number_of_parameters() {
    let (definitions, t) = table();
    definitions.declare("f", 1);
    define(&definitions, &t, &caller("h", &["f"]));
    define(&definitions, &t, &caller("g", &["f"]));
    let mismatch = definitions.check("f", 2).unwrap_err();
    assert_eq!(names(&mismatch.callers), ["g", "h"]);
    assert_eq!((mismatch.known, mismatch.is_defined), (1, false));
    assert_eq!(definitions.check("f", 1), Ok(()));
}

#[test]
fn so_does_a_definition() {
    let (definitions, t) = table();
    define(&definitions, &t, &caller("f", &[]));
    assert!(definitions.check("f", 2).unwrap_err().is_defined);
}

#[test]
fn a_definition_that_goes_takes_its_calls_along() {
    let (definitions, t) = table();
    definitions.declare("f", 1);
    define(&definitions, &t, &caller("g", &["f", "g"]));
    let [f, g] = ["f", "g"].map(Symbol::new);
    assert_eq!(names(&definitions.callers(&f)), ["g"]);
    assert_eq!(definitions.callers(&g), []);
    assert!(definitions.remove(&f).unwrap().is_none());
    assert!(definitions.remove(&g).unwrap().is_some());
    assert_eq!(definitions.callers(&f), []);
    assert!(definitions.get(&g).is_none());
    assert!(definitions.prototype("g").is_none());
    assert_eq!(definitions.prototype("f").unwrap().1, 1);
}

#[test]
fn what_is_inlined_is_in_use_until_its_inliner_goes() {
    let (definitions, t) = table();
    let [f, g, h] = ["f", "g", "h"].map(Symbol::new);
    for name in ["f", "g", "h"] {
        define(&definitions, &t, &caller(name, &[]));
    }
    definitions.note_inlined(&f, [f.clone(), g.clone(), h.clone()].into());
    assert_eq!(names(&definitions.inliners(&g)), ["f"]);
    assert_eq!(definitions.inliners(&f), [], "itself does not count");
    let in_use = definitions.remove(&g).err().unwrap();
    assert_eq!(names(&in_use.users), ["f"]);
    // What is compiled again may be made otherwise.
    definitions.note_inlined(&f, [h.clone()].into());
    assert!(definitions.remove(&g).unwrap().is_some());
    assert!(definitions.remove(&f).unwrap().is_some());
    assert_eq!(definitions.inliners(&h), []);
    assert!(definitions.remove(&h).unwrap().is_some());
    // Nothing is noted of what is not defined.
    definitions.note_inlined(&f, [h].into());
}

#[test]
fn a_path_is_as_short_as_possible() {
    let (definitions, t) = table();
    for (name, callees) in [
        ("a", &["b", "c"][..]),
        ("b", &["d"]),
        ("d", &["e"]),
        ("c", &["e", "a"]),
    ] {
        define(&definitions, &t, &caller(name, callees));
    }
    let [a, e] = ["a", "e"].map(Symbol::new);
    assert_eq!(names(&definitions.path(&[a], &e)), ["a", "c", "e"]);
    assert_eq!(names(&definitions.path(&[], &e)), ["e"]);
}

#[test]
fn a_definition_that_is_replaced_leaves_its_callers_and_no_callees() {
    let (definitions, t) = table();
    let replace = |module: &Module| {
        let function = Prepared::from_module(module).remove(0);
        let origin = Origin::Ir(Arc::new(module.clone()));
        definitions.replace(function, origin, &t)
    };
    let [f, g, h] = ["f", "g", "h"].map(Symbol::new);
    assert!(replace(&caller("f", &["g"])).is_none());
    assert!(replace(&caller("h", &["f"])).is_none());
    let first = definitions.get(&f).unwrap();
    let replaced = replace(&caller("f", &["f"])).unwrap();
    assert!(Arc::ptr_eq(&first, &replaced));
    assert_eq!(names(&definitions.callers(&f)), ["h"]);
    assert_eq!(names(&definitions.callers(&g)), [""; 0]);
    assert_eq!(definitions.count(), 3);
    // Only the current one counts.
    assert_eq!(definitions.while_current(&f, &first, || 1), None);
    let second = definitions.get(&f).unwrap();
    assert_eq!(definitions.while_current(&f, &second, || 1), Some(1));
    // It stays declared for its caller, and is forgotten with that.
    assert!(definitions.withdraw(&f).is_some());
    assert!(definitions.withdraw(&f).is_none());
    assert_eq!(definitions.prototype("f").unwrap().1, 1);
    assert!(definitions.withdraw(&h).is_some());
    assert_eq!(definitions.prototype("h"), None);
}

#[test]
fn only_other_functions_mind_another_number_of_parameters() {
    let (definitions, t) = table();
    let f = Symbol::new("f");
    define(&definitions, &t, &caller("f", &["f"]));
    assert_eq!(definitions.check_change(&f, 2), Ok(()));
    define(&definitions, &t, &caller("g", &["f"]));
    assert_eq!(definitions.check_change(&f, 1), Ok(()));
    let mismatch = definitions.check_change(&f, 2).unwrap_err();
    assert_eq!(names(&mismatch.callers), ["g"]);
}
