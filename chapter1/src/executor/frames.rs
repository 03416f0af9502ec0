//! Which functions were active when JIT'd code was left for an error.
//!
//! JIT'd functions begin with `push rbp; mov rbp, rsp`, so their frames are a
//! linked list: at `rbp` lies the caller's `rbp`, above it the return
//! address.

use super::ExecutorAddr;
use super::context::Context;
use std::ops::Range;
use std::ptr::with_exposed_provenance;

/// So many functions are listed at most.
pub const MAX_FRAMES: usize = 64;

/// The active functions of the innermost entry, innermost first.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Frames {
    /// In each function, an address within the instruction that it has come
    /// to, which is a call in all but perhaps the first.
    pub addresses: Vec<ExecutorAddr>,
    /// Whether there were more than [`MAX_FRAMES`].
    pub is_cut: bool,
}

/// Follows the frames from the place where JIT'd code was left. Nothing has
/// used the stack since then.
pub(super) fn walk(context: &Context) -> Frames {
    let walk = Walk { stack: context.stack(), code: context.code() };
    let (pc, sp) = (context.site.pc.get(), context.site.sp.get());
    let mut fp = context.site.fp.get();
    let mut frames = Frames::default();
    frames.addresses.extend(walk.in_code(pc));
    frames.addresses.extend(walk.caller_in_prologue(pc, sp));
    while let Some((next, address)) = walk.frame(fp) {
        if frames.addresses.len() == MAX_FRAMES {
            frames.is_cut = true;
            break;
        }
        frames.addresses.push(address);
        fp = next;
    }
    frames
}

/// Where frames and code can be.
struct Walk {
    stack: Range<usize>,
    code: Range<ExecutorAddr>,
}

impl Walk {
    /// What a frame holds: the frame pointer and the call of its caller. The
    /// list ends where the stack or the code does, at the latest.
    fn frame(&self, fp: usize) -> Option<(usize, ExecutorAddr)> {
        let caller = self.call(self.word(fp.checked_add(8)?)?)?;
        // Frames lie further up than their callees'.
        let next = self.word(fp).filter(|&next| next > fp)?;
        Some((next, caller))
    }

    /// Where the function was called that has come to `pc`, if it has not
    /// made its frame yet.
    fn caller_in_prologue(&self, pc: usize, sp: usize) -> Option<ExecutorAddr> {
        const PUSH_RBP: u8 = 0x55;
        const MOV_RBP_RSP: [u8; 3] = [0x48, 0x89, 0xe5];
        self.in_code(pc)?;
        self.in_code(pc + 3)?;
        let code = with_exposed_provenance::<[u8; 3]>(pc);
        // SAFETY: these bytes are code of the innermost entry, which was
        // about to run and has not been freed since.
        let at = match unsafe { code.read_volatile() } {
            [PUSH_RBP, ..] => sp,
            MOV_RBP_RSP => sp + 8,
            _ => return None,
        };
        self.call(self.word(at)?)
    }

    /// The last byte of the call that returns to `address`.
    fn call(&self, address: usize) -> Option<ExecutorAddr> {
        self.in_code(address.checked_sub(1)?)
    }

    fn in_code(&self, address: usize) -> Option<ExecutorAddr> {
        let address = ExecutorAddr::new(address as u64);
        self.code.contains(&address).then_some(address)
    }

    fn word(&self, at: usize) -> Option<usize> {
        let is_word = at.is_multiple_of(8)
            && self.stack.start <= at
            && at < self.stack.end;
        // SAFETY: the word lies on the JIT stack of this thread, which is
        // readable, and which nothing changes meanwhile.
        is_word.then(|| unsafe {
            with_exposed_provenance::<usize>(at).read_volatile()
        })
    }
}
