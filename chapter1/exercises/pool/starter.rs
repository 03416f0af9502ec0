//! A session whose tasks run where they arise.

use chapter1::executor::Executor;
use chapter1::orc::{Dispatcher, ExecutionSession, Inline, Tasks};
use std::sync::Arc;

struct Pool;

pub(super) fn session(
    executor: Arc<dyn Executor>,
    threads: usize,
) -> Arc<ExecutionSession> {
    let _ = threads;
    ExecutionSession::with_dispatcher(executor, Box::new(Pool))
}

impl Dispatcher for Pool {
    fn dispatch(&self, tasks: &Tasks) {
        Inline.dispatch(tasks);
    }
}
