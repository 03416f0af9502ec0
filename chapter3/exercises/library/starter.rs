//! A library in which nobody looks.

use super::Texts;
use chapter1::orc::{Cause, DefinitionGenerator, JitDylib};
use chapter1::symbol::Symbol;
use chapter3::jit::KaleidoscopeJit;
use std::sync::Arc;

// ANCHOR: starter
struct Library {
    texts: Texts,
}

pub(super) fn connect(jit: &KaleidoscopeJit, texts: Texts) {
    jit.demand.host().add_generator(Arc::new(Library { texts }));
}
// ANCHOR_END: starter

impl DefinitionGenerator for Library {
    fn name(&self) -> &str {
        "library"
    }

    fn generate(&self, _: &JitDylib, names: &[Symbol]) -> Result<(), Cause> {
        for name in names {
            let _ = self.texts.get(name.as_str());
        }
        Ok(())
    }
}
