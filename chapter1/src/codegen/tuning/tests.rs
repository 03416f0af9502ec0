//! What each improvement does to code, and that the others leave it alone.

use super::{LOOP_ALIGN, Tuning};
use crate::codegen::listing::Listing;
use crate::codegen::{CodeGenerator, Target};
use crate::ir::parse_module;
use insta::assert_snapshot;

const NONE: Tuning = Tuning {
    keep_flags: false,
    preload: false,
    next_round: false,
    align_loops: false,
    wide_self_calls: false,
};

/// A sum, as it is after optimisation: the test of the old counter, then the
/// new one.
const SUM: &str = "\
function @sum(f64) -> f64 {
block0(v0: f64):
    v1 = const 0
    v2 = const 1
    jump block1(v1, v2)
block1(v3: f64, v4: f64):
    v5 = const 0.1
    v6 = mul v4, v5
    v7 = add v3, v6
    v8 = ult v4, v0
    v9 = add v4, v2
    branch v8, block1(v7, v9), block2
block2:
    return v7
}
";

/// A loop in which both parameters get new values while the old ones are in
/// use.
const RECURRENCE: &str = "\
function @recurrence(f64) -> f64 {
block0(v0: f64):
    v1 = const 0
    v2 = const 1
    jump block1(v1, v2)
block1(v3: f64, v4: f64):
    v5 = mul v3, v4
    v6 = add v3, v3
    v7 = add v6, v4
    v8 = ult v7, v0
    branch v8, block1(v5, v7), block2
block2:
    return v5
}
";

fn listing(text: &str, target: Target, tuning: Tuning) -> String {
    let module = parse_module(text).expect("valid text");
    crate::ir::verify_module(&module).expect("a valid module");
    let mut generator = CodeGenerator::tuned(target, tuning);
    let graph = generator.compile(&module).expect("a small frame");
    Listing::new(&graph, &module).to_string()
}

#[test]
fn nothing_is_improved_by_default() {
    assert_eq!(Tuning::default(), NONE);
    assert_snapshot!(listing(SUM, Target::AVX, NONE));
}

#[test]
fn a_comparison_stays_in_the_flags_over_an_addition() {
    let tuning = Tuning { keep_flags: true, ..NONE };
    assert_snapshot!(listing(SUM, Target::AVX, tuning));
}

#[test]
fn a_comparison_does_not_outlast_another_one_or_a_call() {
    let text = "\
function @f(f64, f64) -> f64 {
    fn0 = function @g(f64) -> f64
block0(v0: f64, v1: f64):
    v2 = ult v0, v1
    v3 = one v0, v1
    v4 = from_bool v3
    branch v2, block1, block2
block1:
    v5 = ult v1, v4
    v6 = call fn0(v4)
    branch v5, block2, block3
block2:
    return v1
block3:
    return v4
}
";
    let tuning = Tuning { keep_flags: true, ..NONE };
    assert_snapshot!(listing(text, Target::AVX, tuning));
}

#[test]
fn a_loop_finds_its_constants_in_registers() {
    let tuning = Tuning { preload: true, ..NONE };
    assert_snapshot!(listing(SUM, Target::AVX, tuning));
}

#[test]
fn what_was_stored_for_a_call_is_loaded_once_before_a_loop() {
    let text = "\
function @f(f64) -> f64 {
    fn0 = function @g(f64) -> f64
block0(v0: f64):
    v1 = call fn0(v0)
    jump block1(v1)
block1(v2: f64):
    v3 = mul v2, v0
    v4 = ult v3, v1
    branch v4, block1(v3), block2
block2:
    return v3
}
";
    let tuning = Tuning { preload: true, ..NONE };
    let without = listing(text, Target::AVX, NONE);
    let with = listing(text, Target::AVX, tuning);
    assert_snapshot!(format!("{without}\n{with}"));
}

#[test]
fn a_loop_that_calls_reads_from_memory_what_it_read_there_before() {
    let text = "\
function @f(f64) -> f64 {
    fn0 = function @g(f64) -> f64
block0(v0: f64):
    jump block1(v0)
block1(v1: f64):
    v2 = call fn0(v1)
    v3 = const 2.5
    v4 = mul v2, v3
    v5 = ult v4, v0
    branch v5, block1(v4), block2
block2:
    return v4
}
";
    let tuning = Tuning { preload: true, ..NONE };
    let without = listing(text, Target::AVX, NONE);
    assert_eq!(listing(text, Target::AVX, tuning), without);
}

#[test]
fn registers_are_left_for_what_a_loop_computes() {
    let mut text = String::from(
        "function @f(f64) -> f64 {\nblock0(v0: f64):\njump block1(v0)\n\
         block1(v1: f64):\n",
    );
    for number in 0..20 {
        let (c, sum) = (2 + 2 * number, 3 + 2 * number);
        let before = if number == 0 { 1 } else { sum - 2 };
        text += &format!("v{c} = const {number}.5\n");
        text += &format!("v{sum} = add v{before}, v{c}\n");
    }
    text += "v42 = ult v41, v0\nbranch v42, block1(v41), block2\n\
             block2:\nreturn v41\n}";
    let tuning = Tuning { preload: true, ..NONE };
    let code = listing(&text, Target::AVX, tuning);
    let (before, _) = code.split_once(".block1:").expect("a loop");
    // Fifteen registers, but for the two parameters and four more.
    assert_eq!(before.matches("vmovq").count(), 9, "{code}");
}

#[test]
fn a_round_leaves_values_where_the_next_one_expects_them() {
    let tuning = Tuning { next_round: true, ..NONE };
    let code = |tuning| listing(RECURRENCE, Target::AVX, tuning);
    assert_snapshot!([NONE, tuning].map(code).join("\n"));
}

#[test]
fn moves_stay_behind_the_branch_if_the_way_on_needs_what_they_overwrite() {
    let text = RECURRENCE
        .replace("add v3, v3", "add v4, v4")
        .replace("return v5", "return v3");
    let tuning = Tuning { next_round: true, ..NONE };
    assert_snapshot!(listing(&text, Target::AVX, tuning));
}

#[test]
fn innermost_loops_begin_at_round_places() {
    let text = "\
function @f(f64) -> f64 {
block0(v0: f64):
    jump block1(v0)
block1(v1: f64):
    v2 = mul v1, v1
    jump block2(v2)
block2(v3: f64):
    v4 = add v3, v0
    v5 = ult v4, v0
    branch v5, block2(v4), block3
block3:
    v6 = ult v2, v0
    branch v6, block1(v4), block4
block4:
    return v4
}
";
    let module = parse_module(text).expect("valid text");
    let tuning = Tuning { align_loops: true, ..NONE };
    let mut generator = CodeGenerator::tuned(Target::AVX, tuning);
    let graph = generator.compile(&module).expect("a small frame");
    let content = &graph.blocks[graph.blocks.keys().next().expect("code")];
    assert_eq!(content.align, LOOP_ALIGN);
    assert_snapshot!(Listing::new(&graph, &module).with_bytes());
}

#[test]
fn a_function_without_loops_is_the_same_with_all_improvements() {
    let text = "\
function @f(f64, f64) -> f64 {
block0(v0: f64, v1: f64):
    v2 = mul v0, v1
    v3 = ult v2, v0
    branch v3, block1, block2
block1:
    return v2
block2:
    return v1
}
";
    let code = |tuning| listing(text, Target::AVX, tuning);
    assert_eq!(code(NONE), code(Tuning::ALL));
}

#[test]
fn all_improvements_make_a_loop_as_short_as_it_can_be_in_avx() {
    assert_snapshot!(listing(SUM, Target::AVX, Tuning::ALL));
}

#[test]
fn all_improvements_in_sse2() {
    assert_snapshot!(listing(SUM, Target::SSE2, Tuning::ALL));
}

#[test]
fn calls_of_oneself_have_room_for_a_pointer_and_others_do_not() {
    let text = "\
function @f(f64) -> f64 {
    fn0 = function @f(f64) -> f64
    fn1 = function @g(f64) -> f64
block0(v0: f64):
    v1 = call fn0(v0)
    v2 = call fn1(v1)
    return v2
}
";
    let module = parse_module(text).expect("well formed");
    let tuning = Tuning { wide_self_calls: true, ..NONE };
    let mut generator = CodeGenerator::tuned(Target::SSE2, tuning);
    let graph = generator.compile(&module).expect("a small frame");
    let prefixes = graph.edges.iter().map(|edge| {
        let opcode = edge.offset as usize - 1;
        assert_eq!(graph.bytes[opcode], 0xe8);
        graph.bytes[opcode - 1]
    });
    let is_wide: Vec<bool> = prefixes.map(|byte| byte == 0x67).collect();
    assert_eq!(is_wide, [true, false]);
    // The prefix changes nothing about the call.
    assert_eq!(
        Listing::new(&graph, &module).to_string(),
        listing(text, Target::SSE2, NONE)
    );
}
