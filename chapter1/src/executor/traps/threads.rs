//! The threads that have entered JIT'd code: a list that a signal handler can
//! read while it changes.
//!
//! Places in it are used again and never freed.
//!
//! A thread registers, then polls the flag; who interrupts sets the flag,
//! then reads the list. All four are in one order, so either the thread finds
//! the flag or it is found itself.

use libc::{SI_USER, c_int, pid_t, siginfo_t};
use std::ptr::null_mut;
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicPtr, Ordering};

/// The place of one thread.
struct Slot {
    /// Zero when the place is free.
    thread: AtomicI32,
    /// Whether a signal has been sent on to the thread, which it has not got
    /// yet.
    is_sent: AtomicBool,
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
        // The thread that was here before may have ended too early for one.
        free.inspect(|slot| slot.is_sent.store(false, Ordering::SeqCst));
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
    let slot = Box::into_raw(Box::new(Slot {
        thread: AtomicI32::new(id),
        is_sent: AtomicBool::new(false),
        next: null_mut(),
    }));
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
    // type. The thread may have ended, and its number may be another's of
    // this process: that one has no context, and its handler does nothing.
    unsafe {
        let errno = libc::__errno_location();
        let before = *errno;
        let (process, own) = (libc::getpid(), libc::gettid());
        let mut info: siginfo_t = std::mem::zeroed();
        (info.si_signo, info.si_code) = (signal, FORWARDED);
        for slot in slots() {
            let id = slot.thread.load(Ordering::SeqCst);
            if id != 0 && id != own {
                slot.is_sent.store(true, Ordering::SeqCst);
                let send = libc::SYS_rt_tgsigqueueinfo;
                libc::syscall(send, process, id, signal, &raw const info);
            }
        }
        *errno = before;
    }
}

/// Whether a signal is one of these. This thread has just got it.
pub(super) fn is_from_here(info: &siginfo_t) -> bool {
    // SAFETY: it has no preconditions.
    let own = unsafe { libc::gettid() };
    let mut slots = slots();
    let slot = slots.find(|slot| slot.thread.load(Ordering::SeqCst) == own);
    let is_sent =
        slot.is_some_and(|slot| slot.is_sent.swap(false, Ordering::SeqCst));
    // Where too many signals are pending, the kernel forgets who sent one.
    // SAFETY: all signals that were sent have a sender, if only zero.
    let is_nobodys =
        || info.si_code == SI_USER && unsafe { info.si_pid() } == 0;
    info.si_code == FORWARDED || is_sent && is_nobodys()
}
