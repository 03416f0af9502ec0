//! A pass that changes nothing.

use chapter1::ir::Function;
use chapter2::analysis::Analyses;
use chapter2::passes::{Changed, Pass};

#[derive(Clone)]
pub(super) struct Minus;

impl Pass for Minus {
    fn name(&self) -> &'static str {
        "minus"
    }

    fn summary(&self) -> &'static str {
        "negations that cancel each other go"
    }

    fn run(&self, function: &mut Function, analyses: &mut Analyses) -> Changed {
        for &block in analyses.flow(function).reverse_postorder() {
            for &_inst in &function.blocks[block].insts {}
        }
        Changed::Nothing
    }
}
