//! Each symbol of the facade has a stub for an address; each stub asks for
//! the symbol of the same name behind it.

use chapter1::executor::{Executor, ExecutorAddr, Reentry};
use chapter1::orc::{
    Cause, DefineError, DefinitionGenerator, JitDylib,
    MaterializationResponsibility, MaterializationUnit, ObjectLinkingLayer,
    ResourceTracker, SymbolFlags,
};
use chapter1::symbol::Symbol;
use chapter3::table::StubTable;
use std::error::Error;
use std::slice;
use std::sync::Arc;

pub(super) struct Facade {
    pub(super) bodies: JitDylib,
    pub(super) stubs: Arc<StubTable>,
}

pub(super) fn facade(
    bodies: &JitDylib,
    objects: Arc<ObjectLinkingLayer>,
    executor: &dyn Executor,
) -> Facade {
    let stubs = Arc::new(StubTable::new(objects, executor));
    Facade { bodies: bodies.clone(), stubs }
}

impl DefinitionGenerator for Facade {
    fn name(&self) -> &str {
        "facade"
    }

    // ANCHOR: generate
    fn generate(
        &self,
        facade: &JitDylib,
        names: &[Symbol],
    ) -> Result<(), Cause> {
        for name in names {
            let flags = self.bodies.flags(name);
            let Some(flags) = flags.filter(|flags| flags.exported) else {
                continue;
            };
            let (name, stubs) = (name.clone(), self.stubs.clone());
            let tracker = facade.create_tracker();
            let unit = Door { name, flags, stubs, tracker: tracker.clone() };
            match tracker.define(unit) {
                // Another thread has been faster.
                Ok(()) | Err(DefineError::Duplicate(_)) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }
    // ANCHOR_END: generate
}

/// A symbol of the facade.
pub(super) struct Door {
    name: Symbol,
    flags: SymbolFlags,
    stubs: Arc<StubTable>,
    tracker: ResourceTracker,
}

impl MaterializationUnit for Door {
    fn symbols(&self) -> Vec<(Symbol, SymbolFlags)> {
        vec![(self.name.clone(), self.flags)]
    }

    fn materialize(
        self: Box<Self>,
        responsibility: MaterializationResponsibility,
    ) {
        let stub = match self.stubs.add(&self.name, &self.tracker) {
            Ok(stub) => stub,
            Err(error) => return responsibility.fail(error),
        };
        let resolved = responsibility.resolve(&[(self.name, stub.address)]);
        if resolved.and_then(|()| responsibility.emit(&[])).is_err() {
            self.stubs.remove(stub);
        }
    }
}

impl Reentry for Facade {
    // ANCHOR: resolve
    fn resolve(
        &self,
        stub: ExecutorAddr,
    ) -> Result<ExecutorAddr, Box<dyn Error + Send + Sync>> {
        let name = self.stubs.name_of(stub).ok_or("whose stub is it?")?;
        let noted = self.stubs.versions(slice::from_ref(&name));
        let body = self.bodies.lookup(&name)?.address;
        self.stubs.link(&[name], &noted, [body].into_iter())?;
        Ok(body)
    }
    // ANCHOR_END: resolve
}
