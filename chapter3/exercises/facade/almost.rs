//! Almost: each call is led to the right body, and the stub learns nothing.

use super::answer;
use chapter1::executor::{Executor, ExecutorAddr, Reentry};
use chapter1::orc::{Cause, DefinitionGenerator, JitDylib, ObjectLinkingLayer};
use chapter1::symbol::Symbol;
use std::error::Error;
use std::sync::Arc;

pub(super) struct Facade(answer::Facade);

pub(super) fn facade(
    bodies: &JitDylib,
    objects: Arc<ObjectLinkingLayer>,
    executor: &dyn Executor,
) -> Facade {
    Facade(answer::facade(bodies, objects, executor))
}

impl DefinitionGenerator for Facade {
    fn name(&self) -> &str {
        "facade"
    }

    fn generate(
        &self,
        facade: &JitDylib,
        names: &[Symbol],
    ) -> Result<(), Cause> {
        self.0.generate(facade, names)
    }
}

impl Reentry for Facade {
    fn resolve(
        &self,
        stub: ExecutorAddr,
    ) -> Result<ExecutorAddr, Box<dyn Error + Send + Sync>> {
        let name = self.0.stubs.name_of(stub).ok_or("whose stub is it?")?;
        Ok(self.0.bodies.lookup(&name)?.address)
    }
}
