//! A hundred thousand functions that need each other.

use crate::support::*;
use chapter1::driver::Driver;
use chapter1::ir::parse_module;
use chapter1::jit::KaleidoscopeJit;

const LENGTH: usize = 100_000;

#[test]
fn a_chain_of_units() {
    watched(|| {
        let (session, main) = session();
        for i in 0..LENGTH {
            let (name, next) = (format!("f{i}"), format!("f{}", i + 1));
            main.define(unit(&[&name], needing(i as u64, &[&next]))).unwrap();
        }
        let last = format!("f{LENGTH}");
        let error = error(&main, "f0");
        assert_eq!(failed(&error).0.len(), LENGTH);
        assert_eq!(session.sizes(), (0, 0));
        for i in (0..LENGTH).rev() {
            let (name, next) = (format!("f{i}"), format!("f{}", i + 1));
            main.define(unit(&[&name], needing(i as u64, &[&next]))).unwrap();
        }
        main.define(unit(&[&last], at(1))).unwrap();
        assert_eq!(address(&main, "f0"), 0);
        assert_eq!(session.sizes(), (LENGTH + 1, 0));
        session.end();
    });
}

/// Each function calls the next, but only if its argument is not zero, so
/// that running them needs no deep stack either.
#[test]
fn a_chain_through_all_layers() {
    watched(|| {
        let jit = KaleidoscopeJit::new(executor());
        for i in 0..LENGTH {
            let text = format!(
                "function @f{i}(f64) -> f64 {{
                    fn0 = function @f{}(f64) -> f64
                block0(v0: f64):
                    v1 = const 1
                    v2 = ult v0, v1
                    branch v2, block1, block2
                block1:
                    v5 = const {i}
                    return v5
                block2:
                    v3 = sub v0, v1
                    v4 = call fn0(v3)
                    return v4
                }}",
                (i + 1) % LENGTH
            );
            jit.define_ir(parse_module(&text).unwrap()).unwrap();
        }
        let start = format!("f{}", LENGTH - 10);
        let f = jit.function::<fn(f64) -> f64>(&start).unwrap();
        assert_eq!(f.call(15.0).unwrap(), 5.0);
        assert_eq!(jit.counts().compiled, LENGTH);
    });
}
