//! Definitions that come and go leave nothing behind. (Alone in a process:
//! its size is looked at.)

#[path = "lazy/support.rs"]
#[allow(dead_code, reason = "this test uses a part of it")]
mod support;

use chapter1::driver::Driver;
use chapter1::executor::SegmentKind;
use chapter1::executor::memory::MappingChoice;
use chapter2::pipeline::Pipeline;
use chapter3::partition::per_function;
use support::{Session, remove, session_in};

/// What is in use in the end, in memory and in tables.
fn sizes(session: &Session) -> (u64, u64, (usize, usize)) {
    session.jit.objects.collect().unwrap();
    let used = |kind| session.jit.objects.memory_used(kind);
    let sizes = session.jit.base().session.sizes();
    (used(SegmentKind::Code), used(SegmentKind::Data), sizes)
}

/// The resident size of this process, in bytes.
fn resident() -> usize {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap();
    let pages = statm.split(' ').nth(1).unwrap().parse::<usize>().unwrap();
    pages * 4096
}

/// How many mappings this process has.
fn mappings() -> usize {
    std::fs::read_to_string("/proc/self/maps").unwrap().lines().count()
}

#[test]
fn ten_thousand_rounds_of_adding_redefining_and_removing_leave_all_flat() {
    for mapping in [MappingChoice::Dual, MappingChoice::Segmented] {
        churn(mapping);
    }
}

fn churn(mapping: MappingChoice) {
    let pipeline = Pipeline::default();
    let mut session = session_in(mapping, "", pipeline, per_function);
    let round = |session: &mut Session, i: usize| {
        // Some names are new each time.
        let text = format!(
            "def f(x) x + {i}; def g{i}(x) f(x); g{i}(1);
             def f(x) x * {i}; g{i}(2);"
        );
        let i = i as f64;
        assert_eq!(session.run(&text).unwrap(), [i + 1.0, 2.0 * i]);
    };
    let clean = |session: &Session, i: usize| {
        remove(session, "f").unwrap();
        remove(session, &format!("g{i}")).unwrap();
    };
    let mut before = None;
    for i in 0..10_000 {
        round(&mut session, i);
        clean(&session, i);
        if i == 1023 {
            before = Some((sizes(&session), resident(), mappings()));
        }
    }
    let (sizes_before, resident_before, mappings_before) = before.unwrap();
    let (code, data, tables) = sizes(&session);
    // A block of stubs may be half used.
    assert!(code <= sizes_before.0 + 4096, "{code} {sizes_before:?}");
    assert!(data <= sizes_before.1 + 2048, "{data} {sizes_before:?}");
    assert_eq!(tables, sizes_before.2);
    assert!(mappings() <= mappings_before + 2);
    let grown = resident().saturating_sub(resident_before);
    assert!(grown < 4 << 20, "{grown} bytes");
}
