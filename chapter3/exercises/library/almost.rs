//! Almost: the library's functions see each other, and not the stubs.

use super::{Texts, read};
use chapter1::definitions::Definitions;
use chapter1::driver::Driver;
use chapter1::ir::lower::Prototypes;
use chapter1::orc::{
    Cause, DefineError, DefinitionGenerator, JitDylib, Layer, LookupError,
};
use chapter1::symbol::Symbol;
use chapter3::jit::{KaleidoscopeJit, Optimise};
use std::sync::Arc;

struct Library {
    texts: Texts,
    definitions: Arc<Definitions>,
    layer: Arc<Optimise>,
}

pub(super) fn connect(jit: &KaleidoscopeJit, texts: Texts) {
    let definitions = jit.base().definitions.clone();
    let layer = jit.optimise.clone();
    let library = Arc::new(Library { texts, definitions, layer });
    jit.demand.host().add_generator(library);
}

impl DefinitionGenerator for Library {
    fn name(&self) -> &str {
        "library"
    }

    fn generate(
        &self,
        dylib: &JitDylib,
        names: &[Symbol],
    ) -> Result<(), Cause> {
        for name in names {
            let Some(text) = self.texts.get(name.as_str()) else { continue };
            let module = read(text, &self.definitions);
            let module = module.map_err(|_| LookupError::Ended)?;
            let params = module.functions[0].signature.params.len();
            let prototype = self.definitions.prototype(name);
            if prototype.is_some_and(|(_, declared)| declared != params) {
                return Err(LookupError::Ended.into());
            }
            match self.layer.add(&dylib.create_tracker(), module) {
                Ok(()) | Err(DefineError::Duplicate(_)) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }
}
