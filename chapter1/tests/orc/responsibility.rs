//! Responsibilities that are handed on.

use crate::support::*;
use chapter1::orc::{Defunct, MaterializationResponsibility, Wanted};
use std::thread;

#[test]
fn each_part_of_a_delegated_responsibility_goes_its_own_way() {
    watched(|| {
        let (session, main) = session();
        let (body, work) = handed_over();
        main.define(unit(&["a", "b", "c"], body)).unwrap();
        let all = ask(&main, &["a"], Wanted::Ready);
        let b = ask(&main, &["b"], Wanted::Ready);
        let c = ask(&main, &["c"], Wanted::Ready);
        let work = work.recv().unwrap();
        let part = work.delegate(&symbols(&["b"])).unwrap();
        let rest = work.delegate(&symbols(&["c"])).unwrap();
        assert_eq!(work.symbols(), symbols(&["a"]));
        assert_eq!(part.symbols(), symbols(&["b"]));
        // It is not the first one's any more.
        assert!(work.delegate(&symbols(&["b"])).is_err());
        assert!(work.delegate(&symbols(&["a", "nosuch"])).is_err());
        make(part, 2, &[]).unwrap();
        assert_eq!((all.take(), b.take()), (vec![], vec!["[2]".into()]));
        rest.fail(Broken);
        assert_eq!(c.take(), ["failed to materialize `c`: broken"]);
        make(work, 1, &[]).unwrap();
        assert_eq!(all.take(), ["[1]"]);
        assert_eq!(session.sizes(), (2, 0));
    });
}

#[test]
fn whoever_delegates_everything_has_nothing_to_fail_of() {
    watched(|| {
        let (_, main) = session();
        let (body, work) = handed_over();
        main.define(unit(&["a"], body)).unwrap();
        let answer = ask(&main, &["a"], Wanted::Ready);
        let work = work.recv().unwrap();
        let all = work.delegate(&symbols(&["a"])).unwrap();
        drop(work);
        assert!(answer.take().is_empty());
        make(all, 1, &[]).unwrap();
        assert_eq!(answer.take(), ["[1]"]);
    });
}

#[test]
fn parts_may_need_each_other() {
    watched(|| {
        let (_, main) = session();
        let body = |work: MaterializationResponsibility| {
            let part = work.delegate(&symbols(&["b"])).unwrap();
            link(work, 1, &symbols(&["b"]));
            link(part, 2, &symbols(&["a"]));
        };
        main.define(unit(&["a", "b"], body)).unwrap();
        assert_eq!((address(&main, "a"), address(&main, "b")), (1, 2));
    });
}

#[test]
fn what_is_delegated_keeps_its_tracker() {
    watched(|| {
        let (session, main) = session();
        let tracker = main.create_tracker();
        let (body, work) = handed_over();
        tracker.define(unit(&["a", "b"], body)).unwrap();
        let answer = ask(&main, &["a", "b"], Wanted::Ready);
        let work = work.recv().unwrap();
        let part = work.delegate(&symbols(&["b"])).unwrap();
        tracker.remove().unwrap();
        let text = "failed to materialize `a`, `b`: it was removed";
        assert_eq!(answer.take(), [text]);
        assert_eq!(resolve(&part, 1), Err(Defunct));
        assert_eq!(resolve(&work, 1), Err(Defunct));
        assert_eq!(session.sizes(), (0, 0));
    });
}

#[test]
fn what_is_replaced_waits_until_somebody_asks() {
    watched(|| {
        let (_, main) = session();
        let log = Log::new();
        let made = log.clone();
        let body = move |work: MaterializationResponsibility| {
            work.replace(unit(&["b"], move |work| {
                made.push("b");
                make(work, 2, &[]).unwrap();
            }))
            .unwrap();
            make(work, 1, &[]).unwrap();
        };
        main.define(unit(&["a", "b"], body)).unwrap();
        assert_eq!(address(&main, "a"), 1);
        assert!(log.take().is_empty());
        assert_eq!(address(&main, "b"), 2);
        assert_eq!(log.take(), ["b"]);
    });
}

#[test]
fn what_is_replaced_is_made_at_once_if_it_is_waited_for() {
    watched(|| {
        let (_, main) = session();
        let body = |work: MaterializationResponsibility| {
            work.replace(unit(&["a"], at(2))).unwrap();
            // Nothing is left of it.
            assert_eq!(make(work, 1, &[]), Err(Defunct));
        };
        main.define(unit(&["a"], body)).unwrap();
        assert_eq!(address(&main, "a"), 2);
    });
}

/// However often.
#[test]
fn replacing_ten_thousand_times_needs_no_recursion() {
    fn body(left: u64) -> Body {
        Box::new(move |work| match left {
            0 => make(work, 7, &[]).unwrap(),
            _ => work.replace(unit(&["a"], body(left - 1))).unwrap(),
        })
    }
    watched(|| {
        let (session, main) = session();
        main.define(unit(&["a"], body(10_000))).unwrap();
        assert_eq!(address(&main, "a"), 7);
        assert_eq!(session.sizes(), (1, 0));
    });
}

#[test]
fn what_has_an_address_or_is_not_ones_own_is_not_replaced() {
    watched(|| {
        let (_, main) = session();
        let (body, work) = handed_over();
        main.define(unit(&["a"], body)).unwrap();
        main.define(unit(&["b"], at(2))).unwrap();
        let answer = ask(&main, &["a"], Wanted::Ready);
        let work = work.recv().unwrap();
        assert_eq!(work.replace(unit(&["b"], never())), Err(Defunct));
        assert_eq!(work.replace(unit(&["a", "b"], never())), Err(Defunct));
        resolve(&work, 1).unwrap();
        assert_eq!(work.replace(unit(&["a"], never())), Err(Defunct));
        work.emit(&[]).unwrap();
        assert_eq!(answer.take(), ["[1]"]);
        assert_eq!(address(&main, "b"), 2);
    });
}

/// The unit returns at once; its symbols come later, from elsewhere.
#[test]
fn a_unit_may_finish_later_on_another_thread() {
    watched(|| {
        let (session, main) = session();
        let later = |at: u64, needs: &'static [&'static str]| {
            move |work: MaterializationResponsibility| {
                thread::spawn(move || link(work, at, &symbols(needs)));
            }
        };
        main.define(unit(&["a"], later(1, &["b"]))).unwrap();
        main.define(unit(&["b"], later(2, &["c"]))).unwrap();
        main.define(unit(&["c"], later(3, &["a"]))).unwrap();
        assert_eq!(address(&main, "a"), 1);
        assert_eq!(session.sizes(), (3, 0));
    });
}

#[test]
fn a_unit_may_fail_later_on_another_thread() {
    watched(|| {
        let (session, main) = session();
        let later = |work: MaterializationResponsibility| {
            thread::spawn(move || drop(work));
        };
        main.define(unit(&["a"], later)).unwrap();
        failed(&error(&main, "a"));
        assert_eq!(session.sizes(), (0, 0));
    });
}
