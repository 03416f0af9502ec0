//! The options that this chapter adds to the command line.

use crate::passes;
use crate::pipeline::{Level, Pipeline};
use clap::Args;
use clap::builder::{PossibleValue, PossibleValuesParser};

/// The options of this chapter.
#[derive(Args, Clone, Default, Debug)]
pub struct PassOptions {
    /// How much to optimise: -O0, -O1 or -O2
    #[arg(
        short = 'O',
        value_name = "LEVEL",
        default_value = "2",
        value_parser = clap::value_parser!(u8).range(0..=2)
    )]
    level: u8,

    /// Run these passes, in this order, in place of a level's
    ///
    /// `:passes` at the prompt lists them.
    #[arg(
        long,
        value_name = "PASS",
        value_delimiter = ',',
        conflicts_with = "level",
        hide_possible_values = true,
        value_parser = names()
    )]
    passes: Option<Vec<String>>,

    /// Show functions on standard error before a pass
    #[arg(
        long,
        value_name = "PASS",
        value_delimiter = ',',
        hide_possible_values = true,
        value_parser = names()
    )]
    print_before: Vec<String>,

    /// Show functions on standard error after a pass
    #[arg(
        long,
        value_name = "PASS",
        value_delimiter = ',',
        hide_possible_values = true,
        value_parser = names()
    )]
    print_after: Vec<String>,

    /// Show how long each pass took, and how many functions it has changed
    #[arg(long)]
    time_passes: bool,
}

/// The names of all passes, each with what it does.
fn names() -> PossibleValuesParser {
    let passes = passes::each().into_iter();
    let values =
        passes.map(|pass| PossibleValue::new(pass.name()).help(pass.summary()));
    PossibleValuesParser::new(values)
}

impl PassOptions {
    /// The passes that the options ask for.
    pub fn pipeline(&self) -> Pipeline {
        let mut pipeline = match &self.passes {
            None => Level::ALL[usize::from(self.level)].pipeline(),
            Some(names) => {
                let passes = names.iter().filter_map(|name| passes::find(name));
                Pipeline::new(passes.collect())
            }
        };
        pipeline.print(self.print_before.clone(), self.print_after.clone());
        if self.time_passes {
            pipeline.measure();
        }
        pipeline
    }
}
