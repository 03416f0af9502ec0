//! Which calls are active, and what each retired range has to wait for.
//!
//! Each retirement begins an *epoch*: calls that begin later find nothing
//! that leads to what was retired. It is quiescent when no thread is in a
//! call of an earlier epoch.
//! ```text
//! epoch               4          5          6 (current)
//! threads in calls    A                     B, C
//! ```
//! Here what was retired at the beginning of epoch 4 is quiescent; the rest
//! waits for thread A.
//!
//! Calls begin and end all the time, retirements are few. So each thread
//! notes its calls in a place of its own, and a retirement looks at them all.

use super::thread;
use std::cell::{Cell, RefCell};
use std::io;
use std::ptr::null;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The number of an epoch. The first is 1.
pub(super) type Epoch = u64;

/// The active calls of all threads.
pub(super) struct Calls {
    /// Tells these from those of other executors.
    id: u64,
    current: AtomicU64,
    slots: Mutex<Vec<Arc<Slot>>>,
}

/// Where one thread notes its calls: the epoch in which the outermost began,
/// or zero if there is none.
struct Slot(AtomicU64);

/// The slots of this thread.
#[derive(Default)]
struct Slots {
    /// Each with the number of its `Calls`.
    all: RefCell<Vec<(u64, Arc<Slot>)>>,
}

thread_local! {
    /// The slot used last, which is one of those below.
    static LAST: Cell<(u64, *const Slot)> = const { Cell::new((0, null())) };

    static SLOTS: Slots = Slots::default();
}

impl Default for Calls {
    fn default() -> Calls {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        Calls {
            id: NEXT.fetch_add(1, Ordering::Relaxed),
            current: AtomicU64::new(1),
            slots: Mutex::default(),
        }
    }
}

impl Calls {
    /// Notes that this thread is in a call until the result is dropped.
    ///
    /// # Errors
    /// If the thread is about to end.
    #[inline]
    // ANCHOR: enter
    pub(super) fn enter(&self) -> io::Result<Active> {
        let slot = match LAST.get() {
            (id, slot) if id == self.id => slot,
            _ => self.slot()?,
        };
        // SAFETY: this thread keeps the slot until it ends, or until after the
        // executor of this number, which this is a part of, has gone.
        let since = unsafe { &(*slot).0 };
        if since.load(Ordering::Relaxed) != 0 {
            // A nested call ends before the one around it.
            return Ok(Active(null()));
        }
        let epoch = self.current.load(Ordering::Acquire);
        // What the call reads, it reads after this has been written: so says
        // the processor of an exchange. If a retirement does not find it, the
        // call finds the pointers that were stored before the retirement.
        since.swap(epoch, Ordering::SeqCst);
        Ok(Active(slot))
    }
    // ANCHOR_END: enter

    /// Begins an epoch, whose calls cannot get to what is retired now.
    // ANCHOR: next_epoch
    pub(super) fn next_epoch(&self) -> Epoch {
        self.current.fetch_add(1, Ordering::SeqCst) + 1
    }
    // ANCHOR_END: next_epoch

    /// The oldest epoch that has an active call, or else the current one.
    // ANCHOR: oldest
    pub(super) fn oldest(&self) -> Epoch {
        let mut slots = self.lock();
        // Those of threads that have ended are no longer shared.
        slots.retain(|slot| Arc::strong_count(slot) > 1);
        let since = slots.iter().map(|slot| slot.0.load(Ordering::SeqCst));
        let oldest = since.filter(|&epoch| epoch != 0).min();
        oldest.unwrap_or_else(|| self.current.load(Ordering::SeqCst))
    }
    // ANCHOR_END: oldest

    /// This thread's slot.
    #[cold]
    fn slot(&self) -> io::Result<*const Slot> {
        let slot = SLOTS.try_with(|Slots { all }| {
            let mut all = all.borrow_mut();
            // Those of executors that are gone are no longer shared.
            all.retain(|(_, slot)| Arc::strong_count(slot) > 1);
            let known = all.iter().find(|(id, _)| *id == self.id);
            let slot = match known {
                Some((_, slot)) => Arc::as_ptr(slot),
                None => {
                    let slot = Arc::new(Slot(AtomicU64::new(0)));
                    self.lock().push(slot.clone());
                    all.push((self.id, slot.clone()));
                    Arc::as_ptr(&slot)
                }
            };
            LAST.set((self.id, slot));
            slot
        });
        slot.map_err(thread::at_end)
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Arc<Slot>>> {
        // Nothing panics while it is locked.
        self.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Slots {
    fn drop(&mut self) {
        LAST.set((0, null()));
    }
}

/// A call that has not returned; null for a nested one.
pub(super) struct Active(*const Slot);

impl Drop for Active {
    #[inline]
    fn drop(&mut self) {
        // SAFETY: it is null, or a slot that its thread keeps until it ends.
        // It stays on that thread, because a pointer is not sent to others.
        if let Some(slot) = unsafe { self.0.as_ref() } {
            slot.0.store(0, Ordering::Release);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc;
    use std::thread::JoinHandle;

    /// A call of another thread, which ends when this is dropped.
    struct Call {
        leave: Option<mpsc::Sender<()>>,
        thread: Option<JoinHandle<()>>,
    }

    fn call(calls: &Arc<Calls>) -> Call {
        let (entered, has_entered) = mpsc::channel();
        let (leave, may_leave) = mpsc::channel::<()>();
        let calls = calls.clone();
        let thread = std::thread::spawn(move || {
            let _active = calls.enter().unwrap();
            entered.send(()).unwrap();
            // Until the sender is dropped.
            let _ = may_leave.recv();
        });
        has_entered.recv().unwrap();
        Call { leave: Some(leave), thread: Some(thread) }
    }

    impl Drop for Call {
        fn drop(&mut self) {
            drop(self.leave.take());
            let thread = self.thread.take().expect("dropped once");
            thread.join().expect("no panic");
        }
    }

    #[test]
    fn without_calls_everything_is_quiescent_at_once() {
        let calls = Arc::new(Calls::default());
        drop(call(&calls));
        let next = calls.next_epoch();
        assert!(calls.oldest() >= next);
    }

    #[test]
    fn later_calls_need_not_return() {
        let calls = Arc::new(Calls::default());
        let before = call(&calls);
        let next = calls.next_epoch();
        let _after = call(&calls);
        assert!(calls.oldest() < next);
        drop(before);
        assert!(calls.oldest() >= next);
    }

    #[test]
    fn each_retirement_waits_for_all_calls_before_it() {
        let calls = Arc::new(Calls::default());
        let one = call(&calls);
        let first = calls.next_epoch();
        let two = call(&calls);
        let second = calls.next_epoch();
        drop(two);
        assert!(calls.oldest() < first && first < second);
        drop(one);
        assert!(calls.oldest() >= second);
    }

    #[test]
    fn a_nested_call_ends_before_the_one_around_it() {
        let calls = Calls::default();
        let outer = calls.enter().unwrap();
        let next = calls.next_epoch();
        drop(calls.enter());
        assert!(calls.oldest() < next);
        drop(outer);
        assert!(calls.oldest() >= next);
    }

    #[test]
    fn executors_do_not_wait_for_each_others_calls() {
        let (one, two) = (Calls::default(), Calls::default());
        let _of_one = one.enter().unwrap();
        let of_two = two.enter().unwrap();
        let next = two.next_epoch();
        assert!(two.oldest() < next);
        // The thread finds its way back to either slot.
        drop(one.enter());
        drop(of_two);
        assert!(two.oldest() >= next);
        let next = one.next_epoch();
        assert!(one.oldest() < next);
    }

    #[test]
    fn threads_and_executors_leave_nothing_behind() {
        let calls = Arc::new(Calls::default());
        for _ in 0..10 {
            // Joined to its very end, when its slots are dropped.
            drop(call(&calls));
        }
        drop(calls.enter());
        calls.oldest();
        assert_eq!(calls.lock().len(), 1);
        drop(calls);
        for _ in 0..10 {
            drop(Calls::default().enter());
        }
        let slots = SLOTS.with(|slots| slots.all.borrow().len());
        assert!(slots <= 2, "{slots}");
    }
}
