//! Who lights whom in figures of real functions, and figures with one fault
//! each.

use super::pane::Place;
use super::*;
use tempfile::TempDir;

const ALL: [&str; 5] = ["text", "tree", "ir", "assembly", "bytes"];

/// The panes of a function in a program.
fn panes(text: &str, function: &str, names: &[&str]) -> Vec<Pane> {
    let compiled = Compiled::new(text.to_owned(), function).unwrap();
    let root = workspace();
    let names = names.iter().map(Path::new);
    names.map(|name| pane(&root, name, &compiled).unwrap()).collect()
}

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The program and the panes that the appendix shows.
fn sq(names: &[&str]) -> Vec<Pane> {
    let text = read(&workspace(), Path::new("chapter1/programs/sq.ks"));
    panes(&text.unwrap(), "sq", names)
}

/// What the part with this text, of the pane with this title, lights: a line
/// each, what is lit faintly in brackets.
fn lit(panes: &[Pane], title: &str, text: &str) -> Vec<String> {
    let parts = panes.iter().flat_map(|pane| {
        pane.parts
            .iter()
            .map(move |part| (pane, &pane.text[part.range.clone()]))
    });
    let parts: Vec<(&Pane, &str)> = parts.collect();
    let is_it = |(pane, part): &(&Pane, &str)| {
        pane.title == title && part.trim() == text
    };
    let number = parts.iter().position(is_it).expect("there is such a part");
    let Relatives { same, within } = &relatives(panes)[number];
    let mut lit: Vec<(usize, String)> = Vec::new();
    for number in same {
        let (pane, text) = parts[*number];
        lit.push((*number, format!("{}: {}", pane.title, text.trim())));
    }
    for number in within {
        let (pane, text) = parts[*number];
        lit.push((*number, format!("({}: {})", pane.title, text.trim())));
    }
    lit.sort();
    lit.into_iter().map(|(_, text)| text).collect()
}

#[test]
fn an_instruction_lights_what_it_was_made_for_and_nothing_larger() {
    let panes = sq(&ALL);
    let expected = [
        "source: x*x",
        "tree: (* x x)",
        "IR: v3 = mul v1, v2",
        "(assembly: movaps xmm0, xmm14)",
        "(bytes: 410f28c6)",
        "bytes: f2410f59c5",
    ];
    assert_eq!(lit(&panes, "assembly", "mulsd xmm0, xmm13"), expected);
    let expected = [
        "source: x*x",
        "tree: (* x x)",
        "assembly: movaps xmm0, xmm14",
        "assembly: mulsd xmm0, xmm13",
        "bytes: 410f28c6",
        "bytes: f2410f59c5",
    ];
    assert_eq!(lit(&panes, "IR", "v3 = mul v1, v2"), expected);
}

#[test]
fn a_piece_of_text_lights_what_was_made_for_it_and_faintly_for_its_pieces() {
    let panes = sq(&["text", "tree", "ir"]);
    let expected = [
        "tree: (* x x)",
        "(IR: v1 = load s0)",
        "(IR: v2 = load s0)",
        "IR: v3 = mul v1, v2",
        "IR: return v3",
    ];
    assert_eq!(lit(&panes, "source", "x*x"), expected);
    // The first one is the parameter.
    let expected = ["tree: x", "IR: store v0, s0"];
    assert_eq!(lit(&panes, "source", "x"), expected);
}

#[test]
fn what_the_calling_convention_needs_stands_for_the_function() {
    let expected = [
        "source: def sq(x) x*x",
        "IR: function @sq(f64) -> f64 {",
        "assembly: sq:",
        "(assembly: mov rbp, rsp)",
    ];
    let panes = sq(&["text", "ir", "assembly"]);
    assert_eq!(lit(&panes, "assembly", "push rbp"), expected);
}

#[test]
fn a_block_stands_for_the_text_of_its_instructions() {
    let text = "def f(x) if x < 1 then x + 2 else 3";
    let panes = panes(text, "f", &["text", "ir", "assembly"]);
    let expected = ["source: x + 2", "assembly: .block1:"];
    assert_eq!(lit(&panes, "IR", "block1:"), expected);
}

#[test]
fn the_same_value_in_two_versions_of_the_ir_is_one() {
    let panes = sq(&["text", "ir", "book/ir/sq.ir"]);
    let expected = ["source: x*x", "IR: v3 = mul v1, v2"];
    assert_eq!(lit(&panes, "IR, by hand", "v3 = mul v0, v0"), expected);
    let expected = ["source: x*x", "IR, by hand: return v3"];
    assert_eq!(lit(&panes, "IR", "return v3"), expected);
    assert_eq!(lit(&panes, "IR", "v1 = load s0"), ["source: x"]);
}

#[test]
fn every_leaf_of_a_tree_is_the_word_that_stands_in_the_text() {
    let mut leaves = 0;
    let programs = workspace().join("chapter1/programs");
    for entry in fs::read_dir(programs).unwrap() {
        let text = fs::read_to_string(entry.unwrap().path()).unwrap();
        let words = text.split("def ").skip(1);
        let name = |rest: &str| rest.split('(').next().unwrap().to_owned();
        for name in words.map(name) {
            // Operators have other names, and some programs are wrong.
            let Ok(compiled) = Compiled::new(text.clone(), &name) else {
                continue;
            };
            let tree = pane::tree(&compiled);
            for part in &tree.parts {
                let leaf = &tree.text[part.range.clone()];
                let Place::Source(span) = part.place else { panic!() };
                if leaf.starts_with(char::is_alphabetic) {
                    assert_eq!(leaf, &text[span.range()], "{name}");
                    leaves += 1;
                }
            }
        }
    }
    assert!(leaves > 300, "{leaves}");
}

#[test]
fn every_kind_of_expression_has_its_part_of_the_tree() {
    let text = "extern g(a b);\ndef unary-(v) 0 - v;\ndef f(x) var a = 1, b \
                in (for i = a, i < x, 2 in b = g(i, -x)) + if b then a else \
                (for j = 1, j < 3 in 4);";
    let panes = panes(text, "f", &["text", "tree"]);
    for (source, tree) in [
        ("g(i, -x)", "(g i (unary- x))"),
        ("b = g(i, -x)", "(= b (g i (unary- x)))"),
        ("i < x", "(< i x)"),
        ("2", "2"),
        ("1", "1"),
        ("4", "4"),
    ] {
        let expected = [format!("tree: {tree}")];
        assert_eq!(lit(&panes, "source", source), expected);
    }
    // Leaves: `x` three times, `i`, `a` and 1 twice, 2, 3, 4, `b`, `j`. Others:
    // the definition, `var`, `+`, two loops, `if`, `<` twice, `=`, `g`, `-`.
    assert_eq!(panes[0].parts.len(), 14 + 11);
}

#[test]
fn a_pane_holds_its_text_and_a_link_for_each_part() {
    let panes = sq(&ALL);
    let html = figure("sq", "c", &panes);
    assert_eq!(html.matches('\n').count(), 1);
    let parts: usize = panes.iter().map(|pane| pane.parts.len()).sum();
    assert_eq!(html.matches(" data-same=\"").count(), parts);
    assert_eq!(html.matches("<span").count(), html.matches("</span>").count());
    let text = "<pre><span data-same=\"";
    assert!(html.contains(text), "{html}");
    let tree = ">(def sq (<span data-same=\"1 12 21 30\">x</span>)&#10;  ";
    assert!(html.contains(tree), "{html}");
    for title in ["source", "tree", "IR", "assembly", "bytes"] {
        let group = format!("role=\"group\" aria-label=\"{title}\"");
        assert!(html.contains(&group), "{html}");
    }
}

/// What is wrong with a figure of the words of a directive, in a workspace
/// with a program and a file of IR.
fn fault(words: &str, program: &str, ir: &str) -> String {
    let root: TempDir = tempfile::tempdir().unwrap();
    fs::write(root.path().join("a.ks"), program).unwrap();
    fs::write(root.path().join("a.ir"), ir).unwrap();
    let words: Vec<&str> = words.split(' ').collect();
    Linked::new(&words, |file| Ok(PathBuf::from(file)))
        .and_then(|linked| linked.html(root.path()))
        .expect_err("there is a fault")
}

const SQ: &str = "def sq(x) x*x";

#[test]
fn a_file_or_function_that_does_not_exist_is_a_fault() {
    let expected = "`a.ks`: no function `f`";
    assert_eq!(fault("a.ks f", SQ, ""), expected);
    let missing = fault("b.ks sq", SQ, "");
    assert!(missing.starts_with("`b.ks`: No such file"), "{missing}");
    let missing = fault("a.ks sq: ir b.ir", SQ, "");
    assert!(missing.starts_with("`b.ir`: No such file"), "{missing}");
}

#[test]
fn a_pane_that_nobody_knows_is_a_fault() {
    assert_eq!(fault("a.ks sq: text asm", SQ, ""), "no pane `asm`");
    let expected = "wrong number of words in `linked`";
    assert_eq!(fault("a.ks", SQ, ""), expected);
    assert!(fault("a.ks sq text", SQ, "").starts_with("a colon stands"));
    assert!(fault("a.ks sq:", SQ, "").ends_with("no function `sq:`"));
}

#[test]
fn a_text_that_does_not_compile_is_a_fault() {
    let wrong = fault("a.ks f", "def sq(x) x*x\ndef f(x) y", "");
    assert_eq!(wrong, "`a.ks`: 2:10: unknown variable `y`");
    let wrong = fault("a.ks f", "def g(x x)\ndef f(x) x", "");
    assert!(wrong.starts_with("`a.ks`: 1:"), "{wrong}");
    let wrong = fault("a.ks f", "def f(x) later(x)\ndef later(x) x", "");
    assert_eq!(wrong, "`a.ks`: 1:10: unknown function `later`");
}

/// What is wrong with a version of `sq`.
fn version(ir: &str) -> String {
    let fault = fault("a.ks sq: ir a.ir", SQ, ir);
    fault.strip_prefix("`a.ir`: ").unwrap_or(&fault).to_owned()
}

#[test]
fn a_version_that_yields_something_else_is_a_fault() {
    let wrong = "function @sq(f64) -> f64 {\nblock0(v0: f64):\n\
                 v3 = add v0, v0\nreturn v3\n}";
    let expected = "with [-0.0] it yields -0.0, and should yield 0.0";
    assert_eq!(version(wrong), expected);
}

#[test]
fn a_version_of_another_function_is_a_fault() {
    let body = "{\nblock0(v0: f64):\nreturn v0\n}\n";
    let other = format!("function @cube(f64) -> f64 {body}");
    let expected = "this is not the function `sq`";
    assert_eq!(version(&other), expected);
    let two = format!("function @sq(f64) -> f64 {body}{other}");
    let expected = "a version of a function is one function";
    assert_eq!(version(&two), expected);
    assert!(version("function").starts_with("1:9: expected"));
    let unverified = "function @sq(f64) -> f64 {\nblock0(v0: f64):\n\
                      v3 = mul v0, v0\n}";
    assert!(version(unverified).contains("block0"));
}

#[test]
fn a_version_that_calls_others_cannot_be_tried() {
    let calls = "function @sq(f64) -> f64 {\nfn0 = function @g() -> f64\n\
                 block0(v0: f64):\nv1 = call fn0()\nreturn v1\n}";
    let expected = "it calls others, and cannot be tried by itself";
    assert_eq!(version(calls), expected);
}
