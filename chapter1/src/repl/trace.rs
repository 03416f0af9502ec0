//! `--trace`: what happens inside the JIT, told on standard error as it
//! happens.

use crate::executor::output;
use std::fmt::{self, Write as _};
use std::io::{self, Write as _};
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt as _};

/// What all targets of the JIT's events begin with.
const TARGET: &str = "jit::";

/// Tells of all events from now on.
pub(super) fn start() {
    let subscriber = tracing_subscriber::registry().with(Story);
    // Somebody who listens already keeps listening.
    let _ = tracing::subscriber::set_global_default(subscriber);
}

/// Writes a line for each event: who tells it, and what.
struct Story;

impl<S: Subscriber> Layer<S> for Story {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let target = event.metadata().target();
        let Some(who) = target.strip_prefix(TARGET) else { return };
        let mut line = Line(format!("{who:>8}  "));
        event.record(&mut line);
        line.0.push('\n');
        output::flush();
        // Nobody is left to be told that standard error does not work.
        let _ = io::stderr().write_all(line.0.as_bytes());
    }
}

/// The text of an event.
struct Line(String);

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if field.name() == "message" {
            write!(self.0, "{value:?}").expect("a string takes everything");
        }
    }
}
