//! What listings look like, and that nothing is missing in them.

use super::*;
use crate::codegen::{CodeGenerator, Target};
use crate::ir::parse_module;
use crate::link::{Definition, EdgeKind, GraphSymbol};
use insta::assert_snapshot;
use std::time::Instant;

/// Small functions that together contain everything the emitter emits.
const SQUARE: &str = "\
function @sq(f64) -> f64 {
    s0 = slot f64
block0(v0: f64):
    store v0, s0
    v1 = load s0
    v2 = load s0
    v3 = mul v1, v2
    return v3
}
";

const LOOP: &str = "\
function @sum(f64) -> f64 {
    fn0 = function @f(f64) -> f64
block0(v0: f64):
    v1 = const 0
    jump block1(v1, v1)
block1(v2: f64, v3: f64):
    v4 = ult v2, v0
    branch v4, block2, block3
block2:
    v5 = call fn0(v2)
    v6 = add v3, v5
    v7 = const 1
    v8 = add v2, v7
    jump block1(v8, v6)
block3:
    v9 = const 1000
    v10 = ult v9, v3
    branch v10, block4, block5
block4:
    jump block6(v9)
block5:
    v11 = div v3, v9
    jump block6(v11)
block6(v12: f64):
    v13 = sub v12, v0
    return v13
}
";

const CALLS: &str = "\
function @calls(f64, bool) -> f64 {
    fn0 = function @\"binary|\"(f64, f64) -> f64
    fn1 = function @ten(f64, f64, f64, f64, f64, f64, f64, f64, f64, f64) -> f64
    fn2 = runtime @count(bool)
block0(v0: f64, v1: bool):
    v2 = const 2.5
    v3 = call fn0(v0, v2)
    call fn2(v1)
    v4 = call fn1(v0, v2, v3, v0, v2, v3, v0, v2, v3, v0)
    v5 = call fn0(v4, v3)
    return v5
}

function @\"binary|\"(f64, f64) -> f64 {
block0(v0: f64, v1: f64):
    v2 = sub v0, v1
    return v2
}
";

const CONSTANTS: &str = "\
function @constants(f64) -> f64 {
block0(v0: f64):
    v1 = const 0
    v2 = add v0, v1
    v3 = const -0
    v4 = add v2, v3
    v5 = const inf
    v6 = mul v4, v5
    v7 = const nan
    v8 = sub v6, v7
    v9 = const 1e300
    v10 = div v8, v9
    v11 = const 1
    v12 = div v11, v10
    return v12
}
";

const SELECT: &str = "\
function @choose(f64, f64, bool) -> f64 {
block0(v0: f64, v1: f64, v2: bool):
    v3 = ult v0, v1
    v4 = select v3, v0, v1
    v5 = select v2, v4, v0
    v6 = from_bool v2
    v7 = one v5, v6
    v8 = bconst true
    v9 = select v7, v2, v8
    branch v9, block1(v0, v5), block1(v5, v0)
block1(v10: f64, v11: f64):
    v12 = div v10, v11
    return v12
}
";

const ALL: [&str; 5] = [SQUARE, LOOP, CALLS, CONSTANTS, SELECT];

fn compile(text: &str, target: Target) -> (LinkGraph, Module) {
    let module = parse_module(text).expect("valid text");
    crate::ir::verify_module(&module).expect("a valid module");
    let mut generator = CodeGenerator::new(target);
    (generator.compile(&module).expect("small frames"), module)
}

fn listing(text: &str, target: Target) -> String {
    let (graph, module) = compile(text, target);
    Listing::new(&graph, &module).to_string()
}

#[test]
fn a_square_in_avx() {
    assert_snapshot!(listing(SQUARE, Target::AVX));
}

#[test]
fn a_square_in_sse2() {
    assert_snapshot!(listing(SQUARE, Target::SSE2));
}

#[test]
fn a_square_with_its_bytes() {
    let (graph, module) = compile(SQUARE, Target::AVX);
    assert_snapshot!(Listing::new(&graph, &module).with_bytes());
}

#[test]
fn a_branch_and_a_loop() {
    assert_snapshot!(listing(LOOP, Target::AVX));
}

#[test]
fn calls_with_stack_arguments() {
    assert_snapshot!(listing(CALLS, Target::AVX));
}

#[test]
fn unlinked_bytes_are_zero() {
    let (graph, module) = compile(CALLS, Target::SSE2);
    assert_snapshot!(Listing::new(&graph, &module).with_bytes());
}

#[test]
fn constants_show_their_values() {
    assert_snapshot!(listing(CONSTANTS, Target::AVX));
}

#[test]
fn a_select_jumps_to_a_label_of_its_own() {
    assert_snapshot!(listing(SELECT, Target::AVX));
}

#[test]
fn code_that_no_ir_was_made_into_is_listed_too() {
    let mut graph = LinkGraph::default();
    // jmp [rip+pointer]; sub qword [rip+pointer+8], 1; jz -10;
    // movabs rax, &host
    let mut bytes = vec![0xff, 0x25, 0, 0, 0, 0];
    bytes.extend([0x48, 0x83, 0x2d, 0, 0, 0, 0, 1, 0x74, 0xf6, 0x48, 0xb8]);
    bytes.extend([0; 8]);
    let code = graph.push_block(Section::Text, 16, &bytes);
    let data = graph.push_block(Section::Data, 8, &[0; 16]);
    graph.define(Some(Symbol::new("stub\n")), code);
    let definition = Some(Definition { block: code, offset: 6, size: 12 });
    let name = Some(Symbol::new("count"));
    graph.symbols.push(GraphSymbol { name, definition, params: None });
    let pointer = graph.define(None, data);
    let host = graph.declare(Symbol::new("host"));
    let relative = EdgeKind::Relative32;
    for (offset, kind, target, addend) in [
        (2, relative, pointer, -4),
        (9, relative, pointer, 8 - 5),
        (18, EdgeKind::Absolute64, host, 0),
    ] {
        graph.edges.push(Edge { block: code, offset, kind, target, addend });
    }
    let module = Module::default();
    assert_snapshot!(Listing::new(&graph, &module));
}

#[test]
fn every_byte_of_text_is_part_of_an_instruction() {
    for (text, target) in cases() {
        let (graph, module) = compile(text, target);
        for (block, content) in &graph.blocks {
            if content.section != Section::Text {
                continue;
            }
            let code = Code::new(&graph, block, &[], module.functions.first());
            let mut end = 0;
            for (instruction, _) in code.instructions() {
                assert!(!instruction.is_invalid(), "at {end} of {text}");
                end = instruction.next_ip();
            }
            assert_eq!(end, content.range.len() as u64);
        }
    }
}

#[test]
fn every_name_and_every_edge_is_shown() {
    for (text, target) in cases() {
        let (graph, module) = compile(text, target);
        let listing = Listing::new(&graph, &module).to_string();
        for name in graph.externals() {
            assert!(listing.contains(&format!("call {name}")), "{name}");
        }
        for function in &module.functions {
            assert!(listing.contains(&format!("{}:", function.name)));
        }
        for row in listing.lines().map(str::trim_start) {
            let jump = row.starts_with('j').then(|| row.split_once(' '));
            if let Some((_, target)) = jump.flatten() {
                assert!(target.starts_with('.'), "{row}");
            }
        }
        let taken = |edge: &&Edge| {
            let content = &graph.blocks[edge.block];
            content.section == Section::Text
        };
        let edges = graph.edges.iter().filter(taken).count();
        let linked = |row: &str| {
            let code = row.split(';').next().unwrap_or("");
            let is_constant = code.contains('[') && !code.contains("[rbp");
            code.contains("call ") || is_constant
        };
        let rows = listing.lines().filter(|row| linked(row)).count();
        assert_eq!(rows, edges, "{listing}");
    }
}

#[test]
fn every_row_fits_a_page() {
    for (text, target) in cases() {
        let (graph, module) = compile(text, target);
        let plain = Listing::new(&graph, &module);
        for row in plain.to_string().lines() {
            assert!(row.len() <= 80 && row.trim_end() == row, "{row:?}");
        }
        let bytes = Listing::new(&graph, &module).with_bytes();
        for row in bytes.to_string().lines() {
            assert!(row.len() <= 80 && row.trim_end() == row, "{row:?}");
        }
    }
}

#[test]
fn the_remarks_are_the_ir() {
    let listing = listing(LOOP, Target::AVX);
    let remarks = listing.lines().filter_map(|row| row.split_once("; "));
    let remarks: Vec<&str> = remarks.map(|(_, remark)| remark).collect();
    // Constants have no code where they are defined.
    let ir = LOOP.lines().filter(|line| {
        !line.contains("= const") && !line.contains("= function")
    });
    let ir = ir.map(|line| line.trim().trim_end_matches([':', '{', '}', ' ']));
    let ir: Vec<&str> = ir.filter(|line| !line.is_empty()).collect();
    let sorted = |mut lines: Vec<&str>| {
        lines.sort_unstable();
        lines.join("\n")
    };
    assert_eq!(sorted(remarks), sorted(ir));
}

#[test]
fn the_time_for_a_listing_grows_with_its_length() {
    let time = |blocks: usize| {
        let (graph, module) = compile(&chain(blocks), Target::AVX);
        let listing = Listing::new(&graph, &module);
        let once = |_| {
            let start = Instant::now();
            assert!(listing.to_string().lines().count() > 3 * blocks);
            start.elapsed()
        };
        (0..3).map(once).min().expect("three times")
    };
    let (short, long) = (time(2_000), time(40_000));
    // Twenty times the length; quadratic would be four hundred times.
    assert!(long < short * 100, "{short:?} and {long:?}");
}

/// A function of so many blocks, each with a jump back to an earlier one.
fn chain(blocks: usize) -> String {
    let mut text = String::from(
        "function @f(f64) -> f64 {\nblock0(v0: f64):\n    jump block1\n",
    );
    for block in 1..=blocks {
        let (sum, less, next) = (2 * block, 2 * block + 1, block + 1);
        let back = block.div_ceil(2);
        text += &format!(
            "block{block}:\n    v{sum} = add v0, v0\n    \
             v{less} = ult v{sum}, v0\n    \
             branch v{less}, block{next}, block{back}\n"
        );
    }
    text + &format!("block{}:\n    return v0\n}}\n", blocks + 1)
}

fn cases() -> impl Iterator<Item = (&'static str, Target)> {
    let both = |text| [(text, Target::AVX), (text, Target::SSE2)];
    ALL.into_iter().flat_map(both)
}
