//! Programs of all kinds in one dylib.

use crate::support::*;
use chapter1::codegen::{CodeGenerator, Target};
use chapter1::executor::{Executor, SegmentKind};
use chapter1::ir::lower::{Lowering, Prototypes};
use chapter1::ir::{Module, parse_module};
use chapter1::link::{Edge, EdgeKind, LinkGraph, Section};
use chapter1::orc::{
    ExecutionSession, IrCompileLayer, JitDylib, Layer,
    MaterializationResponsibility, MaterializationUnit, ObjectLinkingLayer,
    ResourceTracker, SymbolFlags,
};
use chapter1::symbol::Symbol;
use chapter1::syntax::{Ast, Item, Operators, Parsed, Parser};
use chapter1::timing::Phases;
use std::sync::Arc;

/// A definition as a tree.
struct Definition {
    ast: Ast,
    item: Item,
}

impl Definition {
    fn parse(text: &str) -> Definition {
        let mut ast = Ast::default();
        let mut operators = Operators::default();
        match Parser::new(text).next_item(&mut operators, &mut ast) {
            Parsed::Item(item) => Definition { ast, item },
            other => panic!("{other:?}"),
        }
    }
}

/// Lowers trees. Every function has one parameter.
struct AstLayer<B>(Arc<B>);

struct OneParameter;

impl Prototypes for OneParameter {
    fn prototype(&self, name: &str) -> Option<(Symbol, usize)> {
        Some((Symbol::new(name), 1))
    }

    fn host_prototype(&self, _: &str) -> Option<usize> {
        None
    }
}

impl<B: Layer<Program = Module>> Layer for AstLayer<B> {
    type Program = Definition;

    fn symbols(&self, program: &Definition) -> Vec<(Symbol, SymbolFlags)> {
        let Item::Definition { prototype, .. } = &program.item else {
            panic!("no definition")
        };
        let flags = SymbolFlags::function(prototype.params.len());
        vec![(symbol(program.ast.text(prototype.name)), flags)]
    }

    fn emit(
        self: &Arc<Self>,
        responsibility: MaterializationResponsibility,
        Definition { ast, item }: Definition,
    ) {
        let Item::Definition { prototype, body } = item else {
            panic!("no definition")
        };
        let mut lowering = Lowering::default();
        let module = lowering.definition(&ast, &prototype, body, &OneParameter);
        self.0.emit(responsibility, module.unwrap().clone());
    }
}

/// Machine code with names in it: bytes, and where distances to which
/// functions go.
struct Raw {
    name: &'static str,
    code: Vec<u8>,
    calls: Vec<(usize, &'static str)>,
    layer: Arc<ObjectLinkingLayer>,
}

impl MaterializationUnit for Raw {
    fn symbols(&self) -> Vec<(Symbol, SymbolFlags)> {
        vec![(symbol(self.name), SymbolFlags::function(1))]
    }

    fn materialize(self: Box<Self>, work: MaterializationResponsibility) {
        let mut graph = LinkGraph::default();
        let block = graph.push_block(Section::Text, 16, &self.code);
        graph.define(Some(symbol(self.name)), block);
        for (offset, callee) in self.calls {
            let target = graph.declare(symbol(callee));
            graph.edges.push(Edge {
                block,
                offset: offset as u32,
                kind: EdgeKind::Branch32,
                target,
                // The distance counts from the end of its four bytes.
                addend: -4,
            });
        }
        self.layer.emit(work, graph);
    }
}

/// `callee(x - 1) + 1000`, by hand.
fn by_hand(
    name: &'static str,
    callee: &'static str,
    layer: &Arc<ObjectLinkingLayer>,
) -> Raw {
    let mut code = vec![0x48, 0x83, 0xEC, 8]; // sub rsp, 8
    let load = |code: &mut Vec<u8>, number: f64| {
        code.extend([0x48, 0xB8]); // mov rax, number
        code.extend(number.to_bits().to_le_bytes());
        code.extend([0x66, 0x48, 0x0F, 0x6E, 0xC8]); // movq xmm1, rax
    };
    load(&mut code, 1.0);
    code.extend([0xF2, 0x0F, 0x5C, 0xC1]); // subsd xmm0, xmm1
    code.push(0xE8); // call callee
    let calls = vec![(code.len(), callee)];
    code.extend([0; 4]);
    load(&mut code, 1000.0);
    code.extend([0xF2, 0x0F, 0x58, 0xC1]); // addsd xmm0, xmm1
    code.extend([0x48, 0x83, 0xC4, 8, 0xC3]); // add rsp, 8; ret
    Raw { name, code, calls, layer: layer.clone() }
}

/// `callee(x - 1) + plus` as IR.
fn module(name: &str, callee: &str, plus: u32) -> Module {
    let text = format!(
        "function @{name}(f64) -> f64 {{
            fn0 = function @{callee}(f64) -> f64
        block0(v0: f64):
            v1 = const 1
            v2 = sub v0, v1
            v3 = call fn0(v2)
            v4 = const {plus}
            v5 = add v3, v4
            return v5
        }}"
    );
    parse_module(&text).unwrap()
}

pub(crate) fn compile(module: &Module) -> LinkGraph {
    CodeGenerator::new(Target::host()).compile(module).unwrap()
}

/// A session with the layers of the chapter, and one more.
struct Stack {
    session: Arc<ExecutionSession>,
    main: JitDylib,
    objects: Arc<ObjectLinkingLayer>,
    compile: Arc<IrCompileLayer<ObjectLinkingLayer>>,
    ast: Arc<AstLayer<IrCompileLayer<ObjectLinkingLayer>>>,
}

impl Stack {
    fn new() -> Stack {
        let (session, main) = session();
        let phases = Arc::new(Phases::default());
        let executor = session.executor().clone();
        let objects = ObjectLinkingLayer::new(executor, phases.clone());
        session.register(objects.clone());
        let target = Target::host();
        let compile = IrCompileLayer::new(objects.clone(), target, phases);
        let ast = Arc::new(AstLayer(compile.clone()));
        Stack { session, main, objects, compile, ast }
    }

    fn executor(&self) -> &dyn Executor {
        &**self.session.executor()
    }

    /// How many bytes of code are in use.
    fn used(&self) -> u64 {
        self.objects.collect().unwrap();
        self.objects.memory_used(SegmentKind::Code)
    }

    fn call(&self, name: &str, x: f64) -> f64 {
        let found = self.main.lookup(&symbol(name)).unwrap();
        // SAFETY: all functions of these tests have one parameter, and the
        // lookup has just said that it is ready.
        unsafe { self.executor().call(found.address, &[x]) }.unwrap()
    }

    /// A ring: tree, IR, graph, bytes, and so on.
    fn ring(&self, tracker: &ResourceTracker) {
        let tree =
            Definition::parse("def tree(x) if x < 1 then 5 else ir(x - 1) + 1");
        self.ast.add(tracker, tree).unwrap();
        self.compile.add(tracker, module("ir", "graph", 10)).unwrap();
        let graph = compile(&module("graph", "bytes", 100));
        self.objects.add(tracker, graph).unwrap();
        let bytes = by_hand("bytes", "tree", &self.objects);
        tracker.define(bytes).unwrap();
    }
}

#[test]
fn tree_ir_graph_and_bytes_call_each_other_in_a_ring() {
    watched(|| {
        for first in ["tree", "ir", "graph", "bytes"] {
            let stack = Stack::new();
            let tracker = stack.main.create_tracker();
            stack.ring(&tracker);
            // Whichever is looked up first, all are there then.
            let found = stack.main.lookup(&symbol(first)).unwrap();
            assert_eq!(stack.session.symbol_at(found.address).unwrap().1, 0);
            for (name, at_zero) in
                [("tree", 5.0), ("bytes", 1005.0), ("graph", 1105.0)]
            {
                assert_eq!(stack.call(name, 0.0), at_zero);
            }
            assert_eq!(stack.call("tree", 4.0), 1116.0);
            assert_eq!(stack.call("ir", 103.0), 26.0 * 1111.0 - 1.0 + 5.0);
            tracker.remove().unwrap();
            assert_eq!(stack.used(), 0);
            assert!(stack.session.symbol_at(found.address).is_none());
            assert_eq!(stack.session.sizes(), (0, 0));
        }
    });
}

#[test]
fn a_missing_link_of_the_ring_leaves_no_memory_in_use() {
    watched(|| {
        let stack = Stack::new();
        for _ in 0..100 {
            let tracker = stack.main.create_tracker();
            stack.compile.add(&tracker, module("ir", "graph", 10)).unwrap();
            let graph = compile(&module("graph", "bytes", 100));
            stack.objects.add(&tracker, graph).unwrap();
            let bytes = by_hand("bytes", "missing", &stack.objects);
            tracker.define(bytes).unwrap();
            let error = error(&stack.main, "ir");
            assert!(error.to_string().ends_with("`missing`"), "{error}");
            assert_eq!(stack.used(), 0);
            assert_eq!(stack.session.sizes(), (0, 0));
        }
        stack.ring(&stack.main.create_tracker());
        assert_eq!(stack.call("tree", 4.0), 1116.0);
    });
}

/// Says that all symbols are weak, and hands programs on.
struct WeakLayer<B>(Arc<B>);

impl<B: Layer> Layer for WeakLayer<B> {
    type Program = B::Program;

    fn symbols(&self, program: &B::Program) -> Vec<(Symbol, SymbolFlags)> {
        let mut symbols = self.0.symbols(program);
        symbols.iter_mut().for_each(|(_, flags)| flags.weak = true);
        symbols
    }

    fn emit(
        self: &Arc<Self>,
        responsibility: MaterializationResponsibility,
        program: B::Program,
    ) {
        self.0.emit(responsibility, program);
    }
}

/// `f`, which calls `g`, and `g`, which calls `h`, and `h`: it returns its
/// argument.
fn three() -> Module {
    let mut module = module("f", "g", 1);
    module.functions.extend(self::module("g", "h", 10).functions);
    let h = "function @h(f64) -> f64 {
        block0(v0: f64):
            return v0
        }";
    module.functions.extend(parse_module(h).unwrap().functions);
    module
}

fn references_bind_to_the_winner<L: Layer>(
    layer: impl Fn(&Stack) -> Arc<L>,
    program: impl Fn(Module) -> L::Program,
) {
    let stack = Stack::new();
    let tracker = stack.main.create_tracker();
    let weak = Arc::new(WeakLayer(layer(&stack)));
    let strong = || compile(&module("g", "h", 1000));
    // Either may come first.
    for strong_first in [false, true] {
        if strong_first {
            stack.objects.add(&tracker, strong()).unwrap();
        }
        weak.add(&tracker, program(three())).unwrap();
        if !strong_first {
            stack.objects.add(&tracker, strong()).unwrap();
        }
        assert_eq!(stack.call("f", 2.0), 1001.0);
        assert_eq!(stack.call("g", 2.0), 1001.0);
        let f = stack.main.lookup(&symbol("f")).unwrap().address;
        let g = stack.main.lookup(&symbol("g")).unwrap().address;
        let name = |at| stack.session.symbol_at(at).unwrap().0;
        assert_eq!((name(f), name(g)), (symbol("f"), symbol("g")));
        tracker.remove().unwrap();
        assert_eq!(stack.used(), 0);
    }
}

#[test]
fn references_in_a_module_that_has_lost_bind_to_the_winner() {
    watched(|| {
        references_bind_to_the_winner(|stack| stack.compile.clone(), |m| m);
    });
}

#[test]
fn references_in_a_graph_that_has_lost_bind_to_the_winner() {
    watched(|| {
        references_bind_to_the_winner(
            |stack| stack.objects.clone(),
            |module| compile(&module),
        );
    });
}

#[test]
fn a_function_that_has_lost_is_not_compiled() {
    watched(|| {
        let stack = Stack::new();
        let weak = Arc::new(WeakLayer(stack.compile.clone()));
        let tracker = stack.main.create_tracker();
        weak.add(&tracker, three()).unwrap();
        stack.objects.add(&tracker, compile(&module("g", "h", 1))).unwrap();
        stack.call("f", 2.0);
        let (compiled, _) = stack.compile.counts();
        assert_eq!(compiled, 2);
    });
}

/// A loser whose parameters differ is nobody's business if nobody calls it.
#[test]
fn a_loser_that_nobody_calls_may_have_other_parameters() {
    watched(|| {
        let stack = Stack::new();
        let weak = Arc::new(WeakLayer(stack.objects.clone()));
        let tracker = stack.main.create_tracker();
        let mut both = module("f", "h", 1);
        let text = "function @g() -> f64 {
            block0:
                v0 = const 1
                return v0
            }";
        both.functions.extend(parse_module(text).unwrap().functions);
        weak.add(&tracker, compile(&both)).unwrap();
        stack.objects.add(&tracker, compile(&module("g", "h", 10))).unwrap();
        let h = Definition::parse("def h(x) x");
        stack.ast.add(&tracker, h).unwrap();
        assert_eq!((stack.call("f", 2.0), stack.call("g", 2.0)), (2.0, 11.0));
    });
}

#[test]
fn code_is_bound_as_its_own_dylib_sees_the_names() {
    watched(|| {
        let stack = Stack::new();
        let library = stack.session.create_dylib("library");
        let all = chapter1::orc::Visibility::All;
        stack.main.link_against(&library, all);
        let add = |dylib: &JitDylib, text: &str| {
            let tracker = dylib.default_tracker();
            stack.ast.add(&tracker, Definition::parse(text)).unwrap();
        };
        add(&library, "def own(x) x + 1");
        add(&library, "def lib(x) own(x)");
        add(&stack.main, "def own(x) x + 100");
        add(&stack.main, "def f(x) lib(x) + own(x)");
        assert_eq!(stack.call("f", 0.0), 101.0);
    });
}
