//! A hundred thousand expressions, good and bad, leave nothing behind. The
//! tests read about this whole process, so they run one at a time.

use chapter1::codegen::Target;
use chapter1::driver::{Driver, JitError};
use chapter1::executor::memory::MemoryConfig;
use chapter1::executor::{Executor, Host, InProcess, SegmentKind};
use chapter1::ir::{Module, parse_module};
use chapter1::jit::KaleidoscopeJit;
use chapter1::kaleidoscope::Kaleidoscope;
use chapter1::symbol::Symbol;
use std::fmt::Write;
use std::fs;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

const WARM_UP: usize = 1_000;
const ROUNDS: usize = 100_000;

/// How much the process may grow after the first thousand rounds.
const GROWTH: u64 = 2 << 20;

fn alone() -> MutexGuard<'static, ()> {
    static LOCK: Mutex<()> = Mutex::new(());
    LOCK.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Bytes resident, counted exactly, unlike those of `status` and `statm`.
fn resident() -> u64 {
    let rollup = fs::read_to_string("/proc/self/smaps_rollup").unwrap();
    let line = rollup.lines().find(|line| line.starts_with("Rss:")).unwrap();
    let kib: u64 = line.split_whitespace().nth(1).unwrap().parse().unwrap();
    kib << 10
}

/// Counts that must not grow.
#[derive(PartialEq, Debug)]
struct Things {
    /// Symbols and lookups of the session.
    session: (usize, usize),
    /// Bytes of code and data in use.
    memory: [u64; 2],
    definitions: usize,
    trackers: usize,
}

impl Things {
    fn of(jit: &KaleidoscopeJit) -> Things {
        jit.objects.collect().unwrap();
        let memory = [SegmentKind::Code, SegmentKind::Data];
        Things {
            session: jit.base().session.sizes(),
            memory: memory.map(|kind| jit.objects.memory_used(kind)),
            definitions: jit.base().definitions.defined().len(),
            trackers: Arc::strong_count(&jit.base().session),
        }
    }
}

fn mappings() -> usize {
    fs::read_to_string("/proc/self/maps").unwrap().lines().count()
}

fn kaleidoscope(text: &str) -> Kaleidoscope<KaleidoscopeJit> {
    let memory = MemoryConfig::default();
    let executor = InProcess::new(Target::host(), Host::default(), &memory);
    let executor: Arc<dyn Executor> = Arc::new(executor.unwrap());
    let mut session = Kaleidoscope::new(KaleidoscopeJit::new(executor));
    session.run(text).unwrap();
    session
}

/// Does something a hundred thousand times.
fn leaves_nothing(
    session: &mut Kaleidoscope<KaleidoscopeJit>,
    mut round: impl FnMut(&mut Kaleidoscope<KaleidoscopeJit>, usize),
) {
    (0..WARM_UP).for_each(|index| round(session, index));
    let things = Things::of(&session.jit);
    let (before, maps) = (resident(), mappings());
    (WARM_UP..WARM_UP + ROUNDS).for_each(|index| round(session, index));
    let growth = resident().saturating_sub(before);
    assert!(growth < GROWTH, "grown by {growth} bytes");
    assert_eq!(Things::of(&session.jit), things);
    // The allocator may map a little more, but not for every round.
    assert!(mappings() <= maps + 16, "{} mappings", mappings());
}

#[test]
fn expressions_leave_nothing_behind() {
    let _alone = alone();
    let text = "extern sin(x); def g(x) x * 2; def f(x) g(x) + sin(0);";
    let mut session = kaleidoscope(text);
    leaves_nothing(&mut session, |session, index| {
        let values = session.run(&format!("f({index}) + 0.5;")).unwrap();
        assert_eq!(values, [2.0 * index as f64 + 0.5]);
    });
}

#[test]
fn expressions_that_lack_a_function_leave_nothing_behind() {
    let _alone = alone();
    let mut session = kaleidoscope("extern missing(x);");
    leaves_nothing(&mut session, |session, index| {
        session.run(&format!("missing({index});")).unwrap_err();
    });
}

/// Every round has another name that nobody knows, which is forgotten.
#[test]
fn names_that_are_looked_for_in_vain_leave_nothing_behind() {
    let _alone = alone();
    let mut session = kaleidoscope("");
    leaves_nothing(&mut session, |session, index| {
        let name = Symbol::new(&format!("missing{index}"));
        let error = session.jit.lookup(&name).unwrap_err();
        assert!(matches!(error, JitError::Missing { .. }));
    });
}

/// Three functions are committed in the hope of a fourth each time, and one
/// that is complete stays.
#[test]
fn what_lacks_a_function_deep_down_leaves_nothing_behind() {
    let _alone = alone();
    let mut session = kaleidoscope(
        "extern missing(x);
         def ok(x) x; def c(x) missing(x) + ok(x); def b(x) c(x) * 2;
         def a(x) b(x) + c(x);",
    );
    leaves_nothing(&mut session, |session, index| {
        session.run(&format!("a({index});")).unwrap_err();
    });
}

#[test]
fn a_ring_that_lacks_a_function_leaves_nothing_behind() {
    let _alone = alone();
    let mut session = kaleidoscope(
        "extern missing(x); extern b(x); extern c(x);
         def a(x) b(x); def b(x) c(x); def c(x) a(x) + missing(x);",
    );
    leaves_nothing(&mut session, |session, index| {
        let name = ["a", "b"][index % 2];
        session.run(&format!("{name}(1);")).unwrap_err();
    });
}

#[test]
fn wrong_numbers_of_arguments_leave_nothing_behind() {
    let _alone = alone();
    // Deep down, where only the linker sees it.
    let mut session = kaleidoscope("extern pow(x); def f(x) pow(x);");
    session.run("def g(x) f(x);").unwrap();
    leaves_nothing(&mut session, |session, _| {
        let error = session.run("g(1);").unwrap_err().to_string();
        assert!(error.contains("takes 2 parameters"), "{error}");
    });
}

#[test]
fn refused_programs_leave_nothing_behind() {
    let _alone = alone();
    let mut session = kaleidoscope("def f(x) x;");
    leaves_nothing(&mut session, |session, index| {
        let text = match index % 3 {
            0 => "f(1, 2);",
            1 => "def f(y) y;",
            _ => "f(1) + );",
        };
        session.run(text).unwrap_err();
    });
}

/// An expression whose frame is too large. It is costly to compile, and the
/// same module each time.
#[test]
fn frames_that_are_too_large_leave_nothing_behind() {
    let _alone = alone();
    let mut text = "function @wide() -> f64 {\n".to_owned();
    for i in 0..=chapter1::codegen::MAX_FRAME / 8 {
        writeln!(text, "s{i} = slot f64").unwrap();
    }
    text.push_str("block0:\nv0 = const 5\nreturn v0\n}");
    let mut session = kaleidoscope("");
    session.jit.define_ir(parse_module(&text).unwrap()).unwrap();
    session.run("extern wide(); def f() wide();").unwrap();
    leaves_nothing(&mut session, |session, _| {
        let error = session.run("f();").unwrap_err().to_string();
        assert!(error.contains("of stack for one call"), "{error}");
    });
}

fn number(name: &str, value: usize) -> Module {
    let text = format!(
        "function @{name}() -> f64 {{
        block0:
            v0 = const {value}
            return v0
        }}"
    );
    parse_module(&text).unwrap()
}

#[test]
fn definitions_that_are_removed_leave_nothing_behind() {
    let _alone = alone();
    let mut session = kaleidoscope("");
    leaves_nothing(&mut session, |session, index| {
        // Half of them are never compiled.
        let name = Symbol::new(&format!("f{index}"));
        session.jit.define_ir(number(&name, index)).unwrap();
        if index % 2 == 0 {
            let f = session.jit.function::<fn() -> f64>(&name).unwrap();
            assert_eq!(f.call().unwrap(), index as f64);
        }
        session.jit.remove(&name).unwrap();
    });
}
