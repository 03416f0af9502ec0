//! Layers that are added, or left out, change no result.

use crate::layers::compile;
use crate::stacks::*;
use crate::support::watched;
use chapter1::orc::Layer;
use std::sync::Arc;

fn stacks() -> Vec<(&'static str, Stack)> {
    let plain = Stack::of(compiler);
    let below = Stack::of(|base, objects| {
        compiler(base, Arc::new(PassThrough(objects)))
    });
    let both = Stack::of(|base, objects| {
        let below = Arc::new(PassThrough(objects));
        Arc::new(PassThrough(compiler(base, below)))
    });
    let later = Stack::of(|base, objects| {
        let below = Arc::new(Later(objects));
        Arc::new(Later(Arc::new(PassThrough(compiler(base, below)))))
    });
    let without = Stack::new(|_, objects| {
        Box::new(move |tracker, module| objects.add(tracker, compile(&module)))
    });
    vec![
        ("plain", plain),
        ("with a layer in between", below),
        ("with one above, too", both),
        ("with layers that take their time", later),
        ("compiled beforehand", without),
    ]
}

#[test]
fn generated_programs_mean_the_same_on_every_stack() {
    watched(|| compare_generated(100, stacks));
}

#[test]
fn rings_and_operators_mean_the_same_on_every_stack() {
    watched(|| compare(RINGS, stacks()).unwrap());
}

#[test]
fn refusals_are_the_same_on_every_stack() {
    watched(|| compare(REFUSALS, stacks()).unwrap());
}
