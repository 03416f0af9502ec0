//! Further names.

use crate::support::*;
use chapter1::executor::ExecutorAddr;
use chapter1::orc::{
    AbsoluteSymbols, Alias, Aliases, JitDylib, LookupError, SymbolFlags,
    Visibility,
};
use chapter1::symbol::Symbol;

fn aliases(pairs: &[(&str, &str)]) -> Aliases {
    let alias = |&(name, target): &(&str, &str)| Alias {
        name: symbol(name),
        target: symbol(target),
        flags: SymbolFlags::FUNCTION,
    };
    Aliases(pairs.iter().map(alias).collect())
}

/// Defines each alias by a unit of its own.
fn define(dylib: &JitDylib, pairs: &[(&str, &str)]) {
    for pair in pairs {
        dylib.define(aliases(&[*pair])).unwrap();
    }
}

/// The reason behind all reasons.
fn first_cause(error: &LookupError) -> &LookupError {
    let mut error = error;
    while let LookupError::Failed { cause, .. } = error {
        error = cause.downcast_ref().expect("a lookup");
    }
    error
}

#[test]
fn absolute_symbols_are_where_they_are_said_to_be() {
    watched(|| {
        let (_, main) = session();
        let symbols = [("a", 1), ("b", 2)].map(|(name, at)| {
            (symbol(name), ExecutorAddr::new(at), SymbolFlags::FUNCTION)
        });
        main.define(AbsoluteSymbols(symbols.into())).unwrap();
        assert_eq!((address(&main, "a"), address(&main, "b")), (1, 2));
    });
}

#[test]
fn an_alias_of_an_alias_of_a_function_is_the_function() {
    watched(|| {
        let (_, main) = session();
        define(&main, &[("a", "b"), ("b", "c"), ("c", "f")]);
        main.define(unit(&["f"], at(9))).unwrap();
        for name in ["a", "b", "c", "f"] {
            assert_eq!(address(&main, name), 9);
        }
    });
}

#[test]
fn aliases_of_one_unit_may_be_for_each_other() {
    watched(|| {
        let (_, main) = session();
        let pairs = [("c", "f"), ("a", "b"), ("b", "c"), ("x", "g")];
        main.define(aliases(&pairs)).unwrap();
        main.define(unit(&["f"], at(9))).unwrap();
        main.define(unit(&["g"], at(8))).unwrap();
        assert_eq!(address(&main, "a"), 9);
        assert_eq!(address(&main, "x"), 8);
    });
}

#[test]
fn a_long_chain_of_aliases_needs_no_recursion() {
    watched(|| {
        let (_, main) = session();
        let name = |i: usize| Symbol::new(&format!("a{i}"));
        const LENGTH: usize = 2_000;
        for i in 0..LENGTH {
            let flags = SymbolFlags::FUNCTION;
            let alias = Alias { name: name(i), target: name(i + 1), flags };
            main.define(Aliases(vec![alias])).unwrap();
        }
        let last = name(LENGTH).to_string();
        main.define(unit(&[&last], at(3))).unwrap();
        assert_eq!(address(&main, "a0"), 3);
    });
}

#[test]
fn a_circle_of_aliases_is_an_error() {
    watched(|| {
        let circles: [&[(&str, &str)]; 3] = [
            &[("a", "a")],
            &[("a", "b"), ("b", "a")],
            &[("a", "b"), ("b", "c"), ("c", "a"), ("x", "a")],
        ];
        for circle in circles {
            for together in [false, true] {
                let (session, main) = session();
                match together {
                    true => main.define(aliases(circle)).unwrap(),
                    false => define(&main, circle),
                }
                let (last, _) = circle[circle.len() - 1];
                let error = error(&main, last);
                let first = first_cause(&error);
                assert!(matches!(first, LookupError::Circular(_)), "{error}");
                // All of them have failed, and can be defined again.
                assert_eq!(session.sizes(), (0, 0));
                define(&main, &[("a", "f")]);
                main.define(unit(&["f"], at(1))).unwrap();
                assert_eq!(address(&main, "a"), 1);
            }
        }
    });
}

#[test]
fn an_alias_of_a_missing_symbol_names_it_and_can_be_defined_again() {
    watched(|| {
        let (session, main) = session();
        define(&main, &[("a", "b"), ("b", "nosuch")]);
        let error = error(&main, "a");
        let LookupError::NotFound(names) = first_cause(&error) else {
            panic!("{error}")
        };
        assert_eq!(*names, symbols(&["nosuch"]));
        assert_eq!(session.sizes(), (0, 0));
    });
}

#[test]
fn an_alias_fails_with_its_target() {
    watched(|| {
        let (_, main) = session();
        define(&main, &[("a", "f")]);
        let fail = |work: chapter1::orc::MaterializationResponsibility| {
            work.fail(Broken);
        };
        main.define(unit(&["f"], fail)).unwrap();
        let error = error(&main, "a");
        assert_eq!(failed(&error).0, ["a"]);
        assert!(error.to_string().ends_with("broken"), "{error}");
    });
}

#[test]
fn an_alias_is_ready_when_its_target_is() {
    watched(|| {
        let (_, main) = session();
        define(&main, &[("a", "f")]);
        let (body, work) = handed_over();
        main.define(unit(&["f"], body)).unwrap();
        let ready = ask(&main, &["a"], chapter1::orc::Wanted::Ready);
        let work = work.recv().unwrap();
        resolve(&work, 4).unwrap();
        assert!(ready.take().is_empty());
        work.emit(&[]).unwrap();
        assert_eq!(ready.take(), ["[4]"]);
    });
}

#[test]
fn an_alias_leads_where_its_own_dylibs_code_would_look() {
    watched(|| {
        let (session, main) = session();
        let library = session.create_dylib("library");
        main.link_against(&library, Visibility::Exported);
        main.define(unit(&["f"], never())).unwrap();
        library.define(flagged(&["f"], HIDDEN, at(2))).unwrap();
        define(&library, &[("a", "f")]);
        assert_eq!(address(&main, "a"), 2);
    });
}

#[test]
fn what_an_alias_is_for_is_not_removed() {
    watched(|| {
        let (session, main) = session();
        let tracker = main.create_tracker();
        tracker.define(unit(&["f"], at(1))).unwrap();
        let names = main.create_tracker();
        names.define(aliases(&[("a", "f")])).unwrap();
        assert_eq!(address(&main, "a"), 1);
        let in_use = tracker.remove().unwrap_err();
        assert_eq!(in_use.to_string(), "`f` is in use by `a`");
        names.remove().unwrap();
        tracker.remove().unwrap();
        assert_eq!(session.sizes(), (0, 0));
    });
}

/// Units of other kinds may also need an address before they have one.
#[test]
fn a_circle_is_found_through_units_of_any_kind() {
    watched(|| {
        let (session, main) = session();
        let asking = |target: &str| {
            let target = symbols(&[target]);
            move |work: chapter1::orc::MaterializationResponsibility| {
                work.ask(&target, |work, result| match result {
                    Ok(found) => {
                        let address = found[0].address;
                        resolve(&work, address.as_u64()).unwrap();
                        work.emit(&[found[0].entry]).unwrap();
                    }
                    Err(error) => work.fail(error),
                });
            }
        };
        main.define(unit(&["a", "sibling"], asking("b"))).unwrap();
        define(&main, &[("b", "c")]);
        main.define(unit(&["c"], asking("sibling"))).unwrap();
        let error = error(&main, "a");
        let first = first_cause(&error);
        assert!(matches!(first, LookupError::Circular(_)), "{error}");
        assert_eq!(session.sizes(), (0, 0));
    });
}
