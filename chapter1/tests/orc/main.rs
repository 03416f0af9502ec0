//! The ORC core as its users see it. No test may hang: each runs under a
//! watchdog.

mod aliases;
mod chain;
mod driver;
mod end;
mod failures;
mod generators;
mod handles;
mod layers;
mod lookup;
mod removal;
mod responsibility;
mod retry;
mod support;
mod swap;
mod threads;
mod weak;

#[allow(dead_code, reason = "damaged programs are not needed here")]
#[path = "../program_gen/mod.rs"]
mod program_gen;
#[path = "../property/mod.rs"]
mod property;
#[path = "../reference/mod.rs"]
mod reference;
#[path = "../stacks/mod.rs"]
mod stacks;
