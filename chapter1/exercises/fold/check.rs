//! What can be computed is, and every program means what it has meant.

use crate::differential::{compare, gave_up};
use crate::program_gen::{Program, programs};
use crate::property::check_many;
use crate::reference::{Limits, Outcome, Session, Step};
use crate::stack::Stack;
use crate::{Verdict, ensure};
use chapter1::codegen::Target;
use chapter1::executor::output;
use chapter1::ir::{
    Function, InstData, Module, Value, ValueDef, parse_module, verify,
};
use chapter1::kaleidoscope::Answer;
use chapter1::orc::{
    IrCompileLayer, Layer, MaterializationResponsibility, ObjectLinkingLayer,
    SymbolFlags,
};
use chapter1::symbol::Symbol;
use chapter1::syntax::{Parsed, Parser};
use std::sync::Arc;

/// What an attempt is.
pub(super) type Pass = fn(&mut Function);

/// A layer that sends functions through a pass on their way.
pub(super) struct Passing<B> {
    pass: Pass,
    below: Arc<B>,
}

impl<B: Layer<Program = Module>> Layer for Passing<B> {
    type Program = Module;

    fn symbols(&self, module: &Module) -> Vec<(Symbol, SymbolFlags)> {
        self.below.symbols(module)
    }

    fn emit(
        self: &Arc<Self>,
        responsibility: MaterializationResponsibility,
        mut module: Module,
    ) {
        module.functions.iter_mut().for_each(self.pass);
        self.below.emit(responsibility, module);
    }
}

/// Random programs that are run with and without the pass.
const PROGRAMS: u32 = 200;

/// Looks at IR, then at values, then at random programs.
pub(super) fn check(pass: Pass) -> Verdict {
    // (1 + 2) * 3 < x, and 2 < 1 with a branch on it.
    let text = "function @f(f64) -> f64 {
        block0(v0: f64):
            v1 = const 1
            v2 = const 2
            v3 = mul v1, v2
            v4 = add v3, v2
            v5 = mul v4, v0
            v6 = ult v2, v1
            v7 = from_bool v6
            v8 = add v5, v7
            branch v6, block1, block2
        block1:
            return v1
        block2:
            return v8
        }";
    let module = parse_module(text).map_err(|error| error.to_string())?;
    let mut function = module.functions[0].clone();
    pass(&mut function);
    is_folded(&function)?;
    values(pass)?;
    random_programs(pass)
}

/// No instruction is left that has constant operands only.
fn is_folded(function: &Function) -> Verdict {
    verify(function).map_err(|error| format!("{error}\n{function}"))?;
    for block in function.blocks.values() {
        for &inst in &block.insts {
            let mut are_constant = true;
            function.visit_operands(inst, |value| {
                are_constant &= is_constant(function, value);
            });
            let is_foldable = matches!(
                function.insts[inst],
                InstData::Binary { .. }
                    | InstData::Compare { .. }
                    | InstData::FromBool(_)
                    | InstData::Branch { .. }
            );
            ensure(!(are_constant && is_foldable), || {
                let shown = function.display_inst(inst);
                format!(
                    "still has `{shown}`, whose operands are constants\n\
                     {function}"
                )
            })?;
        }
    }
    Ok(())
}

fn is_constant(function: &Function, value: Value) -> bool {
    let ValueDef::Inst(inst) = function.values[value].def else {
        return false;
    };
    matches!(function.insts[inst], InstData::Const(_) | InstData::BoolConst(_))
}

/// Runs a program with the pass in the stack.
fn run(pass: Pass, text: &str) -> Vec<Step> {
    let mut program = Stack::program(|base, objects| {
        let target = Target::host();
        let below: Arc<IrCompileLayer<ObjectLinkingLayer>> =
            IrCompileLayer::new(objects, target, base.phases.clone());
        Arc::new(Passing { pass, below })
    });
    let mut parser = Parser::new(text);
    let (mut start, mut steps) = (0, Vec::new());
    loop {
        let parsed = program.parse(&mut parser);
        let item = &text[start..parser.consumed()];
        start = parser.consumed();
        let (outcome, output) = output::capture(|| match parsed {
            Parsed::End => None,
            Parsed::Ignored(_) => Some(Outcome::Warning),
            Parsed::Refused(why) => Some(Outcome::Refused(why.to_string())),
            Parsed::Item(tree) => {
                Some(match program.accept(&tree, item, |_| ()) {
                    Answer::Value(value) => Outcome::Value(value),
                    Answer::Defined(_) => Outcome::Defined,
                    Answer::Declared => Outcome::Declared,
                    Answer::Ignored(_) => Outcome::Warning,
                    Answer::Refused(why) => {
                        Outcome::Refused(format!("{why:?}"))
                    }
                })
            }
        });
        let Some(outcome) = outcome else { return steps };
        steps.push(Step { outcome, output });
    }
}

/// Values at which mistakes are easily made.
fn values(pass: Pass) -> Verdict {
    let cases = [
        ("1 + 2 * 3 - 8 / 4", 5.0),
        ("0 * (0 - 1)", -0.0),
        ("0 - 0", 0.0),
        ("1 / 0", f64::INFINITY),
        ("0.1 + 0.2", 0.1 + 0.2),
        ("(0 / 0) < 1", 1.0),
        ("1 < (0 / 0)", 1.0),
        ("if 0 / 0 then 1 else 2", 2.0),
        ("if 0 * (0 - 1) then 1 else 2", 2.0),
        ("if 1 < 2 then 3 else putchard(65)", 3.0),
        ("nothing(0 - 1)", -0.0),
        ("same(0 * (0 - 1))", 0.0),
    ];
    for (text, expected) in cases {
        let before = "extern putchard(c);
            def nothing(x) x * 0; def same(x) x + 0;";
        let steps = run(pass, &format!("{before} {text};"));
        let found = match &steps[3..] {
            [Step { outcome: Outcome::Value(found), output }]
                if output.is_empty() =>
            {
                *found
            }
            steps => {
                return Err(format!(
                    "`{text}` should be {expected}, but {steps:?}"
                ));
            }
        };
        ensure(found.to_bits() == expected.to_bits(), || {
            format!("`{text}` should be {expected:?}, not {found:?}")
        })?;
    }
    Ok(())
}

/// Programs that mean what the evaluator says.
fn random_programs(pass: Pass) -> Verdict {
    let is_same = |Program { text, .. }: Program| {
        let expected = Session::new(Limits::default()).run(&text);
        match gave_up(&expected) {
            true => Ok(()),
            false => compare(&expected, &run(pass, &text)),
        }
    };
    check_many("folded programs", PROGRAMS, programs(), is_same);
    Ok(())
}
