//! IR that somebody wrote for the same function: before and after.
//!
//! Its lines are linked by the names that the two texts share. A value has
//! the same name in both; what ends a block belongs to the block's end. What
//! has neither is linked to nothing.

use chapter1::driver::Driver;
use chapter1::executor::Host;
use chapter1::ir::lower::ANONYMOUS;
use chapter1::ir::{
    CalleeData, CalleeKind, Function, FunctionBuilder, Inst, Module, Signature,
    ValueDef, parse_module, verify_module,
};
use chapter1::jit::KaleidoscopeJit;
use chapter1::symbol::Symbol;

use super::compile::Compiled;
use super::pane::{Code, Pane, ir_of};

/// A pane with the IR in `text`.
///
/// # Errors
/// If it is not the function that was `compiled`: it has another name or
/// signature, or yields something else.
pub(super) fn pane(compiled: &Compiled, text: &str) -> Result<Pane, String> {
    let after = parse(text)?;
    let before = compiled.function();
    let head = |function: &Function| {
        (function.name.clone(), function.signature.clone())
    };
    if head(before) != head(&after) {
        return Err(format!("this is not the function `{}`", before.name));
    }
    agree(before, &after)?;
    let place = |code| Some(origin_of(before, &after, code)?.place(compiled));
    Ok(ir_of("IR, by hand", &after, place))
}

/// What of `before` something of `after` stems from.
pub(super) fn origin_of(
    before: &Function,
    after: &Function,
    code: Code,
) -> Option<Code> {
    match code {
        Code::Function => Some(code),
        Code::Block(block) => before.blocks.get(block).map(|_| code),
        Code::Inst(inst) => origin(before, after, inst).map(Code::Inst),
    }
}

fn parse(text: &str) -> Result<Function, String> {
    let mut module = parse_module(text).map_err(|error| error.to_string())?;
    verify_module(&module).map_err(|error| error.to_string())?;
    match (module.functions.pop(), module.functions.pop()) {
        (Some(function), None) => Ok(function),
        _ => Err("a version of a function is one function".into()),
    }
}

/// The instruction of `before` that `inst` of `after` stems from.
fn origin(before: &Function, after: &Function, inst: Inst) -> Option<Inst> {
    if let Some(value) = after.results[inst].expand() {
        return match before.values.get(value)?.def {
            ValueDef::Inst(inst) => Some(inst),
            ValueDef::Param(..) | ValueDef::Detached => None,
        };
    }
    let mut blocks = after.blocks.iter();
    let (block, _) = blocks.find(|(_, it)| it.insts.last() == Some(&inst))?;
    before.blocks.get(block)?.insts.last().copied()
}

/// What the functions are called with.
const NUMBERS: [f64; 7] =
    [0.0, -0.0, 1.5, -2.25, 1e300, f64::INFINITY, f64::NAN];

/// Calls both with some numbers.
///
/// # Errors
/// If they do not yield the same, or cannot be called.
fn agree(before: &Function, after: &Function) -> Result<(), String> {
    let params = before.signature.params.len();
    let (before, after) = (Callable::new(before)?, Callable::new(after)?);
    for first in 0..NUMBERS.len() {
        let numbers = NUMBERS.iter().cycle().skip(first);
        let numbers: Vec<f64> = numbers.copied().take(params).collect();
        let (old, new) = (before.call(&numbers)?, after.call(&numbers)?);
        // All NaNs are one value, but the zeros are two.
        let is_nan = old.is_nan() && new.is_nan();
        if old.to_bits() != new.to_bits() && !is_nan {
            return Err(format!(
                "with {numbers:?} it yields {new:?}, and should yield {old:?}"
            ));
        }
    }
    Ok(())
}

/// A function in a JIT of its own.
struct Callable {
    jit: KaleidoscopeJit,
    callee: CalleeData,
}

impl Callable {
    fn new(function: &Function) -> Result<Callable, String> {
        if !function.callees.is_empty() {
            let what = "it calls others, and cannot be tried by itself";
            return Err(what.into());
        }
        let jit = KaleidoscopeJit::in_process(Host::default());
        let jit = jit.map_err(|error| error.to_string())?;
        let module = Module { functions: vec![function.clone()] };
        jit.define_ir(module).map_err(|error| error.to_string())?;
        let callee = CalleeData {
            name: function.name.clone(),
            signature: function.signature.clone(),
            kind: CalleeKind::Function,
        };
        Ok(Callable { jit, callee })
    }

    fn call(&self, numbers: &[f64]) -> Result<f64, String> {
        let signature = Signature::kaleidoscope(0);
        let mut call = Function::new(Symbol::new(ANONYMOUS), signature);
        let mut builder = FunctionBuilder::new(&mut call);
        let callee = builder.import(self.callee.clone());
        let numbers = numbers.iter().map(|it| builder.constant(*it));
        let numbers: Vec<_> = numbers.collect();
        let result = builder.call(callee, &numbers).ok_or("no result")?;
        builder.ret(result);
        let value = self.jit.evaluate(Module { functions: vec![call] });
        value.map_err(|error| error.to_string())
    }
}
