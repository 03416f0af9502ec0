//! Tasks run side by side, all of them run, and the threads end.

use crate::support::*;
use crate::{Verdict, ensure};
use chapter1::executor::Executor;
use chapter1::orc::{ExecutionSession, MaterializationResponsibility};
use std::cell::RefCell;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::channel;
use std::sync::{Arc, Condvar, Mutex, Weak};
use std::thread;
use std::time::Duration;

/// What an attempt is: a session with so many threads.
type Attempt = fn(Arc<dyn Executor>, usize) -> Arc<ExecutionSession>;

/// The threads of each session.
const THREADS: usize = 8;

/// Nothing here takes so long.
const PATIENCE: Duration = Duration::from_secs(10);

/// Tries a wide graph, rings, chains, and the end.
pub(super) fn check(attempt: Attempt) -> Verdict {
    let (sender, verdict) = channel();
    thread::spawn(move || {
        let all = wide(attempt)
            .and_then(|()| rings(attempt))
            .and_then(|()| chain(attempt))
            .and_then(|()| threads_end(attempt));
        let _ = sender.send(all);
    });
    let verdict = verdict.recv_timeout(12 * PATIENCE);
    verdict.unwrap_or_else(|_| Err("it hangs, or it has panicked".into()))
}

/// A place where threads wait for each other, but not for ever.
#[derive(Default)]
struct Meeting {
    state: Mutex<(usize, bool)>,
    changed: Condvar,
}

impl Meeting {
    /// Whether so many were here at the same time. When one has lost its
    /// patience, nobody else waits.
    fn wait_for(&self, count: usize) -> bool {
        let mut state = self.state.lock().unwrap();
        state.0 += 1;
        self.changed.notify_all();
        let must_wait = |(present, is_over): &mut (usize, bool)| {
            *present < count && !*is_over
        };
        let patience = PATIENCE / 2;
        let waited =
            self.changed.wait_timeout_while(state, patience, must_wait);
        let (mut state, timeout) = waited.unwrap();
        state.1 |= timeout.timed_out();
        self.changed.notify_all();
        !state.1
    }
}

/// One function calls as many as there are threads. None of these comes to
/// an end before all have begun.
fn wide(attempt: Attempt) -> Verdict {
    let session = attempt(executor(), THREADS);
    let main = session.create_dylib("main");
    let names: Vec<String> = (0..THREADS).map(|i| format!("f{i}")).collect();
    let meeting = Arc::new(Meeting::default());
    let late = Arc::new(AtomicUsize::new(0));
    for name in &names {
        let (meeting, late) = (meeting.clone(), late.clone());
        let body = move |work: MaterializationResponsibility| {
            if !meeting.wait_for(THREADS) {
                late.fetch_add(1, Ordering::Relaxed);
            }
            make(work, 1, &[]).unwrap();
        };
        main.define(unit(&[name], body)).unwrap();
    }
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    main.define(unit(&["root"], needing(2, &names))).unwrap();
    let found = main.lookup(&symbol("root"));
    session.end();
    found.map_err(|error| error.to_string())?;
    ensure(late.load(Ordering::Relaxed) == 0, || {
        format!(
            "`root` needs {THREADS} functions, there are {THREADS} threads, \
             and the functions are not made at the same time"
        )
    })
}

/// Rings of functions, entered at all places at once.
fn rings(attempt: Attempt) -> Verdict {
    for _ in 0..50 {
        let session = attempt(executor(), THREADS);
        let main = session.create_dylib("main");
        for i in 0..64 {
            let next = format!("f{}", (i + 1) % 64);
            let body = needing(i, &[&next]);
            main.define(unit(&[&format!("f{i}")], body)).unwrap();
        }
        let found: Vec<u64> = thread::scope(|scope| {
            let threads: Vec<_> = (0..16)
                .map(|i| {
                    let main = &main;
                    scope.spawn(move || address(main, &format!("f{}", 4 * i)))
                })
                .collect();
            threads.into_iter().map(|t| t.join().unwrap()).collect()
        });
        let all: Vec<u64> = (0..16).map(|i| 4 * i).collect();
        ensure(found == all, || format!("a ring has addresses {found:?}"))?;
        session.end();
    }
    Ok(())
}

/// A function that leads to ten thousand others, one after the other.
fn chain(attempt: Attempt) -> Verdict {
    const LENGTH: u64 = 10_000;
    let session = attempt(executor(), THREADS);
    let main = session.create_dylib("main");
    for i in 0..LENGTH {
        let next = format!("f{}", (i + 1) % LENGTH);
        let body = needing(i, &[&next]);
        main.define(unit(&[&format!("f{i}")], body)).unwrap();
    }
    let found = address(&main, "f0");
    session.end();
    ensure(found == 0, || format!("a chain begins at {found}"))
}

/// What a thread takes with it when it ends.
struct Farewell(Arc<AtomicUsize>);

impl Drop for Farewell {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

thread_local! {
    static FAREWELL: RefCell<Option<Farewell>> = const { RefCell::new(None) };
}

/// When a session is dropped, so are its threads.
fn threads_end(attempt: Attempt) -> Verdict {
    let session = attempt(executor(), THREADS);
    let main = session.create_dylib("main");
    let meeting = Arc::new(Meeting::default());
    let (began, ended) = (Arc::default(), Arc::default());
    let names: Vec<String> = (0..THREADS).map(|i| format!("f{i}")).collect();
    let here = thread::current().id();
    for name in &names {
        let meeting = meeting.clone();
        let (began, ended) = (Arc::clone(&began), Arc::clone(&ended));
        let body = move |work: MaterializationResponsibility| {
            if thread::current().id() != here {
                AtomicUsize::fetch_add(&began, 1, Ordering::Relaxed);
                FAREWELL.set(Some(Farewell(ended)));
            }
            meeting.wait_for(THREADS);
            make(work, 1, &[]).unwrap();
        };
        main.define(unit(&[name], body)).unwrap();
    }
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    main.define(unit(&["root"], needing(2, &names))).unwrap();
    address(&main, "root");
    session.end();
    let weak: Weak<ExecutionSession> = Arc::downgrade(&session);
    drop((main, session));
    for _ in 0..500 {
        let ended = AtomicUsize::load(&ended, Ordering::Relaxed);
        if weak.strong_count() == 0 && ended == began.load(Ordering::Relaxed) {
            return Ok(());
        }
        thread::sleep(PATIENCE / 1000);
    }
    ensure(weak.strong_count() == 0, || {
        "the threads keep the session alive".into()
    })?;
    Err("the session is gone, and its threads are still there".into())
}
