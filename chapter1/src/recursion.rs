//! Recursion that input may deepen, without overflowing the native stack.

/// A recursive step may use this much stack before it asks again.
const RED_ZONE: usize = 128 * 1024;
/// How much stack is added when less than the red zone is left.
const SEGMENT: usize = 4 * 1024 * 1024;

/// Runs one step of a recursive walk, on a new piece of stack if the
/// present one is nearly used up. Every cycle of functions that input can
/// drive round and round passes through here.
#[inline]
pub fn guarded<T>(step: impl FnOnce() -> T) -> T {
    stacker::maybe_grow(RED_ZONE, SEGMENT, step)
}
