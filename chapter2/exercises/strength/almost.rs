//! Almost: a number times its inverse can be 1 although the inverse has been
//! rounded. That of 3 has.

use super::answer::{self, number};
use chapter1::ir::{BinaryOp, Block, Function, Inst, InstData};
use chapter2::analysis::Analyses;
use chapter2::passes::{Changed, Pass};

#[derive(Clone)]
pub(super) struct Strength;

impl Pass for Strength {
    fn name(&self) -> &'static str {
        "strength"
    }

    fn summary(&self) -> &'static str {
        "multiplications and divisions become cheaper"
    }

    fn run(&self, function: &mut Function, all: &mut Analyses) -> Changed {
        let mut changed = answer::Strength.run(function, all);
        for block in function.blocks.keys() {
            for inst in std::mem::take(&mut function.blocks[block].insts) {
                if let Some(product) = product(function, block, inst) {
                    function.insts[inst] = product;
                    changed = Changed::Instructions;
                }
                function.blocks[block].insts.push(inst);
            }
        }
        changed
    }
}

fn product(
    function: &mut Function,
    block: Block,
    inst: Inst,
) -> Option<InstData> {
    let InstData::Binary { op: BinaryOp::Div, args: [x, y] } =
        function.insts[inst]
    else {
        return None;
    };
    let number = number(function, y)?;
    let inverse = 1.0 / number;
    if number * inverse != 1.0 {
        return None;
    }
    let span = function.spans[inst];
    let inverse = function.push_inst(block, InstData::Const(inverse), span);
    let inverse = function.results[inverse].expand()?;
    Some(InstData::Binary { op: BinaryOp::Mul, args: [x, inverse] })
}
