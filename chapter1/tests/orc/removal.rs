//! Symbols that are removed, also at the worst of times.

use crate::support::*;
use chapter1::orc::{Defunct, Hold, LookupError, ResourceManager, Wanted};
use chapter1::orc::{MaterializationResponsibility, ResourceKey};
use std::sync::Arc;
use std::thread;

#[test]
fn what_nobody_uses_is_removed_and_can_be_defined_again() {
    watched(|| {
        let (session, main) = session();
        for round in 1..4 {
            let tracker = main.create_tracker();
            tracker.define(unit(&["f", "g"], at(round))).unwrap();
            tracker.define(unit(&["lazy"], never())).unwrap();
            assert_eq!(address(&main, "f"), round);
            tracker.remove().unwrap();
            assert!(matches!(error(&main, "g"), LookupError::NotFound(_)));
            assert_eq!(session.sizes(), (0, 0));
            // There is nothing left to remove.
            tracker.remove().unwrap();
        }
    });
}

#[test]
fn what_ready_code_refers_to_is_not_removed() {
    watched(|| {
        let (session, main) = session();
        let callee = main.create_tracker();
        callee.define(unit(&["f", "other"], at(1))).unwrap();
        let caller = main.create_tracker();
        caller.define(unit(&["g", "h"], needing(2, &["f"]))).unwrap();
        address(&main, "g");
        address(&main, "h");
        let in_use = callee.remove().unwrap_err();
        assert_eq!(in_use.symbol, symbol("f"));
        assert_eq!(in_use.users, symbols(&["g", "h"]));
        assert_eq!(address(&main, "other"), 1);
        caller.remove().unwrap();
        callee.remove().unwrap();
        assert_eq!(session.sizes(), (0, 0));
    });
}

#[test]
fn what_refers_to_each_other_goes_together() {
    watched(|| {
        let (session, main) = session();
        let tracker = main.create_tracker();
        for (name, next) in [("a", "b"), ("b", "c"), ("c", "a")] {
            tracker.define(unit(&[name], needing(1, &[next]))).unwrap();
        }
        address(&main, "a");
        tracker.remove().unwrap();
        assert_eq!(session.sizes(), (0, 0));
    });
}

#[test]
fn what_is_held_is_not_removed() {
    watched(|| {
        let (session, main) = session();
        let tracker = main.create_tracker();
        tracker.define(unit(&["f"], at(1))).unwrap();
        let found = main.lookup(&symbol("f")).unwrap();
        let first = Hold::new(&session, found).unwrap();
        let second = Hold::new(&session, found).unwrap();
        let in_use = tracker.remove().unwrap_err();
        assert_eq!(in_use.to_string(), "`f` is in use by 2 handles");
        drop(first);
        let in_use = tracker.remove().unwrap_err();
        assert_eq!(in_use.to_string(), "`f` is in use by a handle");
        drop(second);
        tracker.remove().unwrap();
        assert!(Hold::new(&session, found).is_none());
    });
}

#[test]
fn a_symbol_that_was_removed_is_not_the_next_of_its_name() {
    watched(|| {
        let (session, main) = session();
        let old = main.create_tracker();
        old.define(unit(&["f"], at(1))).unwrap();
        let found = main.lookup(&symbol("f")).unwrap();
        old.remove().unwrap();
        let new = main.create_tracker();
        new.define(unit(&["f"], at(2))).unwrap();
        assert_eq!(address(&main, "f"), 2);
        assert!(Hold::new(&session, found).is_none());
        new.remove().unwrap();
    });
}

#[test]
fn work_whose_symbols_were_removed_comes_to_nothing() {
    watched(|| {
        for resolved_before in [false, true] {
            let (session, main) = session();
            let tracker = main.create_tracker();
            let (body, work) = handed_over();
            tracker.define(unit(&["f"], body)).unwrap();
            main.define(unit(&["user"], needing(1, &["f"]))).unwrap();
            let answer = ask(&main, &["f"], Wanted::Ready);
            let user = ask(&main, &["user"], Wanted::Ready);
            let work = work.recv().unwrap();
            if resolved_before {
                resolve(&work, 1).unwrap();
            }
            tracker.remove().unwrap();
            let text = "failed to materialize `f`: it was removed";
            match resolved_before {
                true => {
                    let text = text.replace("`f`", "`f`, `user`");
                    assert_eq!(answer.take(), [&*text]);
                    assert_eq!(user.take(), [text]);
                }
                false => {
                    assert_eq!(answer.take(), [text]);
                    let why = format!("failed to materialize `user`: {text}");
                    assert_eq!(user.take(), [why]);
                }
            }
            assert!(work.symbols().is_empty());
            assert_eq!(resolve(&work, 1), Err(Defunct));
            // A new one of the same name is none of its business.
            main.define(unit(&["f"], at(2))).unwrap();
            assert_eq!(resolve(&work, 1), Err(Defunct));
            assert_eq!(work.emit(&[]), Err(Defunct));
            assert_eq!(address(&main, "f"), 2);
            assert_eq!(session.sizes(), (1, 0));
        }
    });
}

#[test]
fn what_is_bound_to_something_that_was_removed_cannot_be_emitted() {
    watched(|| {
        let (session, main) = session();
        let tracker = main.create_tracker();
        tracker.define(unit(&["f"], at(1))).unwrap();
        let found = main.lookup(&symbol("f")).unwrap();
        let (body, work) = handed_over();
        main.define(unit(&["g"], body)).unwrap();
        let answer = ask(&main, &["g"], Wanted::Ready);
        tracker.remove().unwrap();
        let work = work.recv().unwrap();
        assert_eq!(make(work, 2, &[found.entry]), Err(Defunct));
        assert_eq!(
            answer.take(),
            ["failed to materialize `g`: something it refers to was \
                 removed meanwhile"]
        );
        assert_eq!(session.sizes(), (0, 0));
    });
}

#[test]
fn a_lookup_fails_when_one_of_many_is_removed() {
    watched(|| {
        let (session, main) = session();
        let tracker = main.create_tracker();
        tracker.define(unit(&["ready"], at(1))).unwrap();
        address(&main, "ready");
        let (body, work) = handed_over();
        main.define(unit(&["slow"], body)).unwrap();
        let both = ask(&main, &["ready", "slow"], Wanted::Ready);
        tracker.remove().unwrap();
        assert_eq!(both.take().len(), 1);
        make(work.recv().unwrap(), 2, &[]).unwrap();
        assert!(both.take().is_empty());
        assert_eq!(session.sizes(), (1, 0));
    });
}

#[test]
fn removal_from_another_thread_while_a_lookup_waits() {
    watched(|| {
        let (session, main) = session();
        let tracker = main.create_tracker();
        let (body, work) = handed_over();
        tracker.define(unit(&["f"], body)).unwrap();
        let waiting = thread::spawn({
            let main = main.clone();
            move || error(&main, "f")
        });
        // From here on the lookup waits, or is about to.
        let work = work.recv().unwrap();
        tracker.remove().unwrap();
        let (names, why) = failed(&waiting.join().unwrap());
        assert_eq!((names, why), (vec!["f".into()], "it was removed".into()));
        assert_eq!(make(work, 1, &[]), Err(Defunct));
        assert_eq!(session.sizes(), (0, 0));
    });
}

/// A unit may remove its own symbols.
#[test]
fn removal_by_the_unit_itself() {
    watched(|| {
        let (session, main) = session();
        let tracker = main.create_tracker();
        let remover = tracker.clone();
        let body = move |work: MaterializationResponsibility| {
            remover.remove().unwrap();
            assert_eq!(make(work, 1, &[]), Err(Defunct));
        };
        tracker.define(unit(&["f"], body)).unwrap();
        assert_eq!(failed(&error(&main, "f")).1, "it was removed");
        assert_eq!(session.sizes(), (0, 0));
    });
}

struct Manager(Log<ResourceKey>);

impl ResourceManager for Manager {
    fn release(&self, key: ResourceKey) {
        self.0.push(key);
    }
}

#[test]
fn resources_are_released_once_when_the_last_symbol_goes() {
    watched(|| {
        let (session, main) = session();
        let (released, keys) = (Log::new(), Log::new());
        session.register(Arc::new(Manager(released.clone())));
        let noting = || {
            let keys = keys.clone();
            move |work: MaterializationResponsibility| {
                keys.push(work.key());
                make(work, 1, &[]).unwrap();
            }
        };
        let tracker = main.create_tracker();
        tracker.define(unit(&["f", "g"], noting())).unwrap();
        tracker.define(unit(&["h"], noting())).unwrap();
        tracker.define(unit(&["lazy"], never())).unwrap();
        address(&main, "f");
        address(&main, "h");
        tracker.remove().unwrap();
        let (mut released, mut keys) = (released.take(), keys.take());
        released.sort();
        keys.sort();
        assert_eq!(released, keys);
        assert_eq!(keys.len(), 2);
    });
}

#[test]
fn what_failed_before_it_was_emitted_has_nothing_to_release() {
    watched(|| {
        let (session, main) = session();
        let released = Log::new();
        session.register(Arc::new(Manager(released.clone())));
        main.define(unit(&["f"], drop)).unwrap();
        error(&main, "f");
        assert!(released.take().is_empty());
        // But what was emitted in the hope of it has.
        main.define(unit(&["a"], needing(1, &["b"]))).unwrap();
        main.define(unit(&["b"], needing(1, &["nosuch"]))).unwrap();
        error(&main, "a");
        assert_eq!(released.take().len(), 1);
        assert_eq!(session.sizes(), (0, 0));
    });
}
