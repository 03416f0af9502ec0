//! Which calls are active, and what each retired range has to wait for.
//!
//! A call belongs to the *epoch* in which it began. A retirement ends the
//! current epoch: calls that begin later find nothing that leads to what was
//! retired. It is quiescent when no call of an ended epoch is active.
//! ```text
//! epoch          4          5          6 (current)
//! active calls   1          0          2
//! ```
//! Here what was retired at the end of epoch 3 is quiescent; the rest waits
//! for the one call of epoch 4.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The number of an epoch.
pub(super) type Epoch = u64;

/// The active calls of all threads. A nested call is one more of them.
#[derive(Default)]
pub(super) struct Calls {
    epochs: Mutex<Epochs>,
}

impl Calls {
    /// Counts a call as active until the result is dropped.
    pub(super) fn enter(&self) -> Active<'_> {
        let mut epochs = self.lock();
        epochs.current += 1;
        let epoch = epochs.number();
        Active { calls: self, epoch }
    }

    /// Ends the current epoch. The result is the first one whose calls cannot
    /// get to what is retired now.
    pub(super) fn end_epoch(&self) -> Epoch {
        let mut epochs = self.lock();
        // Without calls there is nothing to tell apart.
        if epochs.current > 0 {
            let ended = std::mem::take(&mut epochs.current);
            epochs.ended.push_back(ended);
        }
        epochs.number()
    }

    /// The oldest epoch that has an active call, or else the current one.
    pub(super) fn oldest(&self) -> Epoch {
        self.lock().first
    }

    fn lock(&self) -> MutexGuard<'_, Epochs> {
        // Nothing panics while it is locked.
        self.epochs.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A call that has not returned.
pub(super) struct Active<'a> {
    calls: &'a Calls,
    epoch: Epoch,
}

impl Drop for Active<'_> {
    fn drop(&mut self) {
        self.calls.lock().leave(self.epoch);
    }
}

#[derive(Default)]
struct Epochs {
    /// The number of the first epoch below.
    first: Epoch,
    /// How many calls of each ended epoch are active. The first has some.
    ended: VecDeque<u64>,
    /// How many calls of the current epoch are.
    current: u64,
}

impl Epochs {
    /// The number of the current epoch.
    fn number(&self) -> Epoch {
        self.first + self.ended.len() as u64
    }

    fn leave(&mut self, epoch: Epoch) {
        match self.ended.get_mut((epoch - self.first) as usize) {
            Some(active) => *active -= 1,
            None => self.current -= 1,
        }
        while self.ended.front() == Some(&0) {
            self.ended.pop_front();
            self.first += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_calls_everything_is_quiescent_at_once() {
        let calls = Calls::default();
        drop(calls.enter());
        let end = calls.end_epoch();
        assert!(calls.oldest() >= end);
    }

    #[test]
    fn later_calls_need_not_return() {
        let calls = Calls::default();
        let before = calls.enter();
        let end = calls.end_epoch();
        let _after = calls.enter();
        assert!(calls.oldest() < end);
        drop(before);
        assert!(calls.oldest() >= end);
    }

    #[test]
    fn each_retirement_waits_for_all_calls_before_it() {
        let calls = Calls::default();
        let one = calls.enter();
        let first = calls.end_epoch();
        let two = calls.enter();
        let second = calls.end_epoch();
        drop(two);
        assert!(calls.oldest() < first && first < second);
        drop(one);
        assert!(calls.oldest() >= second);
    }

    #[test]
    fn retirements_without_calls_between_them_end_one_epoch() {
        let calls = Calls::default();
        let _long = calls.enter();
        let first = calls.end_epoch();
        (0..1000).for_each(|_| assert_eq!(calls.end_epoch(), first));
    }
}
