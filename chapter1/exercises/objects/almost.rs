//! Almost: what came before a name that is taken stays defined.

use super::answer::parse;
use super::check::BadObject;
use chapter1::orc::{JitDylib, Layer, ObjectLinkingLayer};
use std::sync::Arc;

pub(super) fn load(
    text: &str,
    layer: &Arc<ObjectLinkingLayer>,
    dylib: &JitDylib,
) -> Result<(), BadObject> {
    for function in parse(text)? {
        layer.add(&dylib.default_tracker(), function.graph())?;
    }
    Ok(())
}
