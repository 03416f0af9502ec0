//! Almost: wakes one thread, however many tasks there are.

use chapter1::executor::Executor;
use chapter1::orc::{Dispatcher, ExecutionSession, Tasks};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, OnceLock, Weak};
use std::thread;

struct Pool(Mutex<Sender<()>>);

pub(super) fn session(
    executor: Arc<dyn Executor>,
    threads: usize,
) -> Arc<ExecutionSession> {
    let (sender, receiver) = channel();
    let receiver = Arc::new(Mutex::new(receiver));
    let session = Arc::new(OnceLock::new());
    for _ in 0..threads {
        let (receiver, session) = (receiver.clone(), session.clone());
        thread::spawn(move || work(&receiver, &session));
    }
    let pool = Box::new(Pool(Mutex::new(sender)));
    let made = ExecutionSession::with_dispatcher(executor, pool);
    session.set(Arc::downgrade(&made)).expect("set once");
    made
}

fn work(
    receiver: &Mutex<Receiver<()>>,
    session: &OnceLock<Weak<ExecutionSession>>,
) {
    loop {
        let news = receiver.lock().expect("nobody panics").recv();
        let session = session.get().and_then(Weak::upgrade);
        match (news, session) {
            (Ok(()), Some(session)) => session.run_tasks(),
            _ => return,
        }
    }
}

impl Dispatcher for Pool {
    fn dispatch(&self, _: &Tasks) {
        // Nobody may be left to hear it.
        let _ = self.0.lock().expect("nobody panics").send(());
    }
}
