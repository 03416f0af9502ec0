//! The end of a session.

use crate::support::*;
use chapter1::orc::{
    DefineError, Defunct, LookupError, MaterializationResponsibility, Wanted,
};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;

#[test]
fn after_the_end_nothing_is_defined_or_found() {
    watched(|| {
        let (session, main) = session();
        main.define(unit(&["f"], at(1))).unwrap();
        main.define(unit(&["lazy"], never())).unwrap();
        address(&main, "f");
        for _ in 0..2 {
            session.end();
            assert!(matches!(error(&main, "f"), LookupError::Ended));
            assert!(matches!(error(&main, "nosuch"), LookupError::Ended));
            let answer = ask(&main, &["f"], Wanted::Ready);
            assert_eq!(answer.take(), ["the session has ended"]);
            let defined = main.define(unit(&["g"], never()));
            assert_eq!(defined, Err(DefineError::Ended));
            assert_eq!(session.sizes(), (0, 0));
        }
    });
}

#[test]
fn the_end_answers_those_who_wait() {
    watched(|| {
        let (session, main) = session();
        let (body, work) = handed_over();
        main.define(unit(&["f"], body)).unwrap();
        let waiting = thread::spawn({
            let main = main.clone();
            move || error(&main, "f")
        });
        let work = work.recv().unwrap();
        session.end();
        assert_eq!(failed(&waiting.join().unwrap()).1, "it was removed");
        assert_eq!(make(work, 1, &[]), Err(Defunct));
    });
}

#[test]
fn the_end_waits_for_the_work_that_is_under_way() {
    watched(|| {
        let (session, main) = session();
        let is_over = Arc::new(AtomicBool::new(false));
        let over = is_over.clone();
        let (started, has_started) = channel();
        let body = move |work: MaterializationResponsibility| {
            started.send(()).unwrap();
            // Until the end has begun.
            while !work.symbols().is_empty() {
                thread::yield_now();
            }
            // An end that does not wait is over long before this.
            thread::sleep(Duration::from_millis(50));
            assert_eq!(make(work, 1, &[]), Err(Defunct));
            over.store(true, Ordering::SeqCst);
        };
        main.define(unit(&["f"], body)).unwrap();
        let waiting = thread::spawn(move || error(&main, "f"));
        has_started.recv().unwrap();
        session.end();
        assert!(is_over.load(Ordering::SeqCst));
        failed(&waiting.join().unwrap());
        assert_eq!(session.sizes(), (0, 0));
    });
}

#[test]
fn a_unit_may_end_the_session() {
    watched(|| {
        let (session, main) = session();
        let ending = session.clone();
        let body = move |work: MaterializationResponsibility| {
            ending.end();
            assert_eq!(make(work, 1, &[]), Err(Defunct));
        };
        main.define(unit(&["f"], body)).unwrap();
        failed(&error(&main, "f"));
        assert_eq!(session.sizes(), (0, 0));
    });
}

#[test]
fn nothing_keeps_a_session_that_has_ended() {
    watched(|| {
        let (session, main) = session();
        let executor = Arc::downgrade(session.executor());
        let host = session.executor().clone();
        let host = chapter1::orc::HostFunctions::new(host);
        main.add_generator(Arc::new(host));
        main.define(unit(&["f"], needing(1, &["sin", "lazy"]))).unwrap();
        main.define(unit(&["lazy"], at(2))).unwrap();
        // A unit that refers to the session that it is in.
        let own = main.clone();
        let body = move |_: MaterializationResponsibility| {
            panic!("{} is not needed", own.name())
        };
        main.define(unit(&["unused"], body)).unwrap();
        address(&main, "f");
        session.end();
        drop((session, main));
        assert!(executor.upgrade().is_none());
    });
}
