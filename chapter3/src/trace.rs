//! What `--trace` tells of first calls.

use chapter1::executor::ExecutorAddr;
use chapter1::symbol::Symbol;
use tracing::info;

/// A stub has come to its trampoline.
pub(crate) fn called(name: &Symbol, stub: ExecutorAddr) {
    info!(target: "jit::lazy", "`{name}` is called and has no body: its stub at {stub} asks for one");
}

/// A stub leads to a body.
pub(crate) fn linked(name: &Symbol, body: ExecutorAddr) {
    info!(target: "jit::lazy", "`{name}` has a body at {body}: its stub leads there, and the call goes on");
}

/// There is no body, and nothing for the call to go on with.
pub(crate) fn failed(name: &Symbol) {
    info!(target: "jit::lazy", "`{name}` cannot be given a body: whoever called it is left, and the next call asks again");
}

/// A name has got another meaning.
pub(crate) fn redirected(names: &[Symbol]) {
    for name in names {
        info!(target: "jit::lazy", "the code of `{name}` is out of date: its next call asks for a body");
    }
}
