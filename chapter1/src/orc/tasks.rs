//! What is left to do, and who does it.
//!
//! A task is never run by the operation that makes it: it is queued, and the
//! queue is drained in a loop. However long a chain of functions that need
//! each other, the native stack stays as it is.

use super::state::LookupResult;
use super::{MaterializationResponsibility, MaterializationUnit, OnComplete};
use crate::cancel::{self, Cancelled};
use std::cell::Cell;
use std::collections::VecDeque;
use std::panic::{self, AssertUnwindSafe};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Something to be done when nobody holds a lock.
pub enum Task {
    /// A unit produces its symbols.
    Materialize(Box<dyn MaterializationUnit>, MaterializationResponsibility),
    /// A lookup is answered.
    Complete(OnComplete, LookupResult),
}

impl Task {
    fn run(self) {
        match self {
            Task::Materialize(unit, work) => unit.materialize(work),
            Task::Complete(on_complete, result) => on_complete(result),
        }
    }
}

/// Decides who runs tasks.
pub trait Dispatcher: Send + Sync {
    /// There are new tasks. Called with no lock held, on any thread, also
    /// inside a task.
    fn dispatch(&self, tasks: &Tasks);
}

/// Runs tasks where they arise, one after the other.
#[derive(Clone, Copy, Default, Debug)]
pub struct Inline;

impl Dispatcher for Inline {
    // ANCHOR: dispatch
    fn dispatch(&self, tasks: &Tasks) {
        // Inside a task there is a loop that will come to them.
        if !in_task() {
            tasks.drain();
        }
    }
    // ANCHOR_END: dispatch
}

/// Whoever waits looks up now and then whether everything shall stop: a
/// signal handler cannot wake threads.
const LOOK_UP: Duration = Duration::from_millis(20);

thread_local! {
    static IN_TASK: Cell<bool> = const { Cell::new(false) };
}

/// Whether this thread is running a task of any session.
pub fn in_task() -> bool {
    IN_TASK.get()
}

/// Tasks, those that wait and those that run.
#[derive(Default)]
pub struct Tasks {
    queue: Mutex<Queue>,
    /// A task has come or gone.
    progress: Condvar,
}

#[derive(Default)]
struct Queue {
    tasks: VecDeque<Task>,
    running: usize,
    /// How many threads want to know of progress.
    waiting: usize,
}

impl Tasks {
    /// Adds a task, the last to be run.
    pub(super) fn push(&self, task: Task) {
        let mut queue = self.lock();
        queue.tasks.push_back(task);
        self.notify(&queue);
    }

    /// Runs tasks until there are none.
    pub fn drain(&self) {
        while self.run_one() {}
    }

    /// Runs tasks, and waits while others do, until `is_done`.
    ///
    /// # Errors
    /// If everything shall stop before that.
    pub(super) fn run_until(
        &self,
        is_done: impl Fn() -> bool,
    ) -> Result<(), Cancelled> {
        self.run_while(|_| !is_done() && !cancel::is_requested());
        if is_done() { Ok(()) } else { Err(Cancelled) }
    }

    /// Runs tasks, and waits for those that others run.
    pub(super) fn finish(&self) {
        self.run_while(|queue| queue.running > 0);
    }

    /// Runs tasks while there are any; then, as long as `must_go_on`, waits
    /// for more.
    fn run_while(&self, must_go_on: impl Fn(&Queue) -> bool) {
        loop {
            self.drain();
            let mut queue = self.lock();
            // What a task changes, it changes before it ends, and it ends
            // under the lock: whoever waits from now on is told.
            while queue.tasks.is_empty() {
                if !must_go_on(&queue) {
                    return;
                }
                queue.waiting += 1;
                queue = self.wait(queue);
                queue.waiting -= 1;
            }
        }
    }

    /// Runs the first task, if there is one.
    // ANCHOR: run_one
    fn run_one(&self) -> bool {
        let mut queue = self.lock();
        let Some(task) = queue.tasks.pop_front() else { return false };
        queue.running += 1;
        drop(queue);
        let _running = Running { tasks: self, outer: IN_TASK.replace(true) };
        // The hook has told of a panic, and whatever the task had to produce
        // fails; but whose thread it ran on is mere chance.
        let _ = panic::catch_unwind(AssertUnwindSafe(|| task.run()));
        true
    }
    // ANCHOR_END: run_one

    fn notify(&self, queue: &Queue) {
        // Waking nobody would be a system call all the same.
        if queue.waiting > 0 {
            self.progress.notify_all();
        }
    }

    fn lock(&self) -> MutexGuard<'_, Queue> {
        // No task runs while it is locked.
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait<'q>(&self, queue: MutexGuard<'q, Queue>) -> MutexGuard<'q, Queue> {
        let result = self.progress.wait_timeout(queue, LOOK_UP);
        result.unwrap_or_else(PoisonError::into_inner).0
    }
}

/// A task at work; even if it panics, it is over in the end.
struct Running<'t> {
    tasks: &'t Tasks,
    outer: bool,
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        IN_TASK.set(self.outer);
        let mut queue = self.tasks.lock();
        queue.running -= 1;
        self.tasks.notify(&queue);
    }
}
