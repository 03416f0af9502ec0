//! No load follows a load or a store of the same slot in its block, no slot
//! is only written, and no program can tell.

use crate::attempt::{agree, passed};
use crate::{Verdict, ensure};
use chapter1::ir::{Function, InstData};
use chapter2::passes::Pass;
use std::collections::HashSet;

const STRAIGHT: &str = "function @f(f64, f64) -> f64 {
    s0 = slot f64
    s1 = slot f64
    fn0 = function @g(f64) -> f64
block0(v0: f64, v1: f64):
    store v0, s0
    v2 = load s0
    v3 = call fn0(v2)
    store v3, s1
    v4 = load s0
    store v4, s1
    v5 = load s1
    v6 = add v5, v3
    return v6
}";

const LOOP: &str = "function @f(f64, f64) -> f64 {
    s0 = slot f64
    s1 = slot f64
block0(v0: f64, v1: f64):
    store v0, s0
    store v1, s1
    jump block1
block1:
    v2 = load s0
    v3 = load s0
    v4 = add v2, v3
    store v4, s0
    store v4, s1
    v5 = ult v4, v1
    branch v5, block1, block2
block2:
    v6 = load s0
    return v6
}";

/// Tries functions by hand, then random programs.
pub(super) fn check<P: Pass + Clone + 'static>(pass: P) -> Verdict {
    for text in [STRAIGHT, LOOP] {
        is_done(&passed(&pass, text)?)?;
    }
    let around = passed(&pass, LOOP)?.to_string();
    ensure(around.matches("load s0").count() == 2, || {
        format!("s0 is read once in each round, and once at the end\n{around}")
    })?;
    agree(&pass, &[], 400)
}

/// What is known in a block is not loaded, and what is stored is loaded.
fn is_done(function: &Function) -> Verdict {
    let (mut stored, mut loaded) = (HashSet::new(), HashSet::new());
    for data in function.blocks.values() {
        let mut held = HashSet::new();
        for &inst in &data.insts {
            match function.insts[inst] {
                InstData::Load(slot) => {
                    loaded.insert(slot);
                    ensure(held.insert(slot), || {
                        let inst = function.display_inst(inst);
                        format!(
                            "what {slot} holds is known at `{inst}`, in\n\
                                 {function}"
                        )
                    })?;
                }
                InstData::Store { slot, .. } => {
                    stored.insert(slot);
                    held.insert(slot);
                }
                _ => {}
            }
        }
    }
    let unread = stored.difference(&loaded).next();
    ensure(unread.is_none(), || {
        format!("{} is never read, in\n{function}", unread.unwrap())
    })
}
