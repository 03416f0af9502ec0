//! What each step of compilation costs: `cargo bench -p chapter1`.

mod programs;

use chapter1::codegen::{CodeGenerator, Target};
use chapter1::definitions::Definitions;
use chapter1::executor::memory::MemoryConfig;
use chapter1::executor::{Executor, Host, InProcess};
use chapter1::ir::lower::Lowering;
use chapter1::link::{LinkGraph, Linker};
use chapter1::syntax::{Ast, Item, Lexer, Operators, Parsed, Parser, Token};
use divan::counter::{BytesCount, ItemsCount};
use divan::{Bencher, black_box};
use std::io::Write;
use std::process::{Command, Stdio, id};

fn main() {
    for size in SIZES {
        let module = &programs::lower(&programs::function(size))[0];
        println!("{size}: {} instructions", programs::size(module));
    }
    divan::main();
}

/// Functions of about so many IR instructions.
const SIZES: [usize; 3] = [20, 134, 666];

#[divan::bench]
fn lex(bencher: Bencher<'_, '_>) {
    let text = programs::corpus(4000);
    bencher.counter(BytesCount::of_str(&text)).bench(|| {
        let mut lexer = Lexer::new(black_box(&text));
        let mut tokens = 0;
        while lexer.token().0 != Token::End {
            tokens += 1;
        }
        tokens
    });
}

#[divan::bench]
fn parse(bencher: Bencher<'_, '_>) {
    let text = programs::corpus(4000);
    let mut operators = Operators::default();
    let mut ast = Ast::default();
    bencher.counter(BytesCount::of_str(&text)).bench_local(|| {
        let mut parser = Parser::new(black_box(&text));
        loop {
            ast.clear();
            match parser.next_item(&mut operators, &mut ast) {
                Parsed::Item(item) => drop(black_box((item, &ast))),
                Parsed::End => return,
                other => panic!("{other:?}"),
            }
        }
    });
}

#[divan::bench(args = SIZES)]
fn lower(bencher: Bencher<'_, '_>, size: usize) {
    let text = programs::function(size);
    let mut ast = Ast::default();
    let mut operators = Operators::default();
    let parsed = Parser::new(&text).next_item(&mut operators, &mut ast);
    let Parsed::Item(Item::Definition { prototype, body }) = parsed else {
        panic!("{parsed:?}")
    };
    let mut lowering = Lowering::default();
    let known = Definitions::default();
    bencher.bench_local(|| {
        lowering.definition(black_box(&ast), &prototype, body, &known).cloned()
    });
}

#[divan::bench(args = SIZES)]
fn generate(bencher: Bencher<'_, '_>, size: usize) {
    let module = &programs::lower(&programs::function(size))[0];
    let mut codegen = CodeGenerator::new(Target::host());
    bencher
        .counter(ItemsCount::new(programs::size(module)))
        .bench_local(|| codegen.compile(black_box(module)));
}

/// An executor and a linker for it.
struct Session {
    executor: InProcess,
    linker: Linker,
}

impl Session {
    fn new() -> Session {
        let (host, memory) = (Host::default(), MemoryConfig::default());
        let executor = InProcess::new(Target::host(), host, &memory);
        let executor = executor.expect("memory");
        let linker = Linker::new(executor.lease());
        Session { executor, linker }
    }

    /// Links a graph, and frees it again.
    fn link(&mut self, graph: LinkGraph) {
        let Session { executor, linker } = self;
        let mut placed = linker.place(graph).expect("room");
        linker.link(&mut placed, |_| None).expect("no externals");
        let published = linker.publish(placed, executor).expect("committed");
        linker.free(published);
    }
}

#[divan::bench(args = SIZES)]
fn link(bencher: Bencher<'_, '_>, size: usize) {
    let module = &programs::lower(&programs::function(size))[0];
    let mut codegen = CodeGenerator::new(Target::host());
    let graph = codegen.compile(module).expect("a small frame");
    let mut session = Session::new();
    bencher
        .with_inputs(|| graph.clone())
        .bench_local_values(|graph| session.link(graph));
}

#[divan::bench(args = SIZES)]
fn ssa_to_callable(bencher: Bencher<'_, '_>, size: usize) {
    let module = &programs::lower(&programs::function(size))[0];
    let mut codegen = CodeGenerator::new(Target::host());
    let mut session = Session::new();
    bencher.counter(ItemsCount::new(programs::size(module))).bench_local(
        || {
            let graph = codegen.compile(black_box(module));
            session.link(graph.expect("a small frame"));
        },
    );
}

#[divan::bench(args = SIZES)]
fn source_to_callable(bencher: Bencher<'_, '_>, size: usize) {
    compile(bencher, &programs::function(size));
}

#[divan::bench]
fn square(bencher: Bencher<'_, '_>) {
    compile(bencher, "def sq(x) x*x;");
}

/// From the text of a definition to code that can be called.
fn compile(bencher: Bencher<'_, '_>, text: &str) {
    let mut codegen = CodeGenerator::new(Target::host());
    let mut session = Session::new();
    let mut ast = Ast::default();
    let mut operators = Operators::default();
    let mut lowering = Lowering::default();
    let known = Definitions::default();
    bencher.bench_local(|| {
        ast.clear();
        let mut parser = Parser::new(black_box(text));
        let parsed = parser.next_item(&mut operators, &mut ast);
        let Parsed::Item(Item::Definition { prototype, body }) = parsed else {
            panic!("{parsed:?}")
        };
        let module = lowering
            .definition(&ast, &prototype, body, &known)
            .expect("a valid definition");
        let graph = codegen.compile(&module.clone());
        session.link(graph.expect("a small frame"));
    });
}

/// The same function on the way that every system has, but for loading it.
#[divan::bench]
fn square_by_a_c_compiler(bencher: Bencher<'_, '_>) {
    let library = std::env::temp_dir().join(format!("sq{}.so", id()));
    bencher.bench_local(|| {
        let mut cc = Command::new("cc")
            .args(["-O1", "-shared", "-fPIC", "-x", "c", "-", "-o"])
            .arg(&library)
            .stdin(Stdio::piped())
            .spawn()
            .expect("there is a C compiler");
        let mut input = cc.stdin.take().expect("it is piped");
        let text = b"double sq(double x) { return x * x; }";
        input.write_all(text).expect("it reads its input");
        drop(input);
        assert!(cc.wait().expect("it ends").success());
    });
    std::fs::remove_file(library).expect("it has written it");
}
