//! A loop in the code generator, with one improvement after the other:
//! `cargo run -p chapter2 --example target`.

use chapter1::codegen::listing::Listing;
use chapter1::codegen::{CodeGenerator, Target, Tuning};
use chapter1::ir::parse_module;
use std::error::Error;

/// A loop as optimisers leave it: `a` becomes `a*b`, and `b` becomes a tenth of
/// `a + a + b`, as long as the old `b` is below a limit.
const LOOP: &str = "\
function @f(f64) -> f64 {
block0(v0: f64):
    v1 = const 0.5
    jump block1(v1, v1)
block1(v2: f64, v3: f64):
    v4 = mul v2, v3
    v5 = add v2, v2
    v6 = add v5, v3
    v7 = ult v3, v0
    v8 = const 0.1
    v9 = mul v6, v8
    branch v7, block1(v4, v9), block2
block2:
    return v4
}";

// ANCHOR: main
fn main() -> Result<(), Box<dyn Error>> {
    let module = parse_module(LOOP)?;
    let none = Tuning::default();
    let flags = Tuning { keep_flags: true, ..none };
    let preload = Tuning { preload: true, ..flags };
    let round = Tuning { next_round: true, ..preload };
    for (name, tuning) in [
        ("as in chapter 1", none),
        ("keep_flags", flags),
        ("and preload", preload),
        ("and next_round", round),
        ("and align_loops", Tuning::ALL),
    ] {
        let mut generator = CodeGenerator::tuned(Target::AVX, tuning);
        let graph = generator.compile(&module)?;
        let listing = Listing::new(&graph, &module).to_string();
        let start = listing.find(".block0:").ok_or("no entry")?;
        let end = listing.find(".block2:").ok_or("no end")?;
        println!("# {name}\n{}", &listing[start..end]);
    }
    Ok(())
}
// ANCHOR_END: main
