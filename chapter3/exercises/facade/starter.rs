//! A facade without doors.

use chapter1::executor::{Executor, ExecutorAddr, Reentry};
use chapter1::orc::{Cause, DefinitionGenerator, JitDylib, ObjectLinkingLayer};
use chapter1::symbol::Symbol;
use chapter3::table::StubTable;
use std::error::Error;
use std::sync::Arc;

// ANCHOR: starter
pub(super) struct Facade {
    bodies: JitDylib,
    stubs: Arc<StubTable>,
}

pub(super) fn facade(
    bodies: &JitDylib,
    objects: Arc<ObjectLinkingLayer>,
    executor: &dyn Executor,
) -> Facade {
    let stubs = Arc::new(StubTable::new(objects, executor));
    Facade { bodies: bodies.clone(), stubs }
}
// ANCHOR_END: starter

impl DefinitionGenerator for Facade {
    fn name(&self) -> &str {
        "facade"
    }

    fn generate(&self, _: &JitDylib, names: &[Symbol]) -> Result<(), Cause> {
        for name in names {
            let _ = self.bodies.flags(name);
        }
        Ok(())
    }
}

impl Reentry for Facade {
    fn resolve(
        &self,
        stub: ExecutorAddr,
    ) -> Result<ExecutorAddr, Box<dyn Error + Send + Sync>> {
        let _ = self.stubs.name_of(stub);
        Err("nobody calls it yet".into())
    }
}
