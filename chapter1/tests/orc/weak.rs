//! Definitions that give way.

use crate::support::*;
use chapter1::orc::{MaterializationResponsibility, SymbolFlags, Wanted};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

#[test]
fn strong_beats_weak_in_either_order() {
    watched(|| {
        let (session, main) = session();
        main.define(flagged(&["a"], WEAK, never())).unwrap();
        main.define(unit(&["a"], at(1))).unwrap();
        main.define(unit(&["b"], at(2))).unwrap();
        main.define(flagged(&["b"], WEAK, never())).unwrap();
        assert_eq!((address(&main, "a"), address(&main, "b")), (1, 2));
        assert_eq!(session.sizes(), (2, 0));
    });
}

#[test]
fn of_two_weak_ones_the_first_stays() {
    watched(|| {
        let (_, main) = session();
        main.define(flagged(&["a"], WEAK, at(1))).unwrap();
        main.define(flagged(&["a"], WEAK, never())).unwrap();
        assert_eq!(address(&main, "a"), 1);
    });
}

/// A unit that counts, when it is dropped, that it was.
fn counted(drops: &Arc<AtomicUsize>) -> Body {
    struct Count(Arc<AtomicUsize>);
    impl Drop for Count {
        fn drop(&mut self) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }
    let count = Count(drops.clone());
    Box::new(move |_| panic!("it should not be made: {:p}", &count))
}

#[test]
fn a_unit_of_which_nothing_is_left_is_dropped_at_once() {
    watched(|| {
        let (_, main) = session();
        let drops = Arc::new(AtomicUsize::new(0));
        let count = || drops.load(Ordering::Relaxed);
        main.define(flagged(&["a", "b"], WEAK, counted(&drops))).unwrap();
        main.define(unit(&["a"], at(1))).unwrap();
        assert_eq!(count(), 0);
        main.define(unit(&["b"], at(1))).unwrap();
        assert_eq!(count(), 1);
        main.define(flagged(&["a"], WEAK, counted(&drops))).unwrap();
        assert_eq!(count(), 2);
        main.define(unit(&["a", "c"], counted(&drops))).unwrap_err();
        assert_eq!(count(), 3);
    });
}

#[test]
fn a_unit_that_has_lost_a_symbol_is_not_asked_for_it() {
    watched(|| {
        let (_, main) = session();
        let log = Log::new();
        let made = log.clone();
        let symbols = vec![
            (symbol("a"), WEAK),
            (symbol("b"), SymbolFlags::FUNCTION),
            (symbol("c"), WEAK),
        ];
        let body = move |work: MaterializationResponsibility| {
            made.push(work.symbols());
            make(work, 1, &[]).unwrap();
        };
        main.define(unit(&["c"], at(3))).unwrap();
        main.define(Unit { symbols, body }).unwrap();
        main.define(unit(&["a"], at(2))).unwrap();
        let addresses = ["a", "b", "c"].map(|name| address(&main, name));
        assert_eq!(addresses, [2, 1, 3]);
        assert_eq!(log.take(), [crate::support::symbols(&["b"])]);
    });
}

#[test]
fn a_weak_symbol_that_is_used_is_not_replaced() {
    watched(|| {
        let (_, main) = session();
        // Ready.
        main.define(flagged(&["ready"], WEAK, at(1))).unwrap();
        address(&main, "ready");
        // Waited for.
        let (body, work) = handed_over();
        main.define(flagged(&["slow"], WEAK, body)).unwrap();
        let answer = ask(&main, &["slow"], Wanted::Ready);
        // Emitted, and code refers to it.
        main.define(flagged(&["used"], WEAK, at(1))).unwrap();
        main.define(unit(&["user"], needing(2, &["used", "slow"]))).unwrap();
        let user = ask(&main, &["user"], Wanted::Ready);
        for name in ["ready", "slow", "used"] {
            let error = main.define(unit(&[name], never())).unwrap_err();
            let text = format!("duplicate definition of `{name}`");
            assert_eq!(error.to_string(), text);
        }
        make(work.recv().unwrap(), 3, &[]).unwrap();
        assert_eq!((answer.take(), user.take().len()), (vec!["[3]".into()], 1));
    });
}

/// A weak symbol may be made along with another of its unit: nobody has it
/// yet.
#[test]
fn a_weak_symbol_that_was_made_in_passing_gives_way() {
    watched(|| {
        for emitted in [false, true] {
            let (session, main) = session();
            let symbols = vec![
                (symbol("strong"), SymbolFlags::FUNCTION),
                (symbol("weak"), WEAK),
            ];
            let (body, work) = handed_over();
            main.define(Unit { symbols, body }).unwrap();
            let answer = ask(&main, &["strong"], Wanted::Ready);
            let work = work.recv().unwrap();
            resolve(&work, 1).unwrap();
            if emitted {
                work.emit(&[]).unwrap();
                main.define(unit(&["weak"], at(2))).unwrap();
            } else {
                main.define(unit(&["weak"], at(2))).unwrap();
                let left = crate::support::symbols(&["strong"]);
                assert_eq!(work.symbols(), left);
                work.emit(&[]).unwrap();
            }
            assert_eq!(answer.take(), ["[1]"]);
            assert_eq!(address(&main, "weak"), 2);
            assert_eq!(address(&main, "strong"), 1);
            assert_eq!(session.sizes(), (2, 0));
        }
    });
}
