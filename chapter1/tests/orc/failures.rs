//! What becomes of those who need what cannot be made.

use crate::support::*;
use chapter1::executor::ExecutorAddr;
use chapter1::orc::{
    Abandoned, ExecutionSession, JitDylib, MaterializationResponsibility,
    Panicked, Wanted,
};

fn reports(session: &ExecutionSession) -> Log<String> {
    let log = Log::new();
    let reports = log.clone();
    session.set_error_reporter(Box::new(move |error| {
        reports.push(error.to_string());
    }));
    log
}

fn fail(work: MaterializationResponsibility) {
    work.fail(Broken);
}

#[test]
fn a_failure_reaches_all_dependants_and_all_who_wait_by_name() {
    watched(|| {
        let (session, main) = session();
        let reports = reports(&session);
        let (body, work) = handed_over();
        main.define(unit(&["a"], needing(1, &["b"]))).unwrap();
        main.define(unit(&["b"], needing(2, &["c", "ok"]))).unwrap();
        main.define(unit(&["c", "d"], body)).unwrap();
        main.define(unit(&["ok"], at(3))).unwrap();
        main.define(unit(&["x"], needing(4, &["b"]))).unwrap();
        let waiting: Vec<Log<String>> = ["a", "x", "c", "d", "b"]
            .map(|name| ask(&main, &[name], Wanted::Ready))
            .into();
        let content = ask(&main, &["ok"], Wanted::Ready);
        let work = work.recv().unwrap();
        resolve(&work, 9).unwrap();
        assert!(waiting.iter().all(|log| log.take().is_empty()));
        work.fail(Broken);
        let names = "`a`, `b`, `c`, `d`, `x`";
        let text = format!("failed to materialize {names}: broken");
        for log in waiting {
            assert_eq!(log.take(), [&*text]);
        }
        assert_eq!(content.take(), ["[3]"]);
        assert_eq!(reports.take(), ["cannot make `c`, `d`: broken"]);
        assert_eq!(session.sizes(), (1, 0));
    });
}

#[test]
fn a_failure_is_told_once_however_many_depend_on_it() {
    watched(|| {
        let (session, main) = session();
        let reports = reports(&session);
        for i in 0..50 {
            let needs = format!("f{}", i + 1);
            let body = needing(1, &[&needs]);
            main.define(unit(&[&format!("f{i}")], body)).unwrap();
        }
        main.define(unit(&["f50"], needing(1, &["nosuch"]))).unwrap();
        let (names, why) = failed(&error(&main, "f0"));
        assert_eq!((names.len(), why.as_str()), (51, NOT_FOUND));
        assert_eq!(reports.take(), [format!("cannot make `f50`: {NOT_FOUND}")]);
    });
}

const NOT_FOUND: &str = "symbols not found: `nosuch`";

#[test]
fn a_responsibility_that_is_dropped_fails() {
    watched(|| {
        let (session, main) = session();
        let reports = reports(&session);
        main.define(unit(&["f", "g"], drop)).unwrap();
        let error = error(&main, "f");
        assert_eq!(failed(&error), (vec!["f".into(), "g".into()], why()));
        assert_eq!(
            reports.take(),
            [format!("cannot make `f`, `g`: {}", why())]
        );
        assert_eq!(session.sizes(), (0, 0));

        fn why() -> String {
            Abandoned.to_string()
        }
    });
}

#[test]
fn one_that_is_dropped_after_it_was_resolved_fails_too() {
    watched(|| {
        let (session, main) = session();
        let resolve = |work: MaterializationResponsibility| {
            resolve(&work, 1).unwrap();
        };
        main.define(unit(&["f"], resolve)).unwrap();
        main.define(unit(&["user"], needing(2, &["f"]))).unwrap();
        let (names, _) = failed(&error(&main, "user"));
        assert_eq!(names, ["user"]);
        assert_eq!(session.sizes(), (0, 0));
    });
}

#[test]
fn a_unit_that_panics_fails_and_the_session_goes_on() {
    watched(|| {
        let (session, main) = session();
        let reports = reports(&session);
        let explode = |_: MaterializationResponsibility| {
            panic!("on purpose: this test wants to see what follows")
        };
        main.define(unit(&["bad"], explode)).unwrap();
        main.define(unit(&["a"], needing(1, &["bad", "good"]))).unwrap();
        main.define(unit(&["good"], at(2))).unwrap();
        let (_, why) = failed(&error(&main, "a"));
        assert!(why.contains(&Panicked.to_string()), "{why}");
        assert_eq!(reports.take(), ["cannot make `bad`: its unit panicked"]);
        assert_eq!(address(&main, "good"), 2);
        main.define(unit(&["bad"], at(3))).unwrap();
        assert_eq!(address(&main, "bad"), 3);
    });
}

/// Whoever shares a loop with it gets an answer, too.
#[test]
fn a_unit_that_panics_does_not_keep_others_waiting() {
    watched(|| {
        let (session, main) = session();
        let explode = |_: MaterializationResponsibility| {
            panic!("on purpose: this test wants to see what follows")
        };
        main.define(unit(&["bad"], explode)).unwrap();
        main.define(unit(&["good"], at(2))).unwrap();
        let order = main.search_order();
        let names = symbols(&["bad", "good"]);
        let log = Log::new();
        for name in names {
            let log = log.clone();
            let wanted = Wanted::Ready;
            session.lookup_async(&order, &[name], wanted, move |result| {
                log.push(result.is_ok());
            });
        }
        assert_eq!(log.take(), [false, true]);
    });
}

#[test]
fn emitting_without_an_address_fails_and_is_reported() {
    watched(|| {
        let (session, main) = session();
        let reports = reports(&session);
        let emit = |work: MaterializationResponsibility| {
            assert!(work.emit(&[]).is_err());
        };
        let half = |work: MaterializationResponsibility| {
            let addresses = [(symbol("g"), ExecutorAddr::new(1))];
            assert!(work.resolve(&addresses).is_err());
            assert!(work.symbols().is_empty());
        };
        main.define(unit(&["f"], emit)).unwrap();
        main.define(unit(&["g", "h"], half)).unwrap();
        let why = |name| format!("its unit gives `{name}` no address");
        assert_eq!(failed(&error(&main, "f")), (vec!["f".into()], why("f")));
        let both = vec!["g".into(), "h".into()];
        assert_eq!(failed(&error(&main, "g")), (both, why("h")));
        let cannot =
            |names, name| format!("cannot make {names}: {}", why(name));
        let expected = [cannot("`f`", "f"), cannot("`g`, `h`", "h")];
        assert_eq!(reports.take(), expected);
        assert_eq!(session.sizes(), (0, 0));
    });
}

#[test]
fn what_was_ready_before_a_failure_stays_ready() {
    watched(|| {
        let (session, main) = session();
        main.define(unit(&["ok"], at(1))).unwrap();
        assert_eq!(address(&main, "ok"), 1);
        main.define(unit(&["bad"], fail)).unwrap();
        main.define(unit(&["f"], needing(2, &["ok", "bad"]))).unwrap();
        let (names, _) = failed(&error(&main, "f"));
        assert!(!names.contains(&"ok".to_owned()));
        assert_eq!(address(&main, "ok"), 1);
        assert_eq!(session.sizes(), (1, 0));
    });
}

/// `names` in a ring: each needs the next.
fn ring(main: &JitDylib, names: &[&str]) {
    for (index, name) in names.iter().enumerate() {
        let next = names[(index + 1) % names.len()];
        let body = needing(index as u64, &[next]);
        main.define(unit(&[name], body)).unwrap();
    }
}

#[test]
fn a_function_may_need_itself() {
    watched(|| {
        let (session, main) = session();
        ring(&main, &["f"]);
        assert_eq!(address(&main, "f"), 0);
        assert_eq!(session.sizes(), (1, 0));
    });
}

#[test]
fn a_ring_of_three_becomes_ready_together() {
    watched(|| {
        let (_, main) = session();
        let (body, work) = handed_over();
        main.define(unit(&["a"], needing(1, &["b"]))).unwrap();
        main.define(unit(&["b"], needing(2, &["c"]))).unwrap();
        main.define(unit(&["c"], body)).unwrap();
        let ready = ["a", "b", "c"].map(|n| ask(&main, &[n], Wanted::Ready));
        let work = work.recv().unwrap();
        assert!(ready.iter().all(|log| log.take().is_empty()));
        link(work, 3, &symbols(&["a"]));
        let answers = ready.map(|log| log.take());
        assert_eq!(answers, [["[1]"], ["[2]"], ["[3]"]]);
    });
}

#[test]
fn a_ring_fails_together_and_can_be_defined_again() {
    watched(|| {
        let (session, main) = session();
        for (start, untouched) in [("a", 0), ("b", 1), ("c", 2)] {
            let all = main.create_tracker();
            all.define(unit(&["a"], needing(1, &["b"]))).unwrap();
            all.define(unit(&["b"], needing(2, &["c"]))).unwrap();
            all.define(unit(&["c"], needing(3, &["a", "nosuch"]))).unwrap();
            let (_, why) = failed(&error(&main, start));
            assert!(why.ends_with(NOT_FOUND), "{why}");
            // Nothing is begun that would be of no use.
            assert_eq!(session.sizes(), (untouched, 0));
            all.remove().unwrap();
        }
        ring(&main, &["a", "b", "c"]);
        assert_eq!(address(&main, "c"), 2);
    });
}

#[test]
fn what_fails_while_one_waits_for_several_answers_once() {
    watched(|| {
        let (session, main) = session();
        let (body, work) = handed_over();
        main.define(unit(&["slow"], body)).unwrap();
        main.define(unit(&["bad"], fail)).unwrap();
        let both = ask(&main, &["slow", "bad"], Wanted::Ready);
        assert_eq!(both.take(), ["failed to materialize `bad`: broken"]);
        let work = work.recv().unwrap();
        make(work, 1, &[]).unwrap();
        assert!(both.take().is_empty());
        assert_eq!(address(&main, "slow"), 1);
        assert_eq!(session.sizes(), (1, 0));
    });
}
