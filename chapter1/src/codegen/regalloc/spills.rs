//! Stack space for the values that were needed in memory.

use super::{Allocator, Home};
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// Gives each spilled value a slot. Two values can share one if the first is
/// not needed any more when the second is defined; going through them in the
/// order of their definitions, that is a matter of keeping the slots sorted
/// by the time when they become free.
pub(super) fn assign(a: &mut Allocator) {
    let mut spilled = std::mem::take(&mut a.spilled);
    spilled.sort_unstable_by_key(|&value| (a.live[value].defined, value));
    let mut busy: BinaryHeap<Reverse<(u32, u32)>> = BinaryHeap::new();
    for &value in &spilled {
        let live = &a.live[value];
        let slot = match busy.peek() {
            Some(&Reverse((until, slot))) if until < live.defined => {
                busy.pop();
                slot
            }
            _ => {
                a.allocation.spill_slots += 1;
                a.allocation.spill_slots - 1
            }
        };
        busy.push(Reverse((live.last_use, slot)));
        a.allocation.homes[value] = Home::Spill(slot);
    }
    a.spilled = spilled;
}
