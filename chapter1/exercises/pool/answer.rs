//! Threads that sleep until there are tasks.

use chapter1::executor::Executor;
use chapter1::orc::{Dispatcher, ExecutionSession, Tasks};
use std::sync::{Arc, Condvar, Mutex, Weak};
use std::thread::{self, JoinHandle};

/// What the threads and the dispatcher know.
#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    session: Weak<ExecutionSession>,
    /// How often there were new tasks.
    news: u64,
    has_ended: bool,
}

/// The dispatcher. The session owns it.
struct Pool {
    shared: Arc<Shared>,
    threads: Vec<JoinHandle<()>>,
}

pub(super) fn session(
    executor: Arc<dyn Executor>,
    threads: usize,
) -> Arc<ExecutionSession> {
    let shared = Arc::new(Shared::default());
    let start = |_| {
        let shared = shared.clone();
        thread::spawn(move || shared.work())
    };
    let threads = (0..threads).map(start).collect();
    let pool = Pool { shared: shared.clone(), threads };
    let session = ExecutionSession::with_dispatcher(executor, Box::new(pool));
    shared.change(|state| state.session = Arc::downgrade(&session));
    session
}

impl Shared {
    fn change(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.state.lock().expect("nothing panics with it"));
        self.changed.notify_all();
    }

    /// What each thread does.
    // ANCHOR: work
    fn work(&self) {
        let mut seen = 0;
        while let Some(session) = self.next(&mut seen) {
            // It may be gone already, or go now.
            if let Some(session) = session.upgrade() {
                session.run_tasks();
            }
        }
    }

    /// Sleeps until there is news; none at the end.
    fn next(&self, seen: &mut u64) -> Option<Weak<ExecutionSession>> {
        let state = self.state.lock().expect("nothing panics with it");
        let is_idle =
            |state: &mut State| state.news == *seen && !state.has_ended;
        let state = self.changed.wait_while(state, is_idle);
        let state = state.expect("nothing panics with it");
        *seen = state.news;
        (!state.has_ended).then(|| state.session.clone())
    }
    // ANCHOR_END: work
}

impl Dispatcher for Pool {
    fn dispatch(&self, _: &Tasks) {
        self.shared.change(|state| state.news += 1);
    }
}

// ANCHOR: drop
impl Drop for Pool {
    fn drop(&mut self) {
        self.shared.change(|state| state.has_ended = true);
        for thread in self.threads.drain(..) {
            // The last to hold the session may have been one of them.
            if thread.thread().id() != thread::current().id() {
                let _ = thread.join();
            }
        }
    }
}
// ANCHOR_END: drop
