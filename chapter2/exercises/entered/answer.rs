//! The entry of each function is the place: it is executed once for each
//! call, and before all else.

use super::Names;
use chapter1::ir::{
    CalleeData, CalleeKind, Function, InstData, Module, Signature, ValueList,
};
use chapter1::orc::Cause;
use chapter1::span::Span;
use chapter1::symbol::Symbol;

// ANCHOR: entered
pub(super) fn entered(
    mut module: Module,
    names: &Names,
) -> Result<Module, Cause> {
    for function in &mut module.functions {
        tell(function, names.number(&function.name));
    }
    Ok(module)
}

fn tell(function: &mut Function, number: f64) {
    let callee = CalleeData {
        name: Symbol::new("entered"),
        signature: Signature::kaleidoscope(1),
        kind: CalleeKind::Function,
    };
    let callee = function.callees.push(callee);
    let entry = function.entry();
    let old = std::mem::take(&mut function.blocks[entry].insts);
    let number = InstData::Const(number);
    let number = function.push_inst(entry, number, Span::default());
    let number = function.results[number].expect("a constant has a result");
    let args = ValueList::from_slice(&[number], &mut function.lists);
    let call = InstData::Call { callee, args };
    function.push_inst(entry, call, Span::default());
    function.blocks[entry].insts.extend(old);
}
// ANCHOR_END: entered
