//! What the host does not have, the library has, if the number is right.

use super::{Texts, read};
use chapter1::definitions::Definitions;
use chapter1::driver::Driver;
use chapter1::ir::lower::Prototypes;
use chapter1::orc::{
    Cause, DefineError, DefinitionGenerator, JitDylib, Layer, Visibility,
};
use chapter1::symbol::Symbol;
use chapter3::jit::{KaleidoscopeJit, Optimise};
use std::error::Error;
use std::sync::Arc;

struct Library {
    texts: Texts,
    definitions: Arc<Definitions>,
    layer: Arc<Optimise>,
}

/// The library has a function of another number of parameters.
#[derive(Debug, thiserror::Error)]
#[error("in the library, `{name}` has {params} parameters, not {declared}")]
struct OtherParams {
    name: Symbol,
    params: usize,
    declared: usize,
}

// ANCHOR: connect
pub(super) fn connect(jit: &KaleidoscopeJit, texts: Texts) {
    let (main, host) = (&jit.base().main, jit.demand.host());
    // Stubs first.
    host.set_search_order(&[(main, Visibility::All), (host, Visibility::All)]);
    let definitions = jit.base().definitions.clone();
    let layer = jit.optimise.clone();
    host.add_generator(Arc::new(Library { texts, definitions, layer }));
}
// ANCHOR_END: connect

impl DefinitionGenerator for Library {
    fn name(&self) -> &str {
        "library"
    }

    fn generate(
        &self,
        dylib: &JitDylib,
        names: &[Symbol],
    ) -> Result<(), Cause> {
        let add = |name| self.add(dylib, name);
        let result = names.iter().try_for_each(add);
        result.map_err(|error| Cause::new(Unusable(error)))
    }
}

/// The error of a library.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Unusable(Box<dyn Error + Send + Sync>);

impl Library {
    // ANCHOR: add
    fn add(
        &self,
        dylib: &JitDylib,
        name: &Symbol,
    ) -> Result<(), Box<dyn Error + Send + Sync>> {
        let Some(text) = self.texts.get(name.as_str()) else { return Ok(()) };
        let module = read(text, &self.definitions)?;
        let params = module.functions[0].signature.params.len();
        if let Some((name, declared)) = self.definitions.prototype(name)
            && declared != params
        {
            return Err(OtherParams { name, params, declared }.into());
        }
        match self.layer.add(&dylib.create_tracker(), module) {
            // Two threads may call it for the first time.
            Ok(()) | Err(DefineError::Duplicate(_)) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
    // ANCHOR_END: add
}
