//! A generator that adds a module for each constant.

use super::check::Compile;
use chapter1::ir::{Function, FunctionBuilder, Module, Signature};
use chapter1::orc::{Cause, DefineError, DefinitionGenerator, JitDylib, Layer};
use chapter1::symbol::Symbol;
use std::f64::consts;
use std::sync::Arc;

struct Constants {
    layer: Compile,
}

pub(super) fn generator(layer: Compile) -> Arc<dyn DefinitionGenerator> {
    Arc::new(Constants { layer })
}

impl DefinitionGenerator for Constants {
    fn name(&self) -> &str {
        "constants"
    }

    // ANCHOR: generate
    fn generate(
        &self,
        dylib: &JitDylib,
        names: &[Symbol],
    ) -> Result<(), Cause> {
        let tracker = dylib.default_tracker();
        for name in names {
            let Some(value) = value(name) else { continue };
            match self.layer.add(&tracker, constant(name, value)) {
                // Another thread may have been faster.
                Ok(()) | Err(DefineError::Duplicate(_)) => {}
                Err(error) => return Err(Cause::new(error)),
            }
        }
        Ok(())
    }
    // ANCHOR_END: generate
}

/// What a name stands for, if it is one of ours.
pub(super) fn value(name: &str) -> Option<f64> {
    match name {
        "pi" => Some(consts::PI),
        "e" => Some(consts::E),
        _ => {
            let digits = name.strip_prefix("const")?;
            let is_number = digits.bytes().all(|b| b.is_ascii_digit());
            // Without a digit, there is nothing to parse.
            if is_number { digits.parse().ok() } else { None }
        }
    }
}

/// A function without parameters that returns a number.
pub(super) fn constant(name: &Symbol, value: f64) -> Module {
    let signature = Signature::kaleidoscope(0);
    let mut function = Function::new(name.clone(), signature);
    let mut builder = FunctionBuilder::new(&mut function);
    let value = builder.constant(value);
    builder.ret(value);
    Module { functions: vec![function] }
}
