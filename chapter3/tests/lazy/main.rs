//! Functions are compiled when they are called, and can change afterwards.

mod failures;
mod first_calls;
mod model;
mod redefinition;
mod relay;
mod removal;
mod support;
mod threads;
mod transforms;
