//! Which symbol a name means.

use crate::support::*;
use chapter1::orc::state::EntryId;
use chapter1::orc::{
    DefineError, LookupError, SymbolFlags, Visibility, Wanted,
};

#[test]
fn own_symbols_come_first_then_those_of_linked_dylibs_in_order() {
    watched(|| {
        let (session, main) = session();
        let [first, second] =
            ["first", "second"].map(|name| session.create_dylib(name));
        main.link_against(&first, Visibility::Exported);
        main.link_against(&second, Visibility::Exported);
        main.define(unit(&["a"], at(1))).unwrap();
        first.define(unit(&["a"], never())).unwrap();
        first.define(unit(&["b"], at(2))).unwrap();
        second.define(unit(&["a", "b"], never())).unwrap();
        second.define(unit(&["c"], at(3))).unwrap();
        assert_eq!(address(&main, "a"), 1);
        assert_eq!(address(&main, "b"), 2);
        assert_eq!(address(&main, "c"), 3);
    });
}

#[test]
fn a_definition_that_comes_later_in_the_order_wins_once_it_is_first() {
    watched(|| {
        let (session, main) = session();
        let library = session.create_dylib("library");
        main.link_against(&library, Visibility::Exported);
        library.define(unit(&["f"], at(1))).unwrap();
        assert_eq!(address(&main, "f"), 1);
        main.define(unit(&["f"], at(2))).unwrap();
        assert_eq!(address(&main, "f"), 2);
        assert_eq!(address(&library, "f"), 1);
    });
}

#[test]
fn hidden_symbols_are_seen_by_their_own_dylib_and_on_request() {
    watched(|| {
        let (session, main) = session();
        let library = session.create_dylib("library");
        let last = session.create_dylib("last");
        library.define(flagged(&["h"], HIDDEN, at(1))).unwrap();
        last.define(unit(&["h"], at(2))).unwrap();
        assert_eq!(address(&library, "h"), 1);
        main.link_against(&library, Visibility::Exported);
        let error = error(&main, "h");
        assert!(matches!(error, LookupError::NotFound(_)), "{error}");
        main.link_against(&last, Visibility::Exported);
        assert_eq!(address(&main, "h"), 2);
        let other = session.create_dylib("other");
        other.link_against(&library, Visibility::All);
        other.link_against(&last, Visibility::All);
        assert_eq!(address(&other, "h"), 1);
    });
}

#[test]
fn linking_is_not_transitive() {
    watched(|| {
        let (session, main) = session();
        let [near, far] = ["near", "far"].map(|n| session.create_dylib(n));
        main.link_against(&near, Visibility::All);
        near.link_against(&far, Visibility::All);
        far.define(unit(&["f"], at(1))).unwrap();
        assert_eq!(address(&near, "f"), 1);
        assert!(matches!(error(&main, "f"), LookupError::NotFound(_)));
    });
}

#[test]
fn missing_symbols_are_listed_exactly_once_each_in_the_order_asked() {
    watched(|| {
        let (session, main) = session();
        main.define(unit(&["there"], never())).unwrap();
        let names = symbols(&["z", "there", "a", "z", "there", "m"]);
        let order = main.search_order();
        let error = session.lookup(&order, &names).unwrap_err();
        let LookupError::NotFound(missing) = error else { panic!("{error}") };
        assert_eq!(missing, symbols(&["z", "a", "m"]));
        assert_eq!(session.sizes(), (1, 0));
    });
}

#[test]
fn answers_come_in_the_order_asked_repetitions_included() {
    watched(|| {
        let (session, main) = session();
        main.define(unit(&["a"], at(1))).unwrap();
        main.define(unit(&["b"], at(2))).unwrap();
        let names = symbols(&["b", "a", "b"]);
        let found = session.lookup(&main.search_order(), &names).unwrap();
        let addresses: Vec<u64> =
            found.iter().map(|found| found.address.as_u64()).collect();
        assert_eq!(addresses, [2, 1, 2]);
    });
}

#[test]
fn a_lookup_of_nothing_finds_nothing() {
    watched(|| {
        let (session, main) = session();
        let found = session.lookup(&main.search_order(), &[]).unwrap();
        assert!(found.is_empty());
    });
}

#[test]
fn a_missing_symbol_is_not_sticky() {
    watched(|| {
        let (_, main) = session();
        for _ in 0..2 {
            assert!(matches!(error(&main, "f"), LookupError::NotFound(_)));
        }
        main.define(unit(&["f"], at(7))).unwrap();
        assert_eq!(address(&main, "f"), 7);
    });
}

#[test]
fn an_address_is_there_before_the_symbol_can_be_used() {
    watched(|| {
        let (_, main) = session();
        let (body, work) = handed_over();
        main.define(unit(&["f"], body)).unwrap();
        let resolved = ask(&main, &["f"], Wanted::Resolved);
        let ready = ask(&main, &["f"], Wanted::Ready);
        let work = work.recv().unwrap();
        assert_eq!((resolved.take(), ready.take()), (vec![], vec![]));
        resolve(&work, 5).unwrap();
        let five = vec!["[5]".to_owned()];
        assert_eq!((resolved.take(), ready.take()), (five.clone(), vec![]));
        let late = ask(&main, &["f"], Wanted::Resolved);
        assert_eq!(late.take(), five);
        work.emit(&[]).unwrap();
        assert_eq!((resolved.take(), ready.take()), (vec![], five));
    });
}

#[test]
fn a_unit_is_made_once_for_all_its_symbols() {
    watched(|| {
        let (_, main) = session();
        let log = Log::new();
        let made = log.clone();
        let body = move |work: chapter1::orc::MaterializationResponsibility| {
            made.push(work.symbols());
            make(work, 1, &[] as &[EntryId]).unwrap();
        };
        main.define(unit(&["a", "b"], body)).unwrap();
        assert!(log.take().is_empty());
        assert_eq!((address(&main, "a"), address(&main, "b")), (1, 1));
        assert_eq!(log.take(), [symbols(&["a", "b"])]);
    });
}

#[test]
fn a_duplicate_is_named_and_nothing_of_its_unit_is_defined() {
    watched(|| {
        let (session, main) = session();
        main.define(unit(&["f"], at(1))).unwrap();
        for _ in 0..2 {
            let error = main.define(unit(&["g", "f"], never())).unwrap_err();
            assert!(matches!(error, DefineError::Duplicate(_)));
            assert_eq!(error.to_string(), "duplicate definition of `f`");
            assert_eq!(session.sizes().0, 1);
            assert_eq!(address(&main, "f"), 1);
        }
        main.define(unit(&["g"], at(2))).unwrap();
        assert_eq!(address(&main, "g"), 2);
    });
}

#[test]
fn a_name_twice_in_one_unit_is_a_duplicate() {
    watched(|| {
        let (session, main) = session();
        let strong = SymbolFlags::FUNCTION;
        for flags in [[WEAK, strong], [strong, WEAK], [strong; 2]] {
            let symbols = flags.map(|flags| (symbol("f"), flags)).into();
            let result = main.define(Unit { symbols, body: never() });
            assert!(matches!(result, Err(DefineError::Duplicate(_))));
        }
        assert_eq!(session.sizes(), (0, 0));
    });
}

#[test]
fn equal_names_in_different_dylibs_are_no_duplicates() {
    watched(|| {
        let (session, main) = session();
        let other = session.create_dylib("other");
        main.define(unit(&["f"], at(1))).unwrap();
        other.define(unit(&["f"], at(2))).unwrap();
        assert_eq!((address(&main, "f"), address(&other, "f")), (1, 2));
    });
}

#[test]
fn two_sessions_know_nothing_of_each_other() {
    watched(|| {
        let (one, first) = session();
        let (_two, second) = session();
        first.define(unit(&["f"], at(1))).unwrap();
        assert!(matches!(error(&second, "f"), LookupError::NotFound(_)));
        second.define(unit(&["f"], at(2))).unwrap();
        assert_eq!((address(&first, "f"), address(&second, "f")), (1, 2));
        one.end();
        assert!(matches!(error(&first, "f"), LookupError::Ended));
        assert_eq!(address(&second, "f"), 2);
    });
}
