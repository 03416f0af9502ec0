//! Register allocation under the eyes of regalloc2's checker, which the
//! feature `verify` makes part of every compilation with debug assertions: a
//! wrong allocation is a panic. Without them, these tests do not exist rather
//! than prove nothing.
//!
//! `KS_CASES` says how many random modules are compiled.

#![cfg(debug_assertions)]

#[cfg(not(feature = "verify"))]
compile_error!("without the checker these tests prove nothing");

#[expect(unused_imports, reason = "other tests need the rest of it")]
mod ir_gen;

use chapter1::codegen::order::Order;
use chapter1::codegen::regalloc::Allocator;
use chapter1::codegen::verify;
use chapter1::codegen::{CodeGenerator, Target, Tuning};
use chapter1::ir::{Module, parse_module, verify_module};
use ir_gen::{Options, modules};
use proptest::prelude::*;
use std::fmt::Write;
use std::ops::Range;

fn check(module: &Module) {
    for target in [Target::AVX, Target::SSE2] {
        for tuning in [Tuning::default(), Tuning::ALL] {
            let mut generator = CodeGenerator::tuned(target, tuning);
            generator.compile(module).unwrap_or_else(|error| panic!("{error}"));
        }
    }
}

/// Allocates with hardly any registers, which small functions run out of.
fn check_with_few_registers(module: &Module) {
    let mut order = Order::default();
    let tunings = [Tuning::default(), Tuning::ALL];
    let counts = [2, 3, 5, 8];
    let ways = counts.into_iter().flat_map(|n| tunings.map(|how| (n, how)));
    for (count, tuning) in ways {
        let mut allocator = Allocator::with_floats(count).tuned(tuning);
        for function in &module.functions {
            order.compute(function);
            allocator.run(function, &order).expect("nobody interrupts");
            if let Err(error) = verify::check(function, &order, &allocator) {
                panic!("with {count} registers: {error}\n{function}");
            }
        }
    }
}

/// Compiles a function `@f` whose declaration continues like this.
fn compile(rest: &str) {
    let text = format!("function @f{rest}\n}}");
    let module = parse_module(&text).unwrap_or_else(|e| panic!("{e}\n{text}"));
    verify_module(&module).unwrap_or_else(|e| panic!("{e}\n{text}"));
    check(&module);
}

fn cases() -> u32 {
    let cases = std::env::var("KS_CASES").ok();
    cases.and_then(|cases| cases.parse().ok()).unwrap_or(500)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(cases()))]

    #[test]
    fn random_modules_are_allocated_right(
        recipe in modules(Options::default()),
    ) {
        check(&recipe.build());
    }

    #[test]
    fn random_modules_are_allocated_right_to_few_registers(
        recipe in modules(Options::default()),
    ) {
        check_with_few_registers(&recipe.build());
    }
}

/// `v3, v4, v5`, each with a suffix.
fn list(values: impl Iterator<Item = usize>, suffix: &str) -> String {
    let names: Vec<String> = values.map(|v| format!("v{v}{suffix}")).collect();
    names.join(", ")
}

/// `count` values from `v{first}` on, each made from the two before it.
fn values(text: &mut String, range: Range<usize>) {
    for v in range {
        writeln!(text, "v{v} = sub v{}, v{}", v - 1, v - 2).unwrap();
    }
}

/// The sum of `addends` as the values from `v{first}` on; returns the last.
fn sum(
    text: &mut String,
    first: usize,
    addends: impl Iterator<Item = usize>,
) -> usize {
    let mut total = first;
    writeln!(text, "v{first} = const 0.5").unwrap();
    for v in addends {
        writeln!(text, "v{} = add v{total}, v{v}", total + 1).unwrap();
        total += 1;
    }
    total
}

#[test]
fn a_thousand_values_live_at_once() {
    for call in ["", "call fn0()\n"] {
        for reverse in [false, true] {
            let mut text = String::from(
                "(f64, f64) -> f64 {\nfn0 = runtime @g()\n\
                 block0(v0: f64, v1: f64):\n",
            );
            values(&mut text, 2..1000);
            text += call;
            let total = match reverse {
                false => sum(&mut text, 1000, 0..1000),
                true => sum(&mut text, 1000, (0..1000).rev()),
            };
            compile(&format!("{text}return v{total}"));
        }
    }
}

#[test]
fn a_thousand_truths_live_at_once() {
    let mut text =
        String::from("(f64, f64) -> f64 {\nblock0(v0: f64, v1: f64):\n");
    for v in 2..1002 {
        writeln!(text, "v{v} = ult v0, v1").unwrap();
    }
    for v in 1002..2002 {
        writeln!(text, "v{v} = from_bool v{}", v - 1000).unwrap();
    }
    let total = sum(&mut text, 2002, 1002..2002);
    compile(&format!("{text}return v{total}"));
}

#[test]
fn a_thousand_parameters_used_or_not() {
    let types = ["f64", "f64", "bool"];
    let params = |from: &str| -> String {
        let param = |v: usize| match from {
            "" => types[v % 3].to_owned(),
            _ => format!("v{v}: {}", types[v % 3]),
        };
        (0..1000).map(param).collect::<Vec<_>>().join(", ")
    };
    let head =
        format!("({}) -> f64 {{\nblock0({}):\n", params(""), params("v"));
    for used in [0..1000, 0..1, 999..1000, 300..600] {
        let mut text = head.clone();
        let is_truth = |v: &usize| v % 3 == 2;
        for (index, v) in used.clone().filter(is_truth).enumerate() {
            writeln!(text, "v{} = from_bool v{v}", 1000 + index).unwrap();
        }
        let truths = used.clone().filter(is_truth).count();
        let numbers = used.rev().filter(|v| !is_truth(v));
        let addends = numbers.chain(1000..1000 + truths);
        let total = sum(&mut text, 1000 + truths, addends);
        compile(&format!("{text}return v{total}"));
    }
}

#[test]
fn a_thousand_block_parameters_that_change_places() {
    let rotated = |by: usize| (0..1000).map(move |v| 2 + (v + by) % 1000);
    let reversed = list((2..1002).rev(), "");
    for args in [list(rotated(1), ""), list(rotated(7), ""), reversed] {
        compile(&format!(
            "(f64, f64) -> f64 {{\n\
             block0(v0: f64, v1: f64):\n\
             jump block1({})\n\
             block1({}):\n\
             v1002 = ult v2, v501\n\
             branch v1002, block1({args}), block2\n\
             block2:\n\
             v1003 = sub v1001, v17\n\
             return v1003",
            list((0..1000).map(|v| v % 2), ""),
            list(2..1002, ": f64"),
        ));
    }
}

#[test]
fn ten_thousand_predecessors() {
    let mut text = String::from(
        "(f64, f64) -> f64 {\nblock0(v0: f64, v1: f64):\n\
         v2 = add v0, v1\njump block1\n",
    );
    for block in 1..10_000 {
        let v = 2 * block + 1;
        writeln!(
            text,
            "block{block}:\nv{v} = add v{}, v1\nv{truth} = ult v0, v{v}\n\
             branch v{truth}, block10001(v{v}, v0), block{}",
            if block == 1 { 2 } else { v - 2 },
            block + 1,
            truth = v + 1,
        )
        .unwrap();
    }
    compile(&format!(
        "{text}block10000:\njump block10001(v1, v2)\n\
         block10001(v30000: f64, v30001: f64):\n\
         v30002 = sub v30000, v30001\nv30003 = sub v30002, v2\n\
         return v30003"
    ));
}

/// Each condition is inside the `then` of the one before. The values of both
/// ways meet, and with them the condition's own operand.
#[test]
fn ten_thousand_nested_conditions() {
    const DEPTH: usize = 10_000;
    let mut text = String::from(
        "(f64, f64) -> f64 {\nblock0(v0: f64, v1: f64):\n\
         v2 = const 0.0\nv3 = ult v0, v1\njump block1\n",
    );
    for level in 1..=DEPTH {
        writeln!(
            text,
            "block{level}:\nv{v} = one v0, v2\n\
             branch v{v}, block{}, block{}(v1)",
            level + 1,
            2 * DEPTH + 2 - level,
            v = level + 3,
        )
        .unwrap();
    }
    let first = DEPTH + 1;
    writeln!(text, "block{first}:\njump block{}(v0)", first + 1).unwrap();
    for join in first + 1..first + DEPTH {
        let v = 3 * join;
        writeln!(
            text,
            "block{join}(v{v}: f64):\nv{} = add v{v}, v1\njump block{}(v{})",
            v + 1,
            join + 1,
            v + 1,
        )
        .unwrap();
    }
    let last = first + DEPTH;
    let v = 3 * last;
    compile(&format!(
        "{text}block{last}(v{v}: f64):\n\
         v{} = select v3, v{v}, v0\nreturn v{}",
        v + 1,
        v + 1
    ));
}

/// Loops in loops, with a value from outside all of them that only the
/// innermost needs, one that only the code after them needs, and one that
/// every one of them needs; with and without a crowd and a call inside.
#[test]
fn values_from_before_nested_loops() {
    for depth in [1, 2, 3, 20, 40] {
        for crowd in [0, 12, 20] {
            for call in ["", "call fn0()\n"] {
                compile(&nested_loops(depth, crowd, call));
            }
        }
    }
}

/// The checker is not run on such functions, but they are compiled.
#[test]
fn loops_nested_too_deep_to_be_checked() {
    compile(&nested_loops(1000, 20, "call fn0()\n"));
}

fn nested_loops(depth: usize, crowd: usize, call: &str) -> String {
    let mut text = String::from(
        "(f64, f64) -> f64 {\nfn0 = runtime @g()\n\
         block0(v0: f64, v1: f64):\n\
         v2 = add v0, v1\nv3 = mul v0, v1\nv4 = sub v0, v1\n\
         jump block1(v0)\n",
    );
    for level in 1..=depth {
        let v = 10 * level;
        let inner = if level < depth { level + 1 } else { 2 * depth + 1 };
        writeln!(
            text,
            "block{level}(v{v}: f64):\nv{truth} = ult v{v}, v4\n\
             branch v{truth}, block{inner}(v{v}), block{exit}",
            truth = v + 1,
            exit = match level {
                1 => 2 * depth + 2,
                _ => depth + level - 1,
            },
        )
        .unwrap();
    }
    for level in 1..depth {
        writeln!(
            text,
            "block{}:\nv{next} = add v{}, v4\njump block{level}(v{next})",
            depth + level,
            10 * level,
            next = 10 * level + 2,
        )
        .unwrap();
    }
    let v = 10 * (depth + 1);
    writeln!(text, "block{}(v{v}: f64):", 2 * depth + 1).unwrap();
    writeln!(text, "v{} = div v{v}, v2", v + 1).unwrap();
    values(&mut text, v + 2..v + 2 + crowd);
    text += call;
    let total = sum(&mut text, v + 2 + crowd, (v..v + 2 + crowd).rev());
    writeln!(text, "jump block{depth}(v{total})").unwrap();
    text + &format!("block{}:\nreturn v3", 2 * depth + 2)
}

/// Two blocks that are each other's successors, entered at both. Values are
/// needed in one of them only, after a call, and after the loop.
#[test]
fn a_loop_with_two_entries() {
    for (left, right) in [("", ""), ("call fn0()\n", ""), ("", "call fn0()\n")]
    {
        let mut crowd = String::new();
        values(&mut crowd, 20..40);
        let total = sum(&mut crowd, 40, (20..40).rev());
        compile(&format!(
            "(f64, f64, bool) -> f64 {{\nfn0 = runtime @g()\n\
             block0(v0: f64, v1: f64, v2: bool):\n\
             v18 = add v0, v1\nv19 = sub v0, v1\n\
             branch v2, block1(v0, v1), block2(v1)\n\
             block1(v3: f64, v4: f64):\n{left}\
             v5 = mul v3, v4\nv6 = ult v5, v18\n\
             branch v6, block2(v3), block3(v4)\n\
             block2(v7: f64):\n{right}{crowd}\
             v8 = sub v{total}, v7\nv9 = one v8, v0\n\
             branch v9, block1(v8, v7), block3(v7)\n\
             block3(v10: f64):\nv11 = div v10, v19\nreturn v11"
        ));
    }
}

/// A way into each block of a ring, and a way out of each.
#[test]
fn a_ring_that_is_entered_everywhere() {
    for ring in [2, 3, 5, 20] {
        let mut text = String::from(
            "(f64, f64, bool) -> f64 {\nfn0 = function @g(f64) -> f64\n\
             block0(v0: f64, v1: f64, v2: bool):\n\
             v3 = add v0, v1\njump block1\n",
        );
        for way in 0..ring {
            let next = if way + 1 < ring { 2 + way } else { ring + 1 };
            writeln!(
                text,
                "block{}:\nbranch v2, block{}(v{}, v1), block{next}{}",
                1 + way,
                1 + ring + way,
                way % 2,
                if way + 1 < ring { "" } else { "(v1, v0)" },
            )
            .unwrap();
        }
        for block in 0..ring {
            let v = 10 * (block + 1);
            writeln!(
                text,
                "block{}(v{v}: f64, v{}: f64):\n\
                 v{} = {} v{v}, v3\nv{} = ult v{}, v{}\n\
                 branch v{}, block{}(v{}, v{v}), block{}(v{})",
                1 + ring + block,
                v + 1,
                v + 2,
                if block % 3 == 1 { "sub" } else { "mul" },
                v + 3,
                v + 2,
                v + 1,
                v + 3,
                1 + ring + (block + 1) % ring,
                v + 1,
                2 * ring + 1,
                v + 2,
            )
            .unwrap();
        }
        let v = 10 * (ring + 1);
        compile(&format!(
            "{text}block{}(v{v}: f64):\n\
             v{} = call fn0(v{v})\nv{} = add v{}, v3\nreturn v{}",
            2 * ring + 1,
            v + 1,
            v + 2,
            v + 1,
            v + 2
        ));
    }
}

#[test]
fn loops_without_exit() {
    compile("() -> f64 {\nblock0:\njump block1\nblock1:\njump block1");
    compile(
        "(f64, f64, bool) -> f64 {\nfn0 = runtime @g()\n\
         block0(v0: f64, v1: f64, v2: bool):\njump block1(v0, v1)\n\
         block1(v3: f64, v4: f64):\n\
         branch v2, block1(v4, v3), block2(v3)\n\
         block2(v5: f64):\ncall fn0()\nv6 = add v5, v1\n\
         jump block1(v6, v5)",
    );
}

#[test]
fn blocks_that_nothing_leads_to() {
    compile(
        "(f64) -> f64 {\n\
         block0(v0: f64):\njump block3(v0)\n\
         block1(v1: f64):\nv2 = add v1, v0\njump block3(v2)\n\
         block2:\njump block1(v0)\n\
         block3(v3: f64):\nv4 = mul v3, v0\nreturn v4",
    );
}

#[test]
fn one_block_as_both_targets() {
    for args in
        [("v0, v1", "v1, v0"), ("v0, v0", "v1, v1"), ("v4, v0", "v0, v4")]
    {
        compile(&format!(
            "(f64, f64, bool) -> f64 {{\n\
             block0(v0: f64, v1: f64, v2: bool):\nv4 = const 0.0\n\
             branch v2, block1({}), block1({})\n\
             block1(v5: f64, v6: f64):\nv7 = sub v5, v6\n\
             v8 = ult v7, v0\n\
             branch v8, block1(v6, v7), block1(v7, v5)",
            args.0, args.1
        ));
    }
}

#[test]
fn jumps_to_a_return() {
    for result in ["v4", "v5", "v0", "v3"] {
        compile(&format!(
            "(f64, f64, bool) -> f64 {{\n\
             block0(v0: f64, v1: f64, v2: bool):\nv3 = const 1.0\n\
             branch v2, block1, block2\n\
             block1:\nv6 = add v0, v1\njump block3(v6, v3)\n\
             block2:\nbranch v2, block3(v3, v0), block4\n\
             block3(v4: f64, v5: f64):\nreturn {result}\n\
             block4:\njump block3(v1, v1)"
        ));
    }
}

#[test]
fn constants_wherever_a_value_can_be() {
    compile(
        "(bool) -> bool {\n\
         s0 = slot f64\ns1 = slot bool\n\
         fn0 = function @g(f64, bool, f64, bool) -> bool\n\
         block0(v0: bool):\n\
         v1 = const 0.0\nv2 = const -0.0\nv3 = bconst true\n\
         v4 = bconst false\n\
         store v1, s0\nstore v4, s1\nv5 = add v1, v2\nv6 = ult v2, v1\n\
         v7 = from_bool v3\nv8 = select v4, v1, v2\nv9 = select v6, v3, v4\n\
         v10 = call fn0(v2, v3, v8, v4)\n\
         branch v3, block1(v1, v3, v2), block1(v5, v4, v7)\n\
         block1(v11: f64, v12: bool, v13: f64):\n\
         v14 = ult v11, v1\n\
         branch v14, block1(v2, v4, v11), block2(v9, v10)\n\
         block2(v15: bool, v16: bool):\n\
         branch v4, block1(v1, v15, v2), block3(v3)\n\
         block3(v17: bool):\nreturn v17",
    );
}

#[test]
fn comparisons_that_cannot_stay_in_the_flags() {
    let rest = [
        "v4 = from_bool v3\nv5 = from_bool v3\nv6 = add v4, v5\nreturn v6",
        "v4 = add v0, v1\nv5 = from_bool v3\nv6 = add v4, v5\nreturn v6",
        "v4 = select v3, v3, v2\nv5 = from_bool v4\nreturn v5",
        "v4 = add v0, v1\nv5 = from_bool v3\nreturn v5",
        "v4 = ult v1, v0\nv5 = select v3, v0, v1\nv6 = select v4, v5, v0\n\
         return v6",
        "branch v3, block1(v3), block1(v2)\n\
         block1(v4: bool):\nv5 = from_bool v4\nreturn v5",
        "jump block1\nblock1:\nv5 = from_bool v3\nreturn v5",
        "store v0, s0\nv4 = select v3, v0, v1\nreturn v4",
    ];
    for rest in rest {
        compile(&format!(
            "(f64, f64, bool) -> f64 {{\ns0 = slot f64\n\
             block0(v0: f64, v1: f64, v2: bool):\nv3 = ult v0, v1\n{rest}"
        ));
    }
}

#[test]
fn calls_whose_arguments_change_places() {
    let reversed = list((0..24).rev(), "");
    let rotated = list((0..24).map(|v| (v + 1) % 24), "");
    let same = list((0..24).map(|_| 3), "");
    for args in [reversed, rotated, same] {
        for more in ["", "v25 = call fn0(v24, v24, v24)\n"] {
            let call = format!("v24 = call fn1({args})");
            compile(&format!(
                "({types}) -> f64 {{\n\
                 fn0 = function @g(f64, f64, f64) -> f64\n\
                 fn1 = function @f({types}) -> f64\n\
                 block0({}):\n{call}\n{more}v26 = sub v24, v1\nreturn v26",
                list(0..24, ": f64"),
                types = ["f64"; 24].join(", "),
            ));
        }
    }
}
