//! Ways to put passes in an order: each alone, the usual one, and any.

#![allow(dead_code, reason = "each test binary uses a part of this")]

use chapter2::passes::{self, Pass};
use chapter2::pipeline::Pipeline;
use proptest::collection::vec;
use proptest::prelude::*;
use std::fmt;
use std::sync::Arc;

/// Passes in an order. Some may be missing, and some there more than once.
#[derive(Clone)]
pub(crate) struct Order(pub(crate) Vec<Arc<dyn Pass>>);

impl Order {
    /// The usual one.
    pub(crate) fn usual() -> Order {
        Order(passes::all())
    }

    /// Each pass, alone.
    pub(crate) fn each() -> Vec<Order> {
        let all = passes::all().into_iter();
        all.map(|pass| Order(vec![pass])).collect()
    }

    /// These passes as a pipeline.
    pub(crate) fn pipeline(&self) -> Pipeline {
        Pipeline::new(self.0.clone())
    }
}

/// As the command line takes it.
impl fmt::Debug for Order {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.0.iter().map(|pass| pass.name()).collect();
        write!(f, "--passes {}", names.join(","))
    }
}

/// Any order, the empty one included.
pub(crate) fn orders() -> impl Strategy<Value = Order> {
    let all = passes::all();
    let most = 2 * all.len();
    vec(0..all.len(), 0..=most).prop_map(move |order| {
        let passes = order.iter().map(|&index| all[index].clone());
        Order(passes.collect())
    })
}
