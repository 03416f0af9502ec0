//! The options that this chapter adds to the command line.

use crate::partition::{self, Partition};
use chapter2::options::PassOptions;
use clap::{Args, ValueEnum};

/// The options of this chapter and of the one before.
#[derive(Args, Clone, Default, Debug)]
pub struct LazyOptions {
    /// Those of chapter 2.
    #[command(flatten)]
    pub passes: PassOptions,

    /// What to compile when a function is first called
    #[arg(long, value_name = "PARTITION", value_enum, default_value_t)]
    partition: Kind,
}

/// The partitions that there are.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Default, Debug)]
enum Kind {
    /// That function
    #[default]
    PerFunction,
    /// That function, and what it is sure to call
    CallClosure,
    /// All that stands with it in the text
    WholeModule,
}

impl LazyOptions {
    /// The partition that the options ask for.
    pub fn partition(&self) -> Box<dyn Partition> {
        match self.partition {
            Kind::PerFunction => Box::new(partition::per_function),
            Kind::CallClosure => Box::new(partition::call_closure),
            Kind::WholeModule => Box::new(partition::whole_module),
        }
    }
}
