//! Many threads, one session.

use crate::support::*;
use chapter1::orc::{
    Dispatcher, ExecutionSession, LookupError, MaterializationResponsibility,
    Tasks,
};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier};
use std::thread;

const THREADS: usize = 64;

/// Runs `body` on many threads that start together.
fn together<T: Send>(body: impl Fn(usize) -> T + Sync) -> Vec<T> {
    let barrier = Barrier::new(THREADS);
    thread::scope(|scope| {
        let (barrier, body) = (&barrier, &body);
        let start = |index| {
            scope.spawn(move || {
                barrier.wait();
                body(index)
            })
        };
        let threads: Vec<_> = (0..THREADS).map(start).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    })
}

#[test]
fn a_symbol_that_many_threads_look_up_is_made_once() {
    watched(|| {
        for _ in 0..20 {
            let (session, main) = session();
            let made = Arc::new(AtomicUsize::new(0));
            let count = made.clone();
            let body = move |work: MaterializationResponsibility| {
                count.fetch_add(1, Ordering::Relaxed);
                make(work, 5, &[]).unwrap();
            };
            main.define(unit(&["f"], body)).unwrap();
            let found = together(|_| address(&main, "f"));
            assert_eq!(found, [5; THREADS]);
            assert_eq!(made.load(Ordering::Relaxed), 1);
            assert_eq!(session.sizes(), (1, 0));
        }
    });
}

#[test]
fn many_threads_enter_one_ring_at_different_places() {
    watched(|| {
        for _ in 0..20 {
            let (session, main) = session();
            for i in 0..THREADS {
                let next = format!("f{}", (i + 1) % THREADS);
                let body = needing(i as u64, &[&next]);
                main.define(unit(&[&format!("f{i}")], body)).unwrap();
            }
            let found = together(|i| address(&main, &format!("f{i}")));
            let all: Vec<u64> = (0..THREADS as u64).collect();
            assert_eq!(found, all);
            assert_eq!(session.sizes(), (THREADS, 0));
        }
    });
}

#[test]
fn a_ring_that_breaks_fails_for_every_thread() {
    watched(|| {
        for _ in 0..20 {
            let (session, main) = session();
            for i in 0..THREADS {
                let next = match i + 1 {
                    THREADS => "nosuch".to_owned(),
                    next => format!("f{next}"),
                };
                let body = needing(i as u64, &[&next]);
                main.define(unit(&[&format!("f{i}")], body)).unwrap();
            }
            // Those who come late find that it is gone.
            let errors = together(|i| error(&main, &format!("f{i}")));
            for error in errors {
                assert!(matches!(
                    error,
                    LookupError::Failed { .. } | LookupError::NotFound(_)
                ));
            }
            assert_eq!(session.sizes(), (0, 0));
        }
    });
}

#[test]
fn one_of_many_who_define_the_same_wins() {
    watched(|| {
        let (session, main) = session();
        let won = together(|i| {
            let defined = main.define(unit(&["f"], at(i as u64))).is_ok();
            (defined, address(&main, "f"))
        });
        let winners = won.iter().enumerate().filter(|(_, (won, _))| *won);
        let winners: Vec<usize> = winners.map(|(index, _)| index).collect();
        let [winner] = winners[..] else { panic!("{winners:?} have won") };
        assert!(won.iter().all(|&(_, address)| address == winner as u64));
        assert_eq!(session.sizes(), (1, 0));
    });
}

#[test]
fn defining_looking_up_and_removing_at_the_same_time() {
    watched(|| {
        let (session, main) = session();
        main.define(unit(&["common"], at(1))).unwrap();
        together(|i| {
            let name = format!("f{i}");
            for round in 0..200 {
                let tracker = main.create_tracker();
                let body = needing(round, &["common", &name]);
                tracker.define(unit(&[&name], body)).unwrap();
                assert_eq!(address(&main, &name), round);
                tracker.remove().unwrap();
            }
        });
        assert_eq!(session.sizes(), (1, 0));
    });
}

/// Whoever waits may be the one who runs the task that he waits for.
#[test]
fn a_blocking_lookup_in_a_task_is_an_error() {
    watched(|| {
        let (session, main) = session();
        let log = Log::new();
        let errors = log.clone();
        main.define(unit(&["other"], at(1))).unwrap();
        let body = move |work: MaterializationResponsibility| {
            for name in ["f", "other"] {
                let found = work.dylib().lookup(&symbol(name));
                errors.push(matches!(found, Err(LookupError::Blocking)));
            }
            make(work, 2, &[]).unwrap();
        };
        main.define(unit(&["f"], body)).unwrap();
        assert_eq!(address(&main, "f"), 2);
        assert_eq!(log.take(), [true, true]);
        // In an answer, too.
        let answers = log.clone();
        let order = main.search_order();
        let wanted = chapter1::orc::Wanted::Ready;
        session.lookup_async(&order, &symbols(&["f"]), wanted, move |_| {
            let found = main.lookup(&symbol("f"));
            answers.push(matches!(found, Err(LookupError::Blocking)));
        });
        assert_eq!(log.take(), [true]);
    });
}

/// Leaves all tasks to threads of their own.
struct Elsewhere;

impl Dispatcher for Elsewhere {
    fn dispatch(&self, _: &Tasks) {}
}

/// Nobody runs tasks but those who wait.
#[test]
fn those_who_wait_run_what_the_dispatcher_leaves() {
    watched(|| {
        let dispatcher = Box::new(Elsewhere);
        let session = ExecutionSession::with_dispatcher(executor(), dispatcher);
        let main = session.create_dylib("main");
        for i in 0..THREADS {
            let next = format!("f{}", (i + 1) % THREADS);
            let body = needing(i as u64, &[&next]);
            main.define(unit(&[&format!("f{i}")], body)).unwrap();
        }
        let found = together(|i| address(&main, &format!("f{i}")));
        let all: Vec<u64> = (0..THREADS as u64).collect();
        assert_eq!(found, all);
        session.end();
    });
}
