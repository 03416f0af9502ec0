//! The threads that have entered JIT'd code: a list that a signal handler can
//! read while it changes.
//!
//! Places in it are used again and never freed.
//!
//! A thread registers, then polls the flag; who interrupts sets the flag,
//! then reads the list. All four are in one order, so either the thread finds
//! the flag or it is found itself.

use libc::{c_int, pid_t, siginfo_t};
use std::ptr::null_mut;
use std::sync::atomic::{AtomicI32, AtomicPtr, Ordering};

/// The place of one thread.
struct Slot {
    /// Zero when the place is free.
    thread: AtomicI32,
    next: *const Slot,
}

static FIRST: AtomicPtr<Slot> = AtomicPtr::new(null_mut());

/// This thread's place, which is free again when this is dropped.
pub(in crate::executor) struct Registered(&'static Slot);

impl Registered {
    pub(in crate::executor) fn new() -> Registered {
        // SAFETY: it has no preconditions.
        let id = unsafe { libc::gettid() };
        let free = slots().find(|slot| {
            let order = Ordering::SeqCst;
            slot.thread.compare_exchange(0, id, order, order).is_ok()
        });
        Registered(free.unwrap_or_else(|| add(id)))
    }
}

impl Drop for Registered {
    fn drop(&mut self) {
        self.0.thread.store(0, Ordering::SeqCst);
    }
}

/// Puts a new place in front of all others.
fn add(id: pid_t) -> &'static Slot {
    let slot = Box::new(Slot { thread: AtomicI32::new(id), next: null_mut() });
    let slot = Box::into_raw(slot);
    let add = |first: *mut Slot| {
        // SAFETY: nobody else knows of the place yet.
        unsafe { (*slot).next = first };
        Some(slot)
    };
    let order = Ordering::SeqCst;
    let _ = FIRST.fetch_update(order, order, add);
    // SAFETY: from now on it is only read, and never freed.
    unsafe { &*slot }
}

fn slots() -> impl Iterator<Item = &'static Slot> {
    // SAFETY: places are added whole, and never freed.
    let first = unsafe { FIRST.load(Ordering::SeqCst).as_ref() };
    // SAFETY: as above.
    std::iter::successors(first, |slot| unsafe { slot.next.as_ref() })
}

/// The mark on a signal that one thread has sent on to another. The kernel
/// leaves negative codes to programs.
const FORWARDED: c_int = -0x4a49;

/// Sends a signal to all the threads but this one. Signal handlers may call
/// this.
pub(super) fn signal_all(signal: c_int) {
    // SAFETY: these have no preconditions; all zeros are a value of that
    // type; the thread is one of this process, if it still exists.
    unsafe {
        let errno = libc::__errno_location();
        let before = *errno;
        let (process, own) = (libc::getpid(), libc::gettid());
        let mut info: siginfo_t = std::mem::zeroed();
        (info.si_signo, info.si_code) = (signal, FORWARDED);
        let threads = slots().map(|slot| slot.thread.load(Ordering::SeqCst));
        for id in threads.filter(|&id| id != 0 && id != own) {
            let send = libc::SYS_rt_tgsigqueueinfo;
            libc::syscall(send, process, id, signal, &raw const info);
        }
        *errno = before;
    }
}

/// Whether a signal is one of these.
pub(super) fn is_from_here(info: &siginfo_t) -> bool {
    info.si_code == FORWARDED
}
